//! What a region does by its own means (I6), beside the late alarm and the canary's guardrail.

use crate::night::{AU, EU, JP, Night, actor, name, release, ringing, said, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::Return;
use meridian_domain::{
    Beside, Cause, Compared, Decision, EndpointStatus, PendingDeployment, Record, Ringing, Seen, VariantPhase,
};
use meridian_judge::Tally;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn alarm(night: &mut Night) {
    night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
}

/// The guardrail is told first.
#[track_caller]
fn trips(night: &mut Night, region: &str) {
    let plan = night.next_of_rollback(region);
    assert!(plan.does(Act::Trip), "{plan:?}");
    night.own.done.insert(Act::Trip);
}

/// Nothing is in flight, and the endpoint is in no state to serve.
#[test]
fn a_region_at_rest_says_when_its_serving_release_is_unknown() {
    let mut night = Night::new();
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    assert!(night.own_told(AU).does(Act::Update));
    night.taken_back(AU, "v426");
    night.own_ends(AU, false);
    assert!(night.history(AU).unknown.is_some() && night.history(AU).halt.is_none());
    for open in [false, true] {
        let mut night = if open { Night::baking(AU) } else { Night::new() };
        night.status(AU, EndpointStatus::OutOfService);
        night.own_ends(AU, true);
        assert!(night.history(AU).halt.is_some());
        night.new_call();
        night.own_ends(AU, false);
    }
}

/// It rolled back while its ledger could not be written: the entries follow, the page among them.
#[test]
fn an_unrecorded_rollback_is_found_by_the_endpoint() {
    let mut night = Night::confirmed_in(&[EU]);
    night.in_service(EU, "v426");
    night.own_ends(EU, true);
    let history = night.history(EU);
    assert_eq!(history.serving.as_ref().unwrap().target, night.target(EU, "v426"));
    let (region, from, to) = (name(EU), version("v427"), version("v426"));
    assert_eq!(history.returned[&release("v427")].why, Return::Unwritten { region, from, to }.into());
    assert_eq!((history.halt.is_some(), history.owed.len()), (true, 0));
}

/// I13: what the ledger never proved is no release that the region left; somebody has to look, and no other region waits.
#[test]
fn an_endpoint_on_what_the_ledger_never_proved_halts_its_region_and_is_told_once() {
    let mut night = Night::confirmed_in(&[EU]);
    night.in_service(EU, "v425");
    let (config, serving) = (night.target(EU, "v425").config, night.history(EU).serving.clone());
    night.own_ends(EU, true);
    let foreign = Return::Foreign { region: name(EU), version: version("v427"), config };
    assert_eq!(night.history(EU).halt, Some(foreign.into()));
    assert!(!night.history(EU).halts_fleet());
    assert_eq!(night.history(EU).serving, serving, "the ledger says what it proved");
    night.own_ends(EU, false);
}

/// A wave that stopped settles nothing: its update stays open, and is not what brought the endpoint elsewhere.
#[test]
fn a_foreign_endpoint_is_no_return_of_an_update_that_has_not_settled() {
    let mut night = Night::let_through(AU);
    let (target, execution) = (night.target(AU, "v427"), actor("wave-1"));
    night.tell(AU, Record::Confirmed { target, execution, golden: 10 });
    night.in_service(AU, "v425");
    let config = night.target(AU, "v425").config;
    night.own_ends(AU, true);
    let foreign = Return::Foreign { region: name(AU), version: version("v427"), config };
    assert_eq!(night.history(AU).halt, Some(foreign.into()));
    assert!(night.history(AU).returned.is_empty());
    night.own_ends(AU, false);
}

#[test]
fn a_halt_of_the_fleet_is_not_replaced_by_a_foreign_endpoint_and_hides_it_from_nobody() {
    let mut night = Night::confirmed_in(&[EU]);
    night.tell(EU, Record::Halted { why: said("a person's") });
    night.in_service(EU, "v425");
    night.own_ends(EU, true);
    assert_eq!(night.history(EU).halt, Some(said("a person's")));
    night.own_ends(EU, false);
}

/// The alarm looks at five minutes: what it says of the release that was left is no second fault.
#[test]
fn an_alarm_may_ring_on_for_six_minutes_after_a_rollback() {
    for (after, halts) in [("6m 59s", false), ("7m", true)] {
        let mut night = Night::confirmed_in(&[AU]);
        let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
        night.tell(AU, Record::Reverted { from, to, why: said("slow") });
        night.in_service(AU, "v426");
        alarm(&mut night);
        night.pass(after);
        night.own_ends(AU, halts);
        assert_eq!(night.history(AU).halt.is_some(), halts, "{after}");
    }
    // One that has not stopped ringing since before rings for what people were told of then, for half an hour.
    for (after, halts) in [("29m 59s", false), ("30m", true)] {
        let mut night = Night::confirmed_in(&[AU]);
        let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
        night.own.alarm = Some(Ringing { since: Some(night.now), ..ringing("fraud-endpoint-5xx") });
        night.tell(AU, Record::Reverted { from, to, why: said("slow") });
        night.in_service(AU, "v426");
        night.pass(after);
        night.own_ends(AU, halts);
        assert_eq!(night.history(AU).halt.is_some(), halts, "{after}");
    }
    // A region that has never rolled back has nothing to echo.
    let mut night = Night::new();
    alarm(&mut night);
    night.own_ends(AU, true);
    assert!(night.history(AU).halt.is_some());
}

/// Minutes pass until autoscaling's instances are there: a rollback must wait for them, and nobody else need.
#[test]
fn a_region_that_rings_with_nowhere_to_go_is_told_while_instances_are_added() {
    for (serves, pages) in [("v426", true), ("v427", false)] {
        let mut night = if pages { Night::new() } else { Night::confirmed_in(&[AU]) };
        alarm(&mut night);
        night.status(AU, EndpointStatus::Updating);
        night.names(AU, serves);
        night.own_ends(AU, pages);
        assert_eq!(night.history(AU).halt.is_some(), pages, "{serves}");
    }
}

/// I7: what ails one region keeps nobody else from starting, and nobody is told twice of it.
#[test]
fn a_region_that_is_ill_by_itself_halts_nobody_else() {
    let tally = |bad| Tally { total: 1000, bad };
    let alike = Some(Compared { beside: Beside::SameMinutes, green: tally(31), blue: tally(30) });
    for (what, alike, on_release, halts) in [
        ("the release before rings", None, false, false),
        ("the release rings", None, true, true),
        ("both ring", alike, true, false),
    ] {
        let mut night = if on_release { Night::confirmed_in(&[EU, AU]) } else { Night::confirmed_in(&[EU]) };
        night.own.alarm = Some(Ringing { alike, ..ringing("fraud-endpoint-5xx") });
        if on_release {
            assert!(night.next_of_rollback(AU).does(Act::Update), "{what}");
            night.taken_back(AU, "v426");
        }
        night.own_ends(AU, true);
        assert_eq!((night.history(AU).halt.is_some(), night.history(AU).halts_fleet()), (true, halts), "{what}");
        if !on_release {
            assert_eq!(night.next(AU).finish(), Some(Finish::Deferred), "{what}");
        }
        if halts {
            assert_eq!(night.next(JP).finish(), Some(Finish::Failed), "{what}");
        } else {
            night.starts(JP);
        }
    }
}

/// The wave let a release through whose golden records nobody answers, and paged as it left the region behind; soak was over by then.
#[test]
fn an_unproved_region_rolls_back_unpaged_unless_its_alarm_rings() {
    for rings in [false, true] {
        let mut night = Night::let_through(AU);
        night.in_service(AU, "v427");
        night.now = night.canary_ends(AU) + night.fleet.wave.region_patience;
        assert!(night.next(AU).does(Act::AskGolden));
        night.asked(AU, None);
        assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
        assert!(night.next_of_rollback(AU).does(Act::Update));
        night.taken_back(AU, "v426");
        night.own_ends(AU, false);
        night.new_call();
        night.own.alarm = rings.then(|| ringing("alarm fraud-endpoint-latency rings"));
        night.own_ends(AU, rings);
        assert_eq!(night.history(AU).halt.is_some(), rings);
    }
}

/// A call may live for a quarter of an hour: until then the intent may still be followed.
#[test]
fn an_intent_closes_after_the_last_call_that_could_follow() {
    let mut night = Night::confirmed_in(&[EU]);
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
    night.pass("15m");
    night.own_ends(AU, false);
    assert!(night.history(AU).update.is_some());
    night.pass("1s");
    night.own_ends(AU, false);
    assert!(night.history(AU).update.is_none());
}

/// AU was let through, and its wave died before it asked the golden records.
fn forsaken() -> Night {
    let mut night = Night::let_through(AU);
    night.in_service(AU, "v427");
    night.now = night.canary_ends(AU) + SignedDuration::from_mins(15);
    night
}

/// The region asks its own golden records, and so many are answered right; none where the endpoint does not answer.
fn asks(night: &mut Night, right: Option<u32>) {
    assert!(night.next_of_rollback(AU).does(Act::AskGolden));
    night.own_asked(right);
}

/// I4: the wave has its time; then the region asks its own golden records, and believes them alone.
#[test]
fn a_region_proves_what_a_wave_let_through_and_did_not_prove() {
    let mut night = forsaken();
    night.own_ends(AU, false);
    night.now += SECOND;
    asks(&mut night, Some(10));
    night.own_ends(AU, false);
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-1"));
    // Proved, it is not asked again.
    night.new_call();
    night.pass("1h");
    night.own_ends(AU, false);
    for (right, back) in [(Some(9), true), (None, false)] {
        let mut night = forsaken();
        night.now += SECOND;
        asks(&mut night, right);
        let plan = night.next_of_rollback(AU);
        assert_eq!((plan.does(Act::Update), plan.finish().is_some()), (back, !back), "{right:?}: {plan:?}");
        assert!(!night.history(AU).serves(&release("v427")));
    }
}

/// A region's own way back, intended and not yet asked for.
fn rolling_back() -> Night {
    let mut night = Night::confirmed_in(&[AU]);
    let (target, execution) = (night.target(AU, "v426"), actor("rollback.ap-southeast-2"));
    let intent = Record::UpdateIntended { target, back: None, execution, epoch: None, bake: None };
    night.tell_as(&actor("rollback.ap-southeast-2"), AU, intent);
    night
}

fn under_way(night: &mut Night) {
    night.status(AU, EndpointStatus::Updating);
    let config = night.target(AU, "v426").config;
    if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
        let (phase, phase_since) = (Some(VariantPhase::Creating), None);
        view.pending = Some(PendingDeployment { config, instances: None, phase, phase_since });
    }
}

