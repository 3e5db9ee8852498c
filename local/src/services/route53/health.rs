//! A region's health, as Route 53 sees it.

use crate::world::customers::clients::Turn;

/// A region's health, as the checks see it.
#[derive(Debug)]
pub(crate) struct Health {
    pub healthy: bool,
    /// Answers in a row that say the opposite.
    pub against: u32,
    pub counts: HealthCounts,
    /// When it last changed, where customers' resolvers are simulated.
    pub turn: Option<Turn>,
}

/// How a region's checks ended so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HealthCounts {
    /// With a status of 2xx or 3xx.
    pub good: u64,
    /// With another, or not in time.
    pub bad: u64,
}

impl Default for Health {
    fn default() -> Self {
        Health { healthy: true, against: 0, counts: HealthCounts::default(), turn: None }
    }
}

impl Health {
    pub fn is_good(&self) -> bool {
        self.healthy
    }
}
