//! What probation found, as its record says it.

use meridian_judge::{MetricName, Tally};
use serde::{Deserialize, Serialize};

/// What a metric showed that is worse than on the days before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorseThanBefore {
    /// One of `[judge.metrics]`.
    pub metric: MetricName,
    /// Requests of the slots that show it, and bad ones among them.
    pub today: Tally,
    /// Bad ones that these requests would have had at the earlier days' rates of the same hours.
    pub expected: f64,
    /// Ratio of both up to which a day is like the others; of fewer than usual, where that is as bad, down to which.
    pub tolerated: f64,
    /// Earlier days that were compared with.
    pub days: usize,
}
