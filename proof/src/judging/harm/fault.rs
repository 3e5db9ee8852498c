//! What is wrong with a release, where, and when it shows.

use crate::judging::latency::share_over;
use crate::judging::streams::{Effect, Metric, Usual};
use std::fmt;

/// Minutes after a region's shift until a fault of the kind [`Course::HourLater`] begins.
const LATER: u32 = 60;
/// Minutes from the canary's first until a fault that grows is there in full.
const GROWN: u32 = 360;
/// The seed's bound, in milliseconds.
const BOUND_MS: f64 = 20.0;
/// Bisection steps for a latency.
const HALVES: u32 = 60;

/// Which answers are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers 500 to 599.
    Errors,
    /// Over 20 ms.
    Latency,
    /// Transactions declined that the champion would not decline.
    Alerts,
}

impl Kind {
    /// Every kind, in the order of the tables.
    pub const ALL: [Kind; 3] = [Kind::Errors, Kind::Latency, Kind::Alerts];

    /// The metric that counts them.
    pub fn metric(self) -> Metric {
        match self {
            Kind::Errors => Metric::Errors5xx,
            Kind::Latency => Metric::LatencyOver(20),
            Kind::Alerts => Metric::Alerts,
        }
    }
}

/// When a fault shows in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// With the first request.
    AtOnce,
    /// Only under the load of all traffic.
    AtLoad,
    /// An hour after the shift.
    HourLater,
    /// More and more, over six hours.
    Growing,
}

impl Course {
    /// Every course, in the order of the tables.
    pub const ALL: [Course; 4] = [Course::AtOnce, Course::AtLoad, Course::HourLater, Course::Growing];
}

/// What is wrong with a challenger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// Which answers are bad.
    pub kind: Kind,
    /// Bad answers per request beyond the champion's, once it is there in full.
    pub excess: f64,
    /// When the excess is there.
    pub course: Course,
    /// The stream of the one region that has it; none for all.
    pub only: Option<u64>,
}

impl Fault {
    /// The excess in a region, so many minutes after its canary's first, where all traffic comes after `bake` of them.
    pub fn excess_at(&self, stream: u64, minute: u32, bake: u32) -> f64 {
        if self.only.is_some_and(|only| only != stream) {
            return 0.0;
        }
        let part = match self.course {
            Course::AtOnce => 1.0,
            Course::AtLoad => f64::from(u8::from(minute >= bake)),
            Course::HourLater => f64::from(u8::from(minute >= bake.saturating_add(LATER))),
            Course::Growing => (f64::from(minute) / f64::from(GROWN)).min(1.0),
        };
        self.excess * part
    }

    /// A challenger with so much excess.
    pub fn effect(&self, usual: Usual, excess: f64) -> Effect {
        let base = usual.rate(self.kind.metric(), Effect::NONE);
        if excess <= 0.0 {
            return Effect::NONE;
        }
        let ratio = (base + excess) / base;
        match self.kind {
            Kind::Errors => Effect { errors_5xx: ratio, ..Effect::NONE },
            Kind::Alerts => Effect { alerts: ratio, ..Effect::NONE },
            Kind::Latency => Effect { latency: slower(base + excess), ..Effect::NONE },
        }
    }
}

/// By what factor all latencies must rise for this share of them to be over the bound.
fn slower(share: f64) -> f64 {
    let (mut low, mut high) = (1.0, 100.0);
    for _ in 0..HALVES {
        let middle = f64::midpoint(low, high);
        if share_over(BOUND_MS, middle) < share { low = middle } else { high = middle }
    }
    high
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Errors => "5xx",
            Kind::Latency => "latency",
            Kind::Alerts => "alerts",
        })
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Course::AtOnce => "at once",
            Course::AtLoad => "at load",
            Course::HourLater => "1 h later",
            Course::Growing => "growing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_makes_the_excess_that_it_was_asked_for() {
        let usual = Usual::errors(0.001);
        for kind in Kind::ALL {
            for excess in [0.000_2, 0.01, 0.5] {
                let fault = Fault { kind, excess, course: Course::AtOnce, only: None };
                let made =
                    usual.rate(kind.metric(), fault.effect(usual, excess)) - usual.rate(kind.metric(), Effect::NONE);
                assert!((made / excess - 1.0).abs() < 1e-6, "{kind}: {made} for {excess}");
                assert_eq!(fault.effect(usual, 0.0), Effect::NONE);
            }
        }
    }

    #[test]
    fn a_fault_shows_when_and_where_it_is_said_to() {
        let at =
            |course, minute| Fault { kind: Kind::Errors, excess: 0.5, course, only: Some(3) }.excess_at(3, minute, 10);
        assert_eq!([0, 10].map(|minute| at(Course::AtOnce, minute)), [0.5, 0.5]);
        assert_eq!([9, 10].map(|minute| at(Course::AtLoad, minute)), [0.0, 0.5]);
        assert_eq!([69, 70].map(|minute| at(Course::HourLater, minute)), [0.0, 0.5]);
        assert_eq!([0, 180, 360, 900].map(|minute| at(Course::Growing, minute)), [0.0, 0.25, 0.5, 0.5]);
        let everywhere = Fault { kind: Kind::Errors, excess: 0.5, course: Course::AtOnce, only: Some(2) };
        assert_eq!(everywhere.excess_at(3, 0, 10), 0.0, "another region's");
    }
}
