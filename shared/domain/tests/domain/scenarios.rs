//! The nights that Meridian was built for, as the planner sees them.

use crate::calls::Call;
use crate::night::{AU, BR, EU, JP, Night, actor, judged, name, release, ringing, said, slow, unseen, version};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{Lagging, WaveEnd};
use meridian_domain::{Cause, Decision, Epoch, Record, Seen, VariantPhase, alarms};

/// Takes a region from its start to its confirmation, one call every 30 s.
fn promote_well(night: &mut Night, region: &str) -> Call {
    assert!(night.call(region).did(Act::Update), "{region}");
    night.pass("3m");
    night.phase(region, VariantPhase::Baking);
    night.call(region);
    let ends = night.canary_ends(region);
    while night.now < ends {
        assert_eq!(night.call(region).finish(), None, "{region}");
        night.pass("30s");
    }
    night.phase(region, VariantPhase::ActivatingTraffic);
    assert_eq!(night.call(region).finish(), None, "{region}");
    night.pass("1m");
    night.phase(region, VariantPhase::Baking);
    let call = night.calls(region);
    night.in_service(region, "v427");
    call
}

#[test]
fn good_night() {
    let mut night = Night::new();
    for region in [EU, AU, JP, BR] {
        assert_eq!(promote_well(&mut night, region).finish(), Some(Finish::Done), "{region}");
    }
    night.pass("10m");
    assert_eq!(night.verify().finish(), Some(Finish::Done));
    assert_eq!(night.pages, 0);
    assert!(night.sight.hub.lease.as_ref().is_none_or(|lease| lease.until <= night.now));
    assert_eq!(night.verify().plans.len(), 1, "asked again, the same answer and nothing done");
}

/// JP's plane is dark while its green instances are being provisioned; BR goes on; the execution ends failed.
fn tokyo_dark() -> Night {
    let mut night = Night::provisioning(JP);
    night.pass("30s");
    night.dark(JP);
    let call = night.call(JP);
    assert!(call.did(Act::Beat), "a short illness must not cost the canary");
    night.pass("3m");
    let call = night.call(JP);
    assert!(call.did(Act::Trip) && !call.did(Act::Beat));
    assert_eq!((call.finish(), night.pages), (Some(Finish::Deferred), 1));
    assert_eq!(promote_well(&mut night, BR).finish(), Some(Finish::Done));
    night
}

#[test]
fn tokyo_dark_defers_japan_and_pages_once() {
    let mut night = tokyo_dark();
    // The plane returns: SageMaker turns the update back; `rollback` writes it down and needs nobody.
    night.in_service(JP, "v426");
    night.rollback(JP);
    let left = &night.history(JP).returned[&release("v427")];
    assert_eq!((left.cause, night.history(JP).halt.as_ref()), (Some(Cause::Region), None));
    night.pass("10m");
    assert_eq!(night.verify().finish(), Some(Finish::Failed));
    assert_eq!(night.pages, 1);
    assert!(night.sight.hub.condemned.is_empty());
}

#[test]
fn tokyo_rerun_promotes_japan_alone() {
    let mut night = tokyo_dark();
    night.in_service(JP, "v426");
    night.rollback(JP);
    night.pass("10m");
    night.verify();
    // What the first wave left to do there but for their release: nobody had called it to its end.
    for region in [EU, AU] {
        night.tell(region, night.usual_scaling(region));
        night.tell(region, Record::ScalingSet { execution: actor("wave-1") });
    }
    night.rerun("wave-2");
    for region in [EU, AU] {
        let call = night.call(region);
        assert_eq!((call.plans.len(), call.finish()), (1, Some(Finish::Done)), "{region}");
    }
    assert_eq!(promote_well(&mut night, JP).finish(), Some(Finish::Done));
    assert_eq!(night.call(BR).finish(), Some(Finish::Done));
    night.pass("10m");
    assert_eq!(night.verify().finish(), Some(Finish::Done));
}

