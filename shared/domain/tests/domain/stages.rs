//! Each stage of one region's update: what is due, and what is not.

use crate::night::{
    AU, BR, EU, JP, Night, actor, good, judged, judged_beside, name, refusal, release, said, slow, thin, unseen,
    version,
};
use jiff::SignedDuration;
use meridian_domain::plan::{self, Act, Finish, Next};
use meridian_domain::reason::{Gate, Step, Wait, WaveEnd};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Decision, EndpointStatus, Epoch, MissingData, Reason, Record, Seen, VariantPhase,
    alarms,
};

#[test]
fn a_region_starts_by_lease_preparation_intent_and_update() {
    let mut night = Night::new();
    let call = night.call(EU);
    let steps: Vec<&Next> = call.plans.iter().map(|plan| &plan.next).collect();
    assert!(matches!(
        steps[..],
        [
            Next::TakeLease { epoch: Epoch(1), .. },
            Next::Do(Act::Prepare, ..),
            Next::TellRegion(_, Record::UpdateIntended { back: Some(_), epoch: Some(Epoch(1)), .. }),
            Next::Do(Act::Update, ..),
            Next::Do(Act::Beat, ..),
            Next::Wait,
        ]
    ));
}

/// What keeps EU from starting: `None` waits (and defers the region after policy's patience), `Failed` ends the wave.
#[test]
fn what_must_hold_before_a_start() {
    type Change = fn(&mut Night);
    let objections: [(&str, Change, Option<Finish>, Option<Finish>); 9] = [
        ("halt", |n| n.hub(Record::Halted { why: said("freeze") }), Some(Finish::Failed), None),
        ("regional halt", |n| n.tell(BR, Record::Halted { why: said("its alarm") }), Some(Finish::Failed), None),
        ("not approved", |n| n.sight.approved = Seen::Known(false), Some(Finish::Failed), None),
        ("overridden", |n| n.hub_mut().approved.clear(), Some(Finish::Failed), None),
        ("ended", |n| n.hub_mut().ended = [(actor("wave-1"), vec![])].into(), Some(Finish::Failed), None),
        ("no proved way back", |n| n.in_service(EU, "v425"), Some(Finish::Failed), None),
        ("home's registry is dark", |n| n.sight.approved = Seen::Unknown(unseen()), None, None),
        ("no alarms to be seen", |n| n.sight.alarms = Seen::Unknown(unseen()), None, Some(Finish::Deferred)),
        ("another wave holds the lease", |n| n.hub_mut().lease = held_by_another(n), None, None),
    ];
    for (what, change, at_once, later) in objections {
        let mut night = Night::new();
        change(&mut night);
        let call = night.call(EU);
        assert!(!call.did(Act::Update) && !call.did(Act::Prepare), "{what}");
        assert_eq!(call.finish(), at_once, "{what}: {:?}", call.last());
        if at_once.is_none() {
            night.pass("4m");
            assert_eq!(night.call(EU).finish(), later, "{what}");
        }
    }
}

fn held_by_another(night: &Night) -> Option<meridian_domain::Lease> {
    let until = night.now + SignedDuration::from_mins(10);
    Some(meridian_domain::Lease { epoch: Epoch(7), holder: actor("wave-0"), until })
}

#[test]
fn an_unattested_or_alarming_region_waits_and_is_deferred() {
    let mut night = Night::confirmed_in(&[EU]);
    let composite = alarms::composite_name(&night.fleet);
    night.sight.alarms =
        Seen::Known(vec![AlarmView { name: composite, state: AlarmState::Alarm, set_off_by: None, since: None }]);
    assert_eq!(night.call(AU).finish(), None);
    night.pass("3m");
    let call = night.call(AU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Deferred), 1));
    assert_eq!(night.call(AU).pages(), 0);
}

/// I3: AU has not confirmed, and is not deferred.
#[test]
fn nobody_overtakes() {
    let mut night = Night::confirmed_in(&[EU]);
    assert_eq!(night.call(JP).finish(), Some(Finish::Failed));
    let mut night = Night::confirmed_in(&[EU]);
    night.hub(deferral(AU));
    assert!(night.call(JP).did(Act::Update));
}

