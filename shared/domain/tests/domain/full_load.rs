//! The check at full load: green's first minutes after the shift against blue's last hour, before another region starts.

use crate::night::{AU, BR, EU, JP, Night, actor, at, fleet, good, name, release, said, slow, thin, unseen, version};
use crate::problems::{field, unusual_duration};
use jiff::SignedDuration;
use meridian_domain::lookout::{ArmMinutes, Instances, Lookout};
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Gate, RegionState, Revert, WaveEnd};
use meridian_domain::{
    Cause, Decision, FieldRule, Fleet, Invariant, Kind, Reason, Record, Seen, VariantPhase, Verdict, audit,
};
use meridian_judge::{Arm, Judgement, WatchStage};

/// EU on v427, proved a moment ago and soaking.
fn proved() -> Night {
    let mut night = Night::let_through(EU);
    night.now = night.canary_ends(EU) + SignedDuration::from_mins(1);
    night.phase(EU, VariantPhase::Baking);
    night.call(EU);
    assert!(night.history(EU).serves(&release("v427")));
    night
}

fn shifted(night: &Night) -> jiff::Timestamp {
    night.history(EU).update.as_ref().unwrap().confirmed_at.unwrap()
}

fn told(night: &Night) -> bool {
    night.history(EU).full_load.contains(&release("v427"))
}

fn at_full_load(why: &Reason) -> bool {
    matches!(why, Reason::Revert(Revert::WorseAtFullLoad(_)))
}

/// The same, on counts that fail.
fn failed() -> Night {
    let mut night = proved();
    night.judged = Seen::Known(slow());
    night.now = Lookout::full_load_due(&night.fleet, shifted(&night));
    night.call_until(EU, |night| night.history(EU).update.as_ref().unwrap().is_decided(Decision::Revert));
    night
}

#[test]
fn no_region_starts_before_the_previous_full_load_verdict() {
    let mut night = proved();
    let other = night.call(AU);
    let gate = Gate::NotJudgedAtFullLoad { before: name(EU), version: version("v427") };
    assert!(!other.did(Act::Update));
    let (region, version, why) = (name(AU), version("v427"), Box::new(gate.into()));
    let refused = WaveEnd::NotPromoted { region, version, why }.into();
    assert!(other.plans.iter().any(|plan| plan.why == refused), "{:?}", other.plans);
    let mut night = proved();
    let due = Lookout::full_load_due(&night.fleet, shifted(&night));
    assert_eq!(night.calls(EU).finish(), Some(Finish::Done));
    assert!(told(&night) && night.now >= due && night.now < due + SignedDuration::from_secs(30), "{}", night.now);
    assert!(night.call(AU).did(Act::Update));
    assert_eq!(night.pages, 0);
}

/// The audit does not trust the planner with it.
#[test]
fn the_audit_refuses_evidence_not_judged_at_full_load() {
    let mut night = proved();
    night.calls(EU);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    let plan = night.plan(AU);
    assert!(matches!(plan.next, Next::Do(Act::Update, ..)));
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
    night.history_mut(EU).full_load.clear();
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now)[0].invariant(), Invariant::I3);
    night.fleet.guardrail.full_load = SignedDuration::ZERO;
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
}

/// Nor with what the record may say, and of whom.
#[test]
fn the_audit_refuses_a_false_claim_of_being_judged() {
    let night = proved();
    let plan = |region: &str, judgement: Option<Judgement>| {
        let (target, execution) = (night.target(region, "v427"), actor("wave-1"));
        let record = Record::FullLoadJudged { target, execution, why: said(""), judgement };
        Plan { next: Next::TellRegion(name(region), record), why: said("") }
    };
    let notes = |plan: &Plan| audit(&night.fleet, &night.sight, plan, night.now);
    assert_eq!(notes(&plan(EU, Some(good()))), []);
    assert_eq!(notes(&plan(EU, None)), []);
    assert_eq!(notes(&plan(EU, Some(slow())))[0].invariant(), Invariant::I3);
    assert_eq!(notes(&plan(AU, Some(good())))[0].invariant(), Invariant::I3);
    let mut late = proved();
    late.hub_mut().lease = None;
    assert_eq!(audit(&late.fleet, &late.sight, &plan(EU, Some(good())), late.now)[0].invariant(), Invariant::I11);
}

