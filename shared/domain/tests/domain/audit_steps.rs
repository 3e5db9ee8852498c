//! The audit, arm by arm: each kind of step is let go on the facts that it needs, and refused where one of them is gone. The
//! planner never makes these plans, so they are made by hand.

use super::night::{
    AU, EU, JP, Night, actor, bytes_unknown, good, name, release, said, thin, unseen, version, wave_ended,
};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Invariant::{self, I3, I4, I7, I9, I11, I13};
use meridian_domain::plan::{Act, Bake, Golden, Next, Plan};
use meridian_domain::{
    Cause, Decision, EndpointStatus, Epoch, Lease, Record, RegionHistory, Seen, Sha256, Target, Verdict, Violation,
    audit,
};
use meridian_judge::Judgement;
use std::sync::Arc;

/// The invariants that the step would break, as the audit sees the night.
fn broken(night: &Night, next: Next) -> Vec<Invariant> {
    let plan = Plan { next, why: said("") };
    audit(&night.fleet, &night.sight, &plan, night.now).iter().map(Violation::invariant).collect()
}

fn does(night: &Night, act: Act, region: &str) -> Next {
    Next::Do(act, name(region), night.target(region, "v427"))
}

fn tells(region: &str, record: Record) -> Next {
    Next::TellRegion(name(region), record)
}

fn blind(night: &mut Night, region: &str) {
    night.sight.regions.insert(name(region), Seen::Unknown(unseen()));
}

fn decides(decision: Decision, cause: Option<Cause>) -> Record {
    Record::Decided { execution: actor("wave-1"), decision, why: said(""), judgement: None, cause }
}

fn proceeds(judgement: Judgement) -> Next {
    let (execution, decision) = (actor("wave-1"), Decision::Proceed);
    let record = Record::Decided { execution, decision, why: said(""), judgement: Some(judgement), cause: None };
    tells(EU, record)
}

fn confirms(target: Target) -> Record {
    Record::Confirmed { target, execution: actor("wave-1"), golden: 10 }
}

fn settles(target: Target) -> Record {
    Record::Settled { target, execution: actor("wave-1") }
}

fn intends(night: &Night, region: &str, epoch: Option<Epoch>) -> Next {
    let (target, back) = (night.target(region, "v427"), Some(night.target(region, "v426")));
    let bake = Some(Bake::usual(&night.region(region)));
    tells(region, Record::UpdateIntended { target, back, execution: actor("wave-1"), epoch, bake })
}

/// EU's last decision is due, under a lease that was renewed.
fn due() -> Night {
    let mut night = Night::baking(EU);
    night.due(EU);
    let (epoch, until) = (night.sight.hub.epoch, night.now + night.fleet.wave.lease);
    night.hub(Record::LeaseRenewed { epoch, until });
    night
}

/// Shifted, golden records asked and answered right.
fn answered() -> Night {
    let mut night = Night::let_through(EU);
    night.sight.golden.insert(name(EU), Seen::Known(Golden { asked: 10, right: 10 }));
    night
}

/// I11: whether another wave will still ask for what it intends is for the lease's holder to say, in nobody else's name.
#[test]
fn only_the_leases_holder_ends_another_waves_update() {
    let mut night = Night::baking(EU);
    let (from, to, why) = (night.target(EU, "v427"), night.target(EU, "v426"), said(""));
    let ends = || tells(EU, Record::Reverted { from: from.clone(), to: to.clone(), why: why.clone() });
    night.hub_mut().lease = None;
    assert_eq!(broken(&night, ends()), [], "its own");
    night.rerun("wave-2");
    assert_eq!(broken(&night, ends()), [I11]);
    let (epoch, until) = (night.sight.hub.epoch.next(), night.now + SignedDuration::from_mins(1));
    night.hub(Record::LeaseTaken { epoch, until });
    assert_eq!(broken(&night, ends()), []);
}

