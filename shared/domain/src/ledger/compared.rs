//! Two releases that answered the same callers, side by side.

use meridian_judge::Tally;
use serde::{Deserialize, Serialize};

/// Which minutes of the blue release the green one's are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// The same minutes: the same callers at the same time. A difference is the release's.
    SameMinutes,
    /// The last minutes before the shift: the callers may have changed with it, by chance.
    BeforeShift,
}

/// Two releases' counts, compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// How the two relate.
    pub beside: Beside,
    /// The release that may be at fault: all minutes of a canary, or after a shift the best of the first ones.
    pub green: Tally,
    /// The one that it is compared with: the same minutes, or before a shift the worst of the last ones.
    pub blue: Tally,
}

impl Compared {
    /// By how much green's rate is over blue's.
    pub(crate) fn excess(&self) -> f64 {
        self.green.rate().unwrap_or_default() - self.blue.rate().unwrap_or_default()
    }
}
