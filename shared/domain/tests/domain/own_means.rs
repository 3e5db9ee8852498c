//! What a region does by its own means (I6), beside the late alarm and the canary's guardrail.

use crate::night::{AU, EU, JP, Night, actor, name, release, ringing, said, version};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::Return;
use meridian_domain::{Beside, Compared};
use meridian_domain::{Decision, EndpointStatus, PendingDeployment, Record, Ringing, Seen, VariantPhase};
use meridian_judge::Tally;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn alarm(night: &mut Night) {
    night.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
}

/// Nothing is in flight, and the endpoint is in no state to serve.
#[test]
fn a_region_at_rest_says_when_its_serving_release_is_unknown() {
    let mut night = Night::new();
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    let call = night.rollback(AU);
    assert_eq!((call.pages(), call.did(Act::Update)), (1, true), "{:?}", call.plans);
    assert!(night.history(AU).unknown.is_some() && night.history(AU).halt.is_none());
    for open in [false, true] {
        let mut night = if open { Night::baking(AU) } else { Night::new() };
        night.status(AU, EndpointStatus::OutOfService);
        let call = night.rollback(AU);
        assert_eq!((call.pages(), night.history(AU).halt.is_some()), (1, true), "{:?}", call.plans);
        assert_eq!(night.rollback(AU).pages(), 0);
    }
}

/// It rolled back while its ledger could not be written: the entries follow, the page among them.
#[test]
fn an_unrecorded_rollback_is_found_by_the_endpoint() {
    let mut night = Night::confirmed_in(&[EU]);
    night.in_service(EU, "v426");
    let call = night.rollback(EU);
    let history = night.history(EU);
    assert_eq!(history.serving.as_ref().unwrap().target, night.target(EU, "v426"));
    let (region, from, to) = (name(EU), version("v427"), version("v426"));
    assert_eq!(history.returned[&release("v427")].why, Return::Unwritten { region, from, to }.into());
    assert!(history.halt.is_some() && !call.did(Act::Update));
    assert_eq!((night.pages, history.owed.len()), (1, 0));
    // What the ledger never knew is nothing that it can say.
    let mut strange = Night::confirmed_in(&[EU]);
    strange.in_service(EU, "v425");
    let before = strange.history(EU).clone();
    strange.rollback(EU);
    assert_eq!(*strange.history(EU), before);
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
        assert_eq!((night.rollback(AU).pages(), night.history(AU).halt.is_some()), (usize::from(halts), halts));
    }
    // One that has not stopped ringing since before rings for what people were told of then, for half an hour.
    for (after, halts) in [("29m 59s", false), ("30m", true)] {
        let mut night = Night::confirmed_in(&[AU]);
        let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
        night.alarm = Some(Ringing { since: Some(night.now), ..ringing("fraud-endpoint-5xx") });
        night.tell(AU, Record::Reverted { from, to, why: said("slow") });
        night.in_service(AU, "v426");
        night.pass(after);
        assert_eq!((night.rollback(AU).pages(), night.history(AU).halt.is_some()), (usize::from(halts), halts));
    }
    // A region that has never rolled back has nothing to echo.
    let mut night = Night::new();
    alarm(&mut night);
    assert_eq!((night.rollback(AU).pages(), night.history(AU).halt.is_some()), (1, true));
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
        night.alarm = Some(Ringing { alike, ..ringing("fraud-endpoint-5xx") });
        night.rollback(AU);
        assert_eq!((night.pages, night.history(AU).halts_fleet()), (1, halts), "{what}");
        night.alarm = None;
        if !on_release {
            assert_eq!(night.call(AU).finish(), Some(Finish::Deferred), "{what}");
        }
        assert_eq!(night.pages, 1, "{what}");
        assert_eq!(night.call(JP).did(Act::Update), !halts, "{what}");
    }
}

/// The wave let a release through whose golden records nobody answers, and paged as it left the region behind; soak was over by then.
#[test]
fn an_unproved_region_rolls_back_unpaged_unless_its_alarm_rings() {
    for rings in [false, true] {
        let mut night = Night::let_through(AU);
        night.in_service(AU, "v427");
        night.right = None;
        let end = night.calls(AU);
        assert_eq!((end.finish(), night.pages), (Some(Finish::Deferred), 1), "{:?}", end.plans);
        assert!(night.rollback(AU).did(Act::Update));
        night.alarm = rings.then(|| ringing("alarm fraud-endpoint-latency rings"));
        night.rollback(AU);
        assert_eq!((night.pages, night.history(AU).halt.is_some()), (1 + usize::from(rings), rings));
    }
}