/// I11: everything that acts on a region or decides about it does so under this wave's lease, as long as that lasts.
#[test]
fn no_step_that_acts_is_taken_without_the_lease() {
    let night = Night::baking(EU);
    let held = night.sight.hub.lease.clone().unwrap();
    let steps = || [does(&night, Act::Prepare, EU), proceeds(good()), intends(&night, EU, Some(held.epoch))];
    let with = |lease: Option<Lease>| {
        let mut sight = night.sight.clone();
        Arc::make_mut(&mut sight.hub).lease = lease;
        let broken = |next| {
            let notes = audit(&night.fleet, &sight, &Plan { next, why: said("") }, night.now);
            notes.iter().map(Violation::invariant).collect::<Vec<_>>()
        };
        steps().map(broken)
    };
    let free: [Vec<Invariant>; 3] = Default::default();
    assert_eq!(with(Some(held.clone())), free);
    let until = |until: Timestamp| Some(Lease { until, ..held.clone() });
    let refused = [vec![I11], vec![I11], vec![I11]];
    assert_eq!(with(None), refused);
    assert_eq!(with(Some(Lease { holder: actor("wave-2"), ..held.clone() })), refused);
    assert_eq!(with(until(night.now)), refused, "a lease that ends now has ended");
    assert_eq!(with(until(night.now - SignedDuration::from_secs(1))), refused);
    assert_eq!(with(until(night.now + SignedDuration::from_secs(1))), free);
    assert_eq!(broken(&night, intends(&night, EU, Some(held.epoch.next()))), [I11], "another generation");
    assert_eq!(broken(&night, intends(&night, EU, None)), [I11], "none");
}

/// I11: the lease is taken where it is free, and only its next generation.
#[test]
fn a_lease_is_taken_where_it_is_free_and_in_its_next_generation() {
    let mut night = Night::baking(EU);
    let takes = |epoch: Epoch, until: Timestamp| Next::TakeLease { epoch, until };
    let (held, until) = (night.sight.hub.lease.clone().unwrap(), night.now + SignedDuration::from_mins(10));
    let next = night.sight.hub.epoch.next();
    assert_eq!(broken(&night, takes(next, until)), [I11], "held");
    night.now = held.until - SignedDuration::from_secs(1);
    assert_eq!(broken(&night, takes(next, until)), [I11], "still held");
    night.now = held.until;
    assert_eq!(broken(&night, takes(next, until)), []);
    assert_eq!(broken(&night, takes(next.next(), until)), [I11], "a generation left out");
    assert_eq!(broken(&night, takes(held.epoch, until)), [I11], "the same generation again");
}

/// I11: a lease is renewed and given back by who holds it.
#[test]
fn only_its_holder_renews_a_lease_or_gives_it_back() {
    let mut night = Night::baking(EU);
    let (epoch, until) = (night.sight.hub.epoch, night.now);
    let records = |epoch: Epoch| [Record::LeaseRenewed { epoch, until }, Record::LeaseReleased { epoch }];
    for (mine, other) in records(epoch).into_iter().zip(records(epoch.next())) {
        assert_eq!(broken(&night, Next::TellHub(mine)), []);
        assert_eq!(broken(&night, Next::TellHub(other)), [I11]);
    }
    night.sight.execution = actor("wave-2");
    for record in records(epoch) {
        assert_eq!(broken(&night, Next::TellHub(record)), [I11]);
    }
    (night.sight.execution, night.hub_mut().lease) = (actor("wave-1"), None);
    for record in records(epoch) {
        assert_eq!(broken(&night, Next::TellHub(record)), [I11]);
    }
}

/// I9: a heartbeat is a judge that looks. When the decision is due it speaks for a canary that was let through, or not at all.
#[test]
fn no_heartbeat_keeps_a_canary_alive_that_nobody_let_through() {
    let beat = |night: &Night| broken(night, does(night, Act::Beat, EU));
    let mut night = Night::baking(EU);
    assert_eq!(beat(&night), []);
    night.due(EU);
    assert_eq!(beat(&night), [I9], "nobody decided, and it is due");
    night.now -= SignedDuration::from_secs(1);
    assert_eq!(beat(&night), [], "not yet due");
    night.due(EU);
    night.tell(EU, decides(Decision::Proceed, None));
    assert_eq!(beat(&night), [], "let through");
    let mut night = Night::baking(EU);
    night.tell(EU, decides(Decision::Revert, Some(Cause::Release)));
    assert_eq!(beat(&night), [I9], "to go back");
}

/// I9: silence is fine once the canary was let through; a first release has none to watch.
#[test]
fn no_heartbeat_alarm_is_disarmed_before_its_canary_may_go_on() {
    let disarm = |night: &Night| broken(night, does(night, Act::Disarm, EU));
    let mut night = Night::baking(EU);
    assert_eq!(disarm(&night), [I9]);
    night.history_mut(EU).update.as_mut().unwrap().back = None;
    assert_eq!(disarm(&night), [], "a first release");
    assert_eq!(disarm(&Night::let_through(EU)), []);
}

