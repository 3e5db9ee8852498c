//! Random nights in the whole world keep what must hold in every night, and the checks that hold them to it can fail.
//!
//! `make test` plays [`NIGHTS`]; `meridian chaos` plays as many as one likes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_domain::{Chain, Decision, Fleet, Record, RegionName};
use meridian_local::chaos::{Broken, ChaosNight, broken};
use meridian_local::night::{self, Functions, Options, Report, Scenario, Unexpected};
use std::path::Path;

const SEED: u64 = 427;
/// A minute of an unoptimised build.
const NIGHTS: u64 = 16;

fn played(scenario: &Scenario) -> Report {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: SEED, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    night::run(scenario, &options, &mut |_| {}).unwrap()
}

#[test]
fn random_nights_keep_what_must_hold() {
    let out = tempfile::tempdir().unwrap();
    for number in 0..NIGHTS {
        let night = ChaosNight::draw(SEED, number);
        let broken = night.play(Functions::InProcess, out.path()).unwrap().broken;
        let words: Vec<String> = broken.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "{}\n{night}", words.join("\n"));
    }
}

#[test]
fn every_draw_is_a_scenario_of_the_reference_fleet() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fleets/reference/fleet.toml");
    let fleet = Fleet::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    for number in 0..2000 {
        let night = ChaosNight::draw(SEED, number);
        let scenario = night.scenario().unwrap_or_else(|error| panic!("{error}\n{night}"));
        scenario.within(&fleet).unwrap();
        let tables = [scenario.fault.len(), scenario.hand.len(), scenario.behaviour.len(), scenario.failover.len()];
        assert_eq!(tables.iter().sum::<usize>(), night.mishaps().len());
    }
}

/// A night in which nothing goes wrong, and its report.
fn good_night() -> (Scenario, Report) {
    let scenario = Scenario::load("good-night").unwrap();
    let report = played(&scenario);
    assert_eq!(broken(&scenario, &report), []);
    (scenario, report)
}

#[test]
fn what_breaks_an_invariant_in_any_night_breaks_it_here() {
    let (scenario, mut report) = good_night();
    let what = Unexpected::MidShiftTogether { regions: vec![sydney()], at: report.to };
    report.unexpected.push(what.clone().into());
    assert_eq!(broken(&scenario, &report), [Broken::Always(what)]);
}

fn sydney() -> RegionName {
    "ap-southeast-2".parse().unwrap()
}

/// What the checks say of a report whose region's chain says otherwise.
fn with_records(chain: &Chain, change: impl Fn(&mut Record) -> bool) -> Vec<Broken> {
    let (scenario, mut report) = good_night();
    report.ledger.get_mut(&chain.to_string()).unwrap().retain_mut(|entry| change(&mut entry.record));
    broken(&scenario, &report)
}

#[test]
fn a_canary_that_nobody_let_through_is_found() {
    let found = with_records(&Chain::Region(sydney()), |record| {
        if let Record::Decided { decision, .. } = record {
            *decision = Decision::Revert;
        }
        true
    });
    assert!(matches!(&found[..], [Broken::NotLetThrough(region, _)] if *region == sydney()), "{found:?}");
}

#[test]
fn an_update_without_an_intent_is_found() {
    let found = with_records(&Chain::Region(sydney()), |record| !matches!(record, Record::UpdateIntended { .. }));
    assert!(matches!(&found[..], [Broken::NotIntended(region, _)] if *region == sydney()), "{found:?}");
}

#[test]
fn a_release_that_nobody_approved_is_found_in_every_region() {
    let found = with_records(&Chain::Home, |record| !matches!(record, Record::Approved { .. }));
    assert!(found.len() == 4 && found.iter().all(|own| matches!(own, Broken::NotApproved(..))), "{found:?}");
}

#[test]
fn a_release_whose_bytes_nobody_checked_is_found() {
    let found = with_records(&Chain::Region(sydney()), |record| !matches!(record, Record::Attested { .. }));
    assert!(matches!(&found[..], [Broken::NotApproved(region, _)] if *region == sydney()), "{found:?}");
}

#[test]
fn a_region_that_nothing_happened_to_has_to_get_the_release() {
    let (scenario, mut report) = good_night();
    report.fleet[1].version = Some("v426".to_owned());
    let region = sydney();
    let expected = [Broken::NotDelivered(region.clone(), "v426".to_owned()), Broken::NotHeard(region)];
    assert_eq!(broken(&scenario, &report), expected);
}

#[test]
fn an_endpoint_on_unproved_bytes_or_not_at_rest_is_found() {
    let (scenario, mut report) = good_night();
    report.fleet[1].confirmed_by_endpoint = false;
    assert!(broken(&scenario, &report).contains(&Broken::NotProved(sydney(), "InService".to_owned())));
    report.fleet[1].status = "Updating".to_owned();
    assert!(broken(&scenario, &report).contains(&Broken::NotAtRest(sydney(), "Updating".to_owned())));
}

#[test]
fn a_plainly_bad_release_may_serve_nowhere_in_the_end() {
    let (mut scenario, report) = good_night();
    scenario.behaviour = Scenario::load("bad-model").unwrap().behaviour;
    scenario.behaviour[0].release = "v427".to_owned();
    scenario.behaviour[0].errors_5xx = 0.2;
    assert!(broken(&scenario, &report).iter().all(|own| matches!(own, Broken::BadServes(_))));
    assert_eq!(broken(&scenario, &report).len(), 4);
}

#[test]
fn the_same_page_twice_is_found_and_so_are_too_many() {
    let scenario = Scenario::load("tokyo-dark").unwrap();
    let mut report = played(&scenario);
    assert_eq!(broken(&scenario, &report), []);
    let page = report.pages[0].clone();
    report.pages.extend(std::iter::repeat_n(page.clone(), 4));
    let mut expected = vec![Broken::ToldTwice(page.subject); 4];
    expected.push(Broken::TooManyPages(5));
    assert_eq!(broken(&scenario, &report), expected);
}
