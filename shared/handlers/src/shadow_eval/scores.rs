//! What one model says about the held-out set: kept by an evaluation before, or scored while the archive streams in.

use super::pace::Pace;
use super::readers::{of_model, of_shape, of_stream};
use crate::files::{self, FileError};
use crate::pipe::Outlet;
use crate::ports::{Artifacts, ErrorKind};
use bytes::Bytes;
use meridian_domain::reason::{EvaluationReason, FeatureFault, ModelFault};
use meridian_domain::{File, ImageVersion, Manifest, RegionName, keys};
use meridian_evaluation::cache::{self, Subject};
use meridian_evaluation::{HeldOut, Remark};
use meridian_xgboost::{
    Attributions, Caveat, Explainer, Image, ModelAnswer, ModelError, ReadOptions, Sample, Served, ShapeError,
    StreamError, Walker,
};
use std::io::{Cursor, Read};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a model says nothing.
#[derive(Debug)]
pub(super) enum ScoreError {
    /// Its archive is not to be had, or is not the one that the manifest promises.
    File(FileError),
    /// The archive holds no model that can be scored.
    Model(Unscorable),
}

/// Why the bytes of an archive are no model that can be scored.
#[derive(Debug)]
pub(super) enum Unscorable {
    /// It is not compressed as the container expects: it would be evaluated here and load nowhere.
    NotGzip,
    /// It holds no model that can be scored.
    Model(ModelFault),
    /// The manifest's features are not the model's.
    Features(FeatureFault),
}

impl From<FileError> for ScoreError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<ModelError> for Unscorable {
    fn from(error: ModelError) -> Self {
        Self::Model(of_model(error))
    }
}

impl From<StreamError> for Unscorable {
    fn from(error: StreamError) -> Self {
        Self::Model(of_stream(error))
    }
}

impl From<ShapeError> for Unscorable {
    fn from(error: ShapeError) -> Self {
        Self::Features(of_shape(&error))
    }
}

impl From<Unscorable> for ScoreError {
    fn from(error: Unscorable) -> Self {
        Self::Model(error)
    }
}

impl ScoreError {
    /// Why the model of `archive` cannot be scored; or, as an error, why its bytes are not to be had.
    pub fn reason(self, archive: &File) -> Result<EvaluationReason, FileError> {
        match self {
            Self::File(error) => Err(error),
            Self::Model(error) => Ok(error.reason(archive)),
        }
    }
}

impl Unscorable {
    /// Why the model of `archive` cannot be scored.
    pub fn reason(self, archive: &File) -> EvaluationReason {
        let file = archive.key.clone();
        match self {
            Self::NotGzip => EvaluationReason::NotGzip { file },
            Self::Model(fault) => EvaluationReason::Unreadable { file, fault },
            Self::Features(fault) => EvaluationReason::Features(fault),
        }
    }
}

/// Where a model's answers are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// From what an evaluation before this one kept, where that is whole and of exactly this: a champion is scored once.
    Kept,
    /// From its archive, digest-checked in this call: nobody who can write kept answers speaks for a challenger. With so
    /// many payloads that walk the model.
    Archive { walkers: usize },
}

/// What a model said.
pub(super) struct Answers {
    /// About the held-out records.
    pub said: ModelAnswer,
    /// About payloads that walk it, where these were asked for.
    pub walkers: Vec<Walker>,
    /// What was noticed while it was read.
    pub remarks: Vec<Remark>,
}

/// What the release of `manifest` says about `holdout`, which was read from `file`. Home's bucket keeps it for the
/// evaluations to come; an object that is not exactly what was kept counts for nothing and is written again.
///
/// # Errors
/// The archive is missing or wrong, or S3 does not answer; a model that cannot be scored on these records.
pub(super) async fn of(
    ports: &impl Artifacts,
    home: &RegionName,
    pace: &Pace,
    manifest: &Manifest,
    (holdout, file): (&HeldOut, &File),
    source: Source,
) -> Result<Answers, ScoreError> {
    let image = image(manifest.image.rules());
    let sample = Sample::of(holdout.matrix(), holdout.features(), holdout.labels());
    let subject = Subject {
        archive: *manifest.archive.sha256.as_bytes(),
        holdout: *file.sha256.as_bytes(),
        image,
        features: &manifest.features,
        rows: holdout.rows(),
        explained: sample.rows(),
    };
    let key = keys::margins(manifest, file.sha256);
    let found = match source {
        Source::Kept => look(ports, home, &key, &subject).await,
        Source::Archive { .. } => Found::Unused,
    };
    if let Found::Stored(said) = found {
        let remarks = remarks(manifest, &said);
        return Ok(Answers { said, walkers: Vec::new(), remarks });
    }
    let asked = sample.clone();
    let read = move |archive: Outlet| served(archive, image, Some(&asked));
    let served = files::consume(ports, home, &manifest.archive, read).await??;
    let stopped_early = served.stopped_early;
    let walkers = match source {
        Source::Kept => Vec::new(),
        Source::Archive { walkers } => served.model.walkers(walkers),
    };
    // Features are served by position: a manifest that lists them otherwise than the model would score nonsense.
    let (mut said, open) = served.answer(holdout.matrix(), &manifest.features, threads()).map_err(Unscorable::from)?;
    if let Some(explainer) = open {
        let read = move |archive: Outlet| explained(archive, image, explainer);
        let attributions = files::consume(ports, home, &manifest.archive, read).await??;
        said.scored.attributions = Some(attributions);
    }
    if keep(ports, home, &key, &subject, &said, &found).await {
        pace.progressed();
    }
    let mut remarks = remarks(manifest, &said);
    // Not kept: it is this manifest's lack, and other releases of the same model share what is kept.
    if stopped_early && manifest.image.version.is_none() {
        let model = manifest.version.to_string();
        remarks.push(Remark::ImageUnnamed { model, image: image.to_string() });
    }
    Ok(Answers { said, walkers, remarks })
}

