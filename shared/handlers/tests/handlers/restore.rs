//! A chain whose bucket was lost, put back from what another region kept of it.

use crate::world::{Fault, World, context, fleet, name, run};
use meridian_domain::copies::CopyFault;
use meridian_domain::{Chain, Entry, Fleet, Record};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::ports::ErrorKind;
use meridian_handlers::replication::{ReplicationEvent, handle};
use meridian_handlers::restore::{RestoreError, restore};
use meridian_messages::operator::Restored;

const EU: &str = "eu-west-1";
const AU: &str = "ap-southeast-2";

fn au() -> Chain {
    Chain::Region(name(AU))
}

fn grow(world: &World, why: &str) {
    world.write(&name(AU), au(), "maria", Record::Lifted { why: why.to_owned() });
}

/// EU's sweep copies what is new in AU's chain.
fn sweep(world: &World) {
    run(handle(world, &context(EU), &ReplicationEvent::Sweep)).unwrap();
}

fn entries(world: &World) -> Vec<Entry> {
    world.entries(&name(AU), &au())
}

fn lose(world: &World, from: u64) {
    let lost: Vec<String> = world.keys(&name(AU)).into_iter().filter(|key| key.starts_with("ledger/")).collect();
    let lost = lost.iter().filter(|key| (from..10).any(|seq| **key == au().key(&fleet().name, seq)));
    lost.for_each(|key| drop(world.remove(&name(AU), key)));
}

/// Three entries, which two sweeps have copied, and one more.
fn grown() -> World {
    let world = World::default();
    grow(&world, "one");
    grow(&world, "two");
    sweep(&world);
    grow(&world, "three");
    sweep(&world);
    grow(&world, "four");
    world
}

fn restored(world: &World) -> Result<Restored, RestoreError> {
    run(restore(world, &fleet(), &au()))
}

#[test]
fn a_lost_chain_comes_back_up_to_the_last_sweep() {
    let world = grown();
    let before = entries(&world);
    lose(&world, 0);
    assert!(entries(&world).is_empty());
    let dry = OperatorPorts { ports: &world, writes: false };
    assert_eq!(run(restore(&dry, &fleet(), &au())).unwrap().written, 3);
    assert!(entries(&world).is_empty());
    let went = restored(&world).unwrap();
    let last = before[2].written;
    assert_eq!(went, Restored { holder: name(EU), entries: 3, written: 3, last: Some(last) });
    assert_eq!(entries(&world), before[..3]);
    assert_eq!(restored(&world).unwrap().written, 0, "a repeat finds all of it there");
}

#[test]
fn a_bucket_keeps_what_it_has_and_another_chain_is_left_alone() {
    let world = grown();
    lose(&world, 2);
    assert_eq!(restored(&world).unwrap().written, 1);
    // The bucket goes on after the copy.
    grow(&world, "five");
    assert_eq!((restored(&world).unwrap().written, entries(&world).len()), (0, 4));
    world.alter(&name(AU), &au(), |entries| entries.truncate(0));
    grow(&world, "begun anew");
    let error = restored(&world).unwrap_err();
    assert!(matches!(&error, RestoreError::OtherEntry { seq: 0, .. }) && error.is_input(), "{error}");
    assert_eq!(entries(&world).len(), 1);
}

#[test]
fn a_restore_that_died_goes_on() {
    let world = grown();
    let before = entries(&world);
    lose(&world, 0);
    world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
    assert!(!restored(&world).unwrap_err().is_input());
    assert!(restored(&world).unwrap().written > 0);
    assert_eq!(entries(&world), before[..3]);
}

/// A chain with a gap takes no entry: until all of it is back, nobody begins it anew.
#[test]
fn the_first_entry_comes_back_first_and_the_last_one_next() {
    for (came, there) in [(1, vec![0]), (2, vec![0, 2])] {
        let world = grown();
        lose(&world, 0);
        (0..came).for_each(|_| world.fault("PutObject", Fault::NotYet));
        world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
        restored(&world).unwrap_err();
        let keys = world.keys(&name(AU));
        let back: Vec<u64> = (0..4).filter(|seq| keys.contains(&au().key(&fleet().name, *seq))).collect();
        assert_eq!(back, there);
        assert_eq!(restored(&world).unwrap().written, 3 - came);
    }
}

#[test]
fn what_is_no_copy_is_told_and_nothing_is_written() {
    let world = World::default();
    assert!(matches!(restored(&world), Err(RestoreError::NothingKept { holder, .. }) if holder == name(EU)));
    // Functions of before kept ends alone: what came then is in no copy.
    let world = grown();
    let prefix = format!("ledger/fraud/{EU}/copies/{AU}/");
    let keys: Vec<String> = world.keys(&name(EU)).into_iter().filter(|key| key.starts_with(&prefix)).collect();
    let oldest = keys.last().unwrap();
    world.remove(&name(EU), oldest);
    world.put(&name(EU), oldest, format!("{{\"seq\":1,\"hash\":\"{}\"}}", entries(&world)[1].hash()));
    lose(&world, 0);
    let error = restored(&world).unwrap_err();
    assert!(matches!(&error, RestoreError::NoCopy { fault: CopyFault::Lacks { seq: 0 }, .. }), "{error}");
    assert!(entries(&world).is_empty() && error.is_input());
    let mut alone = fleet();
    alone.regions.truncate(1);
    let alone: Fleet = alone;
    let error = run(restore(&world, &alone, &Chain::Home)).unwrap_err();
    assert!(matches!(error, RestoreError::NobodyKeeps(Chain::Home)));
}
