//! Nights end as their scenarios say under each other reading of each fact that AWS does not document, one at a time: every night
//! under one of [`READINGS`], and under each of them where `MERIDIAN_LIVE_FACTS=all` (`make live-facts`, in an optimised build). Where
//! `MERIDIAN_LIVE_FACTS` is a file of `meridian doctor --smoke`, every night under what that says.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use jiff::SignedDuration;
use meridian_local::night::{self, Functions, Options, Report, Scenario};
use meridian_local::world::LiveFacts;
use std::collections::BTreeSet;

const SEED: u64 = 7;

/// Nights that end otherwise under a reading, and why that is right.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("update_taken_after_failed_rollback", "update-rollback-failed", MADE_ANEW),
    ("update_taken_after_failed_rollback", "unknown-next-night", MADE_ANEW),
    ("same_configuration_refused", "update-rollback-failed", WAY_BACK_REFUSED),
    ("same_configuration_refused", "unknown-next-night", WAY_BACK_REFUSED),
    ("final_bake_seconds", "rollback-with-dead-ledger", WAVE_IS_ON),
    ("new_configuration_unknown_seconds", "rollback-with-dead-ledger", WAVE_IS_ON),
    (
        "new_configuration_unknown_seconds",
        "type-change",
        "the wave is not over yet when EU and AU go bad: BR is on instances of another type, and its scaling is the next wave's to register",
    ),
    (
        "new_configuration_unknown_seconds",
        "two-homes",
        "home's Lambda hangs while EU's soak is watched, not before AU's update: the first execution fails, the second one does it all",
    ),
];

const MADE_ANEW: &str = "JP's endpoint takes no update any more: a person has to make it anew, as the page says";
const WAY_BACK_REFUSED: &str =
    "JP's endpoint names v426's configuration already, so its way back is refused: a person has to act";
const WAVE_IS_ON: &str = "the wave is not over yet when AU goes bad: it ends without AU, with a page";

/// Another reading of one fact.
struct Reading {
    fact: &'static str,
    /// Its place among the readings.
    place: usize,
    read: fn(&mut LiveFacts),
}

fn simulated(scenario: &Scenario) -> Report {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: SEED, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    night::run(scenario, &options, &mut |_| {}).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "how many nights are simulated is asked of whoever runs the test")]
fn simulates_all() -> bool {
    std::env::var("MERIDIAN_LIVE_FACTS").is_ok_and(|nights| nights == "all")
}

/// Simulates the nights under the reading, and tells which did not end as they should.
fn every_night_ends_well(reading: &Reading) {
    let mut wrong = Vec::new();
    let all = simulates_all();
    let due = |night: &usize| all || (night + reading.place).is_multiple_of(READINGS.len());
    for (_, name) in night::names().into_iter().enumerate().filter(|(night, _)| due(night)) {
        let mut scenario = Scenario::load(name).unwrap();
        (reading.read)(&mut scenario.live);
        // A reading may take minutes more in each region.
        scenario.expect.by = None;
        scenario.lasts += SignedDuration::from_mins(40);
        let report = simulated(&scenario);
        let otherwise = OTHERWISE.iter().any(|(fact, night, _why)| (*fact, *night) == (reading.fact, name));
        if report.as_expected == otherwise {
            wrong.push(format!("{name}: {:?}", report.unexpected));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", reading.fact, wrong.join("\n"));
}

macro_rules! readings {
    ($($test:ident: $fact:ident = $read:expr),* $(,)?) => {
        const READINGS: &[&str] = &[$(stringify!($test)),*];
    $(
        #[test]
        fn $test() {
            let place = READINGS.iter().position(|own| *own == stringify!($test)).unwrap();
            every_night_ends_well(&Reading { fact: stringify!($fact), place, read: |live| live.$fact = $read(live.$fact) });
        }
    )*

        #[test]
        fn every_undocumented_fact_has_another_reading() {
            let tried: BTreeSet<&str> = [$(stringify!($fact),)* "counts_in_range_per_config"].into();
            let facts = serde_json::to_value(LiveFacts::default()).unwrap();
            let facts: BTreeSet<&str> = facts.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(tried, facts);
        }
    };
}

fn other(usual: bool) -> bool {
    !usual
}

readings! {
    alarms_are_not_watched_in_soak: alarms_watched_during_termination_wait = other,
    a_last_bake_follows_the_shift: final_bake_seconds = |_| 300,
    alarms_look_back_no_further: extra_evaluation_periods = |_| 0,
    alarms_look_back_five_periods: extra_evaluation_periods = |_| 5,
    an_empty_range_is_zero: empty_range_is_absent = other,
    a_range_is_interpolated: range_is_interpolated = other,
    a_rollback_shows_updating: rollback_shows_rolling_back = other,
    a_rollback_leaves_no_reason: rollback_leaves_failure_reason = other,
    soak_shows_no_status: soak_shows_baking = other,
    the_same_configuration_is_refused: same_configuration_refused = other,
    timers_run_in_the_dark: timers_run_while_dark = other,
    no_update_after_a_failed_rollback: update_taken_after_failed_rollback = other,
    a_new_configuration_is_unknown_for_a_while: new_configuration_unknown_seconds = |_| 60,
    scaling_shows_in_service: scaling_shows_updating = other,
    the_pipeline_calls_once_a_minute: pipeline_calls_seconds = |_| 60,
    metrics_come_after_a_quarter_of_a_minute: metric_delay_seconds = |_| 15,
    metrics_are_whole_after_a_minute: metric_complete_seconds = |_| 60,
}

/// What an account showed, as `meridian doctor --smoke` and `--ping` write it: where `MERIDIAN_LIVE_FACTS` names such a file every night under that,
/// else one night under a file that says the opposite of what is usual.
#[test]
#[expect(clippy::disallowed_methods, reason = "the account's readings are named by whoever runs the test")]
fn nights_end_well_under_what_an_account_showed() {
    const OTHERWISE: &str = "soak_shows_baking = false\nrollback_shows_rolling_back = false\n\
                             rollback_leaves_failure_reason = false\nnew_configuration_unknown_seconds = 30\n";
    let named = std::env::var("MERIDIAN_LIVE_FACTS").ok().filter(|path| path.ends_with(".toml"));
    let (facts, nights) = match &named {
        Some(path) => (std::fs::read_to_string(path).unwrap(), night::names()),
        None => (OTHERWISE.to_owned(), vec!["good-night"]),
    };
    let mut wrong = Vec::new();
    for name in nights {
        let mut scenario = Scenario::load(name).unwrap();
        scenario.live = scenario.live.under(&facts).unwrap();
        scenario.expect.by = None;
        scenario.lasts += SignedDuration::from_mins(40);
        let report = simulated(&scenario);
        if !report.as_expected {
            wrong.push(format!("{name}: {:?}", report.unexpected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The one reading under which nothing arrives: without counts over the latency bound nothing is concluded, so each canary is
/// rolled back, tried once more, and leaves its region for the next night, unpaged.
#[test]
fn without_counts_in_range_the_champion_stays_unpaged() {
    let mut scenario = Scenario::load("good-night").unwrap();
    scenario.live.counts_in_range_per_config = false;
    scenario.lasts += SignedDuration::from_hours(2);
    let report = simulated(&scenario);
    for end in &report.fleet {
        assert_eq!(end.version.as_deref(), Some("v426"), "{end:?}");
        assert!(end.confirmed_by_endpoint, "{end:?}");
    }
    assert!(report.pages.is_empty(), "{:?}", report.pages);
}
