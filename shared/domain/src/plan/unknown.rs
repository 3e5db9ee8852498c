//! Unknown bytes: a rollback that SageMaker could not finish (`UpdateRollbackFailed`) leaves fleets of both configurations
//! behind one endpoint. That is neither old nor new, and a state of its own on record (I13).
//!
//! The plan: say so and page; start nothing there; ask for a fresh update onto what the region was going back to, or
//! served last with proof, whenever SageMaker takes it; believe the golden records alone that it has arrived (I4). What the
//! wave does elsewhere follows from why the update was going back, not from SageMaker's failure to do so.

use super::rollback::RollbackView;
use super::{Act, Next, Plan, View};
use crate::endpoint::{EndpointView, Seen, Target};
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::runbook::Runbook;
use crate::verdict::{Cause, Decision};

/// What to do where a recovery does not come by itself.
const BY_HAND: &str = "Nothing starts there. The region asks by itself for a fresh update onto what it served last with \
                       proof, and asks its golden records; if no page or entry says so in ten minutes, take it back by hand.";

/// What SageMaker says of the failure.
pub(super) fn unknown_words(endpoint: &EndpointView) -> String {
    format!("its endpoint is {:?}, and fleets of two releases may answer", endpoint.status)
}

impl View<'_> {
    /// The region recovers by its own means; the wave finds out why its update was going back, and acts on that.
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
            let why = unknown_words(endpoint);
            let execution = self.sight.execution.clone();
            return self.tell(Record::BytesUnknown { execution, why: why.clone() }, why);
        };
        let words = format!("nobody knows which bytes it serves: {}", unknown.why);
        // Also where the region's own way back holds the update by now (I7).
        if let Some(bad) = history.evidence_against(&self.sight.release) {
            return self.condemn(bad);
        }
        match ours.and_then(|update| Some((update.cause?, update.decision.as_ref()?))) {
            Some((Cause::Region, (_, why))) => self.defer(&format!("{why}; {words}")),
            Some((_, (_, why))) => self.stop(&format!("{why}; {words}")),
            // The region's own way back holds the update by now, or it was so before this wave came.
            None if self.is_patient(unknown.since) => Plan::wait(format!("{}: {words}", self.title())),
            None => self.defer(&words),
        }
    }
}

impl RollbackView<'_> {
    /// Says so once, then takes the region to `home`: where it was going back to, or what served last with proof.
    pub(super) fn unknown_bytes(
        &self,
        history: &RegionHistory,
        endpoint: &EndpointView,
        home: Option<&Target>,
    ) -> Plan {
        let why = unknown_words(endpoint);
        let title = &self.region.title;
        let words = format!("nobody knows which bytes {title} serves: {why}");
        if history.unknown.is_none() {
            let execution = self.sight.actor.clone();
            return if self.sight.paged {
                self.tell(Record::BytesUnknown { execution, why }, words)
            } else {
                Plan::new(
                    Next::Page {
                        region: self.region.name.clone(),
                        advice: Runbook::UpdateRollbackFailed.after(BY_HAND),
                    },
                    words,
                )
            };
        }
        let Some(target) = home.or_else(|| history.serving.as_ref().map(|serving| &serving.target)) else {
            return self.nothing("the ledger knows of nothing that was proved to serve here");
        };
        let execution = self.sight.actor.clone();
        let record = Record::UpdateIntended { target: target.clone(), back: None, execution, epoch: None, bake: None };
        self.tell(record, format!("{title} goes to {}, which served last with proof", target.version))
    }

    pub(super) fn golden_proves(&self) -> bool {
        self.sight.golden.as_ref().and_then(Seen::known).is_some_and(|golden| golden.proves())
    }

    /// Back in service after unknown bytes: only what the endpoint answers says which they are now.
    pub(super) fn prove_return(&self, update: &OpenUpdate) -> Plan {
        let version = &update.target.version;
        match &self.sight.golden {
            None => {
                let next = Next::Do(Act::AskGolden, self.region.name.clone(), update.target.clone());
                Plan::new(next, format!("whether {version} answers again"))
            }
            Some(Seen::Known(golden)) => self.nothing(&format!(
                "{} of {} golden records were answered as {version}; the sweep asks again",
                golden.right, golden.asked
            )),
            Some(Seen::Unknown(why)) => self.nothing(&format!("golden records cannot be asked: {why}")),
        }
    }
}