fn deferral(region: &str) -> Record {
    let (region, execution) = (name(region), actor("wave-1"));
    Record::Deferred { region, execution, release: release("v427"), why: said("dark"), paged: false }
}

/// I3: what was confirmed once and replaced since is no evidence.
#[test]
fn evidence_is_of_what_serves_now() {
    let mut night = Night::confirmed_in(&[EU]);
    let newer = night.target(EU, "v430");
    night.tell(EU, Record::Confirmed { target: newer, execution: actor("wave-9"), golden: 10 });
    assert_eq!(night.call(AU).finish(), Some(Finish::Failed));
}

#[test]
fn a_running_update_is_watched_with_a_heartbeat_at_every_look() {
    let mut night = Night::provisioning(AU);
    night.pass("30s");
    let call = night.call(AU);
    assert!(call.did(Act::Beat) && matches!(call.last().next, Next::Wait));
    let mut night = Night::baking(AU);
    let call = night.call(AU);
    assert!(call.did(Act::Beat) && call.did(Act::Look) && matches!(call.last().next, Next::Wait));
}

/// I8: the answer to `UpdateEndpoint` was lost, or the function died before it wrote it down.
#[test]
fn an_update_with_no_outcome_written_is_found_and_finished() {
    let mut night = Night::confirmed_in(&[EU]);
    night.takes_updates = false;
    night.call(AU);
    assert!(!night.history(AU).update.as_ref().unwrap().started);
    night.phase(AU, VariantPhase::Creating);
    night.pass("30s");
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().started);
}

/// I8: the function died between intent and call.
#[test]
fn an_intent_without_a_call_is_called_once_more() {
    let mut night = Night::confirmed_in(&[EU]);
    night.takes_updates = false;
    night.call(AU);
    night.in_service(AU, "v426");
    night.takes_updates = true;
    night.pass("30s");
    let call = night.call(AU);
    assert!(call.did(Act::Update));
    let intents =
        call.plans.iter().filter(|plan| matches!(plan.next, Next::TellRegion(_, Record::UpdateIntended { .. })));
    assert_eq!(intents.count(), 0);
}

/// What the counts say when the decision is due, and what policy makes of it.
#[test]
fn only_a_pass_proceeds() {
    let table = [
        (Seen::Known(good()), Decision::Proceed, None),
        (Seen::Known(slow()), Decision::Revert, Some(Cause::Release)),
        (Seen::Known(thin()), Decision::Revert, Some(Cause::Undecided)),
        (Seen::Known(judged(0, 0)), Decision::Revert, Some(Cause::Undecided)),
        (Seen::Unknown(unseen()), Decision::Revert, Some(Cause::Unclear)),
    ];
    for (seen, decision, cause) in table {
        let mut night = Night::baking(AU);
        night.judged = seen.clone();
        night.due(AU);
        let call = night.call(AU);
        let update = night.history(AU).update.clone().unwrap();
        assert_eq!((update.decision.map(|(last, _)| last), update.cause), (Some(decision), cause), "{seen:?}");
        let proceeds = decision == Decision::Proceed;
        assert_eq!((call.did(Act::Beat), call.did(Act::Trip)), (proceeds, !proceeds), "{seen:?}");
    }
}

/// A region that saw too little to say either is rolled back, however good the evidence of others is; and blames the release
/// only where the pooled evidence is against it.
#[test]
fn the_evidence_of_others_lets_no_starved_region_through() {
    let table = [
        (judged_beside(100, 0, &[good().evidence]), Decision::Revert, Some(Cause::Undecided)),
        (judged_beside(0, 0, &[good().evidence]), Decision::Revert, Some(Cause::Undecided)),
        (judged_beside(100, 0, &[slow().evidence]), Decision::Revert, Some(Cause::Release)),
    ];
    for (judgement, decision, cause) in table {
        let mut night = Night::baking(AU);
        night.judged = Seen::Known(judgement.clone());
        night.due(AU);
        night.call(AU);
        let update = night.history(AU).update.clone().unwrap();
        assert_eq!((update.decision.map(|(last, _)| last), update.cause), (Some(decision), cause), "{judgement:?}");
    }
}

