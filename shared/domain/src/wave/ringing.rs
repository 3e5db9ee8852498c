//! A region's rollback alarm in ALARM, as the region itself sees it.

use crate::ledger::Compared;
use jiff::{SignedDuration, Timestamp};

/// For so long after a return the rollback alarm may ring for what the region has left: it looks at six minutes, and the
/// last of them is shown a minute later.
const ECHO: SignedDuration = SignedDuration::from_mins(7);
/// An alarm that has not stopped ringing since before the return rings for what people were told of then. After so long, they are
/// told again.
const LONG_ECHO: SignedDuration = SignedDuration::from_mins(30);

/// The rollback alarm in ALARM.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    /// The alarm that set it off, or the rollback alarm itself where CloudWatch does not say.
    pub alarm: String,
    /// Since when it rings.
    pub since: Option<Timestamp>,
    /// What two releases answered alike, where that shows that neither is why: the region is ill.
    pub alike: Option<Compared>,
}

impl Ringing {
    /// Whether it rings for what was so when the region left a release.
    pub fn is_echo(&self, returned_at: Timestamp, now: Timestamp) -> bool {
        let rings_on = self.since.is_some_and(|since| since <= returned_at);
        now.duration_since(returned_at) < if rings_on { LONG_ECHO } else { ECHO }
    }
}
