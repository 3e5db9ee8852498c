//! The ends of other regions' chains, which each region keeps.

use super::*;
use meridian_domain::Entry;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_handlers::replication::copies::kept;

/// EU keeps the ends of AU's chain.
const EU: &str = "eu-west-1";
const AU: &str = "ap-southeast-2";

fn au() -> Chain {
    Chain::Region(name(AU))
}

fn grow(world: &World, why: &str) {
    world.write(&name(AU), au(), "maria", Record::Lifted { why: why.to_owned() });
}

fn sweep(world: &World, region: &str) {
    run(handle(world, &context(region), &ReplicationEvent::Sweep)).unwrap();
}

fn entries(world: &World, change: impl FnOnce(&mut Vec<Entry>)) {
    world.alter(&name(AU), &au(), change);
}

fn held(world: &World) -> Option<KeptHead> {
    run(kept(world, &fleet().name, &name(EU), &au())).unwrap()
}

fn departures(world: &World) -> Vec<Departure> {
    let records = world.records(&name(EU), Chain::Region(name(EU))).into_iter();
    let departure = |record| if let Record::ChainDeparted { departure, .. } = record { Some(departure) } else { None };
    records.filter_map(departure).collect()
}

fn grown() -> World {
    let world = World::default();
    ["one", "two", "three"].iter().for_each(|why| grow(&world, why));
    sweep(&world, EU);
    world
}

#[test]
fn an_end_is_kept_where_the_chain_has_grown_and_only_there() {
    let world = grown();
    assert_eq!(held(&world).unwrap().seq, 2);
    let objects = world.keys(&name(EU)).len();
    sweep(&world, EU);
    assert_eq!(world.keys(&name(EU)).len(), objects);
    grow(&world, "four");
    sweep(&world, EU);
    assert_eq!((held(&world).unwrap().seq, world.keys(&name(EU)).len()), (3, objects + 1));
    assert_eq!(world.records(&name(EU), Chain::Region(name(EU))), []);
}

#[test]
fn a_chain_that_was_cut_is_paged_once_by_who_holds_a_later_end() {
    let world = grown();
    entries(&world, |entries| entries.truncate(2));
    for _ in 0..3 {
        sweep(&world, EU);
        sweep(&world, "sa-east-1");
    }
    assert_eq!(departures(&world), [Departure::Missing]);
    let notice = Notice::ChainAltered { chain: au(), kept: held(&world).unwrap(), departure: Departure::Missing };
    assert_eq!(world.pages(), [Sent::of(notice, &name(EU), &Sender::Region)]);
}

#[test]
fn an_older_copy_that_goes_on_otherwise_is_paged_once() {
    let world = grown();
    entries(&world, |entries| entries.truncate(1));
    ["other", "words", "follow"].iter().for_each(|why| grow(&world, why));
    sweep(&world, EU);
    sweep(&world, EU);
    assert!(matches!(departures(&world).as_slice(), [Departure::Other { .. }]));
    assert_eq!((held(&world).unwrap().seq, world.pages().len()), (2, 1));
}

#[test]
fn a_neighbour_that_cannot_be_read_has_not_departed() {
    let world = grown();
    world.dark.borrow_mut().insert(name(AU));
    sweep(&world, EU);
    assert!(departures(&world).is_empty() && world.pages().is_empty());
}
