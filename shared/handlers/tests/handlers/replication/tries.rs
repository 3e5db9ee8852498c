//! A wave that ended with tries open goes on in another execution, by home's sweep.

use super::*;
use meridian_domain::Resumed;
use meridian_domain::plan::Bake;
use meridian_domain::reason::{Fault, NextTry, RegionState, Retry, Undecided};

const BR: &str = "sa-east-1";

/// A wave of v427 that has ended, and left BR to another try.
fn left_open(world: &World) -> (ReleaseId, Actor) {
    let (release, execution) = on_its_way(world);
    let bake = Bake { wait: SignedDuration::from_mins(9), percent: 50 };
    let next = NextTry::Planned(Retry { bake, from: world.now(), chance: 0.99 });
    let said = Reason::Said { words: "too little".to_owned(), by: None };
    let undecided = Undecided { why: Box::new(said), nth: 1, of: 2, next };
    let state = RegionState::Stays { version: "v426".parse().unwrap() };
    let why = Reason::LeftBehind { why: Box::new(Fault::Undecided(undecided).into()), state };
    let deferred = Record::Deferred { region: name(BR), execution: execution.clone(), release, why, paged: false };
    world.write(&name(HOME), Chain::Home, "promote", deferred);
    let ended = Record::WaveEnded {
        release,
        execution: execution.clone(),
        lagging: vec![name(BR)],
        page: None,
        cleared: Vec::new(),
        again: false,
    };
    world.write(&name(HOME), Chain::Home, "promote", ended);
    (release, execution)
}

/// What home's executions after the first go on after.
fn resumed(world: &World) -> Vec<Resumed> {
    let resumes = |record| match record {
        Record::WaveStarted { resumes, .. } => resumes,
        _ => None,
    };
    world.records(&name(HOME), Chain::Home).into_iter().filter_map(resumes).collect()
}

#[test]
fn two_sweeps_go_on_with_an_open_try_once() {
    let world = World::default();
    let (release, after) = left_open(&world);
    assert!(look(&world, HOME)["wave"].is_string());
    look(&world, HOME);
    assert_eq!(resumed(&world), [Resumed { after, attempt: 2 }]);
    let tokens: Vec<String> = world.started.borrow().iter().map(|start| start.token.clone()).collect();
    assert_eq!(tokens, [release.to_string(), format!("{release}-2")]);
    assert!(world.pages().is_empty());
}

#[test]
fn a_call_that_died_before_recording_its_execution_finds_it() {
    let world = World::default();
    left_open(&world);
    let before = world.entries(&name(HOME), &Chain::Home);
    look(&world, HOME);
    // The hub's entry is lost with the call; the execution has started.
    world.alter(&name(HOME), &Chain::Home, |entries| *entries = before);
    look(&world, HOME);
    assert_eq!(resumed(&world).len(), 1);
    let tokens: Vec<String> = world.started.borrow().iter().map(|start| start.token.clone()).collect();
    assert_eq!(tokens[1], tokens[2]);
}

#[test]
fn nothing_goes_on_while_a_regions_ledger_cannot_be_read() {
    let world = World::default();
    left_open(&world);
    world.dark.borrow_mut().insert(name("ap-northeast-1"));
    assert_eq!(look(&world, HOME)["wave"], Value::Null);
    world.dark.borrow_mut().clear();
    assert!(look(&world, HOME)["wave"].is_string());
}

#[test]
fn a_newer_release_that_waits_comes_before_an_open_try() {
    let world = World::default();
    left_open(&world);
    world.pass(SignedDuration::from_mins(1));
    released(&world, "v428");
    look(&world, HOME);
    look(&world, HOME);
    assert_eq!(resumed(&world), []);
    // One that came before it and never walked holds nothing up.
    let world = World::default();
    dated(&world, "v425", world.now() - SignedDuration::from_hours(24));
    left_open(&world);
    look(&world, HOME);
    assert_eq!(resumed(&world).len(), 1);
}

#[test]
fn a_halted_fleet_gets_no_further_try() {
    for chain in [Chain::Home, Chain::Region(name("ap-southeast-2"))] {
        let world = World::default();
        left_open(&world);
        let region = if chain == Chain::Home { HOME } else { "ap-southeast-2" };
        let why = Reason::Said { words: "a person said so".to_owned(), by: None };
        world.write(&name(region), chain, "maria", Record::Halted { why });
        look(&world, HOME);
        assert_eq!(resumed(&world), []);
    }
}
