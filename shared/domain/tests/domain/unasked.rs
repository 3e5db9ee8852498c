//! Returns that the ledger only found: nobody of ours is named for them. And what interrupted a release is told beside it.

use crate::account::{Chains, OWN, WAVE, confirmed, decided, intended, reverted, started, target};
use crate::night::{JP, actor, at, bytes_unknown, fleet, name, said, version};
use jiff::Timestamp;
use meridian_domain::account::{Account, State, account};
use meridian_domain::overview::{RegionRow, RegionSeen, overview};
use meridian_domain::reason::{Return, WayBackReason};
use meridian_domain::{Actor, Decision, EndpointStatus, EndpointView, Record, Seen};

fn told(chains: &Chains, time: &str) -> Account {
    let fleet = fleet();
    account(fleet.region(&name(JP)).unwrap(), &chains.own.1, Some(&chains.hub.1), at(time))
}

/// By whom v426 serves at 05:00:00, and since when.
fn by(chains: &Chains) -> (Option<Actor>, Option<Timestamp>) {
    let account = told(chains, "05:00:00");
    let own = &account.answers[0];
    assert_eq!((account.state, &own.target), (State::One, &target("v426")));
    assert_eq!(account.began().map(|(_, by)| by.cloned()), Some(own.by.clone()));
    (own.by.clone(), own.since)
}

/// v427's canary was let through and proved; its soak is not over.
fn in_soak() -> Chains {
    let mut chains = Chains::updating();
    chains.own("03:19:30", WAVE, decided(Decision::Proceed)).own("03:22:10", WAVE, confirmed("v427", WAVE));
    chains
}

/// Somebody rolled it back by hand, and the region's watch finds it so.
#[test]
fn nobody_of_ours_is_named_for_a_return_that_was_only_found() {
    let mut by_hand = Chains::settled();
    let (region, from, to) = (name(JP), version("v427"), version("v426"));
    let unwritten = Record::Halted { why: Return::Unwritten { region, from, to }.into() };
    by_hand.own("04:41:00", OWN, unwritten).own("04:41:01", OWN, reverted("v427", "v426"));
    assert_eq!(by(&by_hand), (None, Some(at("04:41:01"))));
    // A person halted first: the return is found all the same.
    let mut halted = Chains::settled();
    halted.own("04:30:00", "maria", Record::Halted { why: said("incident 4711") });
    halted.own("04:41:01", OWN, reverted("v427", "v426"));
    assert_eq!(by(&halted), (None, Some(at("04:41:01"))));
    // SageMaker's guardrail, where nobody had decided.
    let mut guardrail = in_soak();
    guardrail.own("03:30:00", OWN, reverted("v427", "v426"));
    assert_eq!(by(&guardrail), (None, Some(at("03:30:00"))));
    // What comes after it is somebody's again.
    by_hand.own("04:50:00", OWN, Record::Lifted { why: "found".to_owned() });
    by_hand.own("04:51:00", WAVE, intended("v427", Some("v426"), WAVE)).own("04:59:00", "w2", confirmed("v427", "w2"));
    let serving = told(&by_hand, "05:00:00").answers.remove(0);
    assert_eq!((serving.target, serving.by), (target("v427"), Some(actor("w2"))));
}

#[test]
fn a_return_that_was_asked_for_is_its_askers() {
    let mut own = Chains::settled();
    own.own("04:27:00", OWN, intended("v426", None, OWN)).own("04:27:01", OWN, started(OWN));
    own.own("04:33:00", OWN, reverted("v427", "v426"));
    assert_eq!(by(&own).0, Some(actor(OWN)));
    let mut in_the_wave = in_soak();
    in_the_wave.own("03:26:00", WAVE, decided(Decision::Revert)).own("03:30:00", WAVE, reverted("v427", "v426"));
    assert_eq!(by(&in_the_wave).0, Some(actor(WAVE)));
    // Its alarm rang in soak, and it set the guardrail's own alarm.
    let mut tripped = in_soak();
    let (region, version) = (name(JP), version("v427"));
    let rings = Return::RingsInSoak { region, version, why: WayBackReason::ClientErrors };
    tripped.own("03:26:00", OWN, Record::Halted { why: rings.into() }).own("03:30:00", OWN, reverted("v427", "v426"));
    assert_eq!(by(&tripped).0, Some(actor(OWN)));
    // Nothing that served changes: it serves by whoever had brought it.
    let mut in_canary = Chains::updating();
    in_canary.own("03:17:00", OWN, reverted("v427", "v426"));
    assert_eq!(by(&in_canary), (Some(actor("installation")), Some(at("00:00:00"))));
}

/// No wave updated: somebody else did, and SageMaker could not roll that back.
#[test]
fn a_time_of_unknown_bytes_interrupts_without_a_waves_update() {
    let mut chains = Chains::installed();
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: Some(name(JP)) };
    chains.own("03:19:00", OWN, unknown).own("03:19:01", OWN, intended("v426", None, OWN));
    chains.own("03:24:00", OWN, reverted("v426", "v426"));
    let own = told(&chains, "05:00:00").answers[0].interrupted.clone().unwrap();
    assert_eq!((own.other, own.canary), (None, false));
    assert_eq!((own.from, own.unknown, own.until), (at("03:19:00"), Some(at("03:19:00")), at("03:24:00")));
}

/// `since` says 00:00:00, and v427 was there in between: for a day the screen says so.
#[test]
fn an_interruption_is_told_for_a_day() {
    let mut chains = Chains::updating();
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: None };
    chains.own("03:19:00", OWN, unknown).own("03:24:00", OWN, reverted("v427", "v426"));
    let fleet = fleet();
    let row = |at: Timestamp, serves: &str| -> RegionRow {
        let config = target(serves).config;
        let endpoint =
            EndpointView { status: EndpointStatus::InService, config, instances: None, pending: None, failure: None };
        let (region, entries) = (fleet.region(&name(JP)).unwrap(), Some(chains.own.1.as_slice()));
        let (endpoint, alarm) = (Seen::Known(Some(endpoint)), Seen::Known(false));
        let seen = RegionSeen { region, is_home: false, entries, endpoint, alarm, frozen: None, paging: Vec::new() };
        overview(&fleet, Some(&chains.hub.1), &[seen], at).regions.remove(0)
    };
    let (end, day) = (at("03:24:00"), jiff::SignedDuration::from_hours(24));
    let last = end + day - jiff::SignedDuration::from_secs(1);
    let told = row(last, "v426");
    let own = told.interrupted_lately(last).unwrap();
    assert_eq!((own.other.as_ref(), own.unknown, own.until), (Some(&target("v427")), Some(at("03:19:00")), end));
    assert_eq!(row(end + day, "v426").interrupted_lately(end + day), None);
    // The endpoint names something else: what the ledger says of v426 is not about what serves.
    assert_eq!(row(last, "v427").interrupted_lately(last), None);
}