/// I4, I9: "on v427" is golden records answered right in this call, after a decision to proceed.
#[test]
fn nothing_is_confirmed_that_was_not_let_through_and_proved() {
    let confirm = |night: &Night| broken(night, tells(EU, confirms(night.target(EU, "v427"))));
    assert_eq!(confirm(&answered()), []);
    let golden = |golden: Option<Seen<Golden>>| {
        let mut night = answered();
        night.sight.golden = golden.into_iter().map(|golden| (name(EU), golden)).collect();
        confirm(&night)
    };
    assert_eq!(golden(None), [I4], "nobody asked");
    assert_eq!(golden(Some(Seen::Unknown(unseen()))), [I4], "no answer");
    assert_eq!(golden(Some(Seen::Known(Golden { asked: 10, right: 9 }))), [I4], "one wrong");
    assert_eq!(golden(Some(Seen::Known(Golden { asked: 0, right: 0 }))), [I4], "none asked");
    let mut elsewhere = answered();
    let answers = elsewhere.sight.golden.remove(&name(EU)).unwrap();
    elsewhere.sight.golden.insert(name(AU), answers);
    assert_eq!(confirm(&elsewhere), [I4], "another region's answers");
    let mut undecided = Night::baking(EU);
    undecided.sight.golden = answered().sight.golden;
    assert_eq!(confirm(&undecided), [I9], "nobody decided");
    undecided.tell(EU, decides(Decision::Revert, Some(Cause::Release)));
    assert_eq!(confirm(&undecided), [I9], "to go back");
    let other = broken(&answered(), tells(EU, confirms(answered().target(EU, "v428"))));
    assert_eq!(other, [I9], "another target than the one that was let through");
}

/// I9: a first release has no canary: it is confirmed by its golden records alone, but where it was told to go.
#[test]
fn a_first_release_needs_no_decision_and_obeys_one() {
    let mut night = answered();
    let confirm = |night: &Night| broken(night, tells(EU, confirms(night.target(EU, "v427"))));
    let first = |night: &mut Night| {
        let own = night.history_mut(EU);
        own.serving = None;
        let update = own.update.as_mut().unwrap();
        (update.back, update.decision) = (None, None);
    };
    first(&mut night);
    assert_eq!(confirm(&night), []);
    night.history_mut(EU).update.as_mut().unwrap().decision = Some((Decision::Revert, said("")));
    assert_eq!(confirm(&night), [I9], "told to go");
    first(&mut night);
    night.history_mut(EU).update.as_mut().unwrap().back = Some(answered().target(EU, "v426"));
    assert_eq!(confirm(&night), [I9], "there is a way back: it had a canary");
    first(&mut night);
    night.history_mut(EU).serving = answered().history(EU).serving.clone();
    assert_eq!(confirm(&night), [I9], "something serves: it is no first release");
}

/// I4: soak is over where the endpoint is in service on the target, and golden records have said so.
#[test]
fn nothing_is_settled_that_is_not_in_service_on_its_target() {
    let settle = |night: &Night| broken(night, tells(EU, settles(night.target(EU, "v427"))));
    let confirmed = || {
        let mut night = answered();
        let target = night.target(EU, "v427");
        night.tell(EU, confirms(target));
        night.sight.golden.clear();
        night.in_service(EU, "v427");
        night
    };
    assert_eq!(settle(&confirmed()), []);
    let mut night = confirmed();
    night.in_service(EU, "v426");
    assert_eq!(settle(&night), [I4], "a guardrail's rollback ends in service too");
    let mut night = confirmed();
    match night.sight.endpoints.get_mut(&name(EU)) {
        Some(Seen::Known(Some(view))) => view.status = EndpointStatus::Updating,
        other => panic!("{other:?}"),
    }
    assert_eq!(settle(&night), [I4], "still updating");
    night.dark(EU);
    assert_eq!(settle(&night), [I4], "not seen");
    let mut night = confirmed();
    night.history_mut(EU).update.as_mut().unwrap().confirmed = false;
    assert_eq!(settle(&night), [I4], "never proved");
    night.sight.golden = answered().sight.golden;
    assert_eq!(settle(&night), [], "proved now");
    let mut night = confirmed();
    night.history_mut(EU).update.as_mut().unwrap().target = answered().target(EU, "v426");
    assert_eq!(settle(&night), [I4], "another target was confirmed");
}

