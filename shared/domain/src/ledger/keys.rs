//! Where things stand in a release bucket. Only `releases/` is replicated.

use crate::checkpoint::FORM;
use crate::fleet::Fleet;
use crate::heads::KeptHead;
use crate::names::{FleetName, NameError, RegionName, ReleaseId, Sha256};
use crate::release::Manifest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The prefix that replication carries to every region.
pub const RELEASES: &str = "releases/";
/// The prefix of the manifests; an object created under it invokes `replication`.
pub const MANIFESTS: &str = "releases/manifests/";

/// The prefix of what evaluations keep for each other. Never replicated, and believed of a champion only: losing an object
/// under it costs one more scoring.
pub const CACHED_MARGINS: &str = "evaluations/margins/";

/// The prefix under which SageMaker keeps what it captured of customers' requests. Never replicated.
pub const CAPTURED: &str = "captured";

/// Where SageMaker keeps what it captured of the fleet's requests in the hour of a moment: its own layout, in UTC.
pub fn captured(fleet: &Fleet, at: Timestamp) -> String {
    let hour = at.strftime("%Y/%m/%d/%H");
    format!("{CAPTURED}/{}/{}/{hour}/", fleet.endpoint, fleet.variant)
}

/// A model archive, addressed by its content: SageMaker's `ModelDataUrl` has no version id, so a key is never rewritten.
pub fn archive(digest: Sha256) -> String {
    format!("releases/archives/{digest}/model.tar.gz")
}

/// A release's manifest. Its arrival is the event that matters.
pub fn manifest(release: ReleaseId) -> String {
    format!("{MANIFESTS}{release}.json")
}

/// The release that a manifest's key names.
pub fn release_of_manifest(key: &str) -> Option<ReleaseId> {
    key.strip_prefix(MANIFESTS)?.strip_suffix(".json")?.parse().ok()
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

/// Where `holder` keeps the ends of another region's chain: under the prefix of its own chain, which nobody else may write.
pub fn heads(fleet: &FleetName, holder: &RegionName, chain: &Chain) -> String {
    format!("{}heads/{chain}/", Chain::Region(holder.clone()).prefix(fleet))
}

/// One of those ends. What is listed first is the newest: the first number falls as `seq` rises.
pub fn head(fleet: &FleetName, holder: &RegionName, chain: &Chain, head: &KeptHead) -> String {
    let KeptHead { seq, hash } = head;
    format!("{}{:020}-{seq:020}-{hash}.json", heads(fleet, holder, chain), u64::MAX - seq)
}

/// The end that a key names.
pub fn head_of(key: &str) -> Option<KeptHead> {
    let (_, name) = key.strip_suffix(".json")?.rsplit_once('/')?;
    let mut parts = name.split('-').skip(1);
    let (seq, hash) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(KeptHead { seq, hash })
}

/// Which chain of the ledger. Home's bucket holds two: its own region's and the hub's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Chain {
    /// The hub's chain, in home's bucket: lease, approvals, deferrals.
    Home,
    /// One region's chain, in its own bucket.
    Region(RegionName),
}

/// The hub's chain, by name.
const HOME: &str = "home";

impl TryFrom<String> for Chain {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        if text == HOME { Ok(Self::Home) } else { text.parse().map(Self::Region) }
    }
}

impl From<Chain> for String {
    fn from(chain: Chain) -> String {
        chain.to_string()
    }
}

impl Chain {
    /// The region in whose bucket it lies.
    pub fn region<'a>(&'a self, fleet: &'a Fleet) -> &'a RegionName {
        match self {
            Chain::Home => &fleet.home,
            Chain::Region(region) => region,
        }
    }

    /// `ledger/<fleet>/<chain>/`.
    pub fn prefix(&self, fleet: &FleetName) -> String {
        format!("ledger/{fleet}/{self}/")
    }

    /// `ledger/<fleet>/<chain>/<20-digit seq>.json`: 20 digits, so that keys sort as numbers do.
    pub fn key(&self, fleet: &FleetName, seq: u64) -> String {
        format!("ledger/{fleet}/{self}/{seq:020}.json")
    }

    /// `ledger/<fleet>/<chain>/checkpoints/`: under the chain's own prefix, so that who may read and write the chain may read and
    /// write them, and behind all of its entries where keys are listed.
    pub fn checkpoints(&self, fleet: &FleetName) -> String {
        format!("ledger/{fleet}/{self}/checkpoints/")
    }

    /// The prefix of the checkpoints that this code can read.
    pub fn readable_checkpoints(&self, fleet: &FleetName) -> String {
        format!("{}{FORM}/", self.checkpoints(fleet))
    }

    /// The checkpoint at `seq`. What is listed first is the newest: the first number falls as `seq` rises.
    pub fn checkpoint(&self, fleet: &FleetName, seq: u64) -> String {
        format!("{}{:020}-{seq:020}.json", self.readable_checkpoints(fleet), u64::MAX - seq)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chain::Home => f.write_str(HOME),
            Chain::Region(region) => f.write_str(region.as_str()),
        }
    }
}
