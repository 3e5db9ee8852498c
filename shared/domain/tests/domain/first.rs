//! A region's first release: nothing to compare with, no way back, and no customer before it is proved.

use crate::night::{AU, EU, JP, Night, actor, name, release, said, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Fault, Gate, RegionState, Step, Wait};
use meridian_domain::{
    AlarmState, AlarmView, EndpointStatus, EndpointView, Epoch, Invariant, Reason, Record, Seen, alarms, audit,
};
use std::sync::Arc;

/// v427 is attested and approved; nothing ever served in `regions`.
fn new_in(regions: &[&str], confirmed: &[&str]) -> Night {
    let mut night = Night::confirmed_in(confirmed);
    for region in regions {
        night.sight.regions.insert(name(region), Seen::Known(Arc::default()));
        night.tell(region, Record::Attested { release: release("v427"), version: version("v427") });
        night.sight.endpoints.insert(name(region), Seen::Known(None));
    }
    night
}

fn shows(night: &mut Night, region: &str, status: EndpointStatus) {
    let config = night.target(region, "v427").config;
    let view = EndpointView { status, config, instances: None, pending: None, failure: None };
    night.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
}

/// The endpoint is to be asked for next, and its intent is on record.
fn intended_in(region: &str, confirmed: &[&str]) -> Night {
    let mut night = new_in(&[region], confirmed);
    assert!(night.next_after(region, &[Act::Prepare]).does(Act::Create));
    night
}

/// SageMaker has taken the creation, and the wave has noted it.
fn created(night: &mut Night, region: &str) {
    night.did(Act::Create);
    shows(night, region, EndpointStatus::Creating);
    night.tell(region, Record::UpdateStarted { execution: actor("wave-1") });
}

/// The same, in a call that is over.
fn created_in(region: &str, confirmed: &[&str]) -> Night {
    let mut night = intended_in(region, confirmed);
    created(&mut night, region);
    night.new_call();
    night
}

/// Another wave comes, once this one has released the lease.
fn next_wave(night: &mut Night) {
    night.new_call();
    night.hub(Record::LeaseReleased { epoch: Epoch(1) });
    night.rerun("wave-2");
}

/// Proved by its golden records alone, to the action's end.
fn is_done(night: &mut Night) {
    assert!(night.next(AU).does(Act::AskGolden));
    night.asked(AU, Some(10));
    assert_eq!(night.next_after(AU, &[Act::Disarm, Act::Scale]).finish(), Some(Finish::Done));
}

#[test]
fn a_new_regions_intent_has_no_rollback_target() {
    let mut night = new_in(&[AU], &[EU]);
    assert!(matches!(night.plan(AU).next, Next::TakeLease { epoch: Epoch(1), .. }));
    assert!(night.next(AU).does(Act::Prepare));
    assert_eq!(night.history(AU).update, None);
    night.did(Act::Prepare);
    let plan = night.plan(AU);
    let intends = |next: &Next| {
        matches!(next, Next::TellRegion(_, Record::UpdateIntended { back: None, epoch: Some(Epoch(1)), .. }))
    };
    assert!(intends(&plan.next) && matches!(plan.why, Reason::Step(Step::Ready { first: true, .. })), "{plan:?}");
    assert!(night.next(AU).does(Act::Create));
    created(&mut night, AU);
    assert!(night.next_after(AU, &[Act::Beat]).waits());
}

#[test]
fn a_first_release_is_confirmed_by_golden_records_alone() {
    let mut night = created_in(AU, &[EU]);
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    night.new_call();
    night.pass("4m");
    shows(&mut night, AU, EndpointStatus::InService);
    is_done(&mut night);
    let history = night.history(AU);
    assert!(history.serves(&release("v427")) && !history.is_new());
}

/// Nothing but golden records says which model answers: one wrong answer, and nothing is confirmed (I4).
#[test]
fn a_first_release_that_answers_wrong_is_never_confirmed() {
    for (confirmed, how) in [(&[EU][..], Finish::Deferred), (&[], Finish::Failed)] {
        let region = if confirmed.is_empty() { EU } else { AU };
        let mut night = created_in(region, confirmed);
        night.pass("4m");
        shows(&mut night, region, EndpointStatus::InService);
        assert!(night.next(region).does(Act::AskGolden));
        night.asked(region, Some(9));
        assert_eq!(night.refused(region).finish(), Some(how));
        assert!(night.history(region).is_new());
    }
}

