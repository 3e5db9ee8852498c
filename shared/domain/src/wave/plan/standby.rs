//! A standby or joining region: at the same release, promoted last, on the actives' evidence. It has no canary to judge,
//! so its decision to proceed is written before its traffic moves, and names the regions whose evidence it uses (I9). Golden
//! records prove it like every region (I4), and a stopped wave rolls it back.

use super::{Act, Finish, Plan, Stage, View};
use crate::fleet::endpoint::{EndpointStatus, EndpointView};
use crate::fleet::{Kind, Region, Style};
use crate::ledger::Record;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Proceed, Revert, Seen, Step, Wait, WaveEnd};
use crate::ledger::verdict::Decision;
use std::ops::ControlFlow::Break;

impl<'a> View<'a> {
    /// The active regions that have evidence for this release.
    pub(super) fn shown_by(&self) -> Vec<&'a Region> {
        let serves = |region: &&Region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known);
            history.is_some_and(|history| {
                history.is_evidence(self.fleet, region, &self.sight.release) && !self.sight.left(region, history)
            })
        };
        let actives = self.fleet.regions.iter().filter(|region| region.kind == Kind::Active);
        actives.filter(serves).collect()
    }

    /// Whether what a pilot light's endpoint does is no wave's business: it is being made for another region's customers, or taken away
    /// again.
    pub(super) fn is_its_own(&self, history: &RegionHistory, endpoint: &EndpointView) -> bool {
        let goes = self.region.kind == Kind::PilotLight && endpoint.status == EndpointStatus::Deleting;
        goes || history.lighting().is_some()
    }

    /// A pilot light where nothing runs gets the release's model and configuration, past the gates of a start: a call and some minutes
    /// make an endpoint of them.
    pub(super) fn keep(&self, history: &RegionHistory) -> Plan {
        let (region, version) = (self.name(), self.version());
        if history.kept.as_ref().is_some_and(|kept| kept.target == self.target) {
            return Plan::finish(Finish::Done, WaveEnd::Keeps { region, version });
        }
        if let Break(instead) = self.gates(None, history) {
            return instead;
        }
        // There is no canary to watch.
        self.once(Act::Disarm).unwrap_or_else(|| {
            let (target, execution) = (self.target.clone(), self.sight.execution.clone());
            self.tell(Record::Kept { target, execution }, Step::Keeps { region, version })
        })
    }

    /// The next step of an update without a canary.
    pub(super) fn without_canary(&self, stage: &Stage, update: &OpenUpdate) -> Plan {
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, Step::FoundRunning);
        }
        if *stage == Stage::RollingBack {
            return self.rolling_back(update);
        }
        if update.confirmed {
            return self.history().map_or_else(|| self.done(), |history| self.proved(history));
        }
        if let Some(retreat) = self.retreat(update) {
            return retreat;
        }
        if !update.is_decided(Decision::Proceed) {
            return self.proceed_without_canary(update);
        }
        let all_moved = self.region.style == Style::AllAtOnce && matches!(stage, Stage::Baking { .. });
        let wait = || Plan::wait(Wait::Follows { region: self.name(), version: self.version() });
        let step = self.lease().or_else(|| self.once(Act::Beat));
        step.unwrap_or_else(|| if all_moved { self.prove(update) } else { wait() })
    }

    /// Where the endpoint cannot be seen, an update that SageMaker has taken may move its traffic all the same: what is decided about it
    /// rests on other regions, and is written.
    pub(super) fn unseen(&self, history: &RegionHistory) -> Option<Plan> {
        let open = |update: &&OpenUpdate| self.is_ours(update) && update.started && update.decision.is_none();
        let update = history.update.as_ref().filter(open)?;
        let proceeds = self.region.kind != Kind::Active && !update.confirmed && self.retreat(update).is_none();
        (proceeds && !self.shown_by().is_empty()).then(|| self.proceed_without_canary(update))
    }

    fn proceed_without_canary(&self, update: &OpenUpdate) -> Plan {
        let actives = self.shown_by();
        if actives.is_empty() {
            return self.revert(update, Revert::NoEvidence { version: self.version() }, None);
        }
        // If the update was found in progress late, the lease may have expired.
        if let Some(lease) = self.lease() {
            return lease;
        }
        let regions = actives.iter().map(|region| region.name.clone()).collect();
        self.proceed(update, Proceed::RelyOn(regions), None)
    }
}
