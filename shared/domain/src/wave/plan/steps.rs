//! A linear shift: the first step is the canary, and the judge decides before the second (I9). SageMaker makes the later
//! steps by its own timer, each watched for a bake by the guardrail's alarms.

use super::{Plan, Stage, View};
use crate::ledger::history::OpenUpdate;
use crate::ledger::reason::Wait;
use crate::ledger::verdict::Decision;
use jiff::Timestamp;

impl View<'_> {
    /// When all traffic is on green, by SageMaker's timer.
    pub(super) fn shifted_at(&self, update: &OpenUpdate) -> Option<Timestamp> {
        let (_, ends) = update.canary?;
        Some(ends + update.bake(self.region).wait * (self.region.style.waits() - 1).max(0))
    }

    /// Between the first step and the last, a look waits; none where nothing of the kind is in progress.
    pub(super) fn between_steps(&self, stage: &Stage, update: &OpenUpdate) -> Option<Plan> {
        let (_, ends) = update.canary?;
        let last = self.shifted_at(update)?;
        let moving = matches!(stage, Stage::Baking { .. } | Stage::Shifting | Stage::Shifted);
        if !moving || self.now < ends || self.now >= last || !update.is_decided(Decision::Proceed) {
            return None;
        }
        let wait = || Plan::wait(Wait::TrafficInSteps { region: self.name(), until: last });
        Some(self.retreat(update).or_else(|| self.keep_watch()).unwrap_or_else(wait))
    }
}
