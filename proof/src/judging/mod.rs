//! What the judge is worth: seeded streams of counts, judged as a wave judges them, and beside it what users have today.

pub mod bursts;
pub mod fleets;
pub mod latency;
pub mod peers;
pub mod report;
pub mod share;
pub mod streams;
pub mod trial;
mod wrong_fails;

use jiff::{SignedDuration, Timestamp};
use meridian_domain::Fleet;
use report::Report;
use streams::{Metric, Site};
use trial::Timing;

/// Counts can be read so many minutes after their minute's end.
const DELAY: u32 = 2;
/// The hour of the reference night, 03:00 UTC on 20 November 2026: Dublin sleeps, Sydney is at its peak.
const NIGHT: Timestamp = Timestamp::constant(1_795_143_600, 0);

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    fleet: &'a Fleet,
    runs: u64,
    seed: u64,
    timing: Timing,
    metrics: Vec<Metric>,
}

impl<'a> Study<'a> {
    /// A study of a fleet's policy over so many waves a row.
    pub fn new(fleet: &'a Fleet, runs: u64, seed: u64) -> Self {
        let minutes = |time: SignedDuration| u32::try_from(time.as_secs().div_euclid(60)).unwrap_or(0);
        let timing = Timing {
            delay: DELAY,
            warm_up: minutes(fleet.guardrail.warm_up),
            decide_before_end: minutes(fleet.guardrail.decide_before_end),
        };
        let metrics = vec![Metric::Errors4xx, Metric::Errors5xx, Metric::LatencyOver(20)];
        Study { fleet, runs, seed, timing, metrics }
    }

    /// Answers every question.
    pub fn report(&self) -> Report {
        Report { runs: self.runs, seed: self.seed, tables: vec![wrong_fails::table(self)], promises: Vec::new() }
    }

    fn at_night(&self) -> Vec<Site> {
        fleets::sites(self.fleet, Some(NIGHT))
    }

    fn at_peaks(&self) -> Vec<Site> {
        fleets::sites(self.fleet, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_is_the_reference_night() {
        assert_eq!(NIGHT.to_string(), "2026-11-20T03:00:00Z");
    }
}
