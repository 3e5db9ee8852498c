//! Where things stand in a release bucket. Only `releases/` is replicated.

use super::names::{FleetName, ReleaseId, Sha256};
use super::release::Manifest;

/// The prefix that replication carries to every region.
pub const RELEASES: &str = "releases/";
/// The prefix of the manifests; an object created under it invokes `replication`.
pub const MANIFESTS: &str = "releases/manifests/";

/// The prefix of what evaluations keep for each other. Never replicated, and believed of a champion only: losing an object
/// under it costs one more scoring.
pub const CACHED_MARGINS: &str = "evaluations/margins/";

/// The prefix under which SageMaker keeps what it captured of customers' requests. Never replicated.
pub const CAPTURED: &str = "captured";

/// A model archive, addressed by its content: SageMaker's `ModelDataUrl` has no version id, so a key is never rewritten.
pub fn archive(digest: Sha256) -> String {
    format!("releases/archives/{digest}/model.tar.gz")
}

/// A file of a release's feature pipeline, addressed by its content too: nights that do not change it share one object.
pub fn feature_file(digest: Sha256, name: &str) -> String {
    format!("releases/features/{digest}/{name}")
}

/// A release's manifest. Its arrival is the event that matters.
pub fn manifest(release: ReleaseId) -> String {
    format!("{MANIFESTS}{release}.json")
}

/// The release that a manifest's key names.
pub fn release_of_manifest(key: &str) -> Option<ReleaseId> {
    key.strip_prefix(MANIFESTS)?.strip_suffix(".json")?.parse().ok()
}

/// The release whose manifest, signature or golden records a key is of.
pub fn release_of(key: &str) -> Option<ReleaseId> {
    let (_, name) = key.strip_prefix(RELEASES)?.rsplit_once('/')?;
    let release: ReleaseId = name.strip_suffix(".json")?.parse().ok()?;
    [manifest(release), signature(release), golden(release)].iter().any(|own| own == key).then_some(release)
}

/// The signature of a release's manifest, written before the manifest. Others' tools read it too: [`crate::signing`].
pub fn signature(release: ReleaseId) -> String {
    format!("releases/signatures/{release}.json")
}

/// The golden records of a release: replicated, so that every region can prove which model answers.
pub fn golden(release: ReleaseId) -> String {
    format!("releases/golden/{release}.json")
}

/// A held-out set, addressed by its content. Not replicated: records stay where they are.
pub fn holdout(digest: Sha256) -> String {
    format!("holdouts/{digest}.csv.gz")
}

/// The evaluation of a release, for machines.
pub fn evaluation_json(release: ReleaseId) -> String {
    format!("evaluations/{release}/evaluation.json")
}

/// The evaluation of a release, for people.
pub fn evaluation_html(release: ReleaseId) -> String {
    format!("evaluations/{release}/evaluation.html")
}

/// Where a call of a pipeline's job says that it began to evaluate a release, and that it ended.
pub fn begun(release: ReleaseId, job: &str, call: u32) -> String {
    format!("evaluations/{release}/begun/{}-{call}.json", Sha256::of(job.as_bytes()).short())
}

/// What a release's model says about a held-out set, kept for the next evaluation on the same set; see [`CACHED_MARGINS`].
/// Everything of the release that decides it is in the key: a model without feature names is one model for each list.
pub fn margins(release: &Manifest, holdout: Sha256) -> String {
    let (archive, image) = (release.archive.sha256, release.image.rules());
    format!("{CACHED_MARGINS}{holdout}/{archive}-{image}-{}.margins", release.features_sha256().short())
}

/// The small versioned key that the pipeline's source stage reads.
pub fn wave(fleet: &FleetName) -> String {
    format!("waves/{fleet}.json")
}
