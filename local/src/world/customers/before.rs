//! What a world knows of the days before its start.

use serde::{Deserialize, Serialize};

/// Days before a world's start on which every region served.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Number of days, 0 or more.
    pub days: u32,
    /// Standard deviation of a day's factor, by which its errors are more or fewer than usual.
    #[serde(default)]
    pub day_scatter: f64,
}
