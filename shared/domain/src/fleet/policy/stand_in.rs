//! The region that carries a lost region's customers without anybody's command.

use super::{Fleet, Kind, Region};
use std::ops::RangeInclusive;

/// Looks of `failover_threshold`: each is five minutes after the one before.
pub(super) const THRESHOLD: RangeInclusive<u32> = 1..=12;

/// Two regions that look, and the one that they look at.
pub(super) const LEAST_REGIONS: usize = 3;

impl Kind {
    /// True if it is kept for the customers of others.
    pub(super) fn is_standby(self) -> bool {
        matches!(self, Kind::HotStandby | Kind::WarmStandby | Kind::PilotLight)
    }
}

impl Fleet {
    /// The first standby, where policy lets it ask itself; and how many failed looks that takes. Another one waits for a person.
    pub fn stand_in(&self) -> Option<(&Region, u32)> {
        let first = self.regions.iter().find(|region| region.kind.is_standby());
        first.zip(self.failover_threshold)
    }
}
