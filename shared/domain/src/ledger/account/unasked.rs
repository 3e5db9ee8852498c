//! Returns that nobody of ours had asked for, by the entries before: a person's, SageMaker's own, or those of a rollback whose entries
//! could not be written. Who writes such an entry has only found what it says.

use crate::ledger::history::{RegionHistory, Serving};
use crate::ledger::reason::{Reason, Return};
use crate::ledger::verdict::Decision;
use crate::ledger::{Entry, Record};

/// Whether `entry`, which comes after `history`, says that another release serves again, and no entry before it asks for that.
pub(super) fn brought_back(history: &RegionHistory, entry: &Entry) -> bool {
    let Record::Reverted { from, to, .. } = &entry.record else { return false };
    // Said of what serves already, it changes neither since when nor by whom.
    if history.serving.as_ref().is_some_and(|serving| serving.target == *to) {
        return false;
    }
    let update = history.update.as_ref().filter(|update| update.target == *from || update.target == *to);
    let asked = update.is_some_and(|update| {
        // The region's own way back, or a wave's update that was decided against, or against which the region's alarm was set.
        let tripped = matches!(&history.halt, Some(Reason::Return(Return::RingsInSoak { .. })));
        update.epoch.is_none() || update.is_decided(Decision::Revert) || history.spares == Some(from.release) || tripped
    });
    !asked
}

/// Whether `found`, the last entry of that kind, is what says that `serving` serves.
pub(super) fn is_by(serving: &Serving, found: Option<&Entry>) -> bool {
    found.is_some_and(|entry| {
        let brings = matches!(&entry.record, Record::Reverted { to, .. } if *to == serving.target);
        brings && entry.at == serving.since && entry.actor == serving.by
    })
}
