//! Halts that people lift.

use crate::world::{Fault, World, fleet, name, run};
use meridian_domain::{Chain, Reason, Record, RegionName};
use meridian_handlers::lift::{LiftError, lift};
use meridian_handlers::ports::ErrorKind;

const REGION: &str = "sa-east-1";

fn halted(chain: &Chain) -> World {
    let world = World::default();
    world.write(&place(chain), chain.clone(), "rollback", Record::Halted { why: rolled_back() });
    world
}

fn rolled_back() -> Reason {
    Reason::Said { words: "it was rolled back".to_owned(), by: None }
}

fn place(chain: &Chain) -> RegionName {
    match chain {
        Chain::Home => fleet().home,
        Chain::Region(region) => region.clone(),
    }
}

fn chains() -> [(Option<RegionName>, Chain); 2] {
    [(None, Chain::Home), (Some(name(REGION)), Chain::Region(name(REGION)))]
}

fn ask(world: &World, region: Option<&RegionName>) -> Result<Reason, LiftError> {
    run(lift(world, &fleet(), region, &"operator".parse().unwrap(), "fixed".to_owned()))
}

#[test]
fn a_halt_is_lifted_once_with_its_reason_on_record() {
    for (region, chain) in chains() {
        let world = halted(&chain);
        // The hub's history adds who halted the fleet.
        let halted = match chain {
            Chain::Home => rolled_back().by(&"rollback".parse().unwrap()),
            Chain::Region(_) => rolled_back(),
        };
        assert_eq!(ask(&world, region.as_ref()), Ok(halted));
        let lifted = Record::Lifted { why: "fixed".to_owned() };
        assert_eq!(world.records(&place(&chain), chain.clone()).last(), Some(&lifted));
        let error = ask(&world, region.as_ref()).unwrap_err();
        assert!(error.is_input() && error == LiftError::NotHalted(chain), "{error}");
    }
}

#[test]
fn a_region_that_the_fleet_does_not_have_is_named() {
    let error = ask(&World::default(), Some(&name("us-east-1"))).unwrap_err();
    assert!(error.is_input(), "{error}");
    assert!(matches!(&error, LiftError::Region(unknown) if unknown.region == name("us-east-1")), "{error}");
}

#[test]
fn a_ledger_that_does_not_take_the_entry_is_no_wrong_input() {
    for (region, chain) in chains() {
        let world = halted(&chain);
        world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
        assert!(!ask(&world, region.as_ref()).unwrap_err().is_input());
        assert_eq!(world.records(&place(&chain), chain).len(), 1);
    }
}
