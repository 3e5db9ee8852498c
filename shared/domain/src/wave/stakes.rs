//! What a region has at stake once its canary goes on: how long a fault would go on there, at how much traffic.

use crate::fleet::{Fleet, Guardrail, Region};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{COUNTS_DELAY, Stakes};

/// From the call to the canary's first request, where new instances come soon. How long they take is SageMaker's to say *(live)*.
pub const PROVISIONING: SignedDuration = SignedDuration::from_mins(3);
/// The last traffic step, and the golden records. An expectation too.
pub const SHIFT: SignedDuration = SignedDuration::from_mins(1);
/// From the golden records' answers to a whole minute, and from the counts' arrival to the next call, which CodePipeline
/// makes every 30 s: half a minute and a quarter of one in the mean. An expectation.
const WHOLE_MINUTE_AND_CALL: SignedDuration = SignedDuration::from_secs(45);
/// Minutes of blue that the check at full load compares with.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How long a fault goes on in a region after the shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Until the verdict at full load; until soak ends where policy asks for none.
    pub until_verdict: SignedDuration,
    /// From that verdict until blue serves again. Reckoned as it is where SageMaker does not watch its alarms in soak: soak ends,
    /// and then `rollback` updates the endpoint anew.
    pub way_back: SignedDuration,
    /// Of green, what the check at full load sees.
    pub full_load: SignedDuration,
}

impl Exposure {
    /// As policy has it.
    pub fn of(guardrail: &Guardrail) -> Self {
        let full_load = SignedDuration::from_mins(guardrail.full_load_minutes());
        if full_load.is_zero() {
            return Self { until_verdict: SHIFT + guardrail.soak, way_back: SignedDuration::ZERO, full_load };
        }
        Self {
            until_verdict: SHIFT + full_load_wait(guardrail),
            way_back: guardrail.soak + PROVISIONING + SHIFT,
            full_load,
        }
    }

    /// At so many requests a second, beside a largest neighbour of so many.
    pub fn stakes(&self, rps: f64, neighbour: f64) -> Stakes {
        let served = |rps: f64, time: SignedDuration| (rps * time.as_secs_f64()) as u64;
        Stakes {
            until_verdict: served(rps, self.until_verdict),
            way_back: served(rps, self.way_back),
            full_load: served(rps, self.full_load),
            hour: served(rps, HOUR),
            day: served(rps, 24 * HOUR),
            failover: served(rps + neighbour, self.until_verdict),
        }
    }
}

/// What the delivered `fleet.toml` has.
impl Default for Exposure {
    fn default() -> Self {
        Self {
            until_verdict: SignedDuration::from_secs(405),
            way_back: SignedDuration::from_mins(14),
            full_load: SignedDuration::from_mins(2),
        }
    }
}

/// From a region's confirmation to the verdict at full load.
pub(super) fn full_load_wait(guardrail: &Guardrail) -> SignedDuration {
    guardrail.warm_up + guardrail.full_load + SignedDuration::from_mins(COUNTS_DELAY) + WHOLE_MINUTE_AND_CALL
}

/// What a region has at stake if it shifts at a moment: at its usual traffic from then on, or at `rps` where that was measured.
pub fn at_stake(fleet: &Fleet, region: &Region, at: Timestamp, rps: Option<f64>) -> Stakes {
    let exposure = Exposure::of(&fleet.guardrail);
    let until = at + exposure.until_verdict + exposure.way_back;
    let others = fleet.regions.iter().filter(|other| other.name != region.name);
    let neighbour = others.map(|other| other.mean_rps(at, until)).fold(0.0, f64::max);
    exposure.stakes(rps.unwrap_or_else(|| region.mean_rps(at, until)), neighbour)
}

/// Requests from a shift at a moment to the verdict at full load.
pub(super) fn until_verdict(fleet: &Fleet, region: &Region, at: Timestamp, rps: Option<f64>) -> u64 {
    let seconds = Exposure::of(&fleet.guardrail).until_verdict.as_secs();
    let minutes = (0..seconds).step_by(60).map(|from| {
        let rps = rps.unwrap_or_else(|| region.usual_rps(at + SignedDuration::from_secs(from)));
        rps * (seconds - from).min(60) as f64
    });
    minutes.sum::<f64>().ceil() as u64
}

/// What is left at stake at the verdict at full load: what was served since the shift.
pub(super) fn since_shift(fleet: &Fleet, region: &Region, shifted: Timestamp) -> Stakes {
    Stakes { way_back: 0, full_load: 0, ..at_stake(fleet, region, shifted, None) }
}
