//! Each stage of one region's update: what is due, and what is not.

use crate::night::{
    AU, BR, EU, JP, Night, actor, good, judged, judged_beside, name, refusal, release, said, slow, thin, unseen,
    version,
};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{self, Act, Finish, Next};
use meridian_domain::reason::{Gate, Step, Wait, WaveEnd};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Decision, EndpointStatus, Epoch, MissingData, Reason, Record, Rule, Seen,
    VariantPhase, alarms,
};
use meridian_judge::Judgement;

#[test]
fn a_region_starts_by_lease_preparation_intent_and_update() {
    let mut night = Night::new();
    let Next::TakeLease { epoch, until } = night.plan(EU).next else { panic!("{:?}", night.plan(EU)) };
    assert_eq!(epoch, Epoch(1));
    night.hub(Record::LeaseTaken { epoch, until });
    assert!(night.plan(EU).does(Act::Prepare));
    night.did(Act::Prepare);
    let Next::TellRegion(_, intent) = night.plan(EU).next else { panic!("{:?}", night.plan(EU)) };
    assert!(matches!(intent, Record::UpdateIntended { back: Some(_), epoch: Some(Epoch(1)), .. }), "{intent:?}");
    night.tell(EU, intent);
    assert!(night.plan(EU).does(Act::Update));
    night.taken(EU);
    assert!(night.plan(EU).does(Act::Beat));
    night.did(Act::Beat);
    assert!(night.plan(EU).waits());
}

/// Whether people are paged for a region in which nothing starts, and how the action ends there; none where it waits.
fn without_start(night: &mut Night, region: &str) -> (bool, Option<Finish>) {
    let plan = night.next(region);
    if plan.pages() {
        night.sent(plan);
        return (true, night.next(region).finish());
    }
    assert!(plan.waits() || plan.finish().is_some(), "{plan:?}");
    (false, plan.finish())
}

/// What keeps EU from starting, what comes of that at once, and what after policy's patience: in another call nobody is
/// paged again. Whoever halted the wave or ended it has paged already.
#[test]
fn what_must_hold_before_a_start() {
    type Change = fn(&mut Night);
    type Ends = (bool, Option<Finish>);
    const WAITS: Ends = (false, None);
    const FAILS: Ends = (false, Some(Finish::Failed));
    const PAGES: Ends = (true, Some(Finish::Failed));
    const LEAVES: Ends = (true, Some(Finish::Deferred));
    const LEFT: Ends = (false, Some(Finish::Deferred));
    let objections: [(&str, Change, Ends, Ends); 10] = [
        ("halt", |n| n.hub(Record::Halted { why: said("freeze") }), FAILS, FAILS),
        ("regional halt", |n| n.tell(BR, Record::Halted { why: said("its alarm") }), FAILS, FAILS),
        ("not approved", |n| n.sight.approved = Seen::Known(false), PAGES, FAILS),
        ("overridden", |n| n.hub_mut().approved.clear(), PAGES, FAILS),
        ("ended", |n| n.hub_mut().ended = [(actor("wave-1"), vec![])].into(), FAILS, FAILS),
        ("no proved way back", |n| n.in_service(EU, "v425"), LEAVES, LEFT),
        ("no rollback alarm", |n| n.sight.alarms = Seen::Known(vec![]), LEAVES, LEFT),
        ("home's registry is dark", |n| n.sight.approved = Seen::Unknown(unseen()), WAITS, WAITS),
        ("no alarms to be seen", |n| n.sight.alarms = Seen::Unknown(unseen()), WAITS, LEAVES),
        ("another wave holds the lease", |n| n.hub_mut().lease = held_by_another(n), WAITS, WAITS),
    ];
    for (what, change, at_once, later) in objections {
        let mut night = Night::new();
        change(&mut night);
        assert_eq!(without_start(&mut night, EU), at_once, "{what}");
        night.new_call();
        night.pass("4m");
        assert_eq!(without_start(&mut night, EU), later, "{what}, later");
    }
}

fn held_by_another(night: &Night) -> Option<meridian_domain::Lease> {
    let until = night.now + SignedDuration::from_mins(10);
    Some(meridian_domain::Lease { epoch: Epoch(7), holder: actor("wave-0"), until })
}

#[test]
fn an_unattested_or_alarming_region_waits_and_is_deferred() {
    let rings = |night: &mut Night| {
        let name = alarms::composite_name(&night.fleet);
        let alarm = AlarmView { name, state: AlarmState::Alarm, set_off_by: None, since: None };
        night.sight.alarms = Seen::Known(vec![alarm]);
    };
    let changes: [fn(&mut Night); 2] = [rings, |night| night.history_mut(AU).attested.clear()];
    for (number, change) in changes.into_iter().enumerate() {
        let mut night = Night::confirmed_in(&[EU]);
        change(&mut night);
        assert!(night.next(AU).waits(), "change {number}");
        night.pass("3m");
        assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred), "change {number}");
        // Once said, another call says it to nobody.
        night.new_call();
        assert_eq!(night.next(AU).finish(), Some(Finish::Deferred), "change {number}");
    }
}

