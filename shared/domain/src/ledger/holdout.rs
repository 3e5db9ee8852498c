//! Hold-outs: the labelled records on which every challenger is evaluated. They belong to the fleet, never to a release: who
//! publishes must not choose what is asked.

use crate::fleet::keys;
use crate::fleet::names::{Actor, Sha256};
use crate::fleet::release::File;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A set of labelled records in home's bucket, addressed by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// SHA-256 of its bytes, compressed as they are.
    pub sha256: Sha256,
    /// Length of the stored, compressed object in bytes.
    pub bytes: u64,
    /// How many records it has.
    pub rows: u64,
    /// How many of them are fraud (label 1).
    pub positives: u64,
}

impl Holdout {
    /// Where it lies, and what its bytes must be.
    pub fn file(&self) -> File {
        File { key: keys::holdout(self.sha256), sha256: self.sha256, bytes: self.bytes }
    }
}

/// A hold-out that was approved, as the hub's chain says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedHoldout {
    /// The records that were approved.
    pub holdout: Holdout,
    /// When it was approved: it counts for releases that home attests from then on.
    pub since: Timestamp,
    /// The person who approved it: the actor of the entry.
    pub by: Actor,
    /// Why it took the place of the one before.
    pub why: String,
}

/// The hold-out for a release that home attested at `published`: the newest that was approved by then, for nobody may choose
/// one for a release that is known already.
pub(crate) fn newest_by(approved: &[ApprovedHoldout], published: Timestamp) -> Option<&ApprovedHoldout> {
    approved.iter().rev().find(|approved| approved.since <= published)
}