/// I3: what is told as evidence serves, and was proved to.
#[test]
fn nothing_is_evidence_at_full_load_that_does_not_serve_proved() {
    let judged = |change: fn(&mut RegionHistory)| {
        let mut night = Night::confirmed_in(&[EU]);
        night.hub(Record::LeaseTaken { epoch: Epoch(1), until: night.now + SignedDuration::from_mins(10) });
        let (target, execution) = (night.target(EU, "v427"), actor("wave-1"));
        change(night.history_mut(EU));
        let record = Record::FullLoadJudged { target, execution, why: said(""), judgement: Some(good()) };
        broken(&night, tells(EU, record))
    };
    assert_eq!(judged(|_| ()), []);
    assert_eq!(judged(|own| own.confirmed.clear()), [I3], "it serves, and nobody proved it");
    assert_eq!(judged(|own| own.serving = None), [I3], "proved once, and no longer serving");
}

/// I9: what lets a canary through is the region's pass, or the wave's where policy carries it.
#[test]
fn an_open_region_is_carried_only_by_the_waves_pass() {
    let night = due();
    let judged = |verdict: Verdict, wave: Verdict| {
        let mut judgement = good();
        (judgement.verdict, judgement.wave) = (verdict, wave);
        proceeds(judgement)
    };
    let refused = |night: &Night, verdict, wave| broken(night, judged(verdict, wave)) == [I9];
    let (pass, open, fail) = (Verdict::Pass, Verdict::Inconclusive, Verdict::Fail);
    for (verdict, wave, wanted) in [
        (pass, pass, false),
        (pass, open, false),
        (pass, fail, true),
        (open, pass, true),
        (open, open, true),
        (open, fail, true),
        (fail, pass, true),
        (fail, fail, true),
    ] {
        assert_eq!(refused(&night, verdict, wave), wanted, "region {verdict:?}, wave {wave:?}");
    }
}

/// I9: ... each metric with traffic on both arms, and every metric that policy asks for.
#[test]
fn a_pass_needs_every_metric_that_policy_asks_for() {
    let mut night = due();
    for left_out in night.fleet.judge.required() {
        let mut judgement = good();
        judgement.metrics.retain(|metric| metric.metric != left_out);
        assert_eq!(broken(&night, proceeds(judgement)), [I9], "without {left_out}");
    }
    for arm in [0, 1] {
        let mut judgement = good();
        let metric = judgement.metrics.last_mut().unwrap();
        let emptied = if arm == 0 { &mut metric.green } else { &mut metric.blue };
        emptied.total = 0;
        assert_eq!(broken(&night, proceeds(judgement)), [I9], "arm {arm} served nobody");
    }
    assert_eq!(broken(&night, proceeds(thin())), [I9]);
    night.tell(EU, decides(Decision::Revert, Some(Cause::Release)));
    assert_eq!(broken(&night, proceeds(good())), [I9], "a revert stands");
}

/// I9: the timer on record is the one that was asked for.
#[test]
fn a_canarys_timer_is_taken_for_no_other_than_the_one_asked_for() {
    let night = Night::provisioning(EU);
    let wait = night.history(EU).update.as_ref().unwrap().bake.unwrap().wait;
    let starts = |ends: Timestamp| {
        let record = Record::CanaryStarted { execution: actor("wave-1"), from: night.now, ends };
        broken(&night, tells(EU, record))
    };
    assert_eq!(starts(night.now + wait), []);
    assert_eq!(starts(night.now + wait + SignedDuration::from_secs(1)), [I9]);
    assert_eq!(starts(night.now), [I9]);
}

