//! `meridian publish`: training's last step, which makes a release of its results.

use crate::files::{self, FileError};
use crate::ports::{Artifacts, Clock, ErrorKind, Images};
use crate::shadow_eval;
use crate::signing::{self, Signer, SigningError};
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::reason::{EvaluationReason, FileFault};
use meridian_domain::{
    AnswerForm, File, Fleet, Image, MANIFEST_SCHEMA, Manifest, ManifestFault, Provenance, ReleaseId, Version, keys,
};
use meridian_messages::operator::refused;
use meridian_xgboost::Caveat;

/// What training hands over.
#[derive(Clone, Debug)]
pub struct PublishSpec {
    /// Human name, such as `v427`.
    pub version: Version,
    /// The bytes of `model.tar.gz`.
    pub archive: Bytes,
    /// The callers' features, in the order in which they are sent.
    pub features: Vec<String>,
    /// The files of the feature pipeline: name and bytes.
    pub feature_files: Vec<(String, Bytes)>,
    /// Score at and above which a payment is an alert.
    pub operating_threshold: f64,
    /// What the container answers to one record.
    pub answer: AnswerForm,
    /// The serving container.
    pub image: Image,
    /// What training says of itself.
    pub provenance: Provenance,
}

/// Why nothing was published, or not all of it. A repeat goes on where this one stopped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// What training handed over makes no manifest.
    #[error("{}", refused::no_manifest(.version, .fault))]
    Manifest {
        /// The version that was to be published.
        version: Version,
        /// What is wrong with it.
        fault: Box<ManifestFault>,
    },
    /// Evaluation would score the model on no records.
    #[error("{}", refused::would_be_rejected(.version, .why))]
    Model {
        /// The version that was to be published.
        version: Version,
        /// Why it cannot be scored.
        why: Box<EvaluationReason>,
    },
    /// It cannot be signed.
    #[error("{}", refused::unpublished(.version, .source))]
    Signing {
        /// The version that was to be published.
        version: Version,
        /// The underlying error.
        source: SigningError,
    },
    /// The store did not take a file, or home's registry has not the container that would serve it.
    #[error("{}", refused::unpublished(.version, .source))]
    File {
        /// The version that was to be published.
        version: Version,
        /// Which file, and why.
        source: Box<FileError>,
    },
}

/// Reads the model as shadow evaluation will, and answers what people should know of it before they serve it.
///
/// # Errors
/// [`PublishError::Model`]: a release of it would be rejected whatever the records are.
pub fn examine(spec: &PublishSpec) -> Result<Vec<Caveat>, PublishError> {
    let archive = File::of(&spec.archive, keys::archive);
    let examined = shadow_eval::examine(&spec.archive, &archive, spec.image.rules(), &spec.features);
    examined.map_err(|why| PublishError::Model { version: spec.version.clone(), why: Box::new(why) })
}

/// A release, ready to be written: everything but its signature.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// SHA-256 of the manifest's bytes.
    pub release: ReleaseId,
    /// What names it.
    pub manifest: Manifest,
    /// The files that the manifest names, by their keys.
    pub files: Vec<(String, Bytes)>,
}

/// Makes the manifest of what training hands over. On which records it is evaluated is not the publisher's to say:
/// [`crate::holdout`].
///
/// # Errors
/// A manifest that no reader would take.
pub fn prepare(fleet: &Fleet, created: Timestamp, spec: PublishSpec) -> Result<Prepared, PublishError> {
    let version = spec.version.clone();
    let of = |(name, body): (String, Bytes)| (File::of(&body, |sha256| keys::feature_file(sha256, &name)), body);
    let mut feature_files: Vec<(File, Bytes)> = spec.feature_files.into_iter().map(of).collect();
    feature_files.sort_by(|(one, _), (two, _)| one.key.cmp(&two.key));
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        fleet: fleet.name.clone(),
        version: spec.version,
        created,
        archive: File::of(&spec.archive, keys::archive),
        image: spec.image,
        features: spec.features,
        feature_files: feature_files.iter().map(|(file, _)| file.clone()).collect(),
        operating_threshold: spec.operating_threshold,
        answer: spec.answer,
        provenance: spec.provenance,
    };
    let release = manifest.id();
    // Read as every region will read it: what they would refuse is refused here, before anything is written.
    Manifest::parse(release, &manifest.to_bytes())
        .and_then(|manifest| fleet.check_image(&manifest))
        .map_err(|fault| PublishError::Manifest { version, fault: Box::new(fault) })?;
    let archive = (manifest.archive.key.clone(), spec.archive);
    let files =
        std::iter::once(archive).chain(feature_files.into_iter().map(|(file, body)| (file.key, body))).collect();
    Ok(Prepared { release, manifest, files })
}

/// Writes the files under the keys that their content names, then the signature, then, last, the manifest, whose arrival
/// starts everything else. The same release published again is the same release.
///
/// # Errors
/// A manifest that no reader would take; an image that home's registry has not; a key that policy does not trust; a store that does
/// not answer; other bytes under one of the keys.
pub async fn publish(
    ports: &(impl Artifacts + Clock + Images),
    fleet: &Fleet,
    created: Timestamp,
    spec: PublishSpec,
    signer: &impl Signer,
) -> Result<ReleaseId, PublishError> {
    let version = spec.version.clone();
    let Prepared { release, manifest, files } = prepare(fleet, created, spec)?;
    // A registry that does not answer, or not to a publisher, says nothing: every region asks its own before it attests.
    if let Ok(false) = ports.has_image(&fleet.home, &manifest.image).await {
        let fault = FileFault::NoImage { image: manifest.image, region: fleet.home.clone() };
        return Err(PublishError::File { version, source: Box::new(FileError::Unusable(fault)) });
    }
    let signature = signing::sign(signer, &fleet.signing, release, &manifest, ports.now())
        .await
        .map_err(|source| PublishError::Signing { version: version.clone(), source })?;
    let unwritten = |source| PublishError::File { version: version.clone(), source: Box::new(source) };
    for (key, body) in files {
        files::create_once(ports, &fleet.home, &key, body).await.map_err(unwritten)?;
    }
    write_signature(ports, fleet, release, signature.into()).await.map_err(unwritten)?;
    let bytes = Bytes::from(manifest.to_bytes());
    files::create_once(ports, &fleet.home, &keys::manifest(release), bytes).await.map_err(unwritten)?;
    tracing::info!(%release, %version, region = %fleet.home, "release published");
    Ok(release)
}

/// ECDSA never signs twice alike: one that is there already and that every region believes is as good.
async fn write_signature(
    ports: &(impl Artifacts + Clock),
    fleet: &Fleet,
    release: ReleaseId,
    signature: Bytes,
) -> Result<(), FileError> {
    match ports.create(&fleet.home, &keys::signature(release), signature).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::Conflict => {
            signing::read(ports, &fleet.home, &fleet.signing, release, ports.now()).await.map(drop)
        }
        Err(error) => Err(error.into()),
    }
}
