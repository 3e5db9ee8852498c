//! A model from a file at somebody's desk, and the order in which its features are sent.

use crate::progress::Progress;
use meridian_domain::Sha256;
use meridian_scoring::{Digesting, Image, Model, ModelError, Served, ShapeError};
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// What the commands that score share.
#[derive(Debug, clap::Args)]
pub struct Serving {
    /// The callers' features, one name a line, in the order in which they are sent. Needed where the model holds no
    /// names (the legacy binary format, or trained without); elsewhere it must be the model's own list.
    #[arg(long, value_name = "FILE")]
    pub features: Option<PathBuf>,
    /// The SageMaker image that serves: 3.0-5 or 1.7-1. They serve an early-stopped model differently.
    #[arg(long, value_name = "TAG", default_value_t = Image::V3_0)]
    pub image: Image,
    /// Threads to use [default: all cores]. The numbers do not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Serving {
    /// How many threads to use.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

/// Why a model cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}")]
    Open { path: PathBuf, source: io::Error },
    #[error("{path}: {source}")]
    Model { path: PathBuf, source: ModelError },
    #[error(
        "{path}: the model holds no feature names, so nothing tells the order of its {count} features; give the callers' \
         list with --features FILE, one name a line in the order sent"
    )]
    NoNames { path: PathBuf, count: usize },
    #[error("{list} is not the feature list of {path}: {source}")]
    Mismatch { path: PathBuf, list: PathBuf, source: ShapeError },
}

/// A model, and where it is from.
pub struct Loaded {
    pub path: PathBuf,
    pub sha256: Sha256,
    pub served: Served,
}

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })
}

impl Loaded {
    /// Reads `model.tar.gz` or a bare model file as a stream.
    pub fn read(path: &Path, serving: &Serving, progress: &Progress) -> Result<Loaded, Error> {
        let wrong = |source| Error::Model { path: path.to_owned(), source };
        let mut file = Digesting::new(progress.reading(&format!("reading {}", path.display()), open(path)?));
        let served = Served::read(&mut file, serving.image, serving.threads()).map_err(wrong)?;
        let sha256 = file.finish().map_err(|source| Error::Open { path: path.to_owned(), source })?;
        Ok(Loaded { path: path.to_owned(), sha256, served })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.served.model
    }

    /// What people should know of a model whose training stopped early and that is served otherwise.
    pub fn early_stop_warning(&self) -> Option<String> {
        let stop = self.served.early_stop.filter(|stop| stop.differs())?;
        Some(format!("{}: {stop}", self.name()))
    }

    /// The file's name, as people call the model.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// The features in the order in which they are served: the model's names, which `callers` must repeat where it is
    /// given with its file; `callers` alone where the model holds none.
    pub fn features(&self, callers: Option<(&Path, &[String])>) -> Result<Vec<String>, Error> {
        let names = self.model().feature_names();
        match callers {
            Some((list, callers)) => {
                let mismatch = |source| Error::Mismatch { path: self.path.clone(), list: list.to_owned(), source };
                self.model().check_features(callers).map_err(mismatch)?;
                Ok(callers.to_vec())
            }
            None if names.is_empty() => {
                Err(Error::NoNames { path: self.path.clone(), count: self.model().n_features() })
            }
            None => Ok(names.to_vec()),
        }
    }
}
