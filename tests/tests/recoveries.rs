//! What `meridian plan --failover` reckons of a region's loss, held to nights that live it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_domain::recovery::{Capacity, Recovery, recoveries};
use meridian_local::night::{self, Functions, Options, Report, Scenario, Site};

struct Lived {
    reckoned: Recovery,
    /// From the loss, or where somebody is asked to carry Dublin's customers from then, until at most one request in a hundred is lost, wherever it comes.
    time: SignedDuration,
    /// Requests lost, everywhere.
    lost: u64,
    report: Report,
}

/// Dublin answers nobody from this moment on, at its busiest hour.
const LOST: &str = "2026-11-20T13:00:00Z";
/// A person asks the pilot light, four minutes after the loss.
const ASKED: &str = "2026-11-20T05:04:00Z";

fn lived(name: &str, to: &str, from: &str) -> Lived {
    let (scenario, out) = (Scenario::load(name).unwrap(), tempfile::tempdir().unwrap());
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let report = night::run(&scenario, &options, &mut |_| ()).unwrap();
    let (lost, to): (Timestamp, RegionName) = (from.parse().unwrap(), to.parse().unwrap());
    // The hour that is lived: the day's worst may be another.
    let site = Site::of_scenario(&scenario).unwrap();
    let is_asked = |own: &Recovery| (own.lost.as_str(), &own.to) == ("eu-west-1", &to);
    let reckoned = recoveries(site.fleet(), lost).into_iter().find(is_asked).unwrap();
    let requests = || report.fleet.iter().filter_map(|end| end.requests);
    let until = requests().filter_map(|own| own.many_lost_until).max().unwrap();
    Lived { reckoned, time: until.duration_since(lost), lost: requests().map(|own| own.lost).sum(), report }
}

#[test]
fn a_hot_standby_answers_again_once_names_lead_to_it() {
    let Lived { reckoned, time, lost, .. } = lived("standby-hot", "sa-east-1", LOST);
    assert_eq!(reckoned.capacity, Capacity::Runs);
    assert_eq!(reckoned.at_risk(), Some(0));
    assert!(time <= reckoned.time().unwrap().worst, "{time:#}");
    assert!(lost <= reckoned.unanswered()[1], "{lost} of {:?}", reckoned.unanswered());
}

#[test]
fn a_warm_standby_answers_again_once_it_has_scaled() {
    let Lived { reckoned, time, lost, report } = lived("standby-warm", "sa-east-1", LOST);
    assert!(matches!(reckoned.capacity, Capacity::Comes(_)), "{reckoned:?}");
    let span = reckoned.time().unwrap();
    assert!((span.usual..=span.worst).contains(&time), "{time:#} of {span:?}");
    let bound = reckoned.unanswered()[1] + reckoned.at_risk().unwrap();
    assert!(lost <= bound, "{lost} of {bound}");
    let standby = report.fleet.iter().find(|end| end.region.as_str() == "sa-east-1").unwrap().requests.unwrap();
    assert!(standby.lost > 50_000, "what it could not answer is lost there: {standby:?}");
}

#[test]
fn a_pilot_light_answers_again_once_it_was_asked_and_has_made_its_endpoint() {
    let Lived { reckoned, time, .. } = lived("pilot-light", "sa-east-1", ASKED);
    let span = reckoned.time().unwrap();
    assert!((reckoned.ready.unwrap().usual..=span.worst).contains(&time), "{time:#} of {span:?}");
}

/// What scaling beforehand is worth: the same hour with it and without.
#[test]
fn survivors_lose_requests_only_where_nothing_was_scaled_beforehand() {
    let lost = |name| {
        let report = lived(name, "ap-southeast-2", LOST).report;
        let survivors = report.fleet.iter().filter(|end| end.region.as_str() != "eu-west-1");
        survivors.map(|end| end.requests.unwrap().lost).sum::<u64>()
    };
    let (held, fell) = (lost("survivors-hold"), lost("survivors-fall"));
    assert!(held < 100, "{held}");
    assert!(fell > 100_000, "{fell}");
}
