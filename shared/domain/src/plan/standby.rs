//! A standby or joining region: at the same release, promoted last, on the actives' evidence. It has no canary to judge,
//! so its decision to proceed is written before its traffic moves, and names whose evidence it rides on (I9). Golden
//! records prove it as they prove everyone (I4), and a stopped wave takes it back.

use super::{Act, Plan, Stage, View};
use crate::endpoint::Seen;
use crate::fleet::{Kind, Region, Style};
use crate::history::OpenUpdate;
use crate::ledger::Record;
use crate::verdict::Decision;

impl<'a> View<'a> {
    /// The actives whose evidence for this release stands.
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

    /// The next step of an update that nobody judges here.
    pub(super) fn ride(&self, stage: &Stage, update: &OpenUpdate) -> Plan {
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, "found running after a lost answer");
        }
        if *stage == Stage::GoingBack {
            return self.going_back(update);
        }
        if update.confirmed {
            return self.history().map_or_else(|| self.done(), |history| self.proved(history));
        }
        if let Some(retreat) = self.retreat(update) {
            return retreat;
        }
        if !update.is_decided(Decision::Proceed) {
            return self.let_ride(update);
        }
        let all_moved = self.region.style == Style::AllAtOnce && matches!(stage, Stage::Baking { .. });
        let wait = || Plan::wait(format!("{} follows to {}", self.title(), self.sight.version));
        let step = self.lease().or_else(|| self.once(Act::Beat, "the wave looks"));
        step.unwrap_or_else(|| if all_moved { self.prove(update) } else { wait() })
    }

    fn let_ride(&self, update: &OpenUpdate) -> Plan {
        let actives = self.shown_by();
        if actives.is_empty() {
            let why = format!("no active region has shown evidence for {}", self.sight.version);
            return self.revert(update, crate::verdict::Cause::Unclear, why, None);
        }
        // Where the update was found running after a while, the lease may have run out.
        if let Some(lease) = self.lease() {
            return lease;
        }
        let titles: Vec<&str> = actives.iter().map(|region| region.title.as_str()).collect();
        let why = format!("no canary of its own: it rides on the evidence of {}", titles.join(", "));
        let (decision, execution) = (Decision::Proceed, update.execution.clone());
        self.tell(Record::Decided { execution, decision, why: why.clone(), judgement: None, cause: None }, why)
    }
}
