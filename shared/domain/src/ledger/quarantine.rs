//! What people have taken out of consideration: a release, or a file that releases are made of. It is on record in the
//! hub's chain with who and why, and stands until it is lifted.

use crate::fleet::keys;
use crate::fleet::names::{Actor, ReleaseId};
use crate::fleet::release::Manifest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is taken out of consideration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// One release, by its digest.
    Release(ReleaseId),
    /// A key of the release bucket: every release whose manifest names it.
    Key(String),
}

impl Object {
    /// The object that a key of the release bucket is: a manifest's is its release.
    pub fn of_key(key: &str) -> Self {
        keys::release_of_manifest(key).map_or_else(|| Self::Key(key.to_owned()), Self::Release)
    }

    /// True if `release`, which `manifest` describes, is or is made of this object.
    pub fn is_part_of(&self, release: ReleaseId, manifest: &Manifest) -> bool {
        match self {
            Self::Release(own) => *own == release,
            Self::Key(key) => manifest.files().any(|file| file.key == *key) || *key == keys::golden(release),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(release) => write!(f, "release {}", release.short()),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// A quarantine that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// What it is about.
    pub object: Object,
    /// The releases that are or hold it, as far as they had been published.
    pub releases: Vec<ReleaseId>,
    /// The time from which it holds.
    pub since: Timestamp,
    /// The person who set it: the actor of the entry.
    pub who: Actor,
    /// The person's reason.
    pub why: String,
}
