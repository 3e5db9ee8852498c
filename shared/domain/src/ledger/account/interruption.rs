//! When a release that serves last shared its region with another one, or may have.

use crate::fleet::endpoint::Target;
use crate::ledger::reason::Reason;
use crate::ledger::{Entry, Record};
use jiff::Timestamp;
use serde::Serialize;

/// A time in which another release than the proved one had traffic, or may have had.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interruption {
    /// What had traffic, or was about to, beside the proved release; none where no entry says what: somebody else had updated.
    pub other: Option<Target>,
    /// When its canary began; when it was intended, where no canary is on record; since when the release was unknown, where no update is.
    pub from: Timestamp,
    /// True if its canary is on record: else it may have had no traffic.
    pub canary: bool,
    /// Since when it was unknown which release served, if it was.
    pub unknown: Option<Timestamp>,
    /// When the proved release served alone again.
    pub until: Timestamp,
    /// Why the other one was left.
    pub why: Reason,
}

/// An update that is not over.
struct Open {
    other: Option<Target>,
    from: Timestamp,
    taken: bool,
    canary: bool,
    unknown: Option<Timestamp>,
}

impl Open {
    fn ended(self, until: Timestamp, why: &Reason) -> Interruption {
        let Self { other, from, canary, unknown, .. } = self;
        Interruption { other, from, canary, unknown, until, why: why.clone() }
    }
}

/// The last one by `entries`, the region's chain up to a moment, since `serving` has served.
pub(super) fn last(entries: &[Entry], serving: &Target, since: Timestamp) -> Option<Interruption> {
    let (mut open, mut last): (Option<Open>, Option<Interruption>) = (None, None);
    for entry in entries.iter().skip_while(|entry| entry.at < since) {
        match &entry.record {
            Record::UpdateIntended { target, epoch: Some(_), .. } => {
                let other = Some(target.clone());
                open = Some(Open { other, from: entry.at, taken: false, canary: false, unknown: None });
            }
            Record::UpdateStarted { .. } => {
                if let Some(open) = &mut open {
                    open.taken = true;
                }
            }
            Record::CanaryStarted { from, .. } => {
                if let Some(open) = &mut open {
                    (open.taken, open.canary, open.from) = (true, true, *from);
                }
            }
            Record::BytesUnknown { .. } => {
                let nobodys = || Open { other: None, from: entry.at, taken: true, canary: false, unknown: None };
                open.get_or_insert_with(nobodys).unknown.get_or_insert(entry.at);
            }
            Record::Reverted { from, to, why } if to == serving => {
                let is_of = |open: &Open| open.other.as_ref().is_none_or(|other| other == from) && open.taken;
                let ended = open.take().filter(is_of);
                last = ended.map(|open| open.ended(entry.at, why)).or(last);
            }
            Record::Confirmed { .. } | Record::Settled { .. } | Record::Reverted { .. } => open = None,
            _ => {}
        }
    }
    last
}