/// What let a region through is pooled by the regions after it, and forgotten when the region leaves the release.
#[test]
fn evidence_carries_to_the_next_region_for_its_release_only() {
    let mut night = Night::let_through(EU);
    let eu = name(EU);
    assert_eq!(night.sight.evidence_beside(&name(AU)), [good().evidence]);
    assert!(night.sight.evidence_beside(&eu).is_empty());
    let (from, to) = (night.target(EU, "v427"), night.target(EU, "v426"));
    night.tell(EU, Record::Reverted { from, to, why: said("its alarm rang") });
    assert!(night.sight.evidence_beside(&name(AU)).is_empty());
}

#[test]
fn a_broken_bound_reverts_without_waiting_for_the_timer() {
    let mut night = Night::baking(AU);
    night.judged = Seen::Known(slow());
    assert!(night.call(AU).did(Act::Trip));
}

/// I9: between the last undecided heartbeat and the timer's end lies the longest silence that the alarm does not notice, and a
/// minute.
#[test]
fn an_undecided_judge_does_not_beat_once_a_decision_is_due() {
    let mut night = Night::baking(AU);
    let ends = night.canary_ends(AU);
    let mut last_beat = night.now;
    while night.now < ends {
        // It dies at the worst moment: after the heartbeat, before it has written a decision.
        let plan = night.plan(AU);
        if matches!(plan.next, Next::Do(Act::Beat, ..)) {
            last_beat = night.now;
        }
        night.now += SignedDuration::from_secs(1);
        night.hub(Record::LeaseRenewed { epoch: night.sight.hub.epoch, until: night.now + night.fleet.wave.lease });
    }
    assert!(ends.duration_since(last_beat) > alarms::LONGEST_SILENCE + SignedDuration::from_mins(1));
    let heartbeat = alarms::heartbeat(&night.fleet, MissingData::Breaching);
    let silence = heartbeat.period * (heartbeat.evaluation_periods + 2 + 2);
    assert_eq!(SignedDuration::from_secs(silence.into()), alarms::LONGEST_SILENCE);
}

/// The longest silence of a canary's judge that is called every so often, counted from its first call; each call takes 20 s
/// before it has beaten or decided.
fn silence(every: i64, first: i64) -> SignedDuration {
    let night = Night::baking(AU);
    let (region, ends) = (night.region(AU), night.canary_ends(AU));
    let due = ends - night.fleet.guardrail.decide_before_end;
    let (mut at, mut longest) = (night.now + SignedDuration::from_secs(first), SignedDuration::ZERO);
    let mut heard = at;
    loop {
        let beats = at + SignedDuration::from_secs(20);
        longest = longest.max(beats.duration_since(heard));
        if at >= due {
            return longest;
        }
        heard = plan::beats(&region, night.history(AU).update.as_ref(), beats).last().unwrap();
        at += SignedDuration::from_secs(every);
    }
}

/// CodePipeline's calls have no stated interval: a minute is room enough wherever they fall, and more is noticed as a silence.
#[test]
fn calls_every_minute_are_no_silence_and_slower_ones_may_be() {
    let heartbeat = alarms::heartbeat(&Night::new().fleet, MissingData::Breaching);
    let noticed = SignedDuration::from_secs((heartbeat.period * heartbeat.datapoints).into());
    let longest = |every| (0..every).map(|first| silence(every, first)).max().unwrap();
    assert!(longest(30) <= noticed && longest(60) <= noticed, "{:#} and {:#}", longest(30), longest(60));
    assert!(longest(90) > noticed, "{:#}", longest(90));
}

