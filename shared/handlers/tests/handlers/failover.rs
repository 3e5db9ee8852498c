//! A failover, as far as people and both regions' ledgers take it.

use crate::world::{Fault, World, fleet, name, run};
use jiff::SignedDuration;
use meridian_domain::failover::FailoverStep;
use meridian_domain::reason::Fault as ReasonFault;
use meridian_domain::{Actor, Chain, EndpointStatus, Reason, Record, RegionName, ReleaseId, Sha256, Target};
use meridian_handlers::failover::{FailedBack, Failover, FailoverError, Look, failback, failover};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::ports::ErrorKind;
use meridian_messages::operator::FailoverStands;

const EU: &str = "eu-west-1";
const AU: &str = "ap-southeast-2";
const JP: &str = "ap-northeast-1";
const WHY: &str = "its network is rebuilt";

/// It is asked, and may have the instances.
const ASKED: Result<FailoverStands, FailoverError> = Ok(FailoverStands::Asked { short: None });

const WAITS: Result<FailoverStands, FailoverError> = Ok(FailoverStands::Waits { short: None });

fn maria() -> Actor {
    "maria".parse().unwrap()
}

fn chain(region: &str) -> Chain {
    Chain::Region(name(region))
}

fn serves(world: &World, region: &str) {
    let (fleet, release) = (fleet(), ReleaseId(Sha256::of(b"v426")));
    let target = Target::of(&fleet, fleet.region(&name(region)).unwrap(), release, &"v426".parse().unwrap());
    let record = Record::Settled { target, execution: "wave".parse().unwrap() };
    world.write(&name(region), chain(region), "promote", record);
}

/// EU, AU and JP serve v426.
fn world() -> World {
    let world = World::default();
    [EU, AU, JP].iter().for_each(|region| serves(&world, region));
    world
}

fn asks(world: &World, from: &str, to: &str) -> Result<FailoverStands, FailoverError> {
    looks(world, from, to, Look::First)
}

fn looks(world: &World, from: &str, to: &str, look: Look) -> Result<FailoverStands, FailoverError> {
    let asked = Failover { from: name(from), to: name(to), why: WHY.to_owned() };
    run(failover(world, &fleet(), &maria(), &asked, look))
}

/// EU's failover ends; the regions that had been asked, and those that do not answer.
fn ends(world: &World) -> Result<(Vec<RegionName>, Vec<RegionName>), FailoverError> {
    let ended = run(failback(world, &fleet(), &name(EU), &maria(), "it is over"));
    ended.map(|FailedBack { carried, unread }| (carried, unread))
}

/// What `rollback` says once the region can carry them.
fn is_ready(world: &World, region: &str) {
    let ready = FailoverStep::Ready { least: Some(3), golden: 10 };
    world.write(&name(region), chain(region), "rollback", Record::Failover(ready));
}

/// What the region's chain says of a failover.
fn said(world: &World, region: &str) -> Vec<FailoverStep> {
    let records = world.records(&name(region), chain(region)).into_iter();
    records.filter_map(|record| if let Record::Failover(step) = record { Some(step) } else { None }).collect()
}

#[test]
fn customers_are_sent_away_only_once_the_other_region_is_ready() {
    let world = world();
    assert_eq!(asks(&world, EU, AU), ASKED);
    assert_eq!(asks(&world, EU, AU), WAITS);
    assert_eq!(said(&world, EU), []);
    is_ready(&world, AU);
    assert_eq!(asks(&world, EU, AU), Ok(FailoverStands::Moved));
    assert_eq!(asks(&world, EU, AU), Ok(FailoverStands::Stood));
    assert_eq!(said(&world, EU), [FailoverStep::Evacuated { to: name(AU), why: WHY.to_owned() }]);
    assert_eq!(said(&world, AU).len(), 2, "a repeat changes nothing");
}

/// It makes itself as ready as policy lets it, and the person hears that it is not enough.
#[test]
fn who_asks_a_region_that_may_not_have_the_instances_is_told() {
    let (world, mut fleet) = (world(), fleet());
    let noon: jiff::Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    world.pass(noon.duration_since(world.now()));
    fleet
        .regions
        .iter_mut()
        .filter(|region| region.name == name(AU))
        .for_each(|region| region.most_instances = Some(2));
    let asked = Failover { from: name(EU), to: name(AU), why: WHY.to_owned() };
    let stands = run(failover(&world, &fleet, &maria(), &asked, Look::First));
    assert_eq!(stands, Ok(FailoverStands::Asked { short: Some((3, 2)) }));
}

#[test]
fn a_dry_run_asks_nobody() {
    let world = world();
    let asked = Failover { from: name(EU), to: name(AU), why: WHY.to_owned() };
    let ports = OperatorPorts { ports: &world, writes: false };
    assert_eq!(run(failover(&ports, &fleet(), &maria(), &asked, Look::First)), ASKED);
    assert_eq!((said(&world, EU), said(&world, AU)), (vec![], vec![]));
}

