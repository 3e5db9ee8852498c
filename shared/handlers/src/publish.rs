//! `meridian publish`: training's last step, which makes a release of its results.

use crate::files::{self, FileError};
use crate::ports::Artifacts;
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::{File, Fleet, Image, MANIFEST_SCHEMA, Manifest, ManifestError, ReleaseId, Sha256, Version, keys};
use std::collections::BTreeMap;

/// What training hands over.
#[derive(Clone, Debug)]
pub struct PublishSpec {
    /// Human name, such as `v427`.
    pub version: Version,
    /// The bytes of `model.tar.gz`.
    pub archive: Bytes,
    /// The labelled held-out records, as gzip-compressed CSV.
    pub holdout: Bytes,
    /// The callers' features, in the order in which they are sent.
    pub features: Vec<String>,
    /// Score at and above which a payment is an alert.
    pub operating_threshold: f64,
    /// The serving container.
    pub image: Image,
    /// Training job, code revision.
    pub provenance: BTreeMap<String, String>,
}

/// Why nothing was published, or not all of it. A repeat goes on where this one stopped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// What training handed over makes no manifest.
    #[error("{version} cannot be published: {source}")]
    Manifest {
        /// The version.
        version: Version,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// The store did not take a file.
    #[error("{version} is not published: {source}")]
    File {
        /// The version.
        version: Version,
        /// Which file, and why.
        source: FileError,
    },
}

/// Writes the archive and the held-out set under the keys that their content names, then, last, the manifest, whose
/// arrival starts everything else. The same release published again is the same release.
///
/// # Errors
/// A manifest that no reader would take; a store that does not answer; other bytes under one of the keys.
pub async fn publish(
    ports: &impl Artifacts,
    fleet: &Fleet,
    created: Timestamp,
    spec: PublishSpec,
) -> Result<ReleaseId, PublishError> {
    let version = spec.version.clone();
    let archive = Sha256::of(&spec.archive);
    let holdout = Sha256::of(&spec.holdout);
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        fleet: fleet.name.clone(),
        version: spec.version,
        created,
        archive: File { key: keys::archive(archive), sha256: archive, bytes: spec.archive.len() as u64 },
        image: spec.image,
        features: spec.features,
        operating_threshold: spec.operating_threshold,
        holdout: File { key: keys::holdout(holdout), sha256: holdout, bytes: spec.holdout.len() as u64 },
        provenance: spec.provenance,
    };
    let release = manifest.id();
    let bytes = manifest.to_bytes();
    // Read as every region will read it: what they would refuse is refused here, before anything is written.
    Manifest::parse(release, &bytes).map_err(|source| PublishError::Manifest { version: version.clone(), source })?;
    let files = [
        (manifest.archive.key, spec.archive),
        (manifest.holdout.key, spec.holdout),
        (keys::manifest(release), Bytes::from(bytes)),
    ];
    for (key, body) in files {
        files::create_once(ports, &fleet.home, &key, body)
            .await
            .map_err(|source| PublishError::File { version: version.clone(), source })?;
    }
    tracing::info!(%release, %version, region = %fleet.home, "release published");
    Ok(release)
}