#[test]
fn zero_minutes_switch_the_check_off() {
    let mut night = Night::let_through(EU);
    night.fleet.guardrail.full_load = SignedDuration::ZERO;
    night.now = night.canary_ends(EU) + SignedDuration::from_mins(1);
    night.phase(EU, VariantPhase::Baking);
    assert_eq!(night.call(EU).finish(), Some(Finish::Done));
    assert!(!told(&night) && night.call(AU).did(Act::Update));
}

#[test]
fn a_check_of_no_minutes_or_too_many_is_refused() {
    let text = include_str!("../../../../local/fleets/reference/fleet.toml");
    let with = |minutes: &str| Fleet::parse(&text.replace("full_load = \"2m\"", &format!("full_load = \"{minutes}\"")));
    let broken = || field("guardrail", "full_load", FieldRule::FullLoad);
    for (wrong, problem) in
        [("-1m", unusual_duration("guardrail.full_load", "-1m")), ("90s", broken()), ("31m", broken())]
    {
        assert_eq!(with(wrong).unwrap_err().problem, problem, "{wrong}");
    }
    assert_eq!(with("0s").unwrap().guardrail.full_load_minutes(), 0);
    let left_out: String =
        text.lines().filter(|line| !line.starts_with("full_load")).flat_map(|line| [line, "\n"]).collect();
    assert_eq!(Fleet::parse(&left_out).unwrap().guardrail.full_load_minutes(), 2);
}

/// What shows on load alone: the release is condemned at once, and nobody after EU sees it.
#[test]
fn a_release_failing_at_full_load_is_condemned_in_that_call() {
    let mut night = failed();
    let (decision, why) = night.history(EU).update.clone().unwrap().decision.unwrap();
    assert_eq!(decision, Decision::Revert);
    assert!(at_full_load(&why), "{why:?}");
    assert!(!night.history(EU).serves(&release("v427")), "what was ordered to roll back is no evidence");
    let call = night.call(EU);
    assert!(call.did(Act::Trip), "the guardrail may still listen");
    assert_eq!((call.finish(), night.pages), (Some(Finish::Failed), 1));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.lease.is_none());
    assert!(!night.call(AU).did(Act::Update));
    let again = night.call(EU);
    assert_eq!((again.finish(), night.pages), (Some(Finish::Failed), 1));
}

/// SageMaker watches its alarms in soak: it rolls the update back itself, and the region writes it down.
#[test]
fn a_failure_at_full_load_is_rolled_back_by_a_guardrail_in_soak() {
    let mut night = failed();
    night.call(EU);
    night.phase(EU, VariantPhase::Deleting);
    assert_eq!(night.call(EU).finish(), None, "it rolls back");
    night.in_service(EU, "v426");
    let call = night.rollback(EU);
    assert_eq!((call.pages(), night.history(EU).halt.as_ref()), (0, None));
    let left = &night.history(EU).returned[&release("v427")];
    assert_eq!((left.cause, at_full_load(&left.why)), (Some(Cause::Release), true), "{:?}", left.why);
    assert_eq!(night.history(EU).serving.as_ref().unwrap().target, night.target(EU, "v426"));
}

/// It does not: the region rolls back by itself when soak is over, with its reason, and pages nobody a second time.
#[test]
fn what_fails_at_full_load_rolls_back_by_itself_when_soak_ends() {
    for died in [false, true] {
        let mut night = failed();
        if !died {
            night.call(EU);
        }
        let pages = night.pages;
        assert!(!night.rollback(EU).did(Act::Update), "it soaks");
        night.in_service(EU, "v427");
        assert!(night.rollback(EU).did(Act::Update));
        let history = night.history(EU);
        assert!(history.evidence_against(&release("v427")).is_some() && !history.serves(&release("v427")));
        // The next wave of the same release finds it condemned, or condemns it on this.
        night.rerun("wave-2");
        assert_eq!(night.call(AU).finish(), Some(Finish::Failed));
        assert!(night.sight.hub.condemned.contains_key(&release("v427")));
        assert_eq!(night.pages, pages + usize::from(died));
        night.in_service(EU, "v426");
        night.rollback(EU);
        let left = &night.history(EU).returned[&release("v427")];
        assert_eq!((left.cause, at_full_load(&left.why)), (Some(Cause::Release), true), "{:?}", left.why);
        assert_eq!((left.wave.as_str(), night.history(EU).halt.as_ref()), ("wave-1", None));
        assert!(!told(&night));
    }
}

