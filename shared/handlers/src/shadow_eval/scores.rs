//! What one model says about the held-out set: kept by an evaluation before, or scored while the archive streams in.

use super::pace::Pace;
use crate::files::{self, FileError};
use crate::pipe::Outlet;
use crate::ports::{Artifacts, ErrorKind};
use bytes::Bytes;
use meridian_domain::{File, ImageVersion, Manifest, RegionName, keys};
use meridian_scoring::cache::{self, Kept, Subject};
use meridian_scoring::{HeldOut, Image, Model, ReadOptions, Scored};
use std::io::{Cursor, Read};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a model says nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScoreError {
    /// Its archive is not to be had, or is not the one that the manifest promises.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its archive, its features or its manifest are not what can be served.
    #[error("{0}")]
    Model(String),
}

/// What the release of `manifest` says about `holdout`, which was read from `file`. Home's bucket keeps it: a champion is
/// scored once, and a call that goes on does not begin again. An object that is not exactly what was kept counts for
/// nothing and is written anew.
///
/// # Errors
/// The archive is missing or wrong, or S3 does not answer; a model that cannot be scored on these records.
pub(super) async fn of(
    ports: &impl Artifacts,
    home: &RegionName,
    pace: &Pace,
    manifest: &Manifest,
    (holdout, file): (&HeldOut, &File),
) -> Result<Kept, ScoreError> {
    let image = image(manifest.image.rules());
    let subject = Subject {
        archive: manifest.archive.sha256,
        holdout: file.sha256,
        image,
        features: &manifest.features,
        rows: holdout.rows(),
        explained: &[],
    };
    let key = keys::margins(manifest.archive.sha256, file.sha256, manifest.image.rules());
    let found = look(ports, home, &key, &subject).await;
    if let Found::Kept(kept) = found {
        return Ok(kept);
    }
    let options = ReadOptions { image, threads: threads(), ..ReadOptions::default() };
    let model = files::consume(ports, home, &manifest.archive, move |archive| read(archive, &options)).await?;
    let model = model.map_err(ScoreError::Model)?;
    let kept = score(&model, manifest, holdout)?;
    drop(model);
    if keep(ports, home, &key, &subject, &kept, &found).await {
        pace.progressed();
    }
    Ok(kept)
}

/// The trees that the image serves. The container unpacks `model.tar.gz`: a bare model file under that name would be
/// evaluated here and load nowhere.
fn read(mut archive: Outlet, options: &ReadOptions) -> Result<Model, String> {
    let mut start = [0; 2];
    if archive.read_exact(&mut start).is_err() || start != GZIP {
        return Err("model.tar.gz is not compressed with gzip; pack the model file with `tar czf`".to_owned());
    }
    Model::read(Cursor::new(start).chain(archive), options).map_err(|error| error.to_string())
}

/// As many as there are cores: on Lambda they share what the memory setting buys.
fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Features are served by position: a manifest that lists them otherwise than the model would score nonsense. A model
/// without names can only be believed.
fn score(model: &Model, manifest: &Manifest, holdout: &HeldOut) -> Result<Kept, ScoreError> {
    let wrong = |error| ScoreError::Model(format!("the manifest's features are not the model's: {error}"));
    model.check_features(&manifest.features).map_err(wrong)?;
    let margins = model.matrix_margins(holdout.matrix(), threads());
    let margins = margins.map_err(|error| ScoreError::Model(error.to_string()))?;
    let scored = Scored { margins, splits: None, attributions: None };
    let mut notes = Vec::new();
    if model.feature_names().is_empty() {
        notes.push(format!(
            "the model of {} holds no feature names: its {} features were taken by position, as the manifest lists them, \
             and nothing can tell whether that is their order",
            manifest.version,
            manifest.features.len()
        ));
    }
    Ok(Kept { scored, objective: model.objective(), notes })
}

fn image(version: ImageVersion) -> Image {
    match version {
        ImageVersion::V1_7 => Image::V1_7,
        ImageVersion::V3_0 => Image::V3_0,
    }
}

/// What lies under a key.
enum Found {
    Kept(Kept),
    Nothing,
    Rubbish,
}

async fn look(ports: &impl Artifacts, home: &RegionName, key: &str, subject: &Subject<'_>) -> Found {
    let bytes = match ports.get(home, key).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind == ErrorKind::NotFound => return Found::Nothing,
        Err(error) => {
            tracing::warn!(%error, "kept margins cannot be read: the model is scored again");
            return Found::Nothing;
        }
    };
    match cache::decode(&bytes, subject) {
        Ok(kept) => Found::Kept(kept),
        Err(error) => {
            tracing::warn!(key, %error, "kept margins are not used: the model is scored again");
            Found::Rubbish
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
    kept: &Kept,
    found: &Found,
) -> bool {
    let body = match cache::encode(subject, kept) {
        Ok(body) => Bytes::from(body),
        Err(error) => {
            tracing::error!(key, %error, "margins are not kept");
            return false;
        }
    };
    let written = match found {
        Found::Rubbish => ports.replace(home, key, body).await,
        Found::Kept(_) | Found::Nothing => ports.create(home, key, body).await,
    };
    match written {
        Ok(_) => true,
        // A doubled call came first, with the same numbers.
        Err(error) if error.kind == ErrorKind::Conflict => true,
        Err(error) => {
            tracing::warn!(key, %error, "margins are not kept: they will be computed again");
            false
        }
    }
}