/// I8: the answer to its own call was lost.
#[test]
fn a_way_back_whose_start_was_not_written_down_is_found() {
    let mut night = rolling_back();
    under_way(&mut night);
    night.own_ends(AU, true);
    let history = night.history(AU);
    assert!(history.update.as_ref().unwrap().started && history.halt.is_some());
}

#[test]
fn a_way_back_waits_for_another_update_and_records_nothing() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::SystemUpdating);
    let before = night.history(AU).clone();
    night.own_ends(AU, false);
    assert_eq!(*night.history(AU), before);
}

#[test]
fn a_way_back_that_breaks_the_endpoint_is_a_page_and_a_halt() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::Failed);
    night.own_ends(AU, true);
    assert!(night.history(AU).halt.is_some());
    assert!(!night.history(AU).update.as_ref().unwrap().started, "nothing is under way");
}

/// I13: its own rollback failed too. It says so before it asks again.
#[test]
fn a_way_back_that_sagemaker_could_not_finish_is_unknown() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    assert!(night.history(AU).unknown.is_none());
    assert!(night.own_told(AU).does(Act::Update));
    assert!(night.history(AU).unknown.is_some(), "on record before it asks");
    night.taken_back(AU, "v426");
    night.own_ends(AU, false);
}

/// The alarm while JP soaks, and while its canary is in progress: who is told, and how often.
#[test]
fn an_alarm_in_soak_pages_and_halts() {
    let mut night = Night::shifted(JP);
    let (target, execution) = (night.target(JP, "v427"), actor("wave-1"));
    night.tell(JP, Record::Confirmed { target, execution, golden: 10 });
    alarm(&mut night);
    trips(&mut night, JP);
    night.own_ends(JP, true);
    assert!(night.history(JP).halt.is_some());
    // Told again, and nobody is paged again.
    night.new_call();
    trips(&mut night, JP);
    night.own_ends(JP, false);
    let mut canary = Night::baking(JP);
    alarm(&mut canary);
    trips(&mut canary, JP);
    canary.own_ends(JP, false);
    assert_eq!(canary.history(JP).halt, None);
    assert!(canary.history(JP).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// I7: a region that is long on its way back from a bad release is not left behind for it, as if it were ill.
#[test]
fn a_bad_release_is_condemned_during_the_regions_own_rollback() {
    let mut night = Night::provisioning(AU);
    let (execution, why) = (night.sight.execution.clone(), said("it fails"));
    let (decision, cause) = (Decision::Revert, Some(Cause::Release));
    night.tell(AU, Record::Decided { execution, decision, why, judgement: None, cause });
    let (target, back) = (night.target(AU, "v426"), Some(night.target(AU, "v427")));
    let own = actor("rollback.ap-southeast-2");
    night.tell_as(&own, AU, Record::UpdateIntended { target, back, execution: own.clone(), epoch: None, bake: None });
    night.in_service(AU, "v426");
    night.pass("20m");
    night.rerun("wave-2");
    assert!(night.next(AU).waits(), "it may end by itself");
    night.pass("3m");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.deferred.is_empty());
}
