//! Calls that come late or twice, and executions that come upon what another one left.

use crate::night::{AU, BR, EU, JP, Night, actor, good, name, release, said, version};
use crate::plans::Says;
use crate::scenarios::{after_page_of_verify, all_promoted, closed, last_plan};
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{Lagging, WaveEnd};
use meridian_domain::{Cause, Decision, Epoch, Record, VariantPhase};

/// I10: the job of a wave that is long over comes once more, and another has walked since.
#[test]
fn a_late_call_of_an_ended_wave_starts_nothing() {
    let mut night = all_promoted();
    night.pass("10m");
    assert_eq!(closed(&mut night, &[EU, AU, JP, BR]).finish(), Some(Finish::Done));
    let newer = night.target(EU, "v430");
    night.tell_as(&actor("wave-2"), EU, Record::Confirmed { target: newer, execution: actor("wave-2"), golden: 10 });
    night.in_service(EU, "v430");
    night.new_call();
    assert_eq!(night.plan(EU).finish(), Some(Finish::Failed));
}

/// Every call of a good night made twice.
#[test]
fn a_doubled_call_does_nothing_more() {
    let mut night = Night::baking(AU);
    night.due(AU);
    assert!(night.next(AU).does(Act::Look));
    night.looked(good());
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Proceed));
    // The same moment again: nothing is written.
    night.new_call();
    assert!(night.plan(AU).does(Act::Beat));
    night.did(Act::Beat);
    assert!(night.plan(AU).waits());
}

/// Two executions of one release: the second neither touches nor keeps alive what the first one started.
#[test]
fn another_executions_update_is_left_to_its_guardrail() {
    let mut night = Night::baking(AU);
    night.pass("11m");
    night.rerun("wave-2");
    assert!(night.plan(AU).waits());
}

/// Two executions of one release: what the first one has just intended, the second must not close.
#[test]
fn an_intent_that_its_wave_will_follow_is_closed_by_no_other() {
    let mut night = Night::confirmed_in(&[EU]);
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
    let intent = night.history(AU).update.clone();
    assert!(intent.is_some());
    night.rerun("wave-2");
    night.new_call();
    let plan = night.next(AU);
    assert!(plan.waits(), "{plan:?}");
    assert_eq!(night.history(AU).update, intent);
}

/// The wave that found the evidence died before it could condemn: the next one does, in whatever region it begins.
#[test]
fn evidence_that_a_wave_died_with_stops_the_next_one() {
    for (bad, next, confirmed) in [(EU, EU, &[][..]), (JP, EU, &[]), (AU, BR, &[EU, JP])] {
        let mut night = Night::confirmed_in(confirmed);
        let target = night.target(bad, "v427");
        let back = Some(night.target(bad, "v426"));
        let execution = night.sight.execution.clone();
        night.tell(bad, Record::UpdateIntended { target, back, execution, epoch: Some(Epoch(1)), bake: None });
        let (execution, why) = (actor("wave-1"), said("slow"));
        let (decision, cause) = (Decision::Revert, Some(Cause::Release));
        night.tell(bad, Record::Decided { execution, decision, why, judgement: None, cause });
        if bad == EU {
            assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
        }
        night.rerun("wave-2");
        let finish = night.refused(next).finish();
        assert_eq!(finish, Some(Finish::Failed), "{bad}, {next}");
        assert!(night.sight.hub.condemned.contains_key(&release("v427")), "{bad}, {next}");
    }
}

/// I10: the verification of a wave that is over comes late, and a newer wave's update is open by then.
#[test]
fn a_late_verification_leaves_a_newer_waves_update_alone() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
    let (target, back) = (night.target(EU, "v428"), Some(night.target(EU, "v427")));
    let execution = actor("wave-2");
    night.tell_as(
        &execution,
        EU,
        Record::UpdateIntended { target, back, execution: execution.clone(), epoch: Some(Epoch(2)), bake: None },
    );
    let plan = last_plan(&night);
    assert_eq!(plan.finish(), Some(Finish::Done), "{plan:?}");
}

/// I10: whoever was to answer for a wave died when its end was on record. The answer is that end, whatever newer waves move since.
#[test]
fn a_wave_whose_end_is_on_record_is_answered_for_as_it_ended() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    let plan = night.next_of_verify();
    let complete = |then| WaveEnd::Complete { version: version("v427"), then, overrides: Vec::new() }.into();
    assert_eq!((plan.finish(), &plan.why), (Some(Finish::Done), &complete(false)));
    night.in_service(EU, "v428");
    night.in_service(AU, "v428");
    night.phase(AU, VariantPhase::Baking);
    let plan = night.next_of_verify();
    assert_eq!((plan.finish(), plan.why), (Some(Finish::Done), complete(true)));

    let mut night = Night::confirmed_in(&[EU, AU, BR]);
    night.dark(JP);
    night.pass("30m");
    assert_eq!(after_page_of_verify(&mut night).finish(), Some(Finish::Failed));
    night.in_service(JP, "v427");
    night.in_service(EU, "v428");
    night.new_call();
    let plan = night.next_of_verify();
    assert_eq!(plan.finish(), Some(Finish::Failed));
    assert_eq!(plan.lagging(), [(name(JP), Lagging::Unproved)]);

    // What rolled back everywhere has moved nothing that is left: a newer release makes no success of it.
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    for region in [EU, AU, JP, BR] {
        let (from, to) = (night.target(region, "v427"), night.target(region, "v426"));
        night.tell(region, Record::Reverted { from, to, why: said("its alarm rang") });
        night.in_service(region, "v426");
    }
    assert_eq!(after_page_of_verify(&mut night).finish(), Some(Finish::Failed));
    night.approve("v428");
    night.new_call();
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed));
}