/// The model of an archive.
pub(super) fn served(archive: impl Read + Send, image: Image, sample: Option<&Sample>) -> Result<Served, Unscorable> {
    Ok(Served::read(packed(archive)?, &options(image), sample)?)
}

/// The reasons of its sample, where the archive is to be read once more for them.
pub(super) fn explained(
    archive: impl Read + Send,
    image: Image,
    explainer: Explainer,
) -> Result<Attributions, Unscorable> {
    Ok(explainer.read(packed(archive)?, &options(image))?)
}

/// What people should know of a model before it is served, by its archive alone; or why evaluation would score it on no
/// records.
pub(crate) fn examine(
    bytes: &[u8],
    archive: &File,
    version: ImageVersion,
    features: &[String],
) -> Result<Vec<Caveat>, EvaluationReason> {
    let examined = || -> Result<Vec<Caveat>, Unscorable> {
        let served = served(bytes, image(version), None)?;
        served.model.check_features(features)?;
        Ok(served.caveats)
    };
    examined().map_err(|error| error.reason(archive))
}

fn options(image: Image) -> ReadOptions {
    ReadOptions { image, threads: threads(), ..ReadOptions::default() }
}

/// What people should know of the model, under its name.
fn remarks(manifest: &Manifest, said: &ModelAnswer) -> Vec<Remark> {
    let model = || manifest.version.to_string();
    said.caveats.iter().map(|caveat| Remark::Model { model: model(), caveat: *caveat }).collect()
}

/// The image as readers of models know it.
pub(super) fn image(version: ImageVersion) -> Image {
    match version {
        ImageVersion::V1_7 => Image::V1_7,
        ImageVersion::V3_0 => Image::V3_0,
    }
}

/// The container unpacks `model.tar.gz`: a bare model file under that name would be evaluated here and load nowhere.
fn packed(mut archive: impl Read + Send) -> Result<impl Read + Send, Unscorable> {
    let mut start = [0; 2];
    if archive.read_exact(&mut start).is_err() || start != GZIP {
        return Err(Unscorable::NotGzip);
    }
    Ok(Cursor::new(start).chain(archive))
}

/// As many as there are cores: on Lambda they share what the memory setting buys.
pub(super) fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What lies under a key.
enum Found {
    Stored(ModelAnswer),
    Nothing,
    /// It cannot be read now.
    Unread,
    /// Something that counts for nothing, or that nobody asked for.
    Unused,
}

async fn look(ports: &impl Artifacts, home: &RegionName, key: &str, subject: &Subject<'_>) -> Found {
    let bytes = match ports.get(home, key).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind == ErrorKind::NotFound => return Found::Nothing,
        Err(error) => {
            tracing::warn!(%error, "stored margins cannot be read: the model is scored again");
            return Found::Unread;
        }
    };
    match cache::decode(&bytes, subject) {
        Ok(said) => Found::Stored(said),
        Err(error) => {
            tracing::warn!(key, %error, "stored margins are not used: the model is scored again");
            Found::Unused
        }
    }
}

/// Keeps what a model said, and says whether the next call finds it. Where that fails the next evaluation scores again; this
/// one has its numbers.
async fn keep(
    ports: &impl Artifacts,
    home: &RegionName,
    key: &str,
    subject: &Subject<'_>,
    said: &ModelAnswer,
    found: &Found,
) -> bool {
    let body = match cache::encode(subject, said) {
        Ok(body) => Bytes::from(body),
        Err(error) => {
            tracing::error!(key, %error, "margins were not stored");
            return false;
        }
    };
    let written = match found {
        Found::Unused => ports.replace(home, key, body).await,
        Found::Stored(_) | Found::Nothing | Found::Unread => ports.create(home, key, body).await,
    };
    match written {
        Ok(_) => true,
        // A doubled call came first, with the same numbers. What could not be read may be anything, and stay unreadable.
        Err(error) if error.kind == ErrorKind::Conflict => matches!(found, Found::Nothing),
        Err(error) => {
            tracing::warn!(key, %error, "margins were not stored: they will be computed again");
            false
        }
    }
}