/// I3: AU has not confirmed, and is not deferred.
#[test]
fn nobody_overtakes() {
    let mut night = Night::confirmed_in(&[EU]);
    assert_eq!(night.refused(JP).finish(), Some(Finish::Failed));
    let mut night = Night::confirmed_in(&[EU]);
    night.deferred(AU, "v427");
    night.starts(JP);
}

/// I3: what was confirmed once and replaced since is no evidence.
#[test]
fn evidence_is_of_what_serves_now() {
    let mut night = Night::confirmed_in(&[EU]);
    let newer = night.target(EU, "v430");
    night.tell(EU, Record::Confirmed { target: newer, execution: actor("wave-9"), golden: 10 });
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
}

#[test]
fn a_running_update_is_watched_with_a_heartbeat_at_every_look() {
    let mut night = Night::provisioning(AU);
    night.pass("30s");
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    let mut night = Night::baking(AU);
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::Look));
    night.looked(good());
    assert!(night.next(AU).waits());
}

/// I8: the answer to `UpdateEndpoint` was lost, or the function died before it wrote it down.
#[test]
fn an_update_with_no_outcome_written_is_found_and_finished() {
    let mut night = Night::confirmed_in(&[EU]);
    night.intends(AU);
    // While nothing can be seen of it, nobody says that it began.
    night.did(Act::Update);
    night.dark(AU);
    night.next(AU);
    assert!(!night.history(AU).update.as_ref().unwrap().started);
    night.new_call();
    night.phase(AU, VariantPhase::Creating);
    night.pass("30s");
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    assert!(night.history(AU).update.as_ref().unwrap().started);
}

/// I8: the function died between intent and call.
#[test]
fn an_intent_without_a_call_is_called_once_more() {
    let mut night = Night::confirmed_in(&[EU]);
    night.intends(AU);
    night.pass("30s");
    assert!(night.plan(AU).does(Act::Prepare));
    night.did(Act::Prepare);
    // At once: it is not intended again.
    assert!(night.plan(AU).does(Act::Update), "{:?}", night.plan(AU));
}

/// What is decided of AU's canary once that is due, on what the call sees; and whose fault that is.
fn decided_on(night: &mut Night, seen: Seen<Judgement>) -> (Option<Decision>, Option<Cause>) {
    night.due(AU);
    assert!(night.next(AU).does(Act::Look), "it looks before anything else");
    match seen {
        Seen::Known(judgement) => night.looked(judgement),
        Seen::Unknown(_) => night.looked_in_vain(),
    }
    night.next(AU);
    let update = night.history(AU).update.as_ref().unwrap();
    (update.decision.as_ref().map(|(last, _)| *last), update.cause)
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
        assert_eq!(decided_on(&mut night, seen.clone()), (Some(decision), cause), "{seen:?}");
        let act = if decision == Decision::Proceed { Act::Beat } else { Act::Trip };
        assert!(night.next_after(AU, &[act]).waits(), "{seen:?}");
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
        let found = decided_on(&mut Night::baking(AU), Seen::Known(judgement.clone()));
        assert_eq!(found, (Some(decision), cause), "{judgement:?}");
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
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::Look));
    night.looked(slow());
    assert!(night.next(AU).does(Act::Trip));
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
        if night.plan(AU).does(Act::Beat) {
            last_beat = night.now;
        }
        night.now += SignedDuration::from_secs(1);
        night.hub(Record::LeaseRenewed { epoch: night.sight.hub.epoch, until: night.now + night.fleet.wave.lease });
    }
    let silence = ends.duration_since(last_beat);
    assert!(silence > alarms::LONGEST_SILENCE + SignedDuration::from_mins(1));
    assert_eq!(silence, night.fleet.guardrail.decide_before_end + SignedDuration::from_secs(1), "and no earlier");
    let heartbeat = alarms::heartbeat(&night.fleet, MissingData::Breaching);
    let unnoticed = heartbeat.period * (heartbeat.evaluation_periods + 2 + 2);
    assert_eq!(SignedDuration::from_secs(unnoticed.into()), alarms::LONGEST_SILENCE);
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
    night.passes(AU);
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
    assert!(night.next_after(EU, &[Act::Prepare]).does(Act::Update));
    night.did(Act::Update);
    night.sight.refused = Some(refusal());
    let end = night.refused(EU);
    assert_eq!(end.finish(), Some(Finish::Failed));
    let (region, version, why) = (name(EU), version("v427"), Box::new(refusal().into()));
    assert_eq!(end.why, WaveEnd::NotOn { region, version, why }.into());
    let history = night.history(EU);
    assert!(history.update.is_none() && history.serving.as_ref().unwrap().target == night.target(EU, "v426"));
    assert!(night.sight.hub.lease.is_none() && night.sight.hub.condemned.is_empty());
    // Mended, the next execution of the same release gets there.
    night.new_call();
    night.rerun("wave-2");
    night.starts(EU);
}