/// I9: patience ends where a decision is due, whether the canary was seen to begin or not.
#[test]
fn a_dark_region_rolls_back_before_its_timer_ends() {
    let mut seen = Night::baking(JP);
    seen.due(JP);
    let mut unseen = Night::provisioning(JP);
    unseen.now += unseen.region(JP).bake - unseen.fleet.guardrail.decide_before_end;
    for mut night in [seen, unseen] {
        night.dark(JP);
        let call = night.call(JP);
        assert!(call.did(Act::Trip) && !call.did(Act::Beat));
        assert_eq!(call.finish(), Some(Finish::Deferred));
    }
}

/// Another night, and JP's plane is still dark with the old update open: the others do not wait for it.
#[test]
fn tokyo_still_dark_the_next_night_does_not_hold_europe() {
    let mut night = tokyo_dark();
    night.pass("10m");
    night.verify();
    night.rerun("wave-2");
    night.sight.release = release("v430");
    night.sight.version = "v430".parse().unwrap();
    night.hub(Record::Approved { release: release("v430"), created: night.now });
    night.tell(EU, Record::Attested { release: release("v430"), version: "v430".parse().unwrap() });
    assert!(night.call(EU).did(Act::Update));
}

/// The region answers again between the decision and the deferral: it is rolled back, and is deferred, not condemned.
#[test]
fn a_region_that_returns_too_early_is_still_no_model_fault() {
    let mut night = Night::baking(JP);
    night.dark(JP);
    night.call(JP);
    night.pass("3m");
    night.call_until(JP, |night| night.history(JP).update.as_ref().unwrap().is_decided(Decision::Revert));
    night.phase(JP, VariantPhase::Deleting);
    assert_eq!(night.call(JP).finish(), None);
    night.in_service(JP, "v426");
    assert_eq!(night.call(JP).finish(), Some(Finish::Deferred));
    assert!(night.sight.hub.condemned.is_empty() && night.sight.hub.ill.is_empty());
}

/// Dark once its canary was let through and its timer is over: nothing is torn, the next execution asks which model answers.
#[test]
fn dark_after_the_shift_is_left_as_it_is_and_proved_later() {
    let mut night = Night::let_through(JP);
    night.now = night.canary_ends(JP) + SignedDuration::from_secs(30);
    night.dark(JP);
    night.call(JP);
    night.pass("3m");
    let call = night.call(JP);
    assert!(!call.did(Act::Trip));
    assert_eq!(call.finish(), Some(Finish::Deferred));
    night.in_service(JP, "v427");
    night.verify();
    night.rerun("wave-2");
    assert!(night.call(JP).did(Act::AskGolden));
    assert_eq!(night.calls(JP).finish(), Some(Finish::Done));
}

/// BR's ledger cannot be read when EU is to start: BR is left behind, not EU.
#[test]
fn a_neighbour_that_cannot_be_seen_is_left_behind_itself() {
    let mut night = Night::new();
    night.sight.regions.insert(name(BR), Seen::Unknown(unseen()));
    assert!(!night.call(EU).did(Act::Update));
    night.pass("3m");
    let call = night.call(EU);
    assert!(call.did(Act::Update));
    assert_eq!(night.pages, 1);
    assert_eq!(night.call(BR).finish(), Some(Finish::Deferred));
}

#[test]
fn bad_model_is_condemned_and_nobody_else_sees_it() {
    let mut night = Night::baking(EU);
    // The guardrail is faster than the judge.
    night.phase(EU, VariantPhase::Deleting);
    night.judged = Seen::Known(judged(10_000, 9_000));
    night.call(EU);
    night.in_service(EU, "v426");
    let call = night.call(EU);
    assert_eq!((call.finish(), night.pages), (Some(Finish::Failed), 1));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
    assert!(night.sight.hub.lease.is_none());
    night.rollback(EU);
    assert!(night.history(EU).halt.is_none());
    night.rerun("wave-2");
    for region in [EU, AU, JP, BR] {
        assert_eq!(night.call(region).finish(), Some(Finish::Failed), "{region}");
    }
    assert_eq!(night.pages, 1);
}