/// A call may live for a quarter of an hour: until then the intent may still be followed.
#[test]
fn an_intent_closes_after_the_last_call_that_could_follow() {
    let mut night = Night::confirmed_in(&[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    night.pass("15m");
    night.rollback(AU);
    assert!(night.history(AU).update.is_some());
    night.pass("1s");
    night.rollback(AU);
    assert!(night.history(AU).update.is_none());
}

/// AU was let through, and its wave died before it asked the golden records.
fn forsaken() -> Night {
    let mut night = Night::let_through(AU);
    night.in_service(AU, "v427");
    night.now = night.canary_ends(AU) + SignedDuration::from_mins(15);
    night
}

/// I4: the wave has its time; then the region asks its own golden records, and believes them alone.
#[test]
fn a_region_proves_what_a_wave_let_through_and_did_not_prove() {
    let mut night = forsaken();
    let call = night.rollback(AU);
    assert!(!call.did(Act::AskGolden) && !call.did(Act::Update), "{:?}", call.plans);
    night.now += SECOND;
    assert!(night.rollback(AU).did(Act::AskGolden));
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-1"));
    // Proved, it is not asked again.
    night.pass("1h");
    assert!(!night.rollback(AU).did(Act::AskGolden));
    for (right, back) in [(Some(9), true), (None, false)] {
        let mut night = forsaken();
        (night.now, night.right) = (night.now + SECOND, right);
        assert_eq!(night.rollback(AU).did(Act::Update), back, "{right:?}");
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
    night.rollback(AU);
    let history = night.history(AU);
    assert!(history.update.as_ref().unwrap().started && history.halt.is_some());
}

#[test]
fn a_way_back_waits_for_another_update_and_records_nothing() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::SystemUpdating);
    let before = night.history(AU).clone();
    let call = night.rollback(AU);
    assert!(call.plans.len() == 1 && !call.did(Act::Update), "{:?}", call.plans);
    assert_eq!(*night.history(AU), before);
}

#[test]
fn a_way_back_that_breaks_the_endpoint_is_a_page_and_a_halt() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::Failed);
    let call = night.rollback(AU);
    assert_eq!((call.pages(), call.did(Act::Update), night.history(AU).halt.is_some()), (1, false, true));
    assert!(!night.history(AU).update.as_ref().unwrap().started, "nothing is under way");
}

/// I13: its own rollback failed too. It says so before it asks again.
#[test]
fn a_way_back_that_sagemaker_could_not_finish_is_unknown() {
    let mut night = rolling_back();
    night.status(AU, EndpointStatus::UpdateRollbackFailed);
    let call = night.rollback(AU);
    assert_eq!((call.pages(), call.did(Act::Update)), (1, true), "{:?}", call.plans);
    let told = call.plans.iter().position(|plan| matches!(plan.next, Next::TellRegion(_, Record::BytesUnknown { .. })));
    let asked = call.plans.iter().position(|plan| matches!(plan.next, Next::Do(Act::Update, ..)));
    assert!(told.is_some() && told < asked);
}

/// The alarm while JP soaks, and while its canary is in progress: who is told, and how often.
#[test]
fn an_alarm_in_soak_pages_and_halts() {
    let mut night = Night::let_through(JP);
    let (target, execution) = (night.target(JP, "v427"), actor("wave-1"));
    night.tell(JP, Record::Confirmed { target, execution, golden: 10 });
    night.phase(JP, VariantPhase::Baking);
    alarm(&mut night);
    let call = night.rollback(JP);
    assert_eq!((call.pages(), call.did(Act::Trip), night.history(JP).halt.is_some()), (1, true, true));
    let call = night.rollback(JP);
    assert_eq!((call.pages(), call.did(Act::Trip)), (0, true), "told again, and nobody is paged again");
    let mut canary = Night::baking(JP);
    alarm(&mut canary);
    let call = canary.rollback(JP);
    assert_eq!((call.pages(), call.did(Act::Trip), canary.history(JP).halt.is_some()), (0, true, false));
    assert!(canary.history(JP).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// I7: a region that is long on its way back from a bad release is not left behind for it, as if it were ill.
#[test]
fn a_bad_release_is_condemned_during_the_regions_own_rollback() {
    let mut night = Night::provisioning(AU);
    let (execution, why) = (night.sight.execution.clone(), said("it fails"));
    let (decision, cause) = (Decision::Revert, Some(meridian_domain::Cause::Release));
    night.tell(AU, Record::Decided { execution, decision, why, judgement: None, cause });
    let (target, back) = (night.target(AU, "v426"), Some(night.target(AU, "v427")));
    let own = actor("rollback.ap-southeast-2");
    night.tell_as(&own, AU, Record::UpdateIntended { target, back, execution: own.clone(), epoch: None, bake: None });
    night.in_service(AU, "v426");
    night.pass("20m");
    night.rerun("wave-2");
    assert!(matches!(night.call(AU).last().next, Next::Wait), "it may end by itself");
    night.pass("3m");
    assert_eq!(night.call(AU).finish(), Some(meridian_domain::plan::Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.deferred.is_empty());
}
