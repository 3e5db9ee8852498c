//! What the audit asks of the hub's records, of the lease, and of the ground that a start stands on.

use super::{Audit, Note, note};
use crate::history::OpenUpdate;
use crate::ledger::Record;
use crate::names::{Epoch, RegionName};
use crate::verdict::{Cause, Decision};

impl Audit<'_> {
    /// I13, I10: nothing starts where nobody knows what serves, or for a wave that is over.
    pub(super) fn ground(&self, region: &RegionName) -> Vec<Note> {
        let known = self.history(region).is_none_or(|history| history.unknown.is_none());
        let mut notes = note(known, "I13", format!("nobody knows which bytes {region} serves"));
        let over = self.sight.hub.ended.contains_key(&self.sight.execution);
        notes.extend(note(!over, "I10", "this wave has ended"));
        notes
    }

    /// What the hub's chain is told.
    pub(super) fn hub(&self, record: &Record) -> Vec<Note> {
        match record {
            Record::Deferred { region, .. } => {
                note(!self.blamed(region), "I7", format!("{region} would be deferred for a fault of the release"))
            }
            Record::Condemned { region, .. } => {
                let what = format!("{} would be condemned, and no revert in {region} says so", self.sight.version);
                note(self.blamed(region), "I7", what)
            }
            Record::WaveEnded { lagging, .. } => self.ending(lagging),
            Record::RegionWell { region, .. } => {
                let seen = self.history(region).is_some();
                note(seen, "I13", format!("{region} would be called well, and cannot be seen"))
            }
            Record::LeaseRenewed { epoch, .. } | Record::LeaseReleased { epoch } => {
                let held = self.sight.hub.lease.as_ref();
                let ours = held.is_some_and(|lease| lease.epoch == *epoch && lease.holder == self.sight.execution);
                note(ours, "I11", format!("epoch {epoch} of the lease is not this wave's"))
            }
            _ => Vec::new(),
        }
    }

    /// Whether a revert in the region, of whichever wave, is laid to the release.
    fn blamed(&self, region: &RegionName) -> bool {
        self.history(region).is_some_and(|history| {
            let returned = history.returned.get(&self.sight.release);
            let left = returned.and_then(|left| left.cause) == Some(Cause::Release)
                || history.blamed.contains_key(&self.sight.release);
            let open = history.update.as_ref().filter(|update| update.target.release == self.sight.release);
            let decided = open.filter(|update| self.is_revert(update)).and_then(|update| update.cause);
            left || decided == Some(Cause::Release)
        })
    }

    fn is_revert(&self, update: &OpenUpdate) -> bool {
        update.decision.as_ref().is_some_and(|(last, _)| *last == Decision::Revert)
    }

    /// I4, I13: whatever does not serve the release, proved and seen, lags.
    fn ending(&self, lagging: &[RegionName]) -> Vec<Note> {
        let claimed = self.fleet.regions.iter().map(|region| &region.name).filter(|name| !lagging.contains(name));
        claimed
            .flat_map(|name| match self.history(name) {
                Some(history) => {
                    let serving = history.serving.as_ref().map(|serving| serving.target.release);
                    let serves = serving == Some(self.sight.release)
                        && history.confirmed.contains_key(&self.sight.release)
                        && history.unknown.is_none();
                    note(serves, "I4", format!("{name} would be counted as done, and does not serve the release"))
                }
                None => note(false, "I13", format!("{name} would be counted as done, and cannot be seen")),
            })
            .collect()
    }

    /// I11: the next generation, and nobody else's.
    pub(super) fn taking(&self, epoch: Epoch) -> Vec<Note> {
        let hub = &self.sight.hub;
        let held = hub.lease.as_ref().is_some_and(|lease| lease.until > self.now);
        let mut notes = note(!held, "I11", "the fleet's lease is held");
        notes.extend(note(epoch == hub.epoch.next(), "I11", format!("epoch {epoch} does not follow {}", hub.epoch)));
        notes
    }

    /// I9: silence may be taken for peace only once the canary was let through.
    pub(super) fn disarm(&self, region: &RegionName) -> Vec<Note> {
        let what = format!("{region}'s heartbeat alarm would be disarmed, and nobody let its canary through");
        // A first release has no canary to watch.
        let first = self.open(region).is_some_and(OpenUpdate::is_first);
        note(first || self.decided(region, Decision::Proceed), "I9", what)
    }
}
