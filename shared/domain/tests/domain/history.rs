//! What entries add up to: facts said twice, late or by somebody who has lost his place change nothing.

use crate::night::{AU, EU, JP, Night, actor, at, name, release, said, unseen, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Next, Plan, Silence};
use meridian_domain::reason::{ErrorKind, FailureDetail, Fault, OperationName, Return, ServiceFailure, WayBackReason};
use meridian_domain::{Advice, Cause, Decision, Epoch, Head, HubHistory, Reason, Record, VariantPhase};

fn decided(decision: Decision, why: &str) -> Record {
    let cause = (decision == Decision::Revert).then_some(Cause::Unclear);
    Record::Decided { execution: actor("wave-1"), decision, why: said(why), judgement: None, cause }
}

#[test]
fn every_fact_of_a_regions_update_said_twice_is_said_once() {
    let mut night = Night::confirmed_in(&["eu-west-1"]);
    let (target, back) = (night.target(AU, "v427"), night.target(AU, "v426"));
    let wave = || actor("wave-1");
    let (from, ends) = (at("03:10:00"), at("03:16:00"));
    for record in [
        Record::UpdateIntended {
            target: target.clone(),
            back: Some(back),
            execution: wave(),
            epoch: Some(Epoch(1)),
            bake: None,
        },
        Record::UpdateStarted { execution: wave() },
        Record::CanaryStarted { execution: wave(), from, ends },
        decided(Decision::Proceed, "enough"),
        Record::Confirmed { target: target.clone(), execution: wave(), golden: 10 },
        Record::Settled { target: target.clone(), execution: wave() },
    ] {
        night.tell(AU, record.clone());
        let once = night.history(AU).clone();
        night.pass("1m");
        night.tell(AU, record.clone());
        assert_eq!(*night.history(AU), once, "{record:?}");
    }
    assert!(night.history(AU).serves(&release("v427")));
}

/// An intent that is written again by a doubled event does not forget the canary that runs.
#[test]
fn an_intent_said_again_later_forgets_nothing() {
    let mut night = Night::let_through(AU);
    let before = night.history(AU).clone();
    let update = before.update.clone().unwrap();
    let (target, back, execution) = (update.target, update.back, update.execution);
    night.tell(AU, Record::UpdateIntended { target, back, execution, epoch: update.epoch, bake: update.bake });
    assert_eq!(*night.history(AU), before);
}

/// `rollback` says revert while `promote` is about to say proceed: whoever writes last, it is rolled back (I9).
#[test]
fn a_revert_stands() {
    let mut night = Night::baking(AU);
    night.tell(AU, decided(Decision::Revert, "its alarm rang"));
    night.tell(AU, decided(Decision::Proceed, "enough"));
    let update = night.history(AU).update.clone().unwrap();
    assert_eq!(update.decision, Some((Decision::Revert, said("its alarm rang"))));
    assert_eq!(update.cause, Some(Cause::Unclear));
}

/// A confirmation that was on its way when the region rolled back does not bring the release back on paper.
#[test]
fn a_wave_that_has_left_says_nothing_more() {
    let mut night = Night::let_through(AU);
    let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
    night.tell(AU, Record::Reverted { from: from.clone(), to: to.clone(), why: said("slow") });
    let before = night.history(AU).clone();
    night.tell(AU, Record::Confirmed { target: from.clone(), execution: actor("wave-1"), golden: 10 });
    night.tell(AU, Record::Settled { target: from, execution: actor("wave-1") });
    assert_eq!(*night.history(AU), before);
    assert_eq!(before.serving.unwrap().target, to);
}

/// `promote` and `rollback` both see the region back and both write it.
#[test]
fn a_rollback_written_by_two_is_one_with_its_cause() {
    let mut night = Night::baking(AU);
    let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
    night.tell(AU, decided(Decision::Revert, "slow"));
    let back = Record::Reverted { from, to, why: said("slow") };
    night.tell(AU, back.clone());
    let before = night.history(AU).clone();
    night.tell_as(&actor("rollback.ap-southeast-2"), AU, back);
    assert_eq!(*night.history(AU), before);
    let left = &before.returned[&release("v427")];
    assert_eq!((left.wave.as_str(), left.cause), ("wave-1", Some(Cause::Unclear)));
}

fn hub(records: &[(&str, Record)]) -> HubHistory {
    let mut history = HubHistory::default();
    for (by, record) in records {
        history.apply(&Head::default().entry(at("03:00:00"), actor(by), record.clone()));
    }
    history
}

/// I11: an earlier holder's renewal, release or late claim does not take the fleet from the one who holds it.
#[test]
fn a_stale_holder_cannot_touch_the_lease() {
    let taken = |epoch| Record::LeaseTaken { epoch: Epoch(epoch), until: at("03:10:00") };
    let held = [("wave-1", taken(1)), ("wave-2", taken(2))];
    let now = hub(&held);
    assert_eq!(now.lease.as_ref().unwrap().holder, actor("wave-2"));
    for late in [
        ("wave-1", Record::LeaseRenewed { epoch: Epoch(1), until: at("04:00:00") }),
        ("wave-1", Record::LeaseRenewed { epoch: Epoch(2), until: at("04:00:00") }),
        ("wave-1", Record::LeaseReleased { epoch: Epoch(1) }),
        ("wave-1", taken(1)),
        ("wave-1", taken(2)),
    ] {
        assert_eq!(hub(&[&held[..], std::slice::from_ref(&late)].concat()), now, "{late:?}");
    }
    let renewed =
        hub(&[&held[..], &[("wave-2", Record::LeaseRenewed { epoch: Epoch(2), until: at("04:00:00") })]].concat());
    assert_eq!(renewed.lease.unwrap().until, at("04:00:00"));
    assert!(hub(&[&held[..], &[("wave-2", Record::LeaseReleased { epoch: Epoch(2) })]].concat()).lease.is_none());
}

