//! How long what is copied into another region is on its way.

use crate::world::fault::{Fault, FaultKind};
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_domain::{Bounds, RegionName};

/// Whose copies take how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    pub service: Service,
    pub bounds: Bounds<SignedDuration>,
}

/// Longer than any night.
const FOR_EVER: SignedDuration = SignedDuration::from_hours(100 * 24);

impl World {
    /// How long a service's copy takes, or `None` where a fault keeps it from arriving.
    pub(crate) fn lag(&mut self, to: &RegionName, key: &str, of: Lag) -> Option<SignedDuration> {
        let (now, home) = (self.now, self.home());
        let [low, high] = [of.bounds.min, of.bounds.max].map(|lag| lag.as_millis() as i64);
        let usual = Random::labelled(self.config.seed, ["replication", to.as_str(), key]).between(low, high);
        let mut lag = SignedDuration::from_millis(usual);
        let meets = |fault: &Fault| fault.service.is_none_or(|target| target.meets(of.service));
        let faults = self.faults.iter_mut().filter(|scheduled| scheduled.holds_in(to, now) && meets(&scheduled.fault));
        for scheduled in faults {
            match scheduled.fault.kind {
                FaultKind::ReplicationFail => {
                    scheduled.spend();
                    return None;
                }
                FaultKind::ReplicationDelay => {
                    scheduled.spend();
                    lag = lag.saturating_add(scheduled.fault.delay.unwrap_or_default());
                }
                _ => {}
            }
        }
        // What cannot pass yet is tried again until nothing parts the two any more.
        let mut passes = now;
        while let Some(scheduled) = self.faults.iter_mut().find(|scheduled| scheduled.parts(&home, to, passes)) {
            scheduled.spend();
            let Some(until) = scheduled.until else { return Some(FOR_EVER) };
            passes = until;
        }
        Some(lag.saturating_add(passes.duration_since(now)))
    }
}
