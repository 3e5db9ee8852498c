//! A failover: the region that is to carry another's customers makes itself ready by its own means, and no release starts in either.

use crate::night::{AU, BR, EU, JP, Night, actor, at, name, release, ringing, said, unseen, version};
use crate::plans::Says;
use meridian_domain::failover::FailoverStep;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{Gate, Quiet, RegionState, Step};
use meridian_domain::{EndpointView, Reason, Record, Seen};
use std::num::NonZeroU32;

fn asked(from: &str) -> Record {
    Record::Failover(FailoverStep::Asked { from: name(from), why: "its network is rebuilt".to_owned() })
}

fn over() -> Record {
    Record::Failover(FailoverStep::Over { why: "it is rebuilt".to_owned() })
}

fn endpoint<'a>(night: &'a mut Night, region: &str) -> &'a mut EndpointView {
    match night.sight.endpoints.get_mut(&name(region)) {
        Some(Seen::Known(Some(view))) => view,
        other => panic!("{region} has no endpoint: {other:?}"),
    }
}

fn has(night: &mut Night, instances: u32) {
    endpoint(night, AU).instances = NonZeroU32::new(instances);
}

/// By day AU, with two instances, is asked to carry EU's customers too.
fn carrying() -> Night {
    let mut night = Night::new();
    night.now = at("14:00:00");
    has(&mut night, 2);
    night.tell_as(&actor("maria"), AU, asked(EU));
    night
}

/// It has registered what it needs.
fn registered() -> Night {
    let mut night = carrying();
    assert!(night.next_of_rollback(AU).does(Act::Scale));
    let floor = &night.history(AU).scaled.as_ref().unwrap().floor;
    assert_eq!((floor.least, floor.failover), (3, true), "on record before the call (I8)");
    night.own.done.insert(Act::Scale);
    let plan = night.next_of_rollback(AU);
    assert_eq!(plan.why, Quiet::AwaitsInstances { has: 2, least: 3 }.into());
    assert!(night.history(AU).scaled.as_ref().unwrap().set);
    night.new_call();
    night
}

/// Its instances have come, and its golden records prove what serves.
fn ready() -> Night {
    let mut night = registered();
    has(&mut night, 3);
    assert!(night.next_of_rollback(AU).does(Act::AskGolden));
    night.own_asked(Some(10));
    night.own_ends(AU, false);
    assert!(night.history(AU).carries().unwrap().ready.is_some());
    night.new_call();
    night
}

#[test]
fn a_region_is_ready_once_its_instances_are_there_and_its_golden_records_prove_what_serves() {
    let mut night = ready();
    // Looked at again, it does and says nothing more.
    let before = night.history(AU).clone();
    night.own_ends(AU, false);
    assert_eq!(*night.history(AU), before);
}

#[test]
fn a_region_that_answers_wrong_or_not_at_all_is_not_ready() {
    for right in [Some(9), None] {
        let mut night = registered();
        has(&mut night, 3);
        assert!(night.next_of_rollback(AU).does(Act::AskGolden));
        night.own_asked(right);
        night.own_ends(AU, false);
        assert_eq!(night.history(AU).carries().unwrap().ready, None, "{right:?}");
        // The next look asks again.
        night.new_call();
        assert!(night.next_of_rollback(AU).does(Act::AskGolden));
    }
}

#[test]
fn scaling_that_does_not_answer_is_asked_again_by_the_next_look() {
    let mut night = carrying();
    has(&mut night, 3);
    assert!(night.next_of_rollback(AU).does(Act::Scale));
    night.own.done.insert(Act::Scale);
    night.own.unscaled = Some(unseen());
    night.own_ends(AU, false);
    assert_eq!(night.history(AU).carries().unwrap().ready, None, "instances that nobody keeps there are no readiness");
    night.new_call();
    assert!(night.next_of_rollback(AU).does(Act::Scale));
}

#[test]
fn a_fleet_without_scaling_proves_what_serves_and_is_ready() {
    let mut night = carrying();
    night.fleet.scaling = None;
    assert!(night.next_of_rollback(AU).does(Act::AskGolden));
    night.own_asked(Some(10));
    night.own_ends(AU, false);
    assert!(night.history(AU).carries().unwrap().ready.is_some());
}

#[test]
fn a_region_scales_as_usual_again_once_the_customers_went_back() {
    let mut night = ready();
    night.tell_as(&actor("maria"), AU, over());
    assert!(night.next_of_rollback(AU).does(Act::Scale));
    let floor = &night.history(AU).scaled.as_ref().unwrap().floor;
    assert_eq!((floor.least, floor.failover), (2, false));
    night.own.done.insert(Act::Scale);
    night.own_ends(AU, false);
    assert_eq!(night.history(AU).carries, None);
    night.new_call();
    night.own_ends(AU, false);
}

