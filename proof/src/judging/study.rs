//! What every question of the judge has in common: the fleet, how often it is asked, and when.

use super::fleets;
use super::streams::Site;
use super::trial::Timing;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Fleet;
use std::panic::resume_unwind;

/// Counts can be read so many minutes after their minute's end.
const DELAY: u32 = 2;
/// The hour of the reference night, 03:00 UTC on 20 November 2026: Dublin sleeps, Sydney is at its peak.
pub(super) const NIGHT: Timestamp = Timestamp::constant(1_795_143_600, 0);
/// Noon of the same day.
pub(super) const NOON: Timestamp = Timestamp::constant(1_795_176_000, 0);

/// A simulation's fixed inputs: the policy, how many waves a row, the seed, and SageMaker's and CloudWatch's times.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) runs: u64,
    pub(super) seed: u64,
    pub(super) timing: Timing,
}

impl<'a> Study<'a> {
    /// A study of a fleet's policy over so many waves a row.
    pub fn new(fleet: &'a Fleet, runs: u64, seed: u64) -> Self {
        // Looks fall on full minutes: a part of one is left out at the begin and at the end.
        let timing = Timing {
            delay: DELAY,
            warm_up: minutes(fleet.guardrail.warm_up),
            decide_before_end: minutes(fleet.guardrail.decide_before_end),
        };
        Study { fleet, runs, seed, timing }
    }

    /// Waves a row of the tables about several regions.
    pub(super) fn wave_runs(&self) -> u64 {
        self.runs.div_ceil(5)
    }

    /// Minutes after the shift that policy compares with blue's last hour.
    pub(super) fn full_load_minutes(&self) -> u32 {
        u32::try_from(self.fleet.guardrail.full_load_minutes()).unwrap_or(0)
    }

    /// Minutes for which blue stays warm, and an update's alarms may still roll it back.
    pub(super) fn soak_minutes(&self) -> u32 {
        u32::try_from(self.fleet.guardrail.soak.as_mins()).unwrap_or(0)
    }

    /// Canaries a cell of the power tables: a share is then known to two points at 1,000.
    pub(super) fn power_runs(&self) -> u64 {
        self.runs.div_ceil(10)
    }

    pub(super) fn at_night(&self) -> Vec<Site> {
        fleets::sites(self.fleet, Some(NIGHT))
    }

    pub(super) fn at_peaks(&self) -> Vec<Site> {
        fleets::sites(self.fleet, None)
    }
}

/// So many minutes, begun ones counted whole.
pub(super) fn minutes(time: SignedDuration) -> u32 {
    u32::try_from((time.as_secs() + 59).div_euclid(60)).unwrap_or(0)
}

/// What each of so many runs comes to, in order. Each has streams of its own, so cores may share them.
pub fn each<T: Send>(runs: u64, run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let parts = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let (length, run) = (runs.div_ceil(parts), &run);
    std::thread::scope(|scope| {
        let part = |part: u64| move || (part * length..((part + 1) * length).min(runs)).map(run).collect::<Vec<T>>();
        let threads: Vec<_> = (0..parts).map(|number| scope.spawn(part(number))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    })
}
