//! What people have said in the hub's chain that still holds: quarantines and overrides, and which releases keep their place.

use super::HubHistory;
use crate::fleet::names::{RegionName, ReleaseId};
use crate::fleet::release::Manifest;
use crate::ledger::overrides::{Override, Rule};
use crate::ledger::quarantine::{Object, Quarantine};
use crate::ledger::reason::Barred;
use jiff::Timestamp;

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

    /// The override of `what` that counts in `region` at `now`.
    pub fn overridden(&self, what: Rule, region: &RegionName, now: Timestamp) -> Option<&Override> {
        self.overrides.iter().rev().find(|own| own.counts(what, region, now))
    }
}