/// A time-out, then the same service's error, is one outage: a page for it that is owed, or went out, is not owed again.
#[test]
fn a_reworded_outage_is_one_page() {
    let why = |detail| {
        let (kind, region, operation) = (ErrorKind::Unreachable, name(AU), OperationName::ListObjectsV2);
        let unread = ServiceFailure { kind, region: region.clone(), operation, detail: Box::new(detail) }.into();
        let (from, to, why) = (version("v427"), version("v426"), WayBackReason::Undecided);
        Reason::from(Return::Unread { region, from, to, why, unread })
    };
    let (silent, failed) = (why(FailureDetail::NoAnswerInTime), why(FailureDetail::Said("SlowDown: later".to_owned())));
    let mut night = Night::let_through(AU);
    for why in [silent, failed.clone()] {
        night.tell(AU, Record::PageOwed { why, advice: Advice::FindCause });
        assert_eq!(night.history(AU).owed.len(), 1);
    }
    night.tell(AU, Record::PageSent { why: failed });
    assert!(night.history(AU).owed.is_empty() && night.history(AU).pages.len() == 1);
}

/// Patience counts from the first word of an illness, however often it is said.
#[test]
fn an_illness_said_twice_does_not_begin_anew() {
    let mut night = Night::new();
    let ill = Record::RegionIll { region: name(AU), execution: actor("wave-1"), why: said("no answer") };
    night.hub(ill.clone());
    let before = night.sight.hub.clone();
    night.pass("2m");
    night.hub(ill);
    assert_eq!(night.sight.hub, before);
}

/// The wave's next look at AU, half a minute after the one that ended for `plan`.
fn next_look(night: &mut Night, plan: &Plan) -> Plan {
    night.sight.silence = Silence::after(&plan.why, night.now, night.sight.silence.take());
    night.new_call();
    night.pass("30s");
    assert!(night.plan(AU).does(Act::Beat));
    night.did(Act::Beat);
    night.plan(AU)
}

/// AU, which is provisioning, stops answering: on record, and waited for.
fn falls_silent(night: &mut Night) -> Plan {
    night.dark(AU);
    let (region, execution) = (name(AU), actor("wave-1"));
    let why = Reason::Fault(Fault::Unseen(unseen()));
    assert_eq!(night.plan(AU).next, Next::TellHub(Record::RegionIll { region, execution, why }));
    night.next_after(AU, &[Act::Beat])
}

/// However often it is looked at: one entry when it begins, with the call that was not answered, and one when it has answered for
/// two minutes.
#[test]
fn an_illness_that_lasts_is_one_entry_at_each_end() {
    let mut night = Night::provisioning(AU);
    let mut plan = falls_silent(&mut night);
    for _ in 0..4 {
        assert!(plan.waits(), "{plan:?}");
        plan = next_look(&mut night, &plan);
    }
    night.phase(AU, VariantPhase::Creating);
    for _ in 0..3 {
        plan = next_look(&mut night, &plan);
        assert!(plan.waits(), "{plan:?}");
    }
    let (region, execution) = (name(AU), actor("wave-1"));
    assert_eq!(next_look(&mut night, &plan).next, Next::TellHub(Record::RegionWell { region, execution }));
    plan = night.next(AU);
    assert!(plan.waits());
    assert!(next_look(&mut night, &plan).waits());
}

/// A service that answers every other call: the patience that began with it runs on, and the region is left behind.
#[test]
fn an_illness_that_comes_and_goes_is_one_illness() {
    let mut night = Night::provisioning(AU);
    let mut plan = falls_silent(&mut night);
    let began = night.now;
    let patience = night.fleet.wave.region_patience;
    while night.now.duration_since(began) + SignedDuration::from_secs(60) < patience {
        night.phase(AU, VariantPhase::Creating);
        plan = next_look(&mut night, &plan);
        assert!(plan.waits(), "{plan:?}");
        night.dark(AU);
        plan = next_look(&mut night, &plan);
        assert!(plan.waits(), "{plan:?}");
    }
    night.pass("1m");
    assert!(night.next(AU).does(Act::Trip));
}

/// A neighbour for which the wave has just waited is well once the region starts all the same: what comes later is another illness.
#[test]
fn a_neighbour_that_answers_as_a_region_starts_is_well() {
    let mut night = Night::confirmed_in(&[EU]);
    let (region, execution) = (name(JP), actor("wave-1"));
    night.hub(Record::RegionIll { region: region.clone(), execution, why: said("no answer") });
    night.sight.silence = Some(Silence { region: region.clone(), seen: night.now });
    assert!(night.next(AU).does(Act::Prepare));
    assert!(night.sight.hub.ill.contains_key(&region));
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
    assert!(!night.sight.hub.ill.contains_key(&region));
}