/// One death costs no canary: what one look beats holds until Lambda has repeated the call. A judge who is dead for good is
/// noticed before the timer's end all the same (I9).
#[test]
fn heartbeats_bridge_one_crash_and_end_with_the_decision() {
    let mut night = Night::baking(AU);
    let region = night.region(AU);
    let (from, ends) = night.history(AU).update.as_ref().unwrap().canary.unwrap();
    let last = |night: &Night, at| plan::beats(&region, night.history(AU).update.as_ref(), at).last().unwrap();
    assert!(last(&night, from).duration_since(from) >= SignedDuration::from_secs(60));
    let mut at = from;
    while at < ends - night.fleet.guardrail.decide_before_end {
        assert!(ends.duration_since(last(&night, at)) >= alarms::LAST_BEAT, "at {at}");
        at += SignedDuration::from_secs(1);
    }
    night.due(AU);
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Proceed));
    assert_eq!(last(&night, ends), ends + SignedDuration::from_secs(60));
}

/// The heartbeat alarm starts quiet: every period that it may look at holds a beat.
#[test]
fn priming_fills_every_period_that_the_alarm_looks_at() {
    let night = Night::new();
    let heartbeat = alarms::heartbeat(&night.fleet, MissingData::Breaching);
    let beats: Vec<_> = alarms::priming(night.now).collect();
    let gap = SignedDuration::from_secs(heartbeat.period.into());
    assert!(beats.windows(2).all(|pair| pair[1].duration_since(pair[0]) == gap));
    assert_eq!(beats.last(), Some(&night.now));
    assert!(beats.len() >= heartbeat.evaluation_periods as usize + 2);
}

/// What AWS will never take ends the action, in AWS's words, and releases the lease.
#[test]
fn an_update_that_is_refused_for_good_ends_the_wave_with_a_page() {
    let mut night = Night::new();
    night.refuses = Some(refusal());
    let call = night.call(EU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 1));
    let (region, version, why) = (name(EU), version("v427"), Box::new(refusal().into()));
    assert_eq!(call.last().why, WaveEnd::NotOn { region, version, why }.into());
    let history = night.history(EU);
    assert!(history.update.is_none() && history.serving.as_ref().unwrap().target == night.target(EU, "v426"));
    assert!(night.sight.hub.lease.is_none() && night.sight.hub.condemned.is_empty());
    // Mended, the next execution of the same release gets there.
    night.refuses = None;
    night.rerun("wave-2");
    assert!(night.call(EU).did(Act::Update));
}

/// I9: SageMaker shifted although nobody had let the canary through; `rollback` rolls it back.
#[test]
fn in_service_without_a_decision_is_no_success() {
    let mut night = Night::baking(AU);
    night.pass("20m");
    night.in_service(AU, "v427");
    assert_eq!(night.call(AU).finish(), Some(Finish::Deferred));
    let call = night.rollback(AU);
    assert!(matches!(&call.plans[0].next, Next::TellRegion(_, Record::UpdateIntended { target, .. })
        if *target == night.target(AU, "v426")));
    assert!(call.did(Act::Update));
    night.in_service(AU, "v426");
    night.rollback(AU);
    let left = &night.history(AU).returned[&release("v427")];
    assert_eq!(left.wave, actor("wave-1"));
    assert_eq!(night.history(AU).serving.as_ref().unwrap().target, night.target(AU, "v426"));
}

/// I7: AU's late alarm while JP's canary bakes.
#[test]
fn a_halt_elsewhere_rolls_a_canary_back() {
    for due in [false, true] {
        let mut night = if due { Night::let_through(JP) } else { Night::baking(JP) };
        night.tell(AU, Record::Halted { why: said("its alarm rang") });
        assert!(night.call(JP).did(Act::Trip));
    }
}

#[test]
fn bytes_that_are_unknown_are_never_a_success() {
    for status in [EndpointStatus::Failed, EndpointStatus::OutOfService] {
        let mut night = Night::baking(AU);
        night.status(AU, status);
        let call = night.call(AU);
        assert_eq!((call.finish(), call.pages()), (Some(Finish::Deferred), 1), "{status:?}");
    }
}

