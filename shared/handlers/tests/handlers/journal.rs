//! One chain, read and written by several.

use crate::world::{Fault, World, name, quiet, run};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Actor, Chain, ChainError, Entry, Record, RegionHistory, ReleaseId, Sha256};
use meridian_handlers::journal::{Journal, JournalError};
use meridian_handlers::ports::{ErrorKind, FailureDetail, OperationName, PortError};
use meridian_local::world::{FaultKind, WorldConfig};

mod kept;

/// How often an append goes to a new head before it gives up.
const ATTEMPTS: u32 = 8;

fn release(text: &str) -> ReleaseId {
    ReleaseId(Sha256::of(text.as_bytes()))
}

fn attested(text: &str) -> Record {
    Record::Attested { release: release(text), version: text.parse().unwrap() }
}

fn actor() -> Actor {
    "replication.sa-east-1".parse().unwrap()
}

fn open(world: &World) -> Journal<RegionHistory> {
    let region = name("sa-east-1");
    run(Journal::open(world, &region, chain())).unwrap()
}

fn chain() -> Chain {
    Chain::Region(name("sa-east-1"))
}

fn append(world: &World, journal: &mut Journal<RegionHistory>, text: &str) -> Result<(), JournalError> {
    run(journal.append(world, &actor(), attested(text)))
}

#[test]
fn what_is_appended_is_read_back_by_others() {
    let world = World::default();
    let mut journal = open(&world);
    for version in ["v1", "v2", "v3"] {
        append(&world, &mut journal, version).unwrap();
    }
    let other = open(&world);
    assert_eq!(other.history(), journal.history());
    assert_eq!(other.head(), journal.head());
    assert_eq!(other.history().attested.len(), 3);
}

#[test]
fn after_a_conflict_the_entry_stands_behind_the_other_writers() {
    let world = World::default();
    let mut journal = open(&world);
    for version in ["v1", "v2"] {
        world.write(&name("sa-east-1"), chain(), "other", attested(version));
    }
    append(&world, &mut journal, "v3").unwrap();
    assert_eq!(world.records(&name("sa-east-1"), chain()), ["v1", "v2", "v3"].map(attested));
    assert_eq!(journal.history(), open(&world).history());
}

#[test]
fn an_exclusive_append_gives_way_and_shows_what_the_other_wrote() {
    let world = World::default();
    let mut journal = open(&world);
    world.write(&name("sa-east-1"), chain(), "other", attested("v1"));
    let error = run(journal.append_exclusive(&world, &actor(), attested("v2"))).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(journal.history().attested.contains(&release("v1")));
    assert_eq!(world.records(&name("sa-east-1"), chain()), [attested("v1")]);
}

#[test]
fn an_answer_that_was_lost_is_found_in_the_chain() {
    let world = World::default();
    let mut journal = open(&world);
    world.fault("PutEntry", Fault::AnswerLost);
    append(&world, &mut journal, "v1").unwrap();
    append(&world, &mut journal, "v2").unwrap();
    assert_eq!(world.records(&name("sa-east-1"), chain()), ["v1", "v2"].map(attested));
}

/// One forged entry, or one written by a wrong clock, costs its own times and no other's.
#[test]
fn an_entry_from_the_future_pins_no_later_one() {
    let world = World::default();
    append(&world, &mut open(&world), "v1").unwrap();
    let forged = Entry {
        at: Timestamp::MAX,
        written: Timestamp::MAX,
        ..open(&world).head().entry(world.now(), actor(), attested("v2"))
    };
    world.alter(&name("sa-east-1"), &chain(), |entries| entries.push(forged));
    let mut journal = open(&world);
    assert_eq!(journal.history().attested_at[&release("v2")], world.now());
    append(&world, &mut journal, "v3").unwrap();
    let entries = world.entries(&name("sa-east-1"), &chain());
    let last = entries.last().unwrap();
    assert_eq!((last.at, last.written), (world.now(), world.now()));
}

