//! What the audit asks of the hub's records, of the lease, and of the heartbeat alarm.

use super::{Audit, require};
use crate::fleet::names::{Epoch, RegionName};
use crate::ledger::history::OpenUpdate;
use crate::ledger::verdict::{Cause, Decision};
use crate::ledger::{Record, Violation};

impl Audit<'_> {
    /// What the hub's chain is told.
    pub(super) fn hub(&self, record: &Record) -> Vec<Violation> {
        match record {
            Record::Deferred { region, .. } => {
                require(!self.blamed(region), Violation::ReleaseFaultDeferred { region: region.clone() })
            }
            Record::Condemned { region, .. } => {
                let (region, version) = (region.clone(), self.sight.version.clone());
                require(self.blamed(&region), Violation::CondemnedWithoutRevert { region, version })
            }
            Record::WaveEnded { lagging, .. } => self.ending(lagging),
            Record::RegionWell { region, .. } => {
                let seen = self.history(region).is_some();
                require(seen, Violation::UnseenCalledWell { region: region.clone() })
            }
            Record::LeaseRenewed { epoch, .. } | Record::LeaseReleased { epoch } => {
                let held = self.sight.hub.lease.as_ref();
                let ours = held.is_some_and(|lease| lease.epoch == *epoch && lease.holder == self.sight.execution);
                require(ours, Violation::EpochNotOurs { epoch: *epoch })
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

    /// I4, I13: whatever does not serve the release, proved and seen, or keeps it where nothing is to run, lags.
    fn ending(&self, lagging: &[RegionName]) -> Vec<Violation> {
        let claimed = self.fleet.regions.iter().map(|region| &region.name).filter(|name| !lagging.contains(name));
        claimed
            .flat_map(|name| match self.history(name) {
                Some(history) => {
                    let serving = history.serving.as_ref().map(|serving| serving.target.release);
                    let serves = serving == Some(self.sight.release)
                        && history.confirmed.contains_key(&self.sight.release)
                        && history.unknown.is_none();
                    let kept = history.kept.as_ref().is_some_and(|kept| kept.target.release == self.sight.release);
                    require(
                        serves || kept && self.is_pilot_light(name),
                        Violation::CountedAsDone { region: name.clone() },
                    )
                }
                None => vec![Violation::UnseenCountedAsDone { region: name.clone() }],
            })
            .collect()
    }

    /// I11: the next generation, and nobody else's.
    pub(super) fn taking(&self, epoch: Epoch) -> Vec<Violation> {
        let hub = &self.sight.hub;
        let held = hub.lease.as_ref().is_some_and(|lease| lease.until > self.now);
        let mut broken = require(!held, Violation::LeaseHeld);
        broken.extend(require(epoch == hub.epoch.next(), Violation::EpochOutOfTurn { epoch, last: hub.epoch }));
        broken
    }

    /// I9: silence may be taken for peace only once the canary was let through.
    pub(super) fn disarm(&self, region: &RegionName) -> Vec<Violation> {
        // A first release has no canary to watch, nor has a region where nothing runs.
        let first = self.open(region).is_some_and(OpenUpdate::is_first) || self.is_dark(region);
        require(
            first || self.decided(region, Decision::Proceed),
            Violation::DisarmedWithoutDecision { region: region.clone() },
        )
    }
}