#[test]
fn a_first_release_on_which_the_rollback_alarm_rings_waits() {
    let mut night = created_in(AU, &[EU]);
    night.pass("4m");
    shows(&mut night, AU, EndpointStatus::InService);
    let composite = alarms::composite_name(&night.fleet);
    let state = AlarmState::Alarm;
    night.sight.alarms = Seen::Known(vec![AlarmView { name: composite, state, set_off_by: None, since: None }]);
    night.asked(AU, Some(10));
    let plan = night.next(AU);
    assert!(plan.waits(), "{plan:?}");
    let rings = Fault::FirstReleaseRings { alarm: alarms::composite_name(&night.fleet) };
    assert_eq!(plan.why, Wait::FirstProof(Box::new(rings.into())).into());
}

#[test]
fn a_failed_creation_defers_the_region_or_ends_the_wave() {
    for (confirmed, how) in [(&[EU][..], Finish::Deferred), (&[], Finish::Failed)] {
        let region = if confirmed.is_empty() { EU } else { AU };
        let mut night = created_in(region, confirmed);
        shows(&mut night, region, EndpointStatus::Failed);
        assert_eq!(night.refused(region).finish(), Some(how));
        // Nobody served there: `rollback` has nothing to add.
        assert_eq!(night.next_of_rollback(region).finish(), Some(Finish::Done));
    }
}

#[test]
fn an_endpoint_without_an_end_to_its_creation_is_given_up() {
    let mut night = created_in(AU, &[EU]);
    night.now += night.fleet.guardrail.max_execution;
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    night.now += SignedDuration::from_secs(1);
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
}

/// The answer to `CreateEndpoint` was lost, or the function died before it wrote it down.
#[test]
fn a_creation_with_no_outcome_written_is_found_and_finished() {
    let mut night = intended_in(AU, &[EU]);
    night.new_call();
    shows(&mut night, AU, EndpointStatus::Creating);
    night.pass("30s");
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    assert!(night.history(AU).update.as_ref().unwrap().started);
    let mut night = intended_in(AU, &[EU]);
    night.new_call();
    // An intent without a call is called once more.
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Create));
}

#[test]
fn an_unproved_first_release_is_proved_by_the_next_execution() {
    let mut night = created_in(AU, &[EU]);
    shows(&mut night, AU, EndpointStatus::InService);
    next_wave(&mut night);
    is_done(&mut night);
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-2"));
}

/// Somebody deleted a serving region's endpoint: that is no first release.
#[test]
fn an_endpoint_that_was_taken_away_is_not_created_anew() {
    let mut night = Night::confirmed_in(&[EU]);
    night.sight.endpoints.insert(name(AU), Seen::Known(None));
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred), "the others go on");
    let champion = night.target(AU, "v426");
    let (endpoint, config) = (night.fleet.endpoint.clone(), champion.config);
    let gone = Gate::EndpointGone { version: champion.version, endpoint, config };
    let why = Reason::LeftBehind { why: Box::new(gone.into()), state: RegionState::EndpointGone };
    assert_eq!(night.sight.hub.deferred[&(actor("wave-1"), name(AU))], why);
}

/// A region under creation is mid-shift until it is proved (I1); an intent that came to nothing is not.
#[test]
fn a_region_in_creation_blocks_the_others() {
    // wave-1 left AU behind on its way to JP; wave-2 starts there.
    let intended = || {
        let mut night = new_in(&[JP], &[EU]);
        night.deferred(AU, "v427");
        assert!(night.next_after(JP, &[Act::Prepare]).does(Act::Create));
        night
    };
    let mut nothing = intended();
    next_wave(&mut nothing);
    nothing.starts(AU);
    let mut in_creation = intended();
    created(&mut in_creation, JP);
    next_wave(&mut in_creation);
    let plan = in_creation.next(AU);
    assert!(plan.waits(), "{plan:?}");
    let Reason::Wait(Wait::Gate { region, gate: Gate::MidShift { .. } }) = plan.why else { panic!("{:?}", plan.why) };
    assert_eq!(region, Some(name(JP)));
}

/// I5 by the audit's own look: only where nothing ever served is there nothing to roll back to.
#[test]
fn the_audit_refuses_a_creation_where_something_served() {
    let mut night = intended_in(AU, &[EU]);
    let create = night.plan(AU);
    assert!(create.does(Act::Create));
    assert_eq!(audit(&night.fleet, &night.sight, &create, night.now), []);
    let served = Record::Settled { target: night.target(AU, "v426"), execution: actor("wave-0") };
    night.tell(AU, served);
    let intent = Record::UpdateIntended {
        target: night.target(AU, "v427"),
        back: None,
        execution: actor("wave-1"),
        epoch: Some(Epoch(1)),
        bake: None,
    };
    let intend = Plan { next: Next::TellRegion(name(AU), intent), why: said("") };
    for plan in [create, intend] {
        let notes = audit(&night.fleet, &night.sight, &plan, night.now);
        assert!(notes.iter().any(|note| note.invariant() == Invariant::I5), "{notes:?}");
    }
}