/// I7: a region is left behind for its own faults; a fault of the release condemns it, and only on a revert that says so.
#[test]
fn a_release_is_condemned_only_where_a_revert_says_so() {
    let (why, region) = (|| said(""), || name(JP));
    let defers = || {
        let (execution, release) = (actor("wave-1"), release("v427"));
        Next::TellHub(Record::Deferred { region: region(), execution, release, why: why(), paged: false })
    };
    let condemns = || Next::TellHub(Record::Condemned { release: release("v427"), region: region(), why: why() });
    let blamed = |night: &Night| match (broken(night, defers()).as_slice(), broken(night, condemns()).as_slice()) {
        ([I7], []) => true,
        ([], [I7]) => false,
        other => panic!("{other:?}"),
    };
    let mut night = Night::baking(JP);
    assert!(!blamed(&night), "nobody decided");
    night.tell(JP, decides(Decision::Revert, Some(Cause::Region)));
    assert!(!blamed(&night), "the region's own fault");
    let mut night = Night::baking(JP);
    night.tell(JP, decides(Decision::Revert, Some(Cause::Release)));
    assert!(blamed(&night), "the release's fault, on its way back");
    let (from, to) = (night.target(JP, "v427"), night.target(JP, "v426"));
    night.tell(JP, Record::Reverted { from, to, why: why() });
    assert!(blamed(&night), "rolled back");
    night.history_mut(JP).blamed.clear();
    assert!(blamed(&night), "its return says so alone");
    night.history_mut(JP).returned.values_mut().for_each(|left| left.cause = Some(Cause::Region));
    assert!(!blamed(&night), "it left for another reason");
    night.history_mut(JP).blamed.insert(release("v427"), why());
    assert!(blamed(&night), "an earlier revert says so alone");
    let mut other = Night::baking(JP);
    other.tell(JP, decides(Decision::Revert, Some(Cause::Release)));
    other.history_mut(JP).blamed.clear();
    assert!(blamed(&other), "the open update says so alone");
    other.history_mut(JP).update.as_mut().unwrap().target.release = release("v428");
    assert!(!blamed(&other), "another release's revert");
    let mut proceeds = Night::let_through(JP);
    proceeds.history_mut(JP).update.as_mut().unwrap().cause = Some(Cause::Release);
    assert!(!blamed(&proceeds), "a cause without a revert");
    blind(&mut night, JP);
    assert!(!blamed(&night), "a ledger that cannot be read says nothing");
}

/// I4, I13: a wave that ends names everyone who does not serve the release, proved and seen.
#[test]
fn a_wave_ends_with_nobody_counted_as_done_who_is_not() {
    let night = || Night::confirmed_in(&[EU, AU, JP]);
    let ends = |night: &Night, lagging: &[&str]| {
        let lagging = lagging.iter().map(|region| name(region)).collect();
        let (release, execution) = (release("v427"), actor("wave-1"));
        broken(night, Next::TellHub(wave_ended(release, execution, lagging)))
    };
    let br = super::night::BR;
    assert_eq!(ends(&night(), &[br]), []);
    assert_eq!(ends(&night(), &[br, JP]), [], "too many named is no claim");
    assert_eq!(ends(&night(), &[]), [I4], "BR serves v426");
    let mut dark = night();
    blind(&mut dark, JP);
    assert_eq!(ends(&dark, &[br]), [I13], "JP cannot be seen");
    assert_eq!(ends(&dark, &[br, JP]), []);
    let changes: [fn(&mut RegionHistory); 3] = [
        |own| own.confirmed.clear(),
        |own| own.serving = None,
        |own| {
            own.unknown = Some(meridian_domain::Unknown { since: super::night::at("03:40:00"), why: bytes_unknown() })
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut spoilt = night();
        change(spoilt.history_mut(JP));
        assert_eq!(ends(&spoilt, &[br]), [I4], "change {number}");
        assert_eq!(ends(&spoilt, &[br, JP]), [], "change {number}");
    }
}

/// I13: a region is called well by who has read its ledger.
#[test]
fn no_region_is_called_well_that_cannot_be_seen() {
    let well = |night: &Night| {
        let record = Record::RegionWell { region: name(JP), execution: actor("wave-1") };
        broken(night, Next::TellHub(record))
    };
    let mut night = Night::new();
    assert_eq!(well(&night), []);
    blind(&mut night, JP);
    assert_eq!(well(&night), [I13]);
}

/// What breaks no invariant is nobody's business here: it goes through without a lease too.
#[test]
fn steps_that_can_break_nothing_are_let_go() {
    let mut night = Night::baking(EU);
    night.hub_mut().lease = None;
    let golden = Sha256::of(b"golden");
    let evaluated = Record::Evaluated {
        release: release("v427"),
        champion: None,
        holdout: golden,
        verdict: Verdict::Pass,
        why: said(""),
        golden: Some(golden),
    };
    let attested = Record::Attested { release: release("v427"), version: version("v427") };
    let reverts = decides(Decision::Revert, Some(Cause::Release));
    for next in [
        Next::Wait,
        Next::TellHub(evaluated),
        tells(EU, attested),
        tells(EU, reverts),
        does(&night, Act::Trip, EU),
        does(&night, Act::Look, EU),
        does(&night, Act::AskGolden, EU),
    ] {
        assert_eq!(broken(&night, next.clone()), [], "{next:?}");
    }
}
