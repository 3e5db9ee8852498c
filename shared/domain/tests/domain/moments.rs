//! The moments at which something begins to hold, or ends: the lease, patience, a decision that is due.

use crate::night::{AU, EU, Night, actor, at, bytes_unknown, good, name, unseen, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{Gate, Lagging, RegionState, Wait, WaveEnd};
use meridian_domain::{
    AlarmState, AlarmView, Decision, EndpointStatus, Epoch, Lease, Reason, Record, Seen, VariantPhase, alarms,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Until when a call renews the lease, if it does, in the generation that holds it.
fn renewed(night: &mut Night) -> Option<jiff::Timestamp> {
    night.new_call();
    let before = night.sight.hub.lease.clone().unwrap();
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    let Lease { epoch, holder, until } = night.sight.hub.lease.clone().unwrap();
    assert_eq!((epoch, holder), (Epoch(1), before.holder));
    (until != before.until).then_some(until)
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
    let plan = night.plan(AU);
    assert!(matches!(plan.next, Next::TakeLease { epoch: Epoch(2), .. }), "{plan:?}");
    let mut other = Night::new();
    let until = other.now + SECOND;
    other.hub_mut().lease = Some(Lease { epoch: Epoch(7), holder: actor("wave-0"), until });
    let plan = other.next(EU);
    assert_eq!((plan.waits(), plan.why), (true, Wait::LeaseHeld { holder: actor("wave-0"), until }.into()));
    other.now = until;
    other.starts(EU);
}

#[test]
fn new_instances_are_waited_for_by_name() {
    let mut night = Night::provisioning(AU);
    let plan = night.next_after(AU, &[Act::Beat]);
    assert_eq!((plan.waits(), plan.why), (true, Wait::Provisioning { region: name(AU) }.into()));
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
    assert!(decided.next(AU).does(Act::Beat));
    assert!(undecided.next(AU).waits());
}

#[test]
fn unreadable_counts_are_waited_for_until_a_decision_is_due() {
    let mut night = Night::baking(AU);
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::Look));
    night.looked_in_vain();
    assert!(night.next(AU).waits() && night.history(AU).update.as_ref().unwrap().decision.is_none());
    night.new_call();
    night.due(AU);
    assert!(night.next(AU).does(Act::Look));
    night.looked_in_vain();
    assert!(night.next(AU).does(Act::Trip));
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// SageMaker shows the canary's traffic moving before anybody has seen it bake: nothing was missed.
#[test]
fn traffic_to_an_unrecorded_canary_is_its_beginning() {
    let mut night = Night::provisioning(AU);
    night.pass("3m");
    night.phase(AU, VariantPhase::ActivatingTraffic);
    let plan = night.next_after(AU, &[Act::Beat]);
    assert!(plan.waits(), "{plan:?}");
}

/// SageMaker does not say what its fleets do: before the canary's time is up, that is no shift.
#[test]
fn an_update_that_says_nothing_of_itself_is_being_provisioned() {
    let mut night = Night::provisioning(AU);
    night.phase(AU, VariantPhase::Creating);
    if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
        view.pending.as_mut().unwrap().phase = None;
    }
    let plan = night.next_after(AU, &[Act::Beat]);
    assert!(plan.waits(), "{plan:?}");
}

/// A guard that still rings from before the update would roll it back at once.
#[test]
fn a_guard_that_rings_before_the_start_is_waited_for() {
    for guard in alarms::guard_names(&Night::new().fleet) {
        let mut night = Night::new();
        night.guard_rings(guard.clone());
        assert!(night.next_after(EU, &[Act::Prepare]).waits(), "{guard}");
        assert!(night.history(EU).update.is_none(), "{guard}");
        night.new_call();
        night.pass("3m");
        let page = night.next_after(EU, &[Act::Prepare]);
        assert!(page.pages(), "{guard}: {page:?}");
        night.sent(page);
        assert_eq!(night.next(EU).finish(), Some(Finish::Deferred), "{guard}");
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
    night.starts(EU);
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
    assert!(night.next(AU).does(Act::Trip));
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
    let plan = night.next_after(AU, &[Act::Beat]);
    assert!(matches!(plan.why, Reason::Wait(Wait::TrafficInSteps { .. })), "{plan:?}");
    night.new_call();
    night.phase(AU, VariantPhase::Deleting);
    assert!(night.next(AU).does(Act::Look));
    night.looked(good());
    night.next(AU);
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// I13: it is unknown which bytes serve, and the region's own way back has policy's patience to say so.
#[test]
fn another_waves_unknown_bytes_are_waited_for_then_left_behind() {
    let mut night = Night::confirmed_in(&[EU]);
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    assert!(night.next(AU).waits() && night.history(AU).unknown.is_some());
    night.pass("2m 59s");
    assert!(night.next(AU).waits());
    night.pass("1s");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
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
    assert!(night.next_of_verify().waits());
    night.now = night.sight.since + longest - SECOND;
    assert!(night.next_of_verify().waits());
    night.now += SECOND;
    let page = night.next_of_verify();
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    let end = night.next_of_verify();
    assert_eq!(end.finish(), Some(Finish::Failed));
    assert_eq!(end.lagging(), [(name(AU), Lagging::EndpointUnseen { why: unseen() })]);
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
        let end = night.next_of_verify();
        assert_eq!(end.finish(), Some(Finish::Done));
        let Reason::Wave(WaveEnd::Complete { version: served, overrides, .. }) = &end.why else { panic!("{end:?}") };
        assert_eq!(overrides.len(), usize::from(named), "{overrides:?}");
        assert_eq!(*served, version("v427"));
    }
}
