//! What is said of a moment: by whom a release serves, and what interrupted it.

use crate::given::{JP, actor, at, fleet, name, release, said, version};
use meridian_domain::account::{Account, Interruption, account};
use meridian_domain::overview::{RegionSeen, overview};
use meridian_domain::{EndpointStatus, EndpointView, Epoch, Fleet, Head, Record, Seen, Target};
use meridian_messages::ledger::Phrasebook;
use meridian_messages::moment::{Clock, details};
use meridian_messages::{Voice, interrupted};

fn target(fleet: &Fleet, text: &str) -> Target {
    Target::of(fleet, fleet.region(&name(JP)).unwrap(), release(text), &version(text))
}

fn confirmed(fleet: &Fleet, text: &str, by: &str) -> Record {
    Record::Confirmed { target: target(fleet, text), execution: actor(by), golden: 200 }
}

fn reverted(fleet: &Fleet) -> Record {
    Record::Reverted { from: target(fleet, "v427"), to: target(fleet, "v426"), why: said("it was slow") }
}

/// JP's chain, of records with their times and actors.
fn chain(records: Vec<(&str, &str, Record)>) -> Vec<meridian_domain::Entry> {
    let (mut head, mut entries) = (Head::default(), Vec::new());
    for (time, by, record) in records {
        let entry = head.entry(at(time), actor(by), record);
        head.follow(&entry).unwrap();
        entries.push(entry);
    }
    entries
}

fn told(fleet: &Fleet, account: &Account) -> String {
    let said = details(account, &Clock(at("05:00:00")), fleet, &Phrasebook::default());
    said.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join("\n")
}

/// `rollback` had only found it so: somebody else did it, or it could not write what it did.
#[test]
fn a_return_that_was_only_found_names_nobody() {
    let fleet = fleet();
    let region = fleet.region(&name(JP)).unwrap();
    let own = "rollback.ap-northeast-1";
    let served = || {
        let wave = confirmed(&fleet, "v427", "w");
        vec![("00:00:00", "installation", confirmed(&fleet, "v426", "installation")), ("03:22:10", "w", wave)]
    };
    let by_hand = chain([served(), vec![("04:41:01", own, reverted(&fleet))]].concat());
    let account_of = |entries| account(region, entries, None, at("05:00:00"));
    let found = account_of(&by_hand);
    let words = "serving since 04:41:01 at the latest: who rolled the region back is not on record";
    assert!(told(&fleet, &found).contains(words), "{}", told(&fleet, &found));
    assert_eq!(Voice::of(&fleet).by(&found).as_deref(), Some("not on record"));
    let intended = Record::UpdateIntended {
        target: target(&fleet, "v426"),
        back: None,
        execution: actor(own),
        epoch: None,
        bake: None,
    };
    let asked = chain([served(), vec![("04:30:00", own, intended), ("04:41:01", own, reverted(&fleet))]].concat());
    let asked = account_of(&asked);
    assert!(told(&fleet, &asked).contains("serving since 04:41:01 by rollback.ap-northeast-1"), "{asked:?}");
    assert_eq!(Voice::of(&fleet).by(&asked).as_deref(), Some(own));
}

#[test]
fn what_interrupted_a_region_lately_is_told_with_its_title() {
    let fleet = fleet();
    let wave = actor("w");
    let bake = None;
    let (intended, execution) = (target(&fleet, "v427"), wave.clone());
    let back = Some(target(&fleet, "v426"));
    let records = vec![
        ("00:00:00", "installation", confirmed(&fleet, "v426", "installation")),
        ("03:10:00", "w", Record::UpdateIntended { target: intended, back, execution, epoch: Some(Epoch(1)), bake }),
        ("03:10:01", "w", Record::UpdateStarted { execution: wave.clone() }),
        ("03:13:20", "w", Record::CanaryStarted { execution: wave, from: at("03:13:00"), ends: at("03:21:00") }),
        ("03:24:00", "w", reverted(&fleet)),
    ];
    let entries = chain(records);
    let config = target(&fleet, "v426").config;
    let endpoint =
        EndpointView { status: EndpointStatus::InService, config, instances: None, pending: None, failure: None };
    let seen = RegionSeen {
        region: fleet.region(&name(JP)).unwrap(),
        is_home: false,
        entries: Some(&entries),
        endpoint: Seen::Known(Some(endpoint)),
        alarm: Seen::Known(false),
        frozen: None,
        paging: Vec::new(),
    };
    let overview = overview(&fleet, Some(&[]), &[seen], at("05:00:00"));
    let words = "JP: last interrupted: v427 had a canary from 2026-11-20 03:13:00 to 03:24:00 UTC";
    assert_eq!(Voice::of(&fleet).interruptions(&overview), [words]);
}

/// No wave updated, and SageMaker could not roll back what somebody else had.
#[test]
fn an_interruption_by_nobody_knows_what_says_when_it_was_unknown() {
    let (from, until) = (at("03:19:00"), at("03:24:00"));
    let own = Interruption { other: None, from, canary: false, unknown: Some(from), until, why: said("proved again") };
    let words = "last interrupted: the serving release was unknown from 2026-11-20 03:19:00 to 03:24:00 UTC";
    assert_eq!(interrupted(&own), words);
}

/// Nobody knew what served in between: the release did not change.
#[test]
fn a_region_that_serves_the_same_again_is_not_said_to_roll_back() {
    let fleet = fleet();
    let says = |from| {
        let record =
            Record::Reverted { from: target(&fleet, from), to: target(&fleet, "v426"), why: said("it was slow") };
        let entries = chain(vec![("03:52:00", "rollback", record)]);
        Phrasebook::default().say_any(&fleet, entries.first().unwrap()).1
    };
    assert_eq!(says("v426"), "serves v426 again: it was slow");
    assert_eq!(says("v427"), "rolled back from v427 to v426: it was slow");
}