/// A wave that failed midway left EU confirmed but not settled; the next release still gets there.
#[test]
fn the_next_wave_settles_what_the_last_one_left_open() {
    let mut night = Night::let_through(EU);
    night.now = night.canary_ends(EU) + SignedDuration::from_mins(1);
    night.phase(EU, VariantPhase::Baking);
    assert_eq!(night.calls(EU).finish(), Some(Finish::Done));
    night.pass("12m");
    night.in_service(EU, "v427");
    night.rerun("wave-2");
    night.sight.release = release("v430");
    night.sight.version = "v430".parse().unwrap();
    night.hub(Record::Approved { release: release("v430"), created: night.now });
    night.tell(EU, Record::Attested { release: release("v430"), version: "v430".parse().unwrap() });
    night.hub(Record::LeaseReleased { epoch: night.sight.hub.epoch });
    night.hub_mut().lease = None;
    assert!(night.call(EU).did(Act::Update));
}

/// A night whose wave died in AU between its intent and the call, and whose lease has run out.
fn abandoned_intent() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    night.pass("20m");
    night.rerun("wave-2");
    night
}

/// `region` is on v426 again, on record.
fn roll_back(night: &mut Night, region: &str) {
    let (from, to) = (night.target(region, "v427"), night.target(region, "v426"));
    night.in_service(region, "v426");
    night.tell_as(&actor("rollback"), region, Record::Reverted { from, to, why: said("slow") });
}

/// Nobody called it, nobody may any more, and the endpoint rests: no shift is in progress (I1).
#[test]
fn an_intent_that_was_never_called_holds_no_other_region() {
    let mut night = abandoned_intent();
    roll_back(&mut night, EU);
    assert!(night.call(EU).did(Act::Update));
}

/// ... but while anything could still run there, the other regions wait (I13).
#[test]
fn an_intent_that_may_have_been_called_does() {
    for change in [|n: &mut Night| n.dark(AU), |n: &mut Night| n.phase(AU, VariantPhase::Creating)] {
        let mut night = abandoned_intent();
        change(&mut night);
        let call = night.call(JP);
        assert!(!call.did(Act::Update) && call.finish() != Some(Finish::Done), "{:?}", call.last());
    }
    // Its own wave holds the lease: it may be about to call.
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.call_until(JP, |night| night.history(JP).update.is_some());
    assert!(!night.call(BR).did(Act::Update));
}

/// The region's own sweep closes it, once no call can be alive that would follow it.
#[test]
fn an_intent_that_came_to_nothing_is_closed_by_the_sweep() {
    let mut night = abandoned_intent();
    night.now -= SignedDuration::from_mins(10);
    night.rollback(AU);
    assert!(night.history(AU).update.is_some());
    night.pass("10m");
    let call = night.rollback(AU);
    assert_eq!((call.pages(), call.did(Act::Update)), (0, false));
    let history = night.history(AU);
    assert!(history.update.is_none() && history.halt.is_none());
    assert_eq!(history.serving.as_ref().unwrap().target, night.target(AU, "v426"));
}

/// A neighbour that answers, with an update that has no end, is not said to be dark.
#[test]
fn a_neighbour_in_the_way_is_deferred_for_a_reason_of_its_own() {
    let mut night = Night::provisioning(JP);
    night.hub_mut().lease = None;
    night.rerun("wave-2");
    roll_back(&mut night, EU);
    let mut plans = night.call(EU).plans;
    night.pass("3m");
    plans.extend(night.call(EU).plans);
    assert!(night.sight.hub.deferred.contains_key(&(actor("wave-2"), name(JP))));
    let gate = Gate::MidShift { version: version("v427"), wave: actor("wave-1") };
    let in_the_way = Reason::from(Step::InTheWay { region: name(JP), why: gate.clone() });
    assert!(plans.iter().any(|plan| plan.why == in_the_way), "{plans:#?}");
    let dark = |why: &Reason| matches!(why, Reason::Step(Step::FallsSilent { .. }) | Reason::Wait(Wait::Silent { .. }));
    assert!(!plans.iter().any(|plan| dark(&plan.why)), "{plans:#?}");
    assert_eq!(night.sight.hub.deferred[&(actor("wave-2"), name(JP))], gate.into());
}
