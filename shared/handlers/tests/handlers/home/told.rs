//! Who hears that home has moved, and what the home that was can still do.

use super::*;
use meridian_domain::RegionHistory;
use meridian_handlers::home::at_home;

fn own_chain(world: &World, region: &str) -> Journal<RegionHistory> {
    run(Journal::open(world, &name(region), Chain::Region(name(region)))).unwrap()
}

/// The region that is home by what a region was told.
fn home_of(world: &World, region: &str) -> Option<String> {
    own_chain(world, region).history().moved.as_ref().map(|moved| moved.to.to_string())
}

/// What a wave of the home that policy names writes into a region's chain.
fn acts_for_eu(world: &World, region: &str) -> Result<(), JournalError> {
    let mut chain = own_chain(world, region).acting_for(&name(EU));
    run(chain.append(world, &"wave".parse().unwrap(), Record::Lifted { why: "a step".to_owned() }))
}

#[test]
fn every_region_has_the_move_on_record_and_the_old_homes_waves_end_there() {
    for lost in [false, true] {
        let (world, fleet) = (world(), fleet());
        assert_eq!(acts_for_eu(&world, AU), Ok(()));
        copied(&world);
        if lost { takes(&world, &fleet, JP).map(drop) } else { to(&world, &fleet, JP).map(drop) }.unwrap();
        for region in [EU, AU, JP, BR] {
            assert_eq!(home_of(&world, region).as_deref(), Some(JP), "{region}, lost: {lost}");
            assert_eq!(acts_for_eu(&world, region), moved_away(JP), "{region}, lost: {lost}");
        }
        // What a region does of itself goes on.
        let mut own = own_chain(&world, AU);
        assert_eq!(run(own.append(&world, &maria(), Record::Lifted { why: "its own".to_owned() })), Ok(()));
        assert_eq!(run(at_home(&world, &fleet)).home, name(JP));
    }
}

/// A wave that has read a region's chain before the move finds its next place taken, and then by what.
#[test]
fn a_step_that_was_under_way_ends_at_its_next_entry() {
    let (world, fleet) = (world(), fleet());
    let mut stale = own_chain(&world, AU).acting_for(&name(EU));
    to(&world, &fleet, JP).unwrap();
    let late = run(stale.append(&world, &"wave".parse().unwrap(), Record::Lifted { why: "late".to_owned() }));
    assert_eq!(late, moved_away(JP));
}

/// It acts once it was told, and must not find a region where the old home may still act though it could have been told.
#[test]
fn the_new_home_is_told_last() {
    let (world, fleet) = (world(), fleet());
    world.dark.borrow_mut().insert(name(BR));
    (0..4).for_each(|_| world.fault("PutEntry", Fault::NotYet));
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    // The hub's word, then EU's, AU's; the new home's own is lost with the command.
    let _ = to(&world, &fleet, JP);
    world.dark.borrow_mut().clear();
    let told: Vec<_> = [EU, AU, JP, BR].into_iter().filter(|region| home_of(&world, region).is_some()).collect();
    assert!(!told.contains(&JP) || told.contains(&EU) && told.contains(&AU), "{told:?}");
    world.faults.borrow_mut().clear();
    to(&world, &fleet, JP).unwrap();
    assert!([EU, AU, JP, BR].iter().all(|region| home_of(&world, region).as_deref() == Some(JP)));
}

#[test]
fn home_that_comes_back_is_home_in_every_region() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    world.pass(SignedDuration::from_mins(1));
    to(&world, &fleet.at_home(&name(JP)), EU).unwrap();
    for region in [EU, AU, JP, BR] {
        assert_eq!((home_of(&world, region).as_deref(), acts_for_eu(&world, region)), (Some(EU), Ok(())), "{region}");
    }
    assert_eq!(run(at_home(&world, &fleet)), fleet);
}