/// Soak may be shorter than the check: the update is over, and rolls back all the same.
#[test]
fn a_region_whose_soak_is_over_is_judged_all_the_same() {
    for (judgement, finish) in [(good(), Finish::Done), (slow(), Finish::Failed)] {
        let mut night = proved();
        night.in_service(EU, "v427");
        night.judged = Seen::Known(judgement);
        assert_eq!(night.calls(EU).finish(), Some(finish));
        assert_eq!(told(&night), finish == Finish::Done);
        assert_eq!(night.rollback(EU).did(Act::Update), finish == Finish::Failed);
    }
}

/// Too little to say either: the canary has let it through, and that stands.
#[test]
fn an_open_verdict_at_full_load_is_written_down_and_goes_on() {
    let mut night = proved();
    night.judged = Seen::Known(thin());
    assert_eq!(night.calls(EU).finish(), Some(Finish::Done));
    assert!(told(&night));
}

/// Late counts are waited for, as long as policy is patient, and then nobody waits any more.
#[test]
fn missing_counts_are_recorded_and_not_waited_for() {
    let missing = {
        let (lookout, nothing) = (lookout(&proved(), "6m"), ArmMinutes::default());
        lookout.judgement(&fleet(), &nothing, &nothing, Instances::default(), &[])
    };
    assert!(missing.is_missing());
    for judged in [Seen::Unknown(unseen()), Seen::Known(missing)] {
        let mut night = proved();
        let due = Lookout::full_load_due(&night.fleet, shifted(&night));
        night.judged = judged;
        assert_eq!(night.calls(EU).finish(), Some(Finish::Done));
        let waited = night.now.duration_since(due + night.fleet.wave.region_patience);
        assert!(!waited.is_negative() && waited < SignedDuration::from_secs(30), "{}", night.now);
        assert!(told(&night) && night.pages == 0 && night.call(AU).did(Act::Update));
    }
    // They come at last: what they say counts.
    let mut night = proved();
    night.judged = Seen::Unknown(unseen());
    night.now = Lookout::full_load_due(&night.fleet, shifted(&night)) + SignedDuration::from_mins(1);
    assert_eq!(night.call(EU).finish(), None);
    night.judged = Seen::Known(slow());
    assert_eq!(night.calls(EU).finish(), Some(Finish::Failed));
}

/// I7: a region that does not answer any more is left behind, proved as it is.
#[test]
fn a_region_dark_before_full_load_is_deferred_and_stays() {
    let mut night = proved();
    night.dark(EU);
    assert_eq!(night.call(EU).finish(), None);
    night.pass("3m");
    let call = night.call(EU);
    assert_eq!((call.finish(), night.pages, call.did(Act::Trip)), (Some(Finish::Deferred), 1, false));
    let proved = RegionState::WasProved { version: version("v427") };
    assert!(matches!(&call.last().why, Reason::LeftBehind { state, .. } if *state == proved), "{:?}", call.last());
    assert!(night.call(AU).did(Act::Update));
}

/// A halt stops the wave here too, and what is proved stays.
#[test]
fn a_halted_wave_is_not_judged_further() {
    let mut night = proved();
    night.tell(BR, Record::Halted { why: said("its alarm rang") });
    let call = night.call(EU);
    assert_eq!((call.finish(), call.did(Act::Trip)), (Some(Finish::Failed), false));
    assert!(!told(&night) && night.history(EU).serves(&release("v427")));
}

/// I8: killed at any step, the next call ends the same, and says it once.
#[test]
fn a_death_at_any_step_of_the_check_ends_the_same() {
    for judgement in [good(), slow()] {
        let mut usual = proved();
        usual.judged = Seen::Known(judgement.clone());
        let finish = usual.calls(EU).finish();
        let mut night = proved();
        night.judged = Seen::Known(judgement);
        // Every call dies once it has written something.
        for _ in 0..20 {
            let (history, hub) = (night.history(EU).clone(), night.sight.hub.clone());
            let over = |now: &Night| matches!(now.plan(EU).next, Next::Wait | Next::Finish(_));
            night.call_until(EU, |now| over(now) || *now.history(EU) != history || now.sight.hub != hub);
            night.pass("30s");
        }
        assert_eq!(night.calls(EU).finish(), finish);
        let end = |night: &Night| {
            let history = night.history(EU);
            let cause = history.update.as_ref().and_then(|update| update.cause);
            (history.full_load.clone(), cause, night.sight.hub.condemned.keys().copied().collect::<Vec<_>>())
        };
        assert_eq!(end(&night), end(&usual));
    }
}

