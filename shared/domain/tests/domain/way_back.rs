//! Whose word it is that a region rolls back or on, and what must wait for it.

use crate::night::{EU, JP, Night, actor, good, name, release, said};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::{Cause, Decision, Epoch, Invariant, Record, Verdict, alarms, audit};
use meridian_judge::Judgement;

/// What was let through stands where its region goes dark, but not where its own fleet has shown the release bad since: that is
/// said in its ledger, then of the release (I7).
#[test]
fn a_guard_in_a_dark_shifted_region_reverts_and_condemns() {
    let mut night = Night::let_through(JP);
    night.now = night.canary_ends(JP) + SignedDuration::from_secs(30);
    night.dark(JP);
    night.guard_rings(alarms::green_names(&night.fleet)[0].clone());
    night.next(JP);
    night.pass("3m");
    let page = night.next_after(JP, &[Act::Trip]);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed));
    assert_eq!(night.history(JP).update.as_ref().unwrap().cause, Some(Cause::Release));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.deferred.is_empty());
}

/// I6: EU was told at full load to roll back, and waits for its soak to end, or has just said so in its ledger: the next release
/// does not start there before it has.
#[test]
fn the_next_release_waits_for_a_regions_own_way_back() {
    for own_intent in [false, true] {
        let mut night = Night::confirmed_in(&[EU]);
        let (target, back) = (night.target(EU, "v427"), night.target(EU, "v426"));
        night.in_service(EU, "v427");
        let execution = actor("wave-1");
        let (epoch, decision, cause) = (Some(Epoch(1)), Decision::Revert, Some(Cause::Release));
        for record in [
            Record::UpdateIntended {
                target: target.clone(),
                back: Some(back.clone()),
                execution: execution.clone(),
                epoch,
                bake: None,
            },
            Record::Confirmed { target, execution: execution.clone(), golden: 10 },
            Record::Decided { execution, decision, why: said("slow at load"), judgement: None, cause },
        ] {
            night.tell(EU, record);
        }
        if own_intent {
            let execution = actor("rollback.eu-west-1");
            night.tell(EU, Record::UpdateIntended { target: back, back: None, execution, epoch: None, bake: None });
        }
        let open = night.history(EU).update.clone();
        night.approve("v428");
        night.wave_of("v428", "wave-2");
        let plan = night.next(EU);
        assert!(plan.waits(), "{own_intent}: {plan:?}");
        assert_eq!(night.history(EU).update, open, "{own_intent}");
        night.pass("4m");
        assert_eq!(night.refused(EU).finish(), Some(Finish::Deferred), "{own_intent}");
        let start = Record::UpdateIntended {
            target: night.target(EU, "v428"),
            back: Some(night.target(EU, "v427")),
            execution: actor("wave-2"),
            epoch: Some(night.sight.hub.epoch),
            bake: None,
        };
        let wrong = Plan { next: Next::TellRegion(name(EU), start), why: said("") };
        let refused = audit(&night.fleet, &night.sight, &wrong, night.now);
        assert_eq!(refused.iter().any(|note| note.invariant() == Invariant::I6), own_intent, "{refused:?}");
    }
}

/// I7: a region that has halted the fleet, and is still on its own way back when patience ends, ends the wave. Left behind, it
/// would let the next one start, which may not be able to read that halt.
#[test]
fn a_halted_region_on_its_own_way_back_ends_the_wave() {
    let mut night = Night::confirmed_in(&[EU]);
    let (back, execution) = (night.target(EU, "v426"), actor("rollback.eu-west-1"));
    night.in_service(EU, "v427");
    night.tell(EU, Record::UpdateIntended { target: back, back: None, execution, epoch: None, bake: None });
    night.tell(EU, Record::Halted { why: said("wrong answers") });
    night.approve("v428");
    night.wave_of("v428", "wave-2");
    night.next(EU);
    night.pass("4m");
    assert_eq!(night.next(EU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.deferred.is_empty(), "{:?}", night.sight.hub.deferred);
}

/// I9 by the audit's own look: a verdict that says pass lets nothing through on half a comparison, on a metric that fails, or
/// without one that policy asks for.
#[test]
fn the_audit_lets_no_canary_through_on_half_a_comparison() {
    let mut night = Night::baking(EU);
    night.due(EU);
    let refused = |night: &Night, judgement: Judgement| {
        let (execution, decision) = (actor("wave-1"), Decision::Proceed);
        let judgement = Some(judgement);
        let record = Record::Decided { execution, decision, why: said(""), judgement, cause: None };
        let plan = Plan { next: Next::TellRegion(name(EU), record), why: said("") };
        audit(&night.fleet, &night.sight, &plan, night.now).iter().any(|note| note.invariant() == Invariant::I9)
    };
    assert!(!refused(&night, good()));
    let changes: [fn(&mut Judgement); 5] = [
        |judgement| judgement.metrics[0].green.total = 0,
        |judgement| judgement.metrics[0].blue.total = 0,
        |judgement| judgement.metrics[0].verdict = Verdict::Fail,
        |judgement| judgement.wave = Verdict::Fail,
        |judgement| judgement.metrics.clear(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut judgement = good();
        change(&mut judgement);
        assert!(refused(&night, judgement), "change {number}");
    }
}
