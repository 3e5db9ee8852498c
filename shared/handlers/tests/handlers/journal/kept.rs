//! Checkpoints: a chain of years is read from near its end, and only from where the chain itself says so.

use crate::world::{Fault, World, fleet, name, run};
use jiff::Timestamp;
use meridian_domain::{Actor, Chain, ChainError, Checkpoint, Entry, HubHistory, Record, RegionName, ReleaseId, Sha256};
use meridian_handlers::journal::{Journal, JournalError};
use meridian_handlers::ports::{ErrorKind, Ledger};
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
    let length = world.records(&region, chain.clone()).len() as u64;
    world.write_all(&region, chain, "shadow-eval", (length..length + count).map(|nth| approved(&nth.to_string())));
}

fn open(world: &World) -> Journal<HubHistory> {
    let (region, chain) = place();
    run(Journal::open(world, &region, chain)).unwrap()
}

fn whole(world: &World) -> Journal<HubHistory> {
    let (region, chain) = place();
    run(Journal::whole(world, &region, chain)).unwrap()
}

/// The journal, and how many entries were read for it.
fn counted(world: &World) -> (Journal<HubHistory>, u64) {
    let read = || world.called("eu-west-1", "GetObject");
    // The newest checkpoint is an object too.
    let (before, checkpoints) = (read(), u64::from(!checkpoints(world).is_empty()));
    let journal = open(world);
    (journal, read() - before - checkpoints)
}

/// The keys of the chain's checkpoints, newest first.
fn checkpoints(world: &World) -> Vec<String> {
    let (region, chain) = place();
    let own = chain.readable_checkpoints(&fleet().name);
    world.keys(&region).into_iter().filter(|key| key.starts_with(&own)).collect()
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
    let ((short, read), long) = (counted(&world), whole(&world));
    assert_eq!((read, long.head().next), (4, GROWN + 4), "those that come after it, and the one that names it");
    assert_eq!(short.history(), long.history());
    assert_eq!(short.head(), long.head());
    assert_eq!(short.history().approved.len() as u64, GROWN + 3);
}

/// Entries before the checkpoint are not asked for: they could be anything.
#[test]
fn nothing_before_a_checkpoint_is_read() {
    let world = kept();
    let before = whole(&world);
    world.alter(&place().0, &Chain::Home, |entries: &mut Vec<Entry>| entries[1].record = approved("altered"));
    assert_eq!(open(&world).history(), before.history());
    let (region, chain) = place();
    let error = run(Journal::<HubHistory>::whole(&world, &region, chain.clone())).unwrap_err();
    assert_eq!(error, JournalError::Chain { region, chain, source: ChainError::Hash { seq: 2 } });
}

#[test]
fn a_chain_is_kept_once_for_so_many_entries() {
    let world = kept();
    assert!(!write_checkpoint(&world).unwrap());
    assert_eq!(checkpoints(&world).len(), 1);
    grow(&world, 1);
    // The entry that named the first one counts: the chain has grown by it too.
    assert!(write_checkpoint(&world).unwrap());
    let at = |seq| Chain::Home.checkpoint(&fleet().name, seq);
    assert_eq!(checkpoints(&world), [at(2 * GROWN), at(GROWN)]);
    assert_eq!(counted(&world).1, 1, "the one that names it");
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
        let (region, chain) = place();
        let bytes = run(world.ports.checkpoint(&region, &chain)).unwrap().unwrap();
        let mut checkpoint = Checkpoint::from_bytes(&bytes).unwrap();
        forge(&mut checkpoint);
        world.put(&region, &checkpoints(&world)[0], checkpoint.to_bytes());
        let (journal, read) = counted(&world);
        assert_eq!(journal.history(), whole(&world).history());
        assert!(read >= GROWN + 4, "all of them: {read}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_read_costs_time_and_nothing_else() {
    let world = kept();
    world.put(&place().0, &checkpoints(&world)[0], &b"{\"head\": 1}"[..]);
    assert_eq!(open(&world).history(), whole(&world).history());
}

/// The entry stands and the checkpoint does not: nobody misses it, and the next sweep makes another.
#[test]
fn a_crash_between_entry_and_checkpoint_is_readable() {
    let world = World::default();
    grow(&world, GROWN);
    world.fault("PutCheckpoint", Fault::Fails(ErrorKind::Unreachable));
    assert!(write_checkpoint(&world).unwrap_err().is_regional());
    let (journal, read) = counted(&world);
    assert_eq!((read, journal.history()), (GROWN + 1, whole(&world).history()));
    assert!(write_checkpoint(&world).unwrap());
    assert_eq!(counted(&world).1, 1);
}

#[test]
fn a_chain_in_use_is_left_in_peace() {
    let world = World::default();
    grow(&world, GROWN);
    let mut journal = open(&world);
    grow(&world, 1);
    assert!(!run(journal.write_checkpoint(&world, &actor(), GROWN)).unwrap());
    assert!(checkpoints(&world).is_empty());
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
        twin.set(run(async {
            let (region, chain) = place();
            let mut journal = Journal::<HubHistory>::open(world, &region, chain).await.unwrap();
            journal.write_checkpoint(world, &actor(), GROWN).await.unwrap()
        }));
    });
    assert!(write_checkpoint(&world).unwrap() && done.get());
    assert_eq!(checkpoints(&world).len(), 1);
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
    let (reader, read) = counted(&world);
    assert!(read < EVERY + 22, "{read} entries were read");
    assert_eq!(reader.history(), journal.history());
    assert_eq!(run(Journal::<HubHistory>::whole(&world, &region, chain)).unwrap().history(), journal.history());
}
