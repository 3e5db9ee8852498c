//! The nights that Meridian was built for, as the planner sees them.

use crate::night::{AU, BR, EU, JP, Night, actor, good, judged, name, release, ringing, slow, unseen, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, Plan, verify};
use meridian_domain::{Cause, Decision, Record, Seen, VariantPhase, alarms};

/// A region from its start to its confirmation, and that nobody is told anything meanwhile.
fn promoted(night: &mut Night, region: &str) {
    night.new_call();
    night.starts(region);
    night.new_call();
    assert!(night.next_after(region, &[Act::Beat]).waits(), "{region}");
    night.new_call();
    night.bakes(region);
    assert!(night.next_after(region, &[Act::Beat]).does(Act::Look), "{region}");
    night.looked(good());
    assert!(night.next(region).waits(), "{region}");
    night.new_call();
    night.passes(region);
    night.now = night.canary_ends(region);
    night.phase(region, VariantPhase::ActivatingTraffic);
    assert!(night.next_after(region, &[Act::Beat]).waits(), "{region}");
    night.new_call();
    night.pass("1m");
    night.phase(region, VariantPhase::Baking);
    assert!(night.next_after(region, &[Act::Beat]).does(Act::AskGolden), "{region}");
    night.is_proved(region);
    night.in_service(region, "v427");
}

/// Every region promoted in this wave, and no soak settled.
pub fn all_promoted() -> Night {
    let mut night = Night::new();
    for region in [EU, AU, JP, BR] {
        promoted(&mut night, region);
    }
    night
}

/// What the wave's last action says once it has asked the golden records of `soaked`, whose soak is not settled yet.
pub fn closed(night: &mut Night, soaked: &[&str]) -> Plan {
    night.new_call();
    for region in soaked {
        let plan = night.next_of_verify();
        assert!(matches!(&plan.next, Next::Do(Act::AskGolden, own, _) if *own == name(region)), "{region}: {plan:?}");
        night.asked(region, Some(10));
    }
    night.next_of_verify()
}

/// The last action's next plan alone.
pub fn last_plan(night: &Night) -> Plan {
    verify(&night.fleet, &night.sight, night.now)
}

/// The same of the wave's last action, which begins with that page.
pub fn after_page_of_verify(night: &mut Night) -> Plan {
    let page = night.next_of_verify();
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    night.next_of_verify()
}

#[test]
fn good_night() {
    let mut night = all_promoted();
    night.pass("6m");
    night.phase(BR, VariantPhase::Baking);
    assert!(closed(&mut night, &[EU, AU, JP]).waits(), "BR soaks");
    night.pass("4m");
    night.in_service(BR, "v427");
    assert_eq!(closed(&mut night, &[BR]).finish(), Some(Finish::Done));
    assert!(night.sight.hub.lease.is_none(), "released, and not run out");
    night.new_call();
    assert_eq!(last_plan(&night).finish(), Some(Finish::Done), "asked again, the same answer and nothing done");
}

/// JP's plane is dark while its green instances are being provisioned; BR goes on.
fn tokyo_dark() -> Night {
    let mut night = Night::provisioning(JP);
    night.pass("30s");
    night.dark(JP);
    assert!(night.next_after(JP, &[Act::Beat]).waits(), "a short illness must not cost the canary");
    night.new_call();
    night.pass("3m");
    assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Deferred));
    promoted(&mut night, BR);
    night.pass("10m");
    night
}

/// The plane returns: SageMaker turns the update back; `rollback` writes it down and needs nobody.
fn tokyo_returns(night: &mut Night) {
    night.in_service(JP, "v426");
    assert_eq!(night.next_of_rollback(JP).finish(), Some(Finish::Done));
}

#[test]
fn tokyo_dark_defers_japan_and_pages_once() {
    let mut night = tokyo_dark();
    tokyo_returns(&mut night);
    let left = &night.history(JP).returned[&release("v427")];
    assert_eq!((left.cause, night.history(JP).halt.as_ref()), (Some(Cause::Region), None));
    assert_eq!(closed(&mut night, &[BR]).finish(), Some(Finish::Failed), "and nobody is told again");
    assert!(night.sight.hub.condemned.is_empty());
}

#[test]
fn tokyo_rerun_promotes_japan_alone() {
    let mut night = tokyo_dark();
    tokyo_returns(&mut night);
    assert_eq!(closed(&mut night, &[BR]).finish(), Some(Finish::Failed));
    // What the first wave left to do there but for their release: nobody had called it to its end.
    for region in [EU, AU] {
        night.tell(region, night.usual_scaling(region));
        night.tell(region, Record::ScalingSet { execution: actor("wave-1") });
    }
    night.rerun("wave-2");
    night.new_call();
    for region in [EU, AU] {
        assert_eq!(night.plan(region).finish(), Some(Finish::Done), "{region}");
    }
    promoted(&mut night, JP);
    night.new_call();
    assert_eq!(night.plan(BR).finish(), Some(Finish::Done));
    night.pass("10m");
    let all_clear = closed(&mut night, &[JP]);
    assert!(matches!(all_clear.next, Next::Advise { .. }), "{all_clear:?}");
    night.sent(all_clear);
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
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
        assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Deferred));
    }
}

