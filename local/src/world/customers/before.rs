//! What a world knows of the days before its start.

use serde::{Deserialize, Serialize};

/// CloudWatch keeps what a world is asked about for longer, but nobody asks.
const MOST_DAYS: u32 = 28;

/// Days before a world's start on which every region served.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// How many.
    pub days: u32,
    /// Standard deviation of a day's factor, by which its errors are more or fewer than usual.
    #[serde(default)]
    pub day_scatter: f64,
}

impl Before {
    /// What cannot be simulated.
    pub(crate) fn impossible(&self) -> Option<String> {
        if self.days > MOST_DAYS {
            return Some(format!("before.days must be at most {MOST_DAYS}"));
        }
        let usual = (0.0..=1.0).contains(&self.day_scatter);
        (!usual).then(|| "before.day_scatter must be 0 to 1".to_owned())
    }
}
