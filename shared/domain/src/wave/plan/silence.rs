//! What one call of an action tells the next of the region that it waited for.

use crate::fleet::names::RegionName;
use crate::ledger::reason::{Reason, Wait};
use jiff::{SignedDuration, Timestamp};

/// A region that has answered for so long is well: an illness that comes and goes is one illness, and its patience runs on.
const WELL_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// The last look that waited for a region which did not answer, or which kept another from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The region that was waited for.
    pub region: RegionName,
    /// When that look ended.
    pub seen: Timestamp,
}

impl Silence {
    /// What the next call is told by one that ended at `now` because of `why`, and was itself told `before`.
    pub fn after(why: &Reason, now: Timestamp, before: Option<Self>) -> Option<Self> {
        match why {
            Reason::Wait(Wait::Silent { region, .. } | Wait::Gate { region: Some(region), .. }) => {
                Some(Self { region: region.clone(), seen: now })
            }
            _ => before,
        }
    }

    /// Whether it is over at `now`, where the region answers.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen) >= WELL_AFTER
    }
}
