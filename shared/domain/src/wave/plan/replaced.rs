//! A home that was lost took the judge of its wave with it: the region where a canary stood has gone back and halted, with nothing against the
//! release. The home that took over ends that halt, and brings the release again.

use super::{Plan, View};
use crate::ledger::Record;
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::{Reason, Return, Step, WayBackReason};

impl View<'_> {
    /// Ends the region's halt, where its judge died with the home before.
    pub(super) fn judge_replaced(&self, history: &RegionHistory) -> Option<Plan> {
        let moved = self.sight.hub.moved.as_ref().filter(|moved| moved.lost && moved.to == self.fleet.home)?;
        let silent = Reason::Return(Return::RolledBack {
            region: self.name(),
            from: self.version(),
            to: history.serving.as_ref()?.target.version.clone(),
            why: WayBackReason::JudgeSilent,
        });
        let before = history.returned_at.is_some_and(|returned| returned <= moved.since);
        if !before || history.halt.as_ref() != Some(&silent) {
            return None;
        }
        let record = Record::JudgeReplaced { execution: self.sight.execution.clone() };
        Some(self.lease().unwrap_or_else(|| self.tell(record, Step::JudgeReplaced { region: self.name() })))
    }
}
