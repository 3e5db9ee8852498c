//! A region's own way back: by its own alarms, whatever else answers.

use crate::world::{FLEET, Fault, World, context, fleet, name, quiet, run};
use jiff::SignedDuration;
use meridian_domain::alarms::{self, WayBack};
use meridian_domain::reason::LeftUndone;
use meridian_domain::{AlarmSpec, AlarmState, Chain, Record, ReleaseId, Sha256, Target};
use meridian_handlers::context::{Context, HandlerError};
use meridian_handlers::ports::{ErrorKind, Signals};
use meridian_handlers::rollback::RollbackEvent;
use meridian_handlers::rollback::handle;
use meridian_local::services::cloudwatch::{PutCompositeAlarm, SetAlarmState};
use meridian_local::world::WorldConfig;
use serde_json::Value;

mod probation;

const AU: &str = "ap-southeast-2";

fn target(text: &str) -> Target {
    let fleet = fleet();
    let release = ReleaseId(Sha256::of(text.as_bytes()));
    Target::of(&fleet, fleet.region(&name(AU)).unwrap(), release, &text.parse().unwrap())
}

fn chain() -> Chain {
    Chain::Region(name(AU))
}

/// AU serves v427, on record; v426 served before.
fn world() -> World {
    world_of(quiet("2026-03-12T03:00:00Z"))
}

fn world_of(config: WorldConfig) -> World {
    let world = World::of(config);
    for version in ["v426", "v427"] {
        let execution = "wave-1".parse().unwrap();
        let record = Record::Confirmed { target: target(version), execution, golden: 10 };
        world.write(&name(AU), chain(), "wave-1", record);
    }
    ["v426", "v427"].iter().for_each(|version| in_service(&world, version));
    alarm(&world, AlarmState::Ok);
    world
}

fn in_service(world: &World, version: &str) {
    world.serves(&target(version), AU, &format!("{version}.tar.gz"));
}

/// The region's composite alarm is in this state from now on.
fn alarm(world: &World, state: AlarmState) {
    let alarm_rule = if state == AlarmState::Alarm { "TRUE" } else { "FALSE" }.to_owned();
    let alarm_name = alarms::composite_name(&fleet());
    world.ask(&name(AU), PutCompositeAlarm { alarm_name, alarm_rule, ..PutCompositeAlarm::default() }).unwrap();
}

/// The alarms of an update from v426 to v427, with the way back in their words.
fn guards() -> Vec<AlarmSpec> {
    let (way, fleet) = (WayBack { target: target("v427"), back: target("v426"), left: None }, fleet());
    let region = fleet.region(&name(AU)).unwrap().clone();
    way.noted(&fleet, alarms::guards(&fleet, &region, &way.target.config, Some(&way.back.config)))
}

fn look(world: &World) -> Result<Value, HandlerError> {
    run(handle(world, &context(AU), &RollbackEvent::Sweep))
}

/// What a call leaves undone, which fails for it.
fn left(world: &World) -> LeftUndone {
    match look(world) {
        Err(HandlerError::Unfinished { left, .. }) => left,
        other => panic!("{other:?}"),
    }
}

/// What the chain says since the two confirmations.
fn news(world: &World) -> Vec<Record> {
    world.records(&name(AU), chain()).split_off(2)
}

fn is_whole_story(records: &[Record]) -> bool {
    use Record::{Halted, Reverted, UpdateIntended, UpdateStarted};
    matches!(records, [UpdateIntended { .. }, UpdateStarted { .. }, Halted { .. }, Reverted { .. }])
}

#[test]
fn a_ringing_alarm_rolls_the_region_back() {
    let world = world();
    alarm(&world, AlarmState::Alarm);
    look(&world).unwrap();
    in_service(&world, "v426");
    alarm(&world, AlarmState::Ok);
    look(&world).unwrap();
    assert!(is_whole_story(&news(&world)), "{:#?}", news(&world));
    assert_eq!((world.updates.borrow().len(), world.pages().len()), (1, 1));
}

/// The wave's update was rolled back and nothing says why: that is the wave's to say while its heartbeat alarm is there and quiet.
#[test]
fn the_wave_explains_a_rollback_while_its_heartbeat_is_quiet() {
    for (heartbeat, speaks) in [(Some("OK"), false), (Some("ALARM"), true), (None, true)] {
        let world = world();
        let execution: meridian_domain::Actor = "wave-2".parse().unwrap();
        let (new, back) = (target("v428"), Some(target("v427")));
        let epoch = Some(meridian_domain::Epoch(2));
        let intent = Record::UpdateIntended { target: new, back, execution: execution.clone(), epoch, bake: None };
        world.write(&name(AU), chain(), "wave-2", intent);
        world.write(&name(AU), chain(), "wave-2", Record::UpdateStarted { execution });
        let own = |alarm: &AlarmSpec| alarm.name == alarms::heartbeat_name(&fleet());
        if let Some(state) = heartbeat {
            let spec = guards().into_iter().find(own).unwrap();
            run(world.ports.put_alarms(&name(AU), std::slice::from_ref(&spec))).unwrap();
            let (state_value, state_reason) = (state.to_owned(), "a test".to_owned());
            let set = SetAlarmState { alarm_name: spec.name, state_value, state_reason, state_reason_data: None };
            world.ask(&name(AU), set).unwrap();
        }
        look(&world).unwrap();
        let said = news(&world).split_off(2);
        // The entry that a page is owed comes first: an ill ledger must not have people paged at every sweep.
        let whole = matches!(
            said.as_slice(),
            [Record::PageOwed { .. }, Record::Halted { .. }, Record::Reverted { .. }, Record::PageSent { .. }]
        );
        assert_eq!((whole, said.is_empty(), world.pages().len()), (speaks, !speaks, usize::from(speaks)));
    }
}

