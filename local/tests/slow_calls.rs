//! CodePipeline says nowhere how often it calls a job again. Every minute is room enough; slower calls cost a canary at worst,
//! and the region's halt says that the judge was silent.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use jiff::SignedDuration;
use meridian_domain::Reason;
use meridian_domain::reason::{Return, WayBackReason};
use meridian_local::night::{self, Functions, Options, Report, Scenario};

/// A good night with calls so many seconds after each other, in a world in which an alarm looks back no further than it says.
fn simulated(seconds: i64, seed: u64) -> Report {
    let mut scenario = Scenario::load("good-night").unwrap();
    scenario.timing.continuation = SignedDuration::from_secs(seconds);
    scenario.live.extra_evaluation_periods = 0;
    // Slower calls cost minutes.
    scenario.expect.by = None;
    scenario.lasts += SignedDuration::from_mins(30);
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    night::run(&scenario, &options, &mut |_| {}).unwrap()
}

#[test]
fn a_good_night_holds_with_calls_every_minute() {
    for seed in 1..=5 {
        let report = simulated(60, seed);
        assert!(report.as_expected, "seed {seed}: {:?}", report.unexpected);
    }
}

#[test]
fn slower_calls_fail_safe_and_the_halt_says_why() {
    let mut failed = 0;
    for (seconds, seed) in [90, 180].into_iter().flat_map(|seconds| (1..=5).map(move |seed| (seconds, seed))) {
        let report = simulated(seconds, seed);
        if report.as_expected {
            continue;
        }
        failed += 1;
        assert!(report.fleet.iter().all(|end| end.confirmed_by_endpoint), "seed {seed}: {:?}", report.fleet);
        let halts: Vec<_> = report.fleet.iter().filter_map(|end| Some(&end.halt.as_ref()?.reason)).collect();
        // One page for each region that rolled back, and the second stops the wave.
        assert!((1..=2).contains(&report.pages.len()), "seed {seed}: {:?}", report.pages);
        assert_eq!(halts.len(), report.pages.len(), "seed {seed}: {halts:?} {:?}", report.pages);
        for why in halts {
            let silent = matches!(why, Reason::Return(Return::RolledBack { why: WayBackReason::JudgeSilent, .. }));
            assert!(silent, "seed {seed}: {why:?}");
        }
    }
    assert!(failed > 0, "no night met the worst moment");
}