/// The whole way back fits between two looks: the reason is still found.
#[test]
fn an_unwatched_rollback_is_explained_by_counts_or_guard() {
    let mut night = Night::baking(EU);
    night.in_service(EU, "v426");
    night.guard_rings(alarms::green_names(&night.fleet)[0].clone());
    night.call(EU);
    assert_eq!(night.history(EU).returned[&release("v427")].cause, Some(Cause::Release));
    let mut night = Night::baking(EU);
    night.in_service(EU, "v426");
    assert_eq!(night.call(EU).finish(), Some(Finish::Deferred));
    assert!(night.sight.hub.condemned.is_empty(), "nothing shows that the release is bad");
}

#[test]
fn bad_eval_touches_no_endpoint() {
    let mut night = Night::new();
    night.sight.approved = Seen::Known(false);
    assert_eq!(night.call(EU).finish(), Some(Finish::Failed));
    assert!(night.history(EU).update.is_none());
}

#[test]
fn late_alarm_rolls_back_by_regional_means_and_halts_the_fleet() {
    let mut night = Night::new();
    for region in [EU, AU, JP, BR] {
        promote_well(&mut night, region);
    }
    night.alarm = Some(ringing("p99 over 20 ms"));
    let call = night.rollback(AU);
    assert!(call.did(Act::Update));
    assert_eq!(call.pages(), 1);
    assert!(night.history(AU).halt.is_some());
    night.in_service(AU, "v426");
    night.rollback(AU);
    assert_eq!(night.history(AU).serving.as_ref().unwrap().target, night.target(AU, "v426"));
    assert_eq!(night.rollback(AU).pages(), 0, "the alarm may ring on for a while");
    assert_eq!(night.verify().finish(), Some(Finish::Failed));
    assert_eq!(night.pages, 1);
    night.rerun("wave-2");
    assert_eq!(night.call(AU).finish(), Some(Finish::Failed));
}

/// The region rolled back and its page did not go out: a halt is no sign that people were told.
#[test]
fn a_halt_that_nobody_was_told_of_is_paged_by_the_wave() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    night.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
    night.pager = false;
    night.rollback(AU);
    assert!(night.history(AU).halt.is_some() && night.pages == 0);
    let call = night.verify();
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 1));
    night.pager = true;
    night.pages = 0;
    night.pass("29s");
    night.rollback(AU);
    assert_eq!(night.pages, 0, "the call that put it on record may still send it");
    night.pass("1s");
    night.rollback(AU);
    night.rollback(AU);
    assert_eq!(night.pages, 1);
}

#[test]
fn judge_dies_and_the_region_says_so_itself() {
    let mut night = Night::baking(EU);
    night.pass("3m");
    night.in_service(EU, "v426");
    let call = night.rollback(EU);
    assert_eq!((call.pages(), night.history(EU).halt.is_some()), (1, true));
    assert_eq!(night.history(EU).serving.as_ref().unwrap().target, night.target(EU, "v426"));
    // CodePipeline calls once more: EU does not move until its halt is lifted, and nobody is told again. That its judge fell
    // silent says nothing of the others.
    assert_eq!(night.call(EU).finish(), Some(Finish::Deferred));
    assert!(night.call(AU).did(Act::Update));
    assert_eq!((night.pages, night.history(EU).halt.is_some()), (1, true));
}

#[test]
fn a_lifted_halt_lets_the_next_execution_start() {
    let mut night = Night::baking(EU);
    night.pass("3m");
    night.in_service(EU, "v426");
    night.rollback(EU);
    night.tell(EU, Record::Lifted { why: "the function was mended".to_owned() });
    // The dead wave's lease has run out.
    night.pass("11m");
    night.rerun("wave-3");
    assert!(night.call(EU).did(Act::Update));
}