/// A region without evidence of its own has nothing to compare; nor has a first release.
#[test]
fn only_a_region_with_own_evidence_is_judged_at_full_load() {
    let fleet = fleet();
    let mut region = fleet.region(&name(JP)).unwrap().clone();
    assert!(region.is_judged_at_full_load(&fleet));
    for kind in [Kind::Standby, Kind::Joining] {
        region.kind = kind;
        assert!(!region.is_judged_at_full_load(&fleet));
    }
}

fn lookout(night: &Night, later: &str) -> Lookout {
    let update = night.history(EU).update.as_ref().unwrap();
    let later: SignedDuration = later.parse().unwrap();
    Lookout::on(&night.fleet, update, shifted(night) + later).unwrap().at_stake(&night.fleet, &night.region(EU))
}

/// Green from the first whole minute after its proof in which its instances are warm, blue in the hour before the canary; both fixed by what is on record.
#[test]
fn the_minutes_at_full_load_are_fixed_by_what_is_on_record() {
    let mut update = proved().history(EU).update.clone().unwrap();
    update.canary = Some((at("03:05:20"), at("03:35:20")));
    update.confirmed_at = Some(at("03:36:41"));
    let on = |time: &str| Lookout::on(&fleet(), &update, at(time)).unwrap();
    assert!(on("03:40:59").green.is_empty());
    let (early, late) = (on("03:41:00"), on("03:59:00"));
    assert_eq!((early.green.from, early.green.to), (at("03:38:00"), at("03:39:00")));
    assert_eq!((late.green.from, late.green.to), (at("03:38:00"), at("03:40:00")));
    assert_eq!((late.blue.from, late.blue.to), (at("02:05:00"), at("03:05:00")));
    assert_eq!((late.watch.stage, late.watch.warm_up, late.watch.last_look), (WatchStage::FullLoad, 0, 2));
    assert!(!on("03:41:59").watch.due && on("03:42:00").watch.due);
    assert_eq!(Lookout::full_load_due(&fleet(), at("03:36:41")), at("03:42:00"));
    assert_eq!(Lookout::full_load_due(&fleet(), at("03:37:00")), at("03:42:00"));
}

/// What the whole check is for: latency that a canary's load does not show.
#[test]
fn latency_at_full_load_fails_whatever_the_instances_serve() {
    let night = proved();
    let (lookout, metrics) = (lookout(&night, "6m"), Lookout::metrics(&night.fleet.judge));
    let minutes = |from: jiff::Timestamp, count: i64, slow: u64| {
        let mut all = ArmMinutes::default();
        for metric in &metrics {
            for minute in 0..count {
                let bad = if metric.is_latency() { slow } else { 24 };
                all.put(metric, from + SignedDuration::from_mins(minute), Arm::new(6_000, bad));
            }
        }
        all
    };
    let blue = minutes(lookout.blue.from, 60, 8);
    let three = std::num::NonZeroU32::new(3);
    let instances = Instances { green: three, blue: std::num::NonZeroU32::new(30) };
    let judged = |slow| lookout.judgement(&night.fleet, &minutes(lookout.green.from, 2, slow), &blue, instances, &[]);
    assert_eq!(judged(8).verdict, Verdict::Pass, "{:?}", judged(8));
    assert_eq!(judged(60).verdict, Verdict::Fail, "{:?}", judged(60));
    let failed: Vec<_> = judged(60).grounds().metrics.into_iter().map(|own| own.metric.to_string()).collect();
    assert_eq!(failed, ["latency_over_20ms"]);
}

/// One alpha for the wave: the check may err only as much as the canary's comparison of latencies, which has no say there.
#[test]
fn the_check_spends_what_the_canary_leaves_of_alpha() {
    let policy = fleet().judge;
    let families = 5.0; // 4xx, 5xx, latency, alerts and scores
    let unspent = policy.alpha * (1.0 - policy.bounds_share) / families;
    assert!((policy.at_full_load().alpha - unspent).abs() < 1e-12);
    let few = policy.at_full_load();
    assert_eq!((few.min_minutes, few.dispersion), (2, 2.5 * policy.dispersion));
}
