//! Checkpoints: a chain of years is read from near its end, and only from where the chain itself says so.

use super::*;
use crate::testing::{Fault, World, name, run};
use jiff::Timestamp;
use meridian_domain::{HubHistory, ReleaseId, Sha256};
use std::cell::Cell;

/// How many entries of the chain stand before the checkpoint that the tests make.
const GROWN: u64 = 5;

fn place() -> (RegionName, Chain) {
    (name("eu-west-1"), Chain::Home)
}

fn actor() -> Actor {
    "replication.eu-west-1".parse().unwrap()
}

fn approved(text: &str) -> Record {
    Record::Approved { release: ReleaseId(Sha256::of(text.as_bytes())), created: Timestamp::UNIX_EPOCH }
}

fn grow(world: &World, count: u64) {
    let (region, chain) = place();
    for _ in 0..count {
        let length = world.records(&region, chain.clone()).len();
        world.write(&region, chain.clone(), "shadow-eval", approved(&length.to_string()));
    }
}

fn open(world: &World) -> Journal<HubHistory> {
    let (region, chain) = place();
    run(Journal::open(world, &region, chain)).unwrap()
}

fn whole(world: &World) -> Journal<HubHistory> {
    let (region, chain) = place();
    run(Journal::whole(world, &region, chain)).unwrap()
}

fn write_checkpoint(world: &World) -> Result<bool, JournalError> {
    run(open(world).write_checkpoint(world, &actor(), GROWN))
}

/// A chain with a checkpoint in its middle.
fn kept() -> World {
    let world = World::default();
    grow(&world, GROWN);
    assert!(write_checkpoint(&world).unwrap());
    grow(&world, 3);
    world
}

#[test]
fn who_begins_at_a_checkpoint_knows_what_everybody_knows() {
    let world = kept();
    let (short, long) = (open(&world), whole(&world));
    assert_eq!((short.kept, long.kept), (GROWN, 0));
    assert_eq!(short.history(), long.history());
    assert_eq!(short.head(), long.head());
    assert_eq!(short.history().approved.len() as u64, GROWN + 3);
}

/// Entries before the checkpoint are not asked for: they could be anything.
#[test]
fn nothing_before_a_checkpoint_is_read() {
    let world = kept();
    let before = whole(&world);
    world.chains.borrow_mut().get_mut(&place()).unwrap()[1].record = approved("altered");
    assert_eq!(open(&world).history(), before.history());
    let (region, chain) = place();
    let error = run(Journal::<HubHistory>::whole(&world, &region, chain)).unwrap_err();
    assert!(error.to_string().contains("entry 2 does not have the hash"), "{error}");
}

#[test]
fn a_chain_is_kept_once_for_so_many_entries() {
    let world = kept();
    assert!(!write_checkpoint(&world).unwrap());
    assert_eq!(world.kept.borrow().len(), 1);
    grow(&world, 1);
    // The entry that named the first one counts: the chain has grown by it too.
    assert!(write_checkpoint(&world).unwrap());
    let seqs: Vec<u64> = world.kept.borrow().keys().map(|(_, _, seq)| *seq).collect();
    assert_eq!(seqs, [GROWN, 2 * GROWN]);
    assert_eq!(open(&world).kept, 2 * GROWN);
}

/// What lies beside the chain is believed for the chain's sake alone.
#[test]
fn a_checkpoint_that_the_chain_does_not_name_is_not_believed() {
    for forge in [
        |checkpoint: &mut Checkpoint<HubHistory>| {
            checkpoint.history.approved.insert(ReleaseId(Sha256::of(b"never evaluated")));
        },
        |checkpoint: &mut Checkpoint<HubHistory>| checkpoint.head.next += 1,
        |checkpoint: &mut Checkpoint<HubHistory>| checkpoint.head.next += 100,
        |checkpoint: &mut Checkpoint<HubHistory>| checkpoint.head.prev = Sha256::of(b"another chain"),
    ] {
        let world = kept();
        for bytes in world.kept.borrow_mut().values_mut() {
            let mut checkpoint = Checkpoint::from_bytes(bytes).unwrap();
            forge(&mut checkpoint);
            *bytes = checkpoint.to_bytes();
        }
        let journal = open(&world);
        assert_eq!((journal.kept, journal.history()), (0, whole(&world).history()));
    }
}

#[test]
fn a_checkpoint_that_cannot_be_read_costs_time_and_nothing_else() {
    let world = kept();
    world.kept.borrow_mut().values_mut().for_each(|bytes| *bytes = b"{\"head\": 1}".to_vec());
    assert_eq!(open(&world).history(), whole(&world).history());
}

/// The entry stands and the checkpoint does not: nobody misses it, and the next sweep makes another.
#[test]
fn a_crash_between_entry_and_checkpoint_is_readable() {
    let world = World::default();
    grow(&world, GROWN);
    world.fault("PutCheckpoint", Fault::Fails(ErrorKind::Unreachable));
    assert!(write_checkpoint(&world).unwrap_err().is_regional());
    assert_eq!((open(&world).kept, open(&world).history()), (0, whole(&world).history()));
    assert!(write_checkpoint(&world).unwrap());
    assert_eq!(open(&world).kept, GROWN + 1);
}

#[test]
fn a_chain_in_use_is_left_in_peace() {
    let world = World::default();
    grow(&world, GROWN);
    let mut journal = open(&world);
    grow(&world, 1);
    assert!(!run(journal.write_checkpoint(&world, &actor(), GROWN)).unwrap());
    assert!(world.kept.borrow().is_empty());
    let named = |record: &Record| matches!(record, Record::Checkpointed { .. });
    assert!(!world.records(&place().0, Chain::Home).iter().any(named));
}

/// The same call, delivered twice at once: one entry, one checkpoint.
#[test]
fn twins_keep_one_checkpoint() {
    let world = World::default();
    grow(&world, GROWN);
    let done = std::rc::Rc::new(Cell::new(false));
    let twin = done.clone();
    world.between("PutEntry", 0, move |world| {
        twin.set(crate::testing::at_once(async {
            let (region, chain) = place();
            let mut journal = Journal::<HubHistory>::open(world, &region, chain).await.unwrap();
            journal.write_checkpoint(world, &actor(), GROWN).await.unwrap()
        }));
    });
    assert!(write_checkpoint(&world).unwrap() && done.get());
    assert_eq!(world.kept.borrow().len(), 1);
    assert_eq!(world.records(&place().0, Chain::Home).len() as u64, GROWN + 1);
}

/// Three years of nights, each of 22 entries as a good night's hub has them.
#[test]
fn a_chain_of_years_is_read_from_near_its_end() {
    const EVERY: u64 = 64;
    let (world, (region, chain)) = (World::default(), place());
    let mut journal = open(&world);
    for entry in 0..3 * 365 * 22_u64 {
        // Which of a night's entries it is decides nothing here; one in 22 is an approval.
        let record =
            if entry % 22 == 0 { approved(&entry.to_string()) } else { Record::Lifted { why: entry.to_string() } };
        run(journal.append(&world, &actor(), record)).unwrap();
        if entry % 22 == 21 {
            run(journal.write_checkpoint(&world, &actor(), EVERY)).unwrap();
        }
    }
    let reader = open(&world);
    let read = reader.head().next - reader.kept;
    assert!(read < EVERY + 22, "{read} entries were read");
    assert_eq!(reader.history(), journal.history());
    assert_eq!(run(Journal::<HubHistory>::whole(&world, &region, chain)).unwrap().history(), journal.history());
}