/// I10: the job of a wave that is long over comes once more, and another has walked since.
#[test]
fn a_late_call_of_an_ended_wave_starts_nothing() {
    let mut night = Night::new();
    for region in [EU, AU, JP, BR] {
        promote_well(&mut night, region);
    }
    night.pass("10m");
    night.verify();
    let newer = night.target(EU, "v430");
    night.tell_as(&actor("wave-2"), EU, Record::Confirmed { target: newer, execution: actor("wave-2"), golden: 10 });
    night.in_service(EU, "v430");
    let call = night.call(EU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 0));
    assert!(!call.did(Act::Update));
}

/// Every call of a good night made twice.
#[test]
fn a_doubled_call_does_nothing_more() {
    let mut night = Night::baking(AU);
    night.due(AU);
    night.call(AU);
    let before = night.history(AU).clone();
    let again = night.call(AU);
    assert_eq!(*night.history(AU), before);
    assert!(before.update.unwrap().is_decided(Decision::Proceed));
    assert!(again.plans.iter().all(|plan| !matches!(plan.next, Next::TellRegion(..) | Next::TellHub(_))));
}

/// Two executions of one release: the second neither touches nor keeps alive what the first one started.
#[test]
fn another_executions_update_is_left_to_its_guardrail() {
    let mut night = Night::baking(AU);
    night.pass("11m");
    night.rerun("wave-2");
    let call = night.call(AU);
    assert_eq!(call.plans.len(), 1);
    assert!(matches!(call.last().next, Next::Wait));
}

/// Two executions of one release: what the first one has just intended, the second must not close.
#[test]
fn an_intent_that_its_wave_will_follow_is_closed_by_no_other() {
    let mut night = Night::confirmed_in(&[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    let intent = night.history(AU).update.clone();
    night.rerun("wave-2");
    let call = night.call(AU);
    assert!(matches!(call.last().next, Next::Wait), "{:?}", call.last());
    assert_eq!(night.history(AU).update, intent);
}

/// A bad release, told to roll back; then its region goes dark: that is a model fault all the same, and stops at once.
#[test]
fn a_bad_release_in_a_dark_region_is_condemned() {
    let mut night = Night::baking(EU);
    night.judged = Seen::Known(slow());
    night.call(EU);
    night.pass("30s");
    night.dark(EU);
    let call = night.call(EU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 1));
    assert!(call.did(Act::Trip) && night.sight.hub.condemned.contains_key(&release("v427")));
    assert!(night.sight.hub.deferred.is_empty());
    assert!(!night.call(AU).did(Act::Update));
}

/// The wave that found the evidence died before it could condemn: the next one does, in whatever region it begins.
#[test]
fn evidence_that_a_wave_died_with_stops_the_next_one() {
    for (bad, next) in [(EU, EU), (JP, EU), (AU, BR)] {
        let before: Vec<&str> = [EU, AU, JP].into_iter().filter(|region| *region != bad).collect();
        let mut night = Night::confirmed_in(&before);
        night.in_service(EU, if bad == EU || next == EU { "v426" } else { "v427" });
        if next == EU {
            night.sight.regions = Night::new().sight.regions;
        }
        let target = night.target(bad, "v427");
        let back = Some(night.target(bad, "v426"));
        let execution = night.sight.execution.clone();
        night.tell(bad, Record::UpdateIntended { target, back, execution, epoch: Some(Epoch(1)), bake: None });
        let (execution, why) = (actor("wave-1"), said("slow"));
        let (decision, cause) = (Decision::Revert, Some(Cause::Release));
        night.tell(bad, Record::Decided { execution, decision, why, judgement: None, cause });
        if bad == EU {
            night.rollback(EU);
        }
        night.rerun("wave-2");
        let call = night.call(next);
        assert!(!call.did(Act::Prepare) && call.finish() == Some(Finish::Failed), "{bad}, {next}: {:?}", call.last());
        assert!(night.sight.hub.condemned.contains_key(&release("v427")), "{bad}, {next}");
    }
}

/// I3: EU rolled back while its ledger could not be written. Its endpoint says so, and AU does not start on what stands there.
#[test]
fn a_region_that_rolled_back_without_a_word_is_no_evidence() {
    let mut night = Night::confirmed_in(&[EU]);
    night.in_service(EU, "v426");
    let call = night.call(AU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 1));
    assert!(!call.did(Act::Update) && !call.did(Act::Prepare));
    // Soak does not count against it, nor does a control plane that does not answer now.
    let mut soaks = Night::confirmed_in(&[EU]);
    soaks.phase(EU, VariantPhase::Baking);
    assert!(soaks.call(AU).did(Act::Update));
    let mut dark = Night::confirmed_in(&[EU]);
    dark.dark(EU);
    assert!(dark.call(AU).did(Act::Update));
}