/// The dead region's customers have left it by its health; who carries them makes itself ready all the same.
#[test]
fn a_region_that_is_dead_keeps_nobody_from_making_another_ready_or_from_ending_that() {
    let world = world();
    world.dark.borrow_mut().insert(name(EU));
    assert_eq!(asks(&world, EU, AU), ASKED);
    is_ready(&world, AU);
    let error = asks(&world, EU, AU).unwrap_err();
    assert!(!error.is_input(), "{error}");
    assert_eq!(ends(&world), Ok((vec![name(AU)], vec![name(EU)])));
    assert_eq!(said(&world, AU).last(), Some(&FailoverStep::Over { why: "it is over".to_owned() }));
    let error = ends(&world).unwrap_err();
    assert!(!error.is_input(), "whether EU has it on record is unknown: {error}");
    world.dark.borrow_mut().clear();
    assert_eq!(ends(&world), Err(FailoverError::None(name(EU))));
    assert_eq!(said(&world, EU), []);
}

#[test]
fn customers_come_back_once_and_who_carried_them_is_named() {
    let world = world();
    asks(&world, EU, AU).unwrap();
    is_ready(&world, AU);
    asks(&world, EU, AU).unwrap();
    // A region that has no part in it need not answer.
    world.dark.borrow_mut().insert(name(JP));
    assert_eq!(ends(&world), Ok((vec![name(AU)], vec![name(JP)])));
    assert_eq!(said(&world, EU).last(), Some(&FailoverStep::Readmitted { why: "it is over".to_owned() }));
    world.dark.borrow_mut().clear();
    assert_eq!(ends(&world), Err(FailoverError::None(name(EU))));
}

/// AU did not get ready in time, and the person took JP.
#[test]
fn every_region_that_was_asked_scales_as_usual_again() {
    let world = world();
    asks(&world, EU, AU).unwrap();
    asks(&world, EU, JP).unwrap();
    is_ready(&world, JP);
    assert_eq!(asks(&world, EU, JP), Ok(FailoverStands::Moved));
    assert_eq!(ends(&world), Ok((vec![name(AU), name(JP)], vec![])));
}

#[test]
fn what_somebody_ended_is_not_asked_for_anew_by_a_command_that_waited_for_it() {
    let world = world();
    asks(&world, EU, AU).unwrap();
    assert_eq!(looks(&world, EU, AU, Look::Later), WAITS);
    ends(&world).unwrap();
    assert_eq!(looks(&world, EU, AU, Look::Later), Err(FailoverError::EndedMeanwhile(name(EU))));
    assert_eq!(said(&world, AU).len(), 2);
}

/// What was enough by night is not by day.
#[test]
fn what_was_ready_an_hour_ago_is_made_ready_anew() {
    let world = world();
    asks(&world, EU, AU).unwrap();
    is_ready(&world, AU);
    world.pass(SignedDuration::from_mins(61));
    assert_eq!(asks(&world, EU, AU), ASKED);
    assert_eq!(asks(&world, EU, AU), WAITS);
    is_ready(&world, AU);
    assert_eq!(asks(&world, EU, AU), Ok(FailoverStands::Moved));
    // Once they are away, nothing is asked any more.
    world.pass(SignedDuration::from_mins(61));
    assert_eq!(asks(&world, EU, AU), Ok(FailoverStands::Stood));
}

#[test]
fn a_region_that_is_halted_or_serves_what_nobody_knows_gets_nobodys_customers() {
    for record in [
        Record::Halted { why: Reason::Said { words: "an incident".to_owned(), by: None } },
        Record::BytesUnknown {
            execution: "rollback".parse().unwrap(),
            why: ReasonFault::TwoReleases(EndpointStatus::UpdateRollbackFailed),
            paged: None,
        },
    ] {
        let world = world();
        asks(&world, EU, AU).unwrap();
        is_ready(&world, AU);
        world.write(&name(AU), chain(AU), "rollback", record);
        assert_eq!(asks(&world, EU, AU), Err(FailoverError::Unfit(name(AU))));
        assert_eq!(said(&world, EU), []);
    }
}

#[test]
fn regions_that_cannot_be_those_of_a_failover_are_refused_and_nothing_is_written() {
    let world = world();
    assert_eq!(asks(&world, EU, EU), Err(FailoverError::SameRegion(name(EU))));
    assert_eq!(asks(&world, EU, "sa-east-1"), Err(FailoverError::ServesNothing(name("sa-east-1"))));
    for (from, to) in [("us-east-1", AU), (EU, "us-east-1")] {
        let error = asks(&world, from, to).unwrap_err();
        assert!(error.is_input() && matches!(error, FailoverError::Region(_)), "{error}");
    }
    assert_eq!(said(&world, AU), []);
    // One failover at a time for a region, on either side.
    let another = |region: &str, of: &str| Err(FailoverError::Another { region: name(region), of: name(of) });
    asks(&world, EU, AU).unwrap();
    assert_eq!(asks(&world, JP, AU), another(AU, EU));
    assert_eq!(asks(&world, AU, JP), another(AU, EU), "what it carries would go on to a third");
    is_ready(&world, AU);
    asks(&world, EU, AU).unwrap();
    assert_eq!(asks(&world, AU, EU), another(AU, EU));
    assert_eq!(asks(&world, JP, EU), another(EU, EU));
    assert_eq!(asks(&world, EU, JP), another(EU, EU));
    assert_eq!((said(&world, JP), said(&world, EU).len()), (vec![], 1), "nobody is to carry them twice");
}

#[test]
fn a_ledger_that_does_not_take_the_entry_is_no_wrong_input() {
    let world = world();
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    let error = asks(&world, EU, AU).unwrap_err();
    assert!(!error.is_input(), "{error}");
}