/// I9: SageMaker shifted although nobody had let the canary through; `rollback` rolls it back.
#[test]
fn in_service_without_a_decision_is_no_success() {
    let mut night = Night::baking(AU);
    night.pass("20m");
    night.in_service(AU, "v427");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
    let plan = night.next_of_rollback(AU);
    assert!(plan.does(Act::Update), "{plan:?}");
    let update = night.history(AU).update.as_ref().unwrap();
    assert_eq!((&update.target, update.epoch), (&night.target(AU, "v426"), None));
    night.taken_back(AU, "v426");
    night.new_call();
    night.in_service(AU, "v426");
    night.next_of_rollback(AU);
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
        assert!(night.next(JP).does(Act::Trip), "{due}");
    }
}

#[test]
fn bytes_that_are_unknown_are_never_a_success() {
    for status in [EndpointStatus::Failed, EndpointStatus::OutOfService] {
        let mut night = Night::baking(AU);
        night.status(AU, status);
        assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred), "{status:?}");
    }
}

/// A wave that failed midway left EU confirmed but not settled; the next release still gets there.
#[test]
fn the_next_wave_settles_what_the_last_one_left_open() {
    let mut night = Night::shifted(EU);
    let target = night.target(EU, "v427");
    night.tell(EU, Record::Confirmed { target: target.clone(), execution: actor("wave-1"), golden: 10 });
    night.judged_at_full_load(EU);
    night.pass("12m");
    night.in_service(EU, "v427");
    night.approve("v430");
    night.wave_of("v430", "wave-2");
    night.hub_mut().lease = None;
    let settled = Record::Settled { target, execution: actor("wave-1") };
    assert_eq!(night.plan(EU).next, Next::TellRegion(name(EU), settled));
    assert!(night.next_after(EU, &[Act::Prepare]).does(Act::Update));
}

/// A night whose wave died in AU between its intent and the call, and whose lease has run out.
fn abandoned_intent() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.intends(AU);
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
    night.starts(EU);
}

/// ... but while anything could still run there, the other regions wait (I13).
#[test]
fn an_intent_that_may_have_been_called_does() {
    for change in [|n: &mut Night| n.dark(AU), |n: &mut Night| n.phase(AU, VariantPhase::Creating)] {
        let mut night = abandoned_intent();
        change(&mut night);
        waits_for(&mut night, JP, AU);
    }
    // Its own wave holds the lease: it may be about to call.
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.intends(JP);
    waits_for(&mut night, BR, JP);
}

/// `region` does not start, whatever its place in the order, while `other` may be shifting.
fn waits_for(night: &mut Night, region: &str, other: &str) {
    let (what, until) = (Rule::Order, night.now + SignedDuration::from_hours(1));
    night.hub(Record::Overridden { what, region: Some(name(region)), why: "urgent".to_owned(), until });
    let plan = night.next(region);
    let gate = Gate::MidShift { version: version("v427"), wave: actor("wave-1") };
    assert!(plan.waits(), "{plan:?}");
    assert_eq!(plan.why, Wait::Gate { region: Some(name(other)), gate }.into());
}

/// The region's own sweep closes it, once no call can be alive that would follow it.
#[test]
fn an_intent_that_came_to_nothing_is_closed_by_the_sweep() {
    let mut night = abandoned_intent();
    night.now -= SignedDuration::from_mins(10);
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    assert!(night.history(AU).update.is_some());
    night.pass("10m");
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done), "and nobody is paged");
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
    let gate = Gate::MidShift { version: version("v427"), wave: actor("wave-1") };
    let in_the_way = Step::InTheWay { region: name(JP), why: gate.clone() };
    assert_eq!(night.plan(EU).why, in_the_way.into());
    assert_eq!(night.next(EU).why, Wait::Gate { region: Some(name(JP)), gate: gate.clone() }.into());
    night.pass("3m");
    let page = night.next(EU);
    assert!(page.pages(), "{page:?}");
    let why: Reason = gate.into();
    assert_eq!(page.why, WaveEnd::Deferred { region: name(JP), why: Box::new(why.clone()) }.into());
    night.sent(page);
    assert!(night.next(EU).does(Act::Prepare));
    assert_eq!(night.sight.hub.deferred[&(actor("wave-2"), name(JP))], why);
}

/// A gate may fail that is asked after the one that notices an ended wave: the pipeline says what people were paged for.
#[test]
fn the_action_fails_for_the_reason_of_its_page() {
    let changes: [fn(&mut Night); 2] =
        [|night| night.sight.approved = Seen::Known(false), |night| night.history_mut(EU).confirmed.clear()];
    for (number, change) in changes.into_iter().enumerate() {
        let mut night = Night::confirmed_in(&[EU]);
        change(&mut night);
        let page = night.next(AU);
        let why = page.why.clone();
        night.sent(page);
        let end = night.next(AU);
        assert_eq!((end.finish(), end.why), (Some(Finish::Failed), why), "change {number}");
        assert!(night.sight.hub.ended.contains_key(&actor("wave-1")), "change {number}");
    }
}