/// I10: the verification of a wave that is over comes late, and a newer wave's update is open by then.
#[test]
fn a_late_verification_leaves_a_newer_waves_update_alone() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    night.verify();
    let (target, back) = (night.target(EU, "v428"), Some(night.target(EU, "v427")));
    let execution = actor("wave-2");
    night.tell_as(
        &execution,
        EU,
        Record::UpdateIntended { target, back, execution: execution.clone(), epoch: Some(Epoch(2)), bake: None },
    );
    let call = night.verify();
    assert!(call.plans.iter().all(|plan| !matches!(plan.next, Next::TellRegion(..))), "{:?}", call.last());
}

/// I10: whoever was to answer for a wave died when its end was on record. The answer is that end, whatever newer waves move since.
#[test]
fn a_wave_whose_end_is_on_record_is_answered_for_as_it_ended() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    let call = night.verify();
    let complete = |then| WaveEnd::Complete { version: version("v427"), then, overrides: Vec::new() }.into();
    assert_eq!((call.finish(), &call.last().why), (Some(Finish::Done), &complete(false)));
    night.in_service(EU, "v428");
    night.in_service(AU, "v428");
    night.phase(AU, VariantPhase::Baking);
    let call = night.verify();
    assert_eq!(call.finish(), Some(Finish::Done));
    assert_eq!(call.last().why, complete(true));

    let mut night = Night::confirmed_in(&[EU, AU, BR]);
    night.dark(JP);
    night.pass("30m");
    assert_eq!(night.verify().finish(), Some(Finish::Failed));
    night.in_service(JP, "v427");
    night.in_service(EU, "v428");
    let call = night.verify();
    assert_eq!(call.finish(), Some(Finish::Failed));
    assert_eq!(call.lagging(), [(name(JP), Lagging::Unproved)]);

    // What rolled back everywhere has moved nothing that is left: a newer release makes no success of it.
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    for region in [EU, AU, JP, BR] {
        let (from, to) = (night.target(region, "v427"), night.target(region, "v426"));
        night.tell(region, Record::Reverted { from, to, why: said("its alarm rang") });
        night.in_service(region, "v426");
    }
    assert_eq!(night.verify().finish(), Some(Finish::Failed));
    night.approve("v428");
    assert_eq!(night.verify().finish(), Some(Finish::Failed));
}

/// AU's alarm is in ALARM while its new release soaks and its control plane does not answer: the guardrail is told, and nothing
/// else starts on what AU's ledger says.
#[test]
fn an_alarm_in_a_dark_region_halts_the_fleet() {
    let mut night = Night::let_through(AU);
    night.now = night.canary_ends(AU);
    night.phase(AU, VariantPhase::Baking);
    night.call(AU);
    night.alarm = Some(ringing("alarm fraud-5xx rings"));
    night.dark(AU);
    let call = night.rollback(AU);
    assert!(call.did(Act::Trip));
    assert_eq!((call.pages(), night.history(AU).halt.is_some()), (1, true));
    assert!(!night.call(JP).did(Act::Update));
    assert_eq!(night.rollback(AU).pages(), 0);
}