/// Another night, and JP's plane is still dark with the old update open: the others do not wait for it.
#[test]
fn tokyo_still_dark_the_next_night_does_not_hold_europe() {
    let mut night = tokyo_dark();
    assert_eq!(closed(&mut night, &[BR]).finish(), Some(Finish::Failed));
    assert!(night.history(JP).update.is_some());
    night.hub(Record::Approved { release: release("v430"), created: night.now });
    night.tell(EU, Record::Attested { release: release("v430"), version: version("v430") });
    night.wave_of("v430", "wave-2");
    night.new_call();
    night.starts(EU);
}

/// The region answers again between the decision and the deferral: it is rolled back, and is deferred, not condemned.
#[test]
fn a_region_that_returns_too_early_is_still_no_model_fault() {
    let mut night = Night::baking(JP);
    night.dark(JP);
    assert!(night.next_after(JP, &[Act::Beat]).waits());
    night.new_call();
    night.pass("3m");
    // The call dies when it has decided.
    assert!(night.next(JP).does(Act::Trip));
    assert!(night.history(JP).update.as_ref().unwrap().is_decided(Decision::Revert));
    night.phase(JP, VariantPhase::Deleting);
    assert!(night.next(JP).waits());
    night.in_service(JP, "v426");
    assert_eq!(night.refused(JP).finish(), Some(Finish::Deferred));
    assert!(night.sight.hub.condemned.is_empty() && night.sight.hub.ill.is_empty());
}

/// Dark once its canary was let through and its timer is over: nothing is torn, the next execution asks which model answers.
#[test]
fn dark_after_the_shift_is_left_as_it_is_and_proved_later() {
    let mut night = Night::let_through(JP);
    night.now = night.canary_ends(JP) + SignedDuration::from_secs(30);
    night.dark(JP);
    assert!(night.next_after(JP, &[Act::Beat]).waits());
    night.new_call();
    night.pass("3m");
    assert_eq!(night.refused_after(JP, &[Act::Disarm]).finish(), Some(Finish::Deferred));
    night.in_service(JP, "v427");
    night.wave_ends();
    night.rerun("wave-2");
    night.new_call();
    assert!(night.next(JP).does(Act::AskGolden));
    night.is_proved(JP);
}

/// BR's ledger cannot be read when EU is to start: BR is left behind, not EU.
#[test]
fn a_neighbour_that_cannot_be_seen_is_left_behind_itself() {
    let mut night = Night::new();
    night.sight.regions.insert(name(BR), Seen::Unknown(unseen()));
    assert!(night.next(EU).waits());
    night.pass("3m");
    let page = night.next(EU);
    assert!(matches!(&page.next, Next::Page { region, .. } if *region == name(BR)), "{page:?}");
    night.sent(page);
    assert!(night.next(EU).does(Act::NoteDeferral));
    night.did(Act::NoteDeferral);
    night.starts(EU);
    night.new_call();
    assert_eq!(night.next(BR).finish(), Some(Finish::Deferred));
}

#[test]
fn bad_model_is_condemned_and_nobody_else_sees_it() {
    let mut night = Night::baking(EU);
    // The guardrail is faster than the judge.
    night.phase(EU, VariantPhase::Deleting);
    assert!(night.next(EU).does(Act::Look));
    night.looked(judged(10_000, 9_000));
    assert!(night.next(EU).waits());
    night.new_call();
    night.in_service(EU, "v426");
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
    assert!(night.sight.hub.lease.is_none());
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done), "and nobody is told again");
    assert!(night.history(EU).halt.is_none());
    night.rerun("wave-2");
    night.new_call();
    for region in [EU, AU, JP, BR] {
        assert_eq!(night.next(region).finish(), Some(Finish::Failed), "{region}");
    }
}

/// The whole way back fits between two looks: the reason is still found.
#[test]
fn an_unwatched_rollback_is_explained_by_counts_or_guard() {
    let returned = |judgement, guard_rings: bool| {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        if guard_rings {
            night.guard_rings(alarms::green_names(&night.fleet)[0].clone());
        }
        assert!(night.next(EU).does(Act::Look));
        night.looked(judgement);
        let finish = night.refused(EU).finish();
        (finish, night.history(EU).returned[&release("v427")].cause, night.sight.hub.condemned.len())
    };
    assert_eq!(returned(good(), true), (Some(Finish::Failed), Some(Cause::Release), 1));
    assert_eq!(returned(slow(), false), (Some(Finish::Failed), Some(Cause::Release), 1));
    let nothing_shows_it_bad = (Some(Finish::Deferred), Some(Cause::Unclear), 0);
    assert_eq!(returned(good(), false), nothing_shows_it_bad);
}

#[test]
fn bad_eval_touches_no_endpoint() {
    let mut night = Night::new();
    night.sight.approved = Seen::Known(false);
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    assert!(night.history(EU).update.is_none());
}

