//! Nights in which a canary's counts do not decide: it comes back the same night, and nobody is paged.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_domain::Record;
use meridian_local::night::{self, Functions, Options, Report, Scenario};

fn simulated(scenario: &Scenario, seed: u64) -> (Report, String) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut story = String::new();
    let report = night::run(scenario, &options, &mut |line| story.push_str(&format!("{}\n", line.plain()))).unwrap();
    (report, story)
}

/// Executions that home has started, and canaries that were asked for in Sao Paulo.
fn started(report: &Report) -> (usize, usize) {
    let entries = report.ledger.values().flatten().filter(|entry| entry.at > report.from);
    let waves = |record: &Record| matches!(record, Record::WaveStarted { .. });
    let in_br = |record: &Record| matches!(record, Record::UpdateIntended { epoch: Some(_), .. });
    let br = report.ledger.iter().filter(|(chain, _)| chain.contains("sa-east-1")).flat_map(|(_, entries)| entries);
    (entries.filter(|entry| waves(&entry.record)).count(), br.filter(|entry| in_br(&entry.record)).count())
}

#[test]
fn an_undecided_region_is_tried_again_that_night() {
    for (seed, deliver_twice) in [(7, false), (8, true)] {
        let scenario = Scenario { deliver_twice, ..Scenario::load("tried-again").unwrap() };
        let (report, story) = simulated(&scenario, seed);
        assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
        assert_eq!(started(&report), (2, 2), "{story}");
    }
}

/// Its callers are gone for the night: two tries, and it is left for the next one on record.
#[test]
fn a_region_undecided_all_night_is_left_unpaged() {
    let mut scenario = Scenario::load("tried-again").unwrap();
    scenario.behaviour.iter_mut().for_each(|behaviour| behaviour.until = None);
    let (report, story) = simulated(&scenario, 7);
    assert_eq!((started(&report), report.pages.len()), ((2, 2), 0), "{story}");
}
