//! Unknown bytes: a rollback that SageMaker could not finish (`UpdateRollbackFailed`) leaves instances of both configurations
//! behind one endpoint. That is neither old nor new, and a state of its own on record (I13).
//!
//! The plan: say so and page; start nothing there; ask for a fresh update onto what the region was rolling back to, or
//! served last with proof, whenever SageMaker takes it; believe the golden records alone that it has arrived (I4). What the
//! wave does elsewhere follows from why the update was rolling back, not from SageMaker's failure to do so.

use super::rollback::RollbackView;
use super::{Act, Next, Plan, View};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Fault, Gate, Quiet, Reason, Return, Seen, Wait};
use crate::ledger::verdict::{Cause, Decision};

impl View<'_> {
    /// The region recovers by its own means; the wave finds out why its update was rolling back, and acts on that.
    pub(super) fn unknown_bytes(
        &self,
        endpoint: &EndpointView,
        history: &RegionHistory,
        ours: Option<&OpenUpdate>,
    ) -> Plan {
        if let Some(update) = ours.filter(|update| !update.is_decided(Decision::Revert)) {
            return self.explain(update);
        }
        let Some(unknown) = &history.unknown else {
            let why = Fault::TwoReleases(endpoint.status);
            let execution = self.sight.execution.clone();
            return self.tell(Record::BytesUnknown { execution, why: why.clone(), paged: None }, why);
        };
        let unproved: Reason = Gate::BytesUnknown { region: self.name(), why: unknown.why.clone() }.into();
        // Also where the region's own way back holds the update by now (I7).
        if let Some(bad) = history.evidence_against(&self.sight.release) {
            return self.condemn(bad);
        }
        match ours.and_then(|update| Some((update.cause?, update.decision.as_ref()?))) {
            Some((Cause::Region, (_, why))) => self.defer(Reason::Several(vec![why.clone(), unproved])),
            Some((_, (_, why))) => self.unclear(Some(why), Reason::Several(vec![why.clone(), unproved])),
            // The region's own way back holds the update by now, or it was so before this wave came.
            None if self.is_patient(unknown.since) => {
                Plan::wait(Wait::Bytes { region: self.name(), why: unknown.why.clone() })
            }
            None => self.defer(unproved),
        }
    }
}

impl RollbackView<'_> {
    /// Says so once, then takes the region to `home`: where it was rolling back to, or what served last with proof.
    pub(super) fn unknown_bytes(
        &self,
        history: &RegionHistory,
        endpoint: &EndpointView,
        home: Option<&Target>,
    ) -> Plan {
        if history.unknown.is_none() {
            let (execution, why) = (self.sight.actor.clone(), Fault::TwoReleases(endpoint.status));
            let told = Return::BytesUnknown { region: self.name(), status: endpoint.status };
            return if self.sight.paged {
                self.tell(Record::BytesUnknown { execution, why, paged: Some(self.name()) }, told)
            } else {
                Plan::new(Next::Page { region: self.name(), advice: Advice::RecoverByHand }, told)
            };
        }
        let Some(target) = home.or_else(|| history.serving.as_ref().map(|serving| &serving.target)) else {
            return self.nothing(Quiet::NothingProved);
        };
        let execution = self.sight.actor.clone();
        let record = Record::UpdateIntended { target: target.clone(), back: None, execution, epoch: None, bake: None };
        self.tell(record, Return::GoesToProved { region: self.name(), version: target.version.clone() })
    }

    pub(super) fn golden_proves(&self) -> bool {
        self.sight.golden.as_ref().and_then(Seen::known).is_some_and(|golden| golden.proves())
    }

    /// Back in service after unknown bytes: only what the endpoint answers says which they are now.
    pub(super) fn prove_return(&self, update: &OpenUpdate) -> Plan {
        let version = update.target.version.clone();
        match &self.sight.golden {
            None => Plan::act(Act::AskGolden, self.name(), update.target.clone()),
            Some(Seen::Known(golden)) => {
                self.nothing(Quiet::GoldenWrong { right: golden.right, asked: golden.asked, version })
            }
            Some(Seen::Unknown(why)) => self.nothing(Quiet::GoldenUnasked { why: why.clone() }),
        }
    }
}
