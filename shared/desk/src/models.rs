//! A model's file at somebody's desk, and the order in which its features are sent.

use crate::progress::Progress;
use meridian_domain::Sha256;
use meridian_evaluation::Digesting;
use meridian_xgboost::{
    Attributions, Explainer, Image, ModelError, ModelFeatures, ReadOptions, Sample, Served, ShapeError, StreamError,
};
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
    pub threads: Option<NonZeroUsize>,
}

impl Serving {
    /// How many threads to use.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// How a model is read that `image` serves.
    pub fn options(&self, image: Image) -> ReadOptions {
        ReadOptions { image, threads: self.threads(), ..ReadOptions::default() }
    }
}

/// Why a file cannot be read, or a model in it not be scored.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is not there, or cannot be read.
    #[error("{path}: {source}")]
    Open {
        /// Path of the model's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no model that is scored.
    #[error("{path}: {source}")]
    Model {
        /// Path of the model's file.
        path: PathBuf,
        /// Why it is refused.
        source: ModelError,
    },
    /// A second reading, for the reasons of a sample, failed.
    #[error("{path}: {source}")]
    Explain {
        /// Path of the model's file.
        path: PathBuf,
        /// What that reading met: a model that cannot be read, or another one than the first time.
        source: StreamError,
    },
    /// Nothing names the model's features.
    #[error(
        "{path}: the model holds no feature names, so nothing tells the order of its {count} features; give the callers' \
         list with --features FILE, one name a line in the order sent"
    )]
    NoNames {
        /// The model's file.
        path: PathBuf,
        /// How many features it takes.
        count: usize,
    },
    /// The callers' list is not the model's.
    #[error("{list} is not the feature list of {path}: {source}")]
    Mismatch {
        /// The model's file.
        path: PathBuf,
        /// The list's file.
        list: PathBuf,
        /// The first difference.
        source: ShapeError,
    },
}

/// Opens a file for reading.
///
/// # Errors
/// It is not there, not readable, or a folder.
pub fn open(path: &Path) -> Result<File, FileError> {
    let wrong = |source| FileError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(wrong)?;
    // Opening a folder goes well; what reading it says is no help.
    if file.metadata().map_err(wrong)?.is_dir() {
        return Err(wrong(io::Error::new(io::ErrorKind::IsADirectory, "a folder; expected a file")));
    }
    Ok(file)
}

/// A model's file, and how it is served.
#[derive(Clone, Copy, Debug)]
pub struct ModelFile<'a> {
    /// Path that it was read from.
    pub path: &'a Path,
    /// The image that will serve it, and how much may be read.
    pub options: ReadOptions,
    /// What tells how far reading is.
    pub progress: &'a Progress,
}

impl ModelFile<'_> {
    /// The file's name, as people call the model.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// What it says of its features, which stands before its trees.
    ///
    /// # Errors
    /// It cannot be read, or is no model.
    pub fn head(&self) -> Result<ModelFeatures, FileError> {
        let file = open(self.path)?;
        ModelFeatures::read(file, &self.options)
            .map_err(|source| FileError::Model { path: self.path.to_owned(), source })
    }

    /// Reads the whole file as a stream, explains a sample meanwhile, and takes the digest of all its bytes.
    ///
    /// # Errors
    /// It cannot be read, or is no model that is scored.
    pub fn read(&self, sample: Option<&Sample>) -> Result<(Served, Sha256), FileError> {
        let doing = format!("reading {}", self.path.display());
        let mut file = Digesting::new(self.progress.reading(&doing, open(self.path)?));
        let served = Served::read(&mut file, &self.options, sample);
        let served = served.map_err(|source| FileError::Model { path: self.path.to_owned(), source })?;
        let sha256 = file.finish().map_err(|source| FileError::Open { path: self.path.to_owned(), source })?;
        Ok((served, Sha256::from_bytes(sha256)))
    }

    /// Reads it once more, where the reasons of a sample need that.
    ///
    /// # Errors
    /// It cannot be read, or is another file than before.
    pub fn explain(&self, explainer: Explainer) -> Result<Attributions, FileError> {
        let file = self.progress.reading(&format!("reading {} to explain", self.path.display()), open(self.path)?);
        let read = explainer.read(file, &self.options);
        read.map_err(|source| FileError::Explain { path: self.path.to_owned(), source })
    }

    /// The features in the order in which they are served: the model's names, which `callers` must repeat where it is
    /// given with its file; `callers` alone where the model holds none.
    ///
    /// # Errors
    /// The two differ, or there is neither.
    pub fn features(
        &self,
        head: &ModelFeatures,
        callers: Option<(&Path, &[String])>,
    ) -> Result<Vec<String>, FileError> {
        match (callers, head) {
            (Some((list, callers)), _) => {
                let mismatch =
                    |source| FileError::Mismatch { path: self.path.to_owned(), list: list.to_owned(), source };
                head.check(callers).map_err(mismatch)?;
                Ok(callers.to_vec())
            }
            (None, ModelFeatures::Named(names)) => Ok(names.clone()),
            (None, ModelFeatures::Counted(count)) => {
                Err(FileError::NoNames { path: self.path.to_owned(), count: *count })
            }
        }
    }
}