#[test]
fn late_alarm_rolls_back_by_regional_means_and_halts_the_fleet() {
    let mut night = all_promoted();
    night.own.alarm = Some(ringing("p99 over 20 ms"));
    assert!(night.next_of_rollback(AU).does(Act::Update));
    night.taken_back(AU, "v426");
    let page = night.next_of_rollback(AU);
    night.own_sent(AU, page);
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    assert!(night.history(AU).halt.is_some());
    night.new_call();
    night.in_service(AU, "v426");
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    assert_eq!(night.history(AU).serving.as_ref().unwrap().target, night.target(AU, "v426"));
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done), "the alarm may ring on for a while");
    assert_eq!(closed(&mut night, &[EU, JP, BR]).finish(), Some(Finish::Failed), "and nobody is told again");
    night.rerun("wave-2");
    night.new_call();
    assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
}

/// The region rolled back and its page did not go out: a halt is no sign that people were told.
#[test]
fn a_halt_that_nobody_was_told_of_is_paged_by_the_wave() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
    assert!(night.next_of_rollback(AU).does(Act::Update));
    night.taken_back(AU, "v426");
    let Plan { next: Next::Page { advice, .. }, why } = night.next_of_rollback(AU) else { panic!("no page") };
    night.own.paged = true;
    night.tell_as(&actor(&format!("rollback.{AU}")), AU, Record::PageOwed { why, advice });
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    assert!(night.history(AU).halt.is_some());
    night.new_call();
    night.pass("29s");
    let early = night.next_of_rollback(AU);
    assert_eq!(early.finish(), Some(Finish::Done), "the call that put it on record may still send it");
    night.pass("1s");
    assert_eq!(after_page_of_verify(&mut night).finish(), Some(Finish::Failed));
    let page = night.next_of_rollback(AU);
    night.own_sent(AU, page);
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    night.new_call();
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
}

/// EU's judge fell silent, SageMaker rolled its canary back, and the region has said so.
fn judge_dead() -> Night {
    let mut night = Night::baking(EU);
    night.pass("3m");
    night.in_service(EU, "v426");
    let page = night.next_of_rollback(EU);
    night.own_sent(EU, page);
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
    assert!(night.history(EU).halt.is_some());
    night.new_call();
    night
}

#[test]
fn judge_dies_and_the_region_says_so_itself() {
    let mut night = judge_dead();
    assert_eq!(night.history(EU).serving.as_ref().unwrap().target, night.target(EU, "v426"));
    // CodePipeline calls once more: EU does not move until its halt is lifted, and nobody is told again. That its judge fell
    // silent says nothing of the others.
    assert_eq!(night.next(EU).finish(), Some(Finish::Deferred));
    night.new_call();
    night.starts(AU);
    assert!(night.history(EU).halt.is_some());
}

#[test]
fn a_lifted_halt_lets_the_next_execution_start() {
    let mut night = judge_dead();
    night.tell(EU, Record::Lifted { why: "the function was mended".to_owned() });
    // The dead wave's lease has run out.
    night.pass("11m");
    night.rerun("wave-3");
    night.starts(EU);
}

/// A bad release, told to roll back; then its region goes dark: that is a model fault all the same, and stops at once.
#[test]
fn a_bad_release_in_a_dark_region_is_condemned() {
    let mut night = Night::baking(EU);
    night.looked(slow());
    assert!(night.next_after(EU, &[Act::Beat, Act::Trip]).waits());
    night.new_call();
    night.pass("30s");
    night.dark(EU);
    assert_eq!(night.refused_after(EU, &[Act::Trip]).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
    assert!(night.sight.hub.deferred.is_empty());
    night.new_call();
    assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
}

/// I3: EU rolled back while its ledger could not be written. Its endpoint says so, and AU does not start on what stands there.
#[test]
fn a_region_that_rolled_back_without_a_word_is_no_evidence() {
    let mut night = Night::confirmed_in(&[EU]);
    night.in_service(EU, "v426");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    // Soak does not count against it, nor does a control plane that does not answer now.
    let mut soaks = Night::confirmed_in(&[EU]);
    soaks.phase(EU, VariantPhase::Baking);
    soaks.starts(AU);
    let mut dark = Night::confirmed_in(&[EU]);
    dark.dark(EU);
    dark.starts(AU);
}

/// AU's alarm is in ALARM while its new release soaks and its control plane does not answer: the guardrail is told, and nothing
/// else starts on what AU's ledger says.
#[test]
fn an_alarm_in_a_dark_region_halts_the_fleet() {
    let mut night = Night::shifted(AU);
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::AskGolden));
    night.asked(AU, Some(10));
    assert!(night.next_after(AU, &[Act::Disarm]).waits());
    night.own.alarm = Some(ringing("alarm fraud-5xx rings"));
    night.dark(AU);
    assert!(night.next_of_rollback(AU).does(Act::Trip));
    night.own.done.insert(Act::Trip);
    let page = night.next_of_rollback(AU);
    night.own_sent(AU, page);
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    assert!(night.history(AU).halt.is_some());
    night.new_call();
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed));
    assert!(night.next_of_rollback(AU).does(Act::Trip));
    night.own.done.insert(Act::Trip);
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
}
