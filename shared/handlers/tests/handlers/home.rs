//! Home, handed over to another region in peace.

use crate::world::{Fault, World, context, fleet, name, run};
use jiff::SignedDuration;
use meridian_domain::resume::resume;
use meridian_domain::{Actor, Chain, Epoch, Fleet, HubHistory, Record, ReleaseId, Sha256};
use meridian_handlers::context::Context;
use meridian_handlers::home::{HomeError, hand_over, take_over};
use meridian_handlers::journal::{Journal, JournalError};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::ports::ErrorKind;
use meridian_handlers::replication::{ReplicationEvent, handle};
use meridian_handlers::restore::RestoreError;
use meridian_messages::operator::HomeHandedOver;

const EU: &str = "eu-west-1";
const JP: &str = "ap-northeast-1";
const AU: &str = "ap-southeast-2";

fn maria() -> Actor {
    "maria".parse().unwrap()
}

fn to(world: &World, fleet: &Fleet, region: &str) -> Result<HomeHandedOver, HomeError> {
    run(hand_over(world, fleet, &name(region), &maria(), "a drill"))
}

/// EU is home, and two things are on record.
fn world() -> World {
    let world = World::default();
    says(&world, EU, "one");
    says(&world, EU, "two");
    world
}

fn says(world: &World, region: &str, why: &str) {
    world.write(&name(region), Chain::Home, "ana", Record::Lifted { why: why.to_owned() });
}

/// What whoever is deployed as home there can still write.
fn adds(world: &World, region: &str) -> Result<(), JournalError> {
    run(hub(world, region).append(world, &maria(), Record::Lifted { why: "later".to_owned() }))
}

/// BR comes before EU, and its sweep copies the hub's chain.
fn copied(world: &World) {
    run(handle(world, &context("sa-east-1"), &ReplicationEvent::Sweep)).unwrap();
}

fn moved_away(region: &str) -> Result<(), JournalError> {
    Err(JournalError::Moved { to: name(region) })
}

fn hub(world: &World, region: &str) -> Journal<HubHistory> {
    run(Journal::open(world, &name(region), Chain::Home)).unwrap()
}

fn keys_of(world: &World, region: &str) -> Vec<String> {
    world.keys(&name(region)).into_iter().filter(|key| key.contains("/home/")).collect()
}

#[test]
fn the_new_home_goes_on_with_the_ledger_and_the_old_one_adds_nothing_to_it() {
    let (world, fleet) = (world(), fleet());
    let went = to(&world, &fleet, JP).unwrap();
    assert_eq!(went, HomeHandedOver { entries: 3, copied: 3 });
    for key in keys_of(&world, EU) {
        assert_eq!(world.object(&name(JP), &key), world.object(&name(EU), &key), "{key}");
    }
    let moved = hub(&world, JP).history().moved.clone().unwrap();
    assert_eq!((moved.to, moved.lost, moved.by, moved.why.as_str()), (name(JP), false, maria(), "a drill"));
    assert_eq!((adds(&world, EU), adds(&world, JP)), (moved_away(JP), Ok(())));
    assert_eq!((keys_of(&world, EU).len(), keys_of(&world, JP).len()), (3, 4));
}

/// Whoever read the chain before the move finds its next place taken, and then what took it.
#[test]
fn a_stale_home_that_writes_after_the_move_is_refused_too() {
    let (world, fleet) = (world(), fleet());
    let mut stale = hub(&world, EU);
    to(&world, &fleet, JP).unwrap();
    let late = run(stale.append(&world, &"wave".parse().unwrap(), Record::Lifted { why: "late".to_owned() }));
    assert_eq!(late, moved_away(JP));
    assert_eq!(keys_of(&world, EU).len(), 3);
}

#[test]
fn a_move_that_died_goes_on_and_a_repeat_changes_nothing() {
    let (world, fleet) = (world(), fleet());
    world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(!error.is_input(), "{error}");
    assert!(hub(&world, EU).history().moved.is_some(), "nothing starts from here on");
    assert!(to(&world, &fleet, JP).unwrap().copied > 0);
    assert_eq!(to(&world, &fleet, JP).unwrap().copied, 0);
    assert_eq!(keys_of(&world, JP), keys_of(&world, EU));
    // Not to a third one meanwhile: two would be home.
    assert!(matches!(to(&world, &fleet, AU), Err(HomeError::MovedBefore(region)) if region == name(JP)));
}

#[test]
fn home_comes_back_with_what_was_written_elsewhere() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    adds(&world, JP).unwrap();
    let there = Fleet { home: name(JP), ..fleet };
    let went = to(&world, &there, EU).unwrap();
    assert_eq!((went.entries, went.copied), (5, 2));
    assert_eq!((adds(&world, EU), adds(&world, JP)), (Ok(()), moved_away(EU)));
}

/// Of a release whose execution a person started there may be no wave on record.
#[test]
fn home_does_not_move_while_an_execution_acts() {
    let (world, fleet) = (world(), fleet());
    let until = world.now() + SignedDuration::from_mins(10);
    world.write(&name(EU), Chain::Home, "execution-1", Record::LeaseTaken { epoch: Epoch(1), until });
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::LeaseHeld { holder, .. } if holder.as_str() == "execution-1"), "{error}");
    world.pass(SignedDuration::from_mins(11));
    assert!(to(&world, &fleet, JP).is_ok());
}

fn started() -> Record {
    Record::WaveStarted {
        release: ReleaseId(Sha256::of(b"v427")),
        version: "v427".parse().unwrap(),
        execution: "wave-1".parse().unwrap(),
        late: Vec::new(),
        order: None,
        resumes: None,
        policy: None,
    }
}

