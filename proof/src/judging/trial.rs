//! One region's canary, watched by everyone at once.

use super::peers::alarm::Alarm;
use super::peers::kayenta::{self, Class};
use super::streams::{Arm, Counts, Metric, Minute};

/// When counts are seen and when the last decision falls, in whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A minute's counts can be read so long after its end.
    pub delay: u32,
    /// Minutes at the canary's begin that no comparison counts.
    pub warm_up: u32,
    /// The last decision falls so long before SageMaker's timer ends.
    pub decide_before_end: u32,
}

impl Timing {
    /// When the last look is, counted from the canary's begin.
    pub fn last_look(self, bake: u32) -> u32 {
        bake.saturating_sub(self.decide_before_end)
    }

    /// How many minutes, from the canary's first, can be read at a moment.
    pub fn visible(self, at: u32) -> usize {
        at.saturating_sub(self.delay) as usize
    }

    /// When a minute's counts can be read.
    pub fn seen_at(self, minute: usize) -> u32 {
        u32::try_from(minute).unwrap_or(u32::MAX).saturating_add(1).saturating_add(self.delay)
    }
}

/// Kayenta judges the window again so often, in minutes.
pub const KAYENTA_INTERVAL: usize = 5;

/// What the peers say of one region: the moment of the first failure, in minutes since the canary's begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// The seed's alarm.
    pub alarm: Option<u32>,
    /// Its variant, 3 of 5.
    pub alarm_3_of_5: Option<u32>,
    /// Kayenta, once, at the last look.
    pub kayenta: Option<u32>,
    /// Kayenta, every five minutes and at the last look.
    pub kayenta_often: Option<u32>,
}

/// Shows one region's canary to the peers.
pub fn peers(metrics: &[Metric], counts: &Counts, timing: Timing, bake: u32) -> Peers {
    let of = |metric| metrics.iter().position(|own| *own == metric).and_then(|at| counts.get(at));
    let green = |minutes: Option<&Vec<Minute>>, at: usize| {
        minutes.and_then(|minutes| minutes.get(at)).map_or(Arm::default(), |minute| minute.green)
    };
    let (errors, slow) = (of(Metric::Errors4xx), of(Metric::LatencyOver(20)));
    // The guardrail's alarms are watched until SageMaker's own timer ends.
    let watched = timing.visible(bake);
    let alarm = |alarm: Alarm| {
        let datapoints = (0..watched).map(|at| (green(errors, at), green(slow, at)));
        alarm.first(datapoints).map(|minute| timing.seen_at(minute))
    };
    let last = timing.last_look(bake);
    let (from, upto) = (timing.warm_up as usize, timing.visible(last));
    let high = |upto: usize| {
        counts.iter().any(|minutes| minutes.get(from..upto).is_some_and(|seen| kayenta::classify(seen) == Class::High))
    };
    let at_end = high(upto).then_some(last);
    let early = (from + KAYENTA_INTERVAL..upto).step_by(KAYENTA_INTERVAL).find(|upto| high(*upto));
    Peers {
        alarm: alarm(Alarm::ONE_OF_ONE),
        alarm_3_of_5: alarm(Alarm::THREE_OF_FIVE),
        kayenta: at_end,
        kayenta_often: early.map(|upto| timing.seen_at(upto - 1)).or(at_end),
    }
}
