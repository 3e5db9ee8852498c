//! The moments at which something begins to hold, or ends: the lease, patience, a decision that is due.

use crate::night::{AU, EU, Night, actor, at, bytes_unknown, name, unseen, version};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{Gate, Lagging, RegionState, Wait, WaveEnd};
use meridian_domain::{
    AlarmState, AlarmView, Decision, EndpointStatus, Epoch, Lease, Reason, Record, Seen, VariantPhase, alarms,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn renewed(night: &mut Night) -> Option<jiff::Timestamp> {
    night.call(AU).plans.iter().find_map(|plan| match plan.next {
        Next::TellHub(Record::LeaseRenewed { epoch: Epoch(1), until }) => Some(until),
        _ => None,
    })
}

#[test]
fn a_lease_is_renewed_once_more_than_half_of_it_is_used() {
    let mut night = Night::provisioning(AU);
    let until = night.sight.hub.lease.as_ref().unwrap().until;
    night.now = until - night.fleet.wave.lease / 2;
    assert_eq!(renewed(&mut night), None);
    night.now += SECOND;
    assert_eq!(renewed(&mut night), Some(night.now + night.fleet.wave.lease));
    assert_eq!(renewed(&mut night), None);
    night.pass("9m");
    assert!(renewed(&mut night).is_some(), "however little of it is left");
}

/// I11: a lease ends with its last moment, whoever held it.
#[test]
fn an_expired_lease_is_acquired_in_the_next_generation() {
    let mut night = Night::provisioning(AU);
    night.now = night.sight.hub.lease.as_ref().unwrap().until;
    let call = night.call(AU);
    assert!(matches!(call.plans[0].next, Next::TakeLease { epoch: Epoch(2), .. }), "{:?}", call.plans);
    let mut other = Night::new();
    let until = other.now + SECOND;
    other.hub_mut().lease = Some(Lease { epoch: Epoch(7), holder: actor("wave-0"), until });
    let call = other.call(EU);
    assert_eq!(call.last().why, Wait::LeaseHeld { holder: actor("wave-0"), until }.into());
    other.now = until;
    assert!(other.call(EU).did(Act::Update));
}

#[test]
fn new_instances_are_waited_for_by_name() {
    let mut night = Night::provisioning(AU);
    assert_eq!(night.call(AU).last().why, Wait::Provisioning { region: name(AU) }.into());
}

/// I9: whatever the endpoint shows, an undecided canary whose time is up gets no heartbeat; one that was let through does.
#[test]
fn a_late_canary_has_a_heartbeat_only_after_proceed() {
    let mut decided = Night::let_through(AU);
    let mut undecided = Night::baking(AU);
    undecided.due(AU);
    for night in [&mut decided, &mut undecided] {
        night.phase(AU, VariantPhase::Creating);
    }
    assert!(decided.call(AU).did(Act::Beat));
    assert!(!undecided.call(AU).did(Act::Beat));
}

#[test]
fn unreadable_counts_are_waited_for_until_a_decision_is_due() {
    let mut night = Night::baking(AU);
    night.judged = Seen::Unknown(unseen());
    let call = night.call(AU);
    assert!(matches!(call.last().next, Next::Wait) && night.history(AU).update.as_ref().unwrap().decision.is_none());
    night.due(AU);
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// SageMaker shows the canary's traffic moving before anybody has seen it bake: nothing was missed.
#[test]
fn traffic_to_an_unrecorded_canary_is_its_beginning() {
    let mut night = Night::provisioning(AU);
    night.pass("3m");
    night.phase(AU, VariantPhase::ActivatingTraffic);
    let call = night.call(AU);
    assert!(call.did(Act::Beat) && !call.did(Act::Trip), "{:?}", call.plans);
}

/// SageMaker does not say what its fleets do: before the canary's time is up, that is no shift.
#[test]
fn an_update_that_says_nothing_of_itself_is_being_provisioned() {
    let mut night = Night::provisioning(AU);
    night.phase(AU, VariantPhase::Creating);
    if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
        view.pending.as_mut().unwrap().phase = None;
    }
    let call = night.call(AU);
    assert!(call.did(Act::Beat) && !call.did(Act::Trip), "{:?}", call.plans);
}

/// A guard that still rings from before the update would roll it back at once.
#[test]
fn a_guard_that_rings_before_the_start_is_waited_for() {
    for guard in alarms::guard_names(&Night::new().fleet) {
        let mut night = Night::new();
        night.guard_rings(guard.clone());
        let call = night.call(EU);
        assert!(call.did(Act::Prepare) && !call.did(Act::Update), "{guard}");
        assert!(matches!(call.last().next, Next::Wait) && night.history(EU).update.is_none(), "{guard}");
        night.pass("3m");
        assert_eq!(night.call(EU).finish(), Some(Finish::Deferred), "{guard}");
    }
}

#[test]
fn a_quiet_or_unrelated_alarm_stops_no_start() {
    let mut night = Night::new();
    night.guard_rings("somebody-elses-alarm".to_owned());
    if let Seen::Known(alarms) = &mut night.sight.alarms {
        let quiet = |name| AlarmView { name, state: AlarmState::Ok, set_off_by: None, since: None };
        alarms.extend(alarms::guard_names(&night.fleet).into_iter().map(quiet));
    }
    assert!(night.call(EU).did(Act::Update));
}

/// Between two steps of a linear shift only time passes, and only where the judge let the first one through.
#[test]
fn an_undecided_linear_shift_is_not_waited_for() {
    let mut night = Night::baking(AU);
    night.now = night.canary_ends(AU);
    for region in &mut night.fleet.regions {
        region.style = meridian_domain::Style::Linear { step: 25 };
    }
    night.phase(AU, VariantPhase::Baking);
    assert!(night.call(AU).did(Act::Trip));
}

/// ... and one that SageMaker rolls back between two steps is not waited for either.
#[test]
fn a_linear_shift_rolled_back_between_its_steps_is_decided_so() {
    let mut night = Night::let_through(AU);
    night.now = night.canary_ends(AU) + SignedDuration::from_mins(1);
    for region in &mut night.fleet.regions {
        region.style = meridian_domain::Style::Linear { step: 25 };
    }
    night.phase(AU, VariantPhase::Baking);
    assert!(matches!(night.call(AU).last().why, Reason::Wait(Wait::TrafficInSteps { .. })));
    night.phase(AU, VariantPhase::Deleting);
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// I13: it is unknown which bytes serve, and the region's own way back has policy's patience to say so.
#[test]
fn another_waves_unknown_bytes_are_waited_for_then_left_behind() {
    let mut night = Night::confirmed_in(&[EU]);
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    night.call_until(AU, |night| night.history(AU).unknown.is_some());
    night.pass("2m 59s");
    assert!(matches!(night.call(AU).last().next, Next::Wait));
    night.pass("1s");
    assert_eq!(night.call(AU).finish(), Some(Finish::Deferred));
    let why = &night.sight.hub.deferred[&(actor("wave-1"), name(AU))];
    let Reason::LeftBehind { why, state: RegionState::BytesUnknown } = why else { panic!("{why:?}") };
    assert_eq!(**why, Gate::BytesUnknown { region: name(AU), why: bytes_unknown() }.into());
}

/// The last look at a region that does not answer: a soak and policy's patience after the action began.
#[test]
fn verify_waits_for_an_unreachable_region() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.fleet.regions.truncate(2);
    night.dark(AU);
    night.rerun("wave-1");
    let longest = night.fleet.guardrail.soak + night.fleet.wave.region_patience;
    assert!(matches!(night.verify().last().next, Next::Wait));
    night.now = night.sight.since + longest - SECOND;
    assert!(matches!(night.verify().last().next, Next::Wait));
    night.now += SECOND;
    let call = night.verify();
    assert_eq!(call.finish(), Some(Finish::Failed));
    assert_eq!(call.lagging(), [(name(AU), Lagging::EndpointUnseen { why: unseen() })]);
}

/// An override ends at its moment: the wave's last words name those that still count.
#[test]
fn the_waves_last_words_name_the_overrides_that_still_count() {
    for (left, named) in [(1, true), (0, false)] {
        let mut night = Night::confirmed_in(&[EU]);
        night.fleet.regions.truncate(1);
        let (why, until) = ("its quota comes on Monday".to_owned(), at("09:00:00"));
        night.hub(Record::Overridden { what: meridian_domain::Rule::Skew, region: None, why, until });
        night.now = until - SignedDuration::from_secs(left);
        let call = night.verify();
        assert_eq!(call.finish(), Some(Finish::Done));
        let Reason::Wave(WaveEnd::Complete { overrides, .. }) = &call.last().why else { panic!("{:?}", call.last()) };
        assert_eq!(overrides.len(), usize::from(named), "{overrides:?}");
        assert_eq!(night.sight.version, version("v427"));
    }
}
