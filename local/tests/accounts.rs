//! A fleet whose regions stand in accounts of their own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod support;

use meridian_deployment::Grant;
use meridian_local::night::{Scenario, Site};
use std::collections::BTreeSet;
use support::simulated;

/// What stands in their templates because there are several accounts, and this night does without.
const COVERED: &[(&str, &str, &str)] = &[];

fn spread() -> Scenario {
    Scenario::load("four-accounts").unwrap()
}

fn statements(site: &Site) -> BTreeSet<(String, String)> {
    site.deployment.allowances().iter().map(|Grant { owner, sid, .. }| (owner.clone(), sid.clone())).collect()
}

#[test]
fn a_good_night_ends_in_four_accounts_as_it_does_in_one() {
    let scenario = Scenario { policy: spread().policy, ..Scenario::load("good-night").unwrap() };
    let site = Site::of_scenario(&scenario).unwrap();
    assert_eq!(site.deployment.stacks.values().map(|own| &own.account).collect::<BTreeSet<_>>().len(), 4);
    let night = simulated(site, &scenario).unwrap();
    assert!(night.report.as_expected, "{:?}\n{}", night.report.unexpected, night.story);
}

#[test]
fn what_one_account_grants_to_another_is_needed() {
    let scenario = spread();
    let site = Site::of_scenario(&scenario).unwrap();
    let usual = statements(&Site::repository().unwrap());
    let more: BTreeSet<_> = statements(&site).difference(&usual).cloned().collect();
    assert!(more.contains(&("ReleasesPolicy".to_owned(), "FleetReadsLedger".to_owned())), "{more:?}");
    let covered: BTreeSet<_> = COVERED.iter().map(|(owner, sid, _)| ((*owner).to_owned(), (*sid).to_owned())).collect();
    let unneeded: BTreeSet<_> = more
        .into_iter()
        .filter(|(owner, sid)| {
            let mut less = site.clone();
            less.deployment = site.deployment.without(owner, sid);
            simulated(less, &scenario).unwrap().report.as_expected
        })
        .collect();
    assert_eq!(unneeded, covered);
}
