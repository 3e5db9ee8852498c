//! What one model says about the held-out set: kept by an evaluation before, or scored while the archive streams in.

use super::pace::Pace;
use crate::files::{self, FileError};
use crate::pipe::Outlet;
use crate::ports::{Artifacts, ErrorKind};
use bytes::Bytes;
use meridian_domain::{File, Manifest, RegionName, keys};
use meridian_scoring::cache::{self, Subject};
use meridian_scoring::{HeldOut, ReadOptions, Said, Sample, Served};
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
) -> Result<Said, ScoreError> {
    let image = manifest.image.rules();
    let sample = Sample::of(holdout.matrix(), holdout.features(), holdout.labels());
    let subject = Subject {
        archive: manifest.archive.sha256,
        holdout: file.sha256,
        image,
        features: &manifest.features,
        rows: holdout.rows(),
        explained: sample.rows(),
    };
    let key = keys::margins(manifest.archive.sha256, file.sha256, image);
    let found = look(ports, home, &key, &subject).await;
    if let Found::Said(said) = found {
        return Ok(said);
    }
    let options = ReadOptions { image, threads: threads(), ..ReadOptions::default() };
    let asked = sample.clone();
    let read = move |archive| Served::read(packed(archive)?, &options, Some(&asked)).map_err(|error| error.to_string());
    let served = files::consume(ports, home, &manifest.archive, read).await?.map_err(ScoreError::Model)?;
    // Features are served by position: a manifest that lists them otherwise than the model would score nonsense.
    let wrong = |error| ScoreError::Model(format!("the manifest's features are not the model's: {error}"));
    let (mut said, open) = served.answer(holdout.matrix(), &manifest.features, threads()).map_err(wrong)?;
    if let Some(explainer) = open {
        let read = move |archive| explainer.read(packed(archive)?, &options).map_err(|error| error.to_string());
        let attributions = files::consume(ports, home, &manifest.archive, read).await?.map_err(ScoreError::Model)?;
        said.scored.attributions = Some(attributions);
    }
    if keep(ports, home, &key, &subject, &said, &found).await {
        pace.progressed();
    }
    Ok(said)
}

/// The container unpacks `model.tar.gz`: a bare model file under that name would be evaluated here and load nowhere.
fn packed(mut archive: Outlet) -> Result<impl Read + Send, String> {
    let mut start = [0; 2];
    if archive.read_exact(&mut start).is_err() || start != GZIP {
        return Err("model.tar.gz is not compressed with gzip; pack the model file with `tar czf`".to_owned());
    }
    Ok(Cursor::new(start).chain(archive))
}

/// As many as there are cores: on Lambda they share what the memory setting buys.
fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What lies under a key.
enum Found {
    Said(Said),
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
        Ok(said) => Found::Said(said),
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
    said: &Said,
    found: &Found,
) -> bool {
    let body = match cache::encode(subject, said) {
        Ok(body) => Bytes::from(body),
        Err(error) => {
            tracing::error!(key, %error, "margins are not kept");
            return false;
        }
    };
    let written = match found {
        Found::Rubbish => ports.replace(home, key, body).await,
        Found::Said(_) | Found::Nothing => ports.create(home, key, body).await,
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
