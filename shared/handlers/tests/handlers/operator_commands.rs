//! What people say to the ledger.

use crate::world::{Fault, World, fleet, name, run};
use jiff::SignedDuration;
use meridian_domain::{Actor, Chain, HubHistory, Reason, Record, Rule};
use meridian_handlers::journal::Journal;
use meridian_handlers::operator_commands::{OperatorCommandError, SetAside, UnknownRegion, halt, set_aside};
use meridian_handlers::ports::ErrorKind;

const BR: &str = "sa-east-1";

fn maria() -> Actor {
    "maria".parse().unwrap()
}

fn by_maria(words: &str) -> Reason {
    Reason::Said { words: words.to_owned(), by: Some(maria()) }
}

fn hub(world: &World) -> HubHistory {
    run(Journal::<HubHistory>::open(world, &fleet().home, Chain::Home)).unwrap().history().clone()
}

fn ask(world: &World, what: Rule, region: Option<&str>, hours: i64) -> Result<(), OperatorCommandError> {
    let until = world.now() + SignedDuration::from_hours(hours);
    let why = "the fix must go out".to_owned();
    let region = region.map(name);
    run(set_aside(world, &fleet(), &maria(), SetAside { what, region, why, until }))
}

#[test]
fn a_halt_is_written_once_with_who_and_why() {
    let world = World::default();
    let halt = |why: &str| run(halt(&world, &fleet(), None, &maria(), why.to_owned()));
    assert_eq!(halt("card scheme incident"), Ok(None));
    let first = Some(by_maria("card scheme incident"));
    assert_eq!(hub(&world).halt, first);
    assert_eq!(halt("another"), Ok(first));
    assert_eq!(world.records(&fleet().home, Chain::Home).len(), 1);
}

#[test]
fn where_home_is_dark_the_halt_of_any_region_does() {
    let world = World::default();
    world.dark.borrow_mut().insert(fleet().home);
    let error = run(halt(&world, &fleet(), None, &maria(), "x".to_owned())).unwrap_err();
    assert!(!error.is_input(), "{error}");
    assert_eq!(run(halt(&world, &fleet(), Some(&name(BR)), &maria(), "incident".to_owned())), Ok(None));
    let halted = Record::Halted { why: by_maria("incident") };
    assert_eq!(world.records(&name(BR), Chain::Region(name(BR))), [halted]);
}

#[test]
fn an_override_is_on_record_with_who_why_and_until_when() {
    let world = World::default();
    ask(&world, Rule::Freeze, Some(BR), 4).unwrap();
    let hub = hub(&world);
    let own = hub.overridden(Rule::Freeze, &name(BR), world.now()).unwrap();
    assert_eq!((own.who.clone(), own.why.as_str()), (maria(), "the fix must go out"));
    let expired = own.until;
    assert_eq!(hub.overridden(Rule::Freeze, &name(BR), expired), None);
    // Its end can be said too.
    ask(&world, Rule::Freeze, Some(BR), 0).unwrap();
    assert_eq!(self::hub(&world).overridden(Rule::Freeze, &name(BR), world.now()), None);
}

#[test]
fn what_is_no_override_is_refused_and_not_written() {
    let world = World::default();
    let whole_order = ask(&world, Rule::Order, None, 1).unwrap_err();
    assert_eq!(whole_order, OperatorCommandError::WholeOrder);
    let unknown = ask(&world, Rule::Skew, Some("us-east-1"), 1).unwrap_err();
    let known = fleet().regions.into_iter().map(|region| region.name).collect();
    let expected = UnknownRegion { region: name("us-east-1"), fleet: fleet().name, known };
    assert_eq!(unknown, OperatorCommandError::Region(expected));
    let hours = 24 * 7 + 1;
    let too_long = ask(&world, Rule::Freeze, None, hours).unwrap_err();
    let until = world.now() + SignedDuration::from_hours(hours);
    assert_eq!(too_long, OperatorCommandError::TooLong { until });
    for error in [whole_order, unknown, too_long] {
        assert!(error.is_input(), "{error}");
    }
    assert_eq!(world.records(&fleet().home, Chain::Home), []);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    assert!(!ask(&world, Rule::Freeze, None, 1).unwrap_err().is_input());
}