#[test]
fn home_does_not_move_under_a_wave() {
    let (world, fleet) = (world(), fleet());
    world.write(&name(EU), Chain::Home, "replication", started());
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::WaveUnderWay(version) if version.as_str() == "v427"), "{error}");
    assert!(error.is_input());
    assert!(keys_of(&world, JP).is_empty() && hub(&world, EU).history().moved.is_none());
}

#[test]
fn what_cannot_be_home_is_refused_before_anything_is_written() {
    let (world, fleet) = (world(), fleet());
    assert!(matches!(to(&world, &fleet, EU), Err(HomeError::IsHome(_))));
    assert!(matches!(to(&world, &fleet, "us-east-1"), Err(HomeError::Region(_))));
    says(&world, JP, "another hub's");
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 0, .. })), "{error}");
    assert!(hub(&world, EU).history().moved.is_none());
    // A dry run says what it would do, and does nothing.
    let dry = OperatorPorts { ports: &world, writes: false };
    let went = run(hand_over(&dry, &fleet, &name(AU), &maria(), "a drill")).unwrap();
    assert_eq!((went.copied, keys_of(&world, AU).len()), (2, 0));
    assert!(hub(&world, EU).history().moved.is_none());
}

#[test]
fn a_lost_homes_ledger_goes_on_from_another_regions_copy() {
    let (world, fleet) = (world(), fleet());
    let taken = |world: &World| run(take_over(world, &fleet, &name(JP), &maria(), "Dublin burns"));
    assert!(matches!(taken(&world), Err(HomeError::Copy(RestoreError::NothingKept { .. }))));
    copied(&world);
    says(&world, EU, "after the last sweep");
    let went = taken(&world).unwrap();
    assert_eq!((went.holder.clone(), went.entries), (name("sa-east-1"), 2));
    assert_eq!(taken(&world).unwrap(), went, "a repeat changes nothing");
    let there = hub(&world, JP);
    let moved = there.history().moved.clone().unwrap();
    assert_eq!((there.head().next, moved.to, moved.lost), (3, name(JP), true));
    // The old home knows nothing of it: people halt it.
    assert_eq!((adds(&world, JP), adds(&world, EU)), (Ok(()), Ok(())));
    // And it is no home to move to any more: both have written.
    let there = Fleet { home: name(JP), ..fleet.clone() };
    let error = to(&world, &there, EU).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 2, .. })), "{error}");
    assert_eq!(adds(&world, JP), Ok(()), "nothing was written");
    // Home was made anew there before: nothing is mixed.
    says(&world, AU, "another hub's");
    let error = run(take_over(&world, &fleet, &name(AU), &maria(), "Dublin burns")).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 0, .. })), "{error}");
}

/// EU handed over to JP, and JP is lost. AU keeps JP's chains.
#[test]
fn a_home_that_was_handed_over_can_be_lost_too() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    let there = Fleet { home: name(JP), ..fleet.clone() };
    let policy = crate::world::FLEET.replacen("home = \"eu-west-1\"", "home = \"ap-northeast-1\"", 1);
    let holder = Context::new(&policy, name(AU)).unwrap();
    run(handle(&world, &holder, &ReplicationEvent::Sweep)).unwrap();
    // The fleet.toml of before knows a home that had moved when the copy was made.
    copied(&world);
    let stale = run(take_over(&world, &fleet, &name("sa-east-1"), &maria(), "JP burns"));
    assert!(matches!(&stale, Err(HomeError::MovedBefore(region)) if *region == name(JP)), "{stale:?}");
    let went = run(take_over(&world, &there, &name("sa-east-1"), &maria(), "JP burns")).unwrap();
    assert_eq!((went.holder, went.entries), (name(AU), 3));
    assert_eq!(adds(&world, "sa-east-1"), Ok(()));
}

/// The wave that died with the old home has ended by the new one's word, and is gone on with.
#[test]
fn a_wave_that_was_lost_with_home_is_due_in_the_new_one() {
    let (world, fleet) = (world(), fleet());
    world.write(&name(EU), Chain::Home, "replication", started());
    copied(&world);
    let taken = || run(take_over(&world, &fleet, &name(JP), &maria(), "Dublin burns")).unwrap();
    assert_eq!(taken().wave, Some(("v427".parse().unwrap(), true)));
    let there = hub(&world, JP);
    let (history, there_fleet) = (there.history(), Fleet { home: name(JP), ..fleet.clone() });
    let wave: Actor = "wave-1".parse().unwrap();
    assert!(history.ended.contains_key(&wave) && history.lost.contains(&wave));
    let due = resume(&there_fleet, history, world.now()).unwrap();
    assert_eq!((due.version.as_str(), due.regions.len(), &due.resumed.after), ("v427", 4, &wave));
    assert!(world.pages().is_empty(), "whoever moved home knows");
    // The new home goes on with it. The command, given again, leaves that wave alone.
    let execution: Actor = "wave-2".parse().unwrap();
    let Record::WaveStarted { release, version, late, .. } = started() else { panic!("no start") };
    let resumed = Record::WaveStarted {
        release,
        version,
        execution: execution.clone(),
        late,
        order: None,
        resumes: Some(due.resumed),
        policy: None,
    };
    world.write(&name(JP), Chain::Home, "replication", resumed);
    let written = keys_of(&world, JP).len();
    taken();
    assert_eq!(keys_of(&world, JP).len(), written);
    assert!(!hub(&world, JP).history().ended.contains_key(&execution));
    // In peace it is not moved before that is over.
    let error = to(&world, &there_fleet, AU).unwrap_err();
    assert!(matches!(error, HomeError::WaveUnderWay(_)), "{error}");
}