/// I6: whatever the ledger answers, the region rolls back, and the entry follows as soon as the ledger takes it.
#[test]
fn no_answer_of_the_ledger_stops_a_rollback() {
    for kind in [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Throttled, ErrorKind::Unreachable] {
        let world = world();
        alarm(&world, AlarmState::Alarm);
        world.fault("PutEntry", Fault::Fails(kind));
        look(&world).unwrap();
        assert_eq!(world.updates.borrow()[0].config, target("v426").config, "{kind:?}");
        in_service(&world, "v426");
        look(&world).unwrap();
        assert!(is_whole_story(&news(&world)), "{kind:?}: {:#?}", news(&world));
    }
}

/// An intent that could not be written before the update was asked for says when it was meant, and when it was written.
#[test]
fn an_entry_that_follows_later_says_when_it_was_done() {
    let world = world();
    alarm(&world, AlarmState::Alarm);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Throttled));
    world.between("UpdateEndpoint", 0, |world| world.pass(SignedDuration::from_secs(30)));
    let from = world.now();
    look(&world).unwrap();
    let entries = world.entries(&name(AU), &chain());
    let intent =
        entries.iter().find(|entry| matches!(entry.record, Record::UpdateIntended { epoch: None, .. })).unwrap();
    assert_eq!((intent.at, intent.written), (from, from + SignedDuration::from_secs(30)));
}

/// I6: where the ledger cannot even be read, the rollback target stored with the verdict alarm is enough; the call fails so
/// that it is repeated.
#[test]
fn a_ledger_that_cannot_be_read_does_not_stop_a_rollback() {
    for kind in [ErrorKind::Refused, ErrorKind::Throttled, ErrorKind::Unreachable] {
        let world = world();
        alarm(&world, AlarmState::Alarm);
        run(world.ports.put_alarms(&name(AU), &guards())).unwrap();
        for _ in 0..2 {
            world.fault("ListObjectsV2", Fault::Fails(kind));
            let left = left(&world);
            assert!(matches!(left, LeftUndone::Ledger { .. }), "{kind:?}: {left:?}");
            assert_eq!(world.updates.borrow()[0].config, target("v426").config, "{kind:?}");
        }
        assert_eq!((world.updates.borrow().len(), world.pages().len()), (1, 1), "{kind:?}");
        in_service(&world, "v426");
        look(&world).unwrap();
        let said = news(&world);
        assert!(said.iter().any(|record| matches!(record, Record::Reverted { .. })), "{kind:?}: {said:#?}");
    }
}

#[test]
fn endless_conflicts_of_the_ledger_do_not_stop_a_rollback() {
    let world = world();
    alarm(&world, AlarmState::Alarm);
    for _ in 0..100 {
        world.fault("PutEntry", Fault::Fails(ErrorKind::Conflict));
    }
    assert_eq!(left(&world), LeftUndone::Records(3));
    assert_eq!((world.updates.borrow().len(), world.pages().len()), (1, 1));
}

/// The call that rolled back could write nothing: a later one finds the region back, halts it and says so.
#[test]
fn an_unrecorded_rollback_is_found_and_recorded() {
    let world = world();
    in_service(&world, "v426");
    look(&world).unwrap();
    use Record::{Halted, PageOwed, PageSent, Reverted};
    let said = news(&world);
    let whole = matches!(&said[..], [PageOwed { .. }, Halted { .. }, Reverted { .. }, PageSent { .. }]);
    assert!(whole && world.pages().len() == 1, "{said:#?}");
    look(&world).unwrap();
    assert_eq!((news(&world).len(), world.pages().len()), (4, 1));
}

/// A page that did not go out is owed until it did: the halt stands meanwhile, and the call fails so that it is repeated.
#[test]
fn a_page_that_did_not_go_out_is_sent_by_a_later_look() {
    let world = world();
    alarm(&world, AlarmState::Alarm);
    for _ in 0..2 {
        world.fault("Publish", Fault::Fails(ErrorKind::Refused));
        assert!(matches!(left(&world), LeftUndone::Page { .. }));
        // Lambda repeats a call that failed after a minute.
        world.pass(SignedDuration::from_mins(1));
    }
    assert!(world.pages().is_empty());
    assert!(news(&world).iter().any(|record| matches!(record, Record::Halted { .. })));
    for _ in 0..2 {
        look(&world).unwrap();
        assert_eq!((world.pages().len(), world.updates.borrow().len()), (1, 1));
    }
    assert!(matches!(news(&world).last(), Some(Record::PageSent { .. })));
}

/// I13: an alarm that is not there, or cannot be read, is not a quiet one.
#[test]
fn an_alarm_that_is_not_in_the_answer_fails_the_call() {
    let world = world();
    // The alarm of a fleet of another name, which nobody has made.
    let other = Context::new(&FLEET.replacen("name = \"fraud\"", "name = \"churn\"", 1), name(AU)).unwrap();
    let unfinished = run(handle(&world, &other, &RollbackEvent::Sweep)).unwrap_err();
    assert!(matches!(unfinished, HandlerError::Unfinished { left: LeftUndone::Alarm { .. }, .. }), "{unfinished}");
    world.fault("DescribeAlarms", Fault::Fails(ErrorKind::Refused));
    assert!(matches!(left(&world), LeftUndone::Alarm { .. }));
}
