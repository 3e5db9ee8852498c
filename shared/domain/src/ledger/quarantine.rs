//! What people have taken out of consideration: a release, or a file that releases are made of. It is on record in the
//! hub's chain with who and why, and stands until it is lifted.

use crate::fleet::keys;
use crate::fleet::names::{Actor, ReleaseId};
use crate::fleet::release::Manifest;
use crate::ledger::history::HubHistory;
use crate::ledger::reason::Reason;
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
            Self::Key(key) => *key == manifest.archive.key || *key == keys::golden(release),
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
    /// Who said so.
    pub who: Actor,
    /// The person's reason.
    pub why: String,
}

/// Why no region may start a release, whatever became of it before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Evidence condemned it.
    Condemned {
        /// What the evidence says.
        why: Box<Reason>,
    },
    /// A person took it out of consideration.
    Quarantined(Quarantine),
}

impl HubHistory {
    /// Why no region may start `release`; none where nothing bars it. A quarantine is told before a condemnation: it can be
    /// lifted.
    pub fn barred(&self, release: &ReleaseId) -> Option<Barred> {
        let quarantine = self.quarantined.iter().find(|own| own.releases.contains(release));
        let condemned = || self.condemned.get(release).map(|why| Barred::Condemned { why: Box::new(why.clone()) });
        quarantine.cloned().map(Barred::Quarantined).or_else(condemned)
    }

    /// The quarantine that takes the release of `manifest` out of consideration, also where it was published after the
    /// quarantine of one of its files.
    pub fn quarantine_of(&self, release: ReleaseId, manifest: &Manifest) -> Option<&Quarantine> {
        let holds = |own: &&Quarantine| own.releases.contains(&release) || own.object.is_part_of(release, manifest);
        self.quarantined.iter().find(holds)
    }

    /// True if `release` keeps its place among the releases: neither rejected, nor condemned, nor in quarantine. One that
    /// does not holds up nobody.
    pub fn counts(&self, release: &ReleaseId) -> bool {
        !self.rejected.contains_key(release) && self.barred(release).is_none()
    }

    /// The last release that got its first wave and keeps its place, and when it got it: none that is older starts after it.
    pub fn newest(&self) -> Option<(ReleaseId, Timestamp)> {
        self.started.iter().rev().find(|(release, _)| self.counts(release)).copied()
    }

    pub(crate) fn quarantine(&mut self, quarantine: Quarantine) {
        self.lift_quarantine(&quarantine.object);
        self.quarantined.push(quarantine);
    }

    pub(crate) fn lift_quarantine(&mut self, object: &Object) {
        self.quarantined.retain(|own| own.object != *object);
    }
}
