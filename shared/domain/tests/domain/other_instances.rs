//! Instances of another type: SageMaker gives none to a variant that scales, so its scaling is removed before and registered after.

use crate::night::{AU, EU, Night, actor, fleet, name, release, ringing, said, unseen};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Gate, Wait};
use meridian_domain::{EndpointStatus, EndpointView, Epoch, Fleet, Record, Seen, Target, Violation, audit};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The reference fleet on larger instances.
fn larger() -> Fleet {
    let text = include_str!("../../../../local/fleets/reference/fleet.toml");
    Fleet::parse(&text.replace("ml.m6i.xlarge", "ml.m6i.2xlarge")).unwrap()
}

/// v426 serves on the instances of before.
fn changing() -> Night {
    let mut night = Night::new();
    night.fleet = larger();
    night
}

fn rests_on(night: &mut Night, region: &str, target: &Target) {
    let config = target.config.clone();
    let view =
        EndpointView { status: EndpointStatus::InService, config, instances: None, pending: None, failure: None };
    night.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
}

/// v427 serves in EU on the larger ones, and v426 is its way back to the others.
fn changed() -> (Night, Target) {
    let mut night = changing();
    let (to, from) = (night.target(EU, "v427"), night.history(EU).serving.clone().unwrap().target);
    let execution = actor("wave-1");
    let (target, back, epoch) = (to.clone(), Some(from.clone()), Some(Epoch::default().next()));
    night.tell(EU, Record::UpdateIntended { target, back, execution: execution.clone(), epoch, bake: None });
    night.tell(EU, Record::UpdateStarted { execution: execution.clone() });
    night.tell(EU, Record::Confirmed { target: to.clone(), execution: execution.clone(), golden: 10 });
    night.tell(EU, night.usual_scaling(EU));
    night.tell(EU, Record::ScalingSet { execution: execution.clone() });
    night.tell(EU, Record::Settled { target: to.clone(), execution });
    rests_on(&mut night, EU, &to);
    (night, from)
}

#[test]
fn a_variant_leaves_automatic_scaling_before_its_instances_change() {
    let mut night = changing();
    let plan = night.next_after(EU, &[Act::Prepare, Act::Deregister]);
    assert!(plan.does(Act::Update), "{plan:?}");
    assert!(night.history(EU).deregistered);
    // A call that died in between does it again.
    night.new_call();
    assert!(night.next_after(EU, &[Act::Prepare]).does(Act::Deregister));
    // The same instances for another release: nothing to leave.
    Night::new().starts(EU);
}

#[test]
fn a_variant_that_cannot_leave_scaling_is_waited_for_and_then_deferred() {
    let mut night = changing();
    assert!(night.next_after(EU, &[Act::Prepare]).does(Act::Deregister));
    night.did(Act::Deregister);
    night.sight.unscaled = Some(unseen());
    let gate = Gate::StillRegistered { why: unseen() };
    let plan = night.next(EU);
    assert!(plan.waits() && plan.why == Wait::Gate { region: Some(name(EU)), gate: gate.clone() }.into(), "{plan:?}");
    night.now += night.fleet.wave.region_patience + MINUTE;
    assert!(night.next(EU).pages());
}

#[test]
fn what_serves_on_other_instances_scales_again_as_policy_says() {
    let (night, _) = changed();
    let history = night.history(EU);
    assert!(!history.deregistered && history.scaled.as_ref().unwrap().set);
    let mut night = changing();
    night.tell(EU, night.usual_scaling(EU));
    night.tell(EU, Record::ScalingSet { execution: actor("wave-1") });
    assert!(night.next_after(EU, &[Act::Prepare]).does(Act::Deregister));
    assert_eq!(night.history(EU).scaled, None, "it is not registered any more");
}

#[test]
fn a_region_rolls_back_to_other_instances_and_scales_again_by_its_own_means() {
    let (mut night, back) = changed();
    night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
    assert!(night.next_of_rollback(EU).does(Act::Deregister));
    night.own.done.insert(Act::Deregister);
    assert!(night.next_of_rollback(EU).does(Act::Update));
    night.own.done.insert(Act::Update);
    let by = actor(&format!("rollback.{EU}"));
    night.tell_as(&by, EU, Record::UpdateStarted { execution: by.clone() });
    rests_on(&mut night, EU, &back);
    night.own.alarm = None;
    night.new_call();
    assert!(night.next_of_rollback(EU).does(Act::Scale));
    assert_eq!(night.history(EU).serving.as_ref().unwrap().target, back);
    night.own.done.insert(Act::Scale);
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
    assert!(!night.history(EU).deregistered);
    night.new_call();
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
    assert!(!night.own.done.contains(&Act::Scale));
}

/// SageMaker rolled the wave's canary back.
#[test]
fn a_region_whose_canary_came_back_scales_again() {
    let mut night = changing();
    let back = night.history(EU).serving.clone().unwrap().target;
    assert!(night.next_after(EU, &[Act::Prepare, Act::Deregister]).does(Act::Update));
    night.taken(EU);
    let from = night.target(EU, "v427");
    night.tell(EU, Record::Reverted { from, to: back.clone(), why: said("") });
    rests_on(&mut night, EU, &back);
    assert!(night.next_of_rollback(EU).does(Act::Scale));
    // It could not: the next look tries again.
    night.own.done.insert(Act::Scale);
    night.own.unscaled = Some(unseen());
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
    assert!(night.history(EU).deregistered);
    night.new_call();
    assert!(night.next_of_rollback(EU).does(Act::Scale));
}

#[test]
fn a_fleet_without_scaling_registers_nothing_after_a_return() {
    let (mut night, back) = changed();
    night.fleet.scaling = None;
    let (from, to) = (night.target(EU, "v427"), back.clone());
    night.tell(EU, Record::Reverted { from, to, why: said("") });
    rests_on(&mut night, EU, &back);
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
}

#[test]
fn the_audit_lets_no_variant_leave_scaling_that_no_ledger_updates() {
    let night = Night::confirmed_in(&[EU]);
    let plan = Plan { next: Next::Do(Act::Deregister, name(AU), night.target(AU, "v427")), why: said("") };
    let (region, version) = (name(AU), "v427".parse().unwrap());
    let broken = audit(&night.fleet, &night.sight, &plan, night.now);
    assert_eq!(broken, [Violation::NoIntent { region, version }, Violation::LeaseNotHeld]);
}

/// The digest at a configuration's end says what shape it has.
#[test]
fn configurations_of_one_shape_are_told_by_their_names() {
    let (usual, larger) = (fleet(), larger());
    let of = |fleet: &Fleet, text: &str| {
        Target::of(fleet, fleet.region(&name(EU)).unwrap(), release(text), &text.parse().unwrap())
    };
    assert!(of(&usual, "v427").has_shape_of(&of(&usual, "v426").config));
    assert!(!of(&larger, "v427").has_shape_of(&of(&usual, "v427").config));
}