#[test]
fn an_entry_names_the_credentials_that_it_was_written_with() {
    let fault = meridian_local::world::Fault {
        at_most: Some(1),
        operation: Some("GetCallerIdentity".to_owned()),
        ..meridian_local::world::Fault::of(FaultKind::TimeOut)
    };
    let world = World::of(WorldConfig { faults: vec![fault], ..quiet("2026-03-12T03:00:00Z") });
    append(&world, &mut open(&world), "v1").unwrap();
    world.pass(SignedDuration::from_mins(2));
    append(&world, &mut open(&world), "v2").unwrap();
    let entries = world.entries(&name("sa-east-1"), &chain());
    let callers: Vec<_> = entries.iter().map(|entry| entry.caller.to_string()).collect();
    assert_eq!(callers, ["unverified", "arn:aws:iam::111122223333:user/operator"]);
}

#[test]
fn an_append_that_did_not_happen_is_an_error() {
    let world = World::default();
    let mut journal = open(&world);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    let error = append(&world, &mut journal, "v1").unwrap_err();
    assert!(error.is_regional(), "{error}");
    let source = PortError {
        kind: ErrorKind::Unreachable,
        region: name("sa-east-1"),
        operation: OperationName::PutObject,
        detail: FailureDetail::Said("scheduled".to_owned()),
        silent: false,
    };
    let unreachable = JournalError::Port { chain: chain(), source };
    assert_eq!(error, unreachable);
    // The first error is the one that is told, even where looking for the entry fails as well.
    world.fault("PutEntry", Fault::AnswerLost);
    world.fault("ListObjectsV2", Fault::Fails(ErrorKind::Throttled));
    assert_eq!(append(&world, &mut journal, "v1"), Err(unreachable));
    // ... and the next append finds it.
    append(&world, &mut journal, "v1").unwrap();
    assert_eq!(world.records(&name("sa-east-1"), chain()), [attested("v1")]);
}

#[test]
fn what_the_history_holds_is_not_written_twice() {
    let world = World::default();
    let (mut first, mut second) = (open(&world), open(&world));
    let held = |history: &RegionHistory| history.attested.contains(&release("v1"));
    let other: Actor = "other".parse().unwrap();
    assert_eq!(run(first.append_unless(&world, &actor(), attested("v1"), held)), Ok(true));
    assert_eq!(run(second.append_unless(&world, &other, attested("v1"), held)), Ok(false));
    assert_eq!(world.records(&name("sa-east-1"), chain()).len(), 1);
}

#[test]
fn endless_conflicts_end() {
    let world = World::default();
    let mut journal = open(&world);
    for _ in 0..ATTEMPTS {
        world.fault("PutEntry", Fault::Fails(ErrorKind::Conflict));
    }
    assert!(append(&world, &mut journal, "v1").unwrap_err().is_conflict());
    append(&world, &mut journal, "v1").unwrap();
}

#[test]
fn a_chain_that_was_altered_is_refused_by_name_and_number() {
    let world = World::default();
    let mut journal = open(&world);
    for version in ["v1", "v2", "v3"] {
        append(&world, &mut journal, version).unwrap();
    }
    let reopen = |world: &World| {
        let region = name("sa-east-1");
        run(Journal::<RegionHistory>::open(world, &region, chain())).unwrap_err()
    };
    let broken = |source| JournalError::Chain { region: name("sa-east-1"), chain: chain(), source };
    let alter = |change: fn(&mut Vec<Entry>)| world.alter(&name("sa-east-1"), &chain(), change);
    alter(|entries| entries[1].record = attested("v9"));
    assert_eq!(reopen(&world), broken(ChainError::Hash { seq: 2 }));
    alter(|entries| drop(entries.remove(1)));
    assert_eq!(reopen(&world), broken(ChainError::Sequence { expected: 1, found: 2 }));
}
