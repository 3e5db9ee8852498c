//! Nights in which a release goes slowly bad after everybody serves it: what a region's own days show.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_local::night::{self, Functions, Options, Report, Scenario};
use meridian_local::world::Before;

fn simulated(scenario: &Scenario, seed: u64) -> Report {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    night::run(scenario, &options, &mut |_| {}).unwrap()
}

fn slow_burn() -> Scenario {
    Scenario::load("slow-burn").unwrap()
}

#[test]
fn each_region_pages_once_though_everything_arrives_twice() {
    let twice = Scenario { deliver_twice: true, ..slow_burn() };
    let report = simulated(&twice, 7);
    assert!(report.as_expected, "{:?}\n{:#?}", report.unexpected, report.pages);
}

#[test]
fn at_act_every_region_rolls_back_by_itself() {
    let report = simulated(&Scenario::load("slow-burn-acts").unwrap(), 7);
    assert!(report.as_expected, "{:?}\n{:#?}", report.unexpected, report.pages);
}

/// The same night without the fault, with too few days, or without any.
#[test]
fn nobody_is_paged_for_a_good_release_or_by_too_few_days() {
    let good = Scenario { behaviour: slow_burn().behaviour.into_iter().take(1).collect(), ..slow_burn() };
    let few = Scenario { before: Some(Before { days: 6, day_scatter: 0.05 }), ..slow_burn() };
    let none = Scenario { before: None, ..slow_burn() };
    for (what, night) in [("good", good), ("6 days", few), ("no days", none)] {
        let report = simulated(&night, 7);
        assert_eq!(report.pages, [], "{what}");
    }
}
