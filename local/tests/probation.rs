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

/// It answers as it should, and declines twice as many customers from 05:15 on: what its containers send says so, beside what those of
/// the earlier days' release sent.
#[test]
fn a_model_that_declines_more_customers_later_is_found_in_every_region() {
    let mut behaviour = slow_burn().behaviour;
    let worse = behaviour.last_mut().unwrap();
    (worse.errors_5xx, worse.alert_factor) = (0.0, 2.0);
    let report = simulated(&Scenario { behaviour, ..slow_burn() }, 7);
    assert!(report.as_expected, "{:?}\n{:#?}", report.unexpected, report.pages);
    let of_model =
        |page: &String| ["alerts", "score_over_0.9"].iter().any(|own| page.contains(&format!("\"metric\":\"{own}\"")));
    let reasons: Vec<String> = report.pages.iter().map(|page| page.reason.as_ref().unwrap().to_string()).collect();
    assert!(reasons.len() == 4 && reasons.iter().all(of_model), "{reasons:?}");
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