/// Nothing was registered for it yet.
#[test]
fn a_failover_that_is_over_before_it_began_leaves_nothing_behind() {
    let mut night = carrying();
    night.tell_as(&actor("maria"), AU, over());
    assert_eq!(night.history(AU).carries, None);
    night.own_ends(AU, false);
}

#[test]
fn an_alarm_in_the_carrying_region_rolls_it_back_all_the_same() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    has(&mut night, 2);
    night.tell_as(&actor("maria"), AU, asked(EU));
    night.own.alarm = Some(ringing("fraud-endpoint-5xx"));
    assert!(night.next_of_rollback(AU).does(Act::Update));
}

/// Its wave goes on elsewhere, so the update that brought what serves is still open on record.
#[test]
fn a_region_whose_update_is_confirmed_makes_itself_ready_before_its_wave_has_ended() {
    let mut night = Night::shifted(AU);
    let (target, execution) = (night.target(AU, "v427"), actor("wave-1"));
    night.tell(AU, Record::Confirmed { target, execution, golden: 10 });
    night.in_service(AU, "v427");
    has(&mut night, 2);
    assert!(night.history(AU).update.as_ref().unwrap().confirmed);
    night.tell_as(&actor("maria"), AU, asked(EU));
    assert!(night.next_of_rollback(AU).does(Act::Scale));
    night.own.done.insert(Act::Scale);
    assert!(night.next_of_rollback(AU).does(Act::AskGolden), "by night two are enough");
    night.own_asked(Some(10));
    night.own_ends(AU, false);
    assert!(night.history(AU).carries().unwrap().ready.is_some());
}

#[test]
fn a_region_that_was_rolled_back_since_is_not_ready() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.tell_as(&actor("maria"), AU, asked(EU));
    night.tell(AU, Record::Failover(FailoverStep::Ready { least: Some(3), golden: 10 }));
    assert!(night.history(AU).carries().unwrap().ready.is_some());
    let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
    night.tell(AU, Record::Reverted { from, to, why: said("an alarm") });
    assert_eq!(night.history(AU).carries().unwrap().ready, None);
}

/// What was enough by night is not by day.
#[test]
fn a_region_that_is_asked_anew_registers_what_the_hour_needs() {
    let mut night = ready();
    let by_day = night.history(AU).scaled.clone().unwrap().floor;
    night.pass("12h");
    night.tell_as(&actor("maria"), AU, asked(EU));
    assert_eq!(night.history(AU).carries().unwrap().ready, None);
    assert!(night.next_of_rollback(AU).does(Act::Scale));
    let by_night = night.history(AU).scaled.clone().unwrap().floor;
    assert!(by_night.least < by_day.least, "{by_night:?}");
    night.own.done.insert(Act::Scale);
    assert!(night.next_of_rollback(AU).does(Act::AskGolden));
}

/// What a wave that finds a failover in AU puts on record.
fn left_in_failover() -> Reason {
    let gate = Gate::InFailover { region: name(AU) };
    Reason::LeftBehind { why: Box::new(gate.into()), state: RegionState::Stays { version: version("v426") } }
}

#[test]
fn no_release_starts_in_either_region_of_a_failover_and_the_others_go_on() {
    let evacuated = FailoverStep::Evacuated { to: name(EU), why: "its network is rebuilt".to_owned() };
    for record in [asked(JP), Record::Failover(evacuated)] {
        let mut night = Night::confirmed_in(&[EU]);
        night.tell_as(&actor("maria"), AU, record);
        assert_eq!(night.next(AU).finish(), Some(Finish::Deferred), "on record, and nobody is paged");
        assert_eq!(night.sight.hub.deferred[&(actor("wave-1"), name(AU))], left_in_failover());
        night.starts(JP);
    }
    // Over, it counts no more.
    let mut night = Night::confirmed_in(&[EU]);
    for record in [asked(JP), over()] {
        night.tell_as(&actor("maria"), AU, record);
    }
    night.starts(AU);
}

/// A person asked for it while AU was being updated: the wave's bounds are not its own any more.
#[test]
fn a_wave_does_not_take_away_what_a_region_carries() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    has(&mut night, 2);
    night.tell_as(&actor("maria"), AU, asked(EU));
    let before = night.history(AU).clone();
    let plan = night.next(AU);
    assert!(!plan.does(Act::Scale), "{plan:?}");
    assert_eq!(before.scaled, night.history(AU).scaled);
    assert!(night.history(AU).serves(&release("v427")));
}

#[test]
fn who_asked_first_and_why_stands() {
    let mut night = carrying();
    night.pass("1m");
    night.tell_as(&actor("peter"), AU, asked(JP));
    let carries = night.history(AU).carries().unwrap();
    assert_eq!((&carries.by, &carries.from, carries.since), (&actor("maria"), &name(EU), at("14:00:00")));
    assert_eq!(Step::Carries { region: name(AU), from: name(EU), least: 3 }, {
        let plan = night.next_of_rollback(AU);
        match plan.why {
            Reason::Step(step) => *Box::new(step),
            other => panic!("{other:?}"),
        }
    });
}
