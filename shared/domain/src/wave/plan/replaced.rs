//! A home that was lost took the judge of its wave with it: the region where a canary stood has gone back and halted, with nothing against the
//! release. The home that took over ends that halt, and brings the release again.

use super::{Plan, View};
use crate::ledger::Record;
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::{Reason, Return, Step, WayBackReason};

impl View<'_> {
    /// Whether the region has gone back, and halted, for a judge that died with the home before.
    pub(super) fn lost_its_judge(&self, history: &RegionHistory) -> bool {
        let moved = self.sight.hub.moved.as_ref().filter(|moved| moved.lost && moved.to == self.fleet.home);
        let Some((moved, serving)) = moved.zip(history.serving.as_ref()) else { return false };
        let silent = Reason::Return(Return::RolledBack {
            region: self.name(),
            from: self.version(),
            to: serving.target.version.clone(),
            why: WayBackReason::JudgeSilent,
        });
        let before = history.returned_at.is_some_and(|returned| returned <= moved.since);
        before && history.halt.as_ref() == Some(&silent)
    }

    /// Ends that halt, once nothing else keeps the release from the region.
    pub(super) fn judge_replaced(&self, history: &RegionHistory) -> Option<Plan> {
        let record = Record::JudgeReplaced { execution: self.sight.execution.clone() };
        let lost = self.lost_its_judge(history);
        lost.then(|| self.tell(record, Step::JudgeReplaced { region: self.name() }))
    }
}
