//! The check at full load: green's first minutes after the shift against blue's last hour, before another region starts.

use crate::night::{AU, BR, EU, JP, Night, actor, at, fleet, good, name, release, said, slow, thin, unseen, version};
use crate::plans::Says;
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
    let mut night = Night::shifted(EU);
    night.asked(EU, Some(10));
    assert!(night.next_after(EU, &[Act::Beat, Act::Disarm]).waits());
    assert!(night.history(EU).serves(&release("v427")));
    night.new_call();
    night
}

fn shifted(night: &Night) -> jiff::Timestamp {
    night.history(EU).update.as_ref().unwrap().confirmed_at.unwrap()
}

fn due(night: &Night) -> jiff::Timestamp {
    Lookout::full_load_due(&night.fleet, shifted(night))
}

fn told(night: &Night) -> bool {
    night.history(EU).full_load.contains(&release("v427"))
}

fn at_full_load(why: &Reason) -> bool {
    matches!(why, Reason::Revert(Revert::WorseAtFullLoad(_)))
}

/// The same when its verdict is due, with what the judge says then.
fn looked_at(judgement: Judgement) -> Night {
    let mut night = proved();
    night.now = due(&night);
    assert!(night.next(EU).does(Act::Look));
    night.looked(judgement);
    night
}

/// The same on counts that fail: EU's ledger says so, and SageMaker is about to be told.
fn failed() -> Night {
    let mut night = looked_at(slow());
    assert!(night.next(EU).does(Act::Trip), "the guardrail may still listen");
    night
}

/// ... and the call goes on to its end: one page, and the wave is over.
fn condemned() -> Night {
    let mut night = failed();
    night.did(Act::Trip);
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    night.new_call();
    night
}

/// EU is waited for one more second; then its check is on record, and AU starts.
#[track_caller]
fn goes_on_in_a_second(night: &mut Night) {
    assert!(night.next(EU).waits() && !told(night));
    night.pass("1s");
    assert_eq!(night.next_after(EU, &[Act::Scale]).finish(), Some(Finish::Done));
    assert!(told(night));
    night.new_call();
    night.starts(AU);
}

#[test]
fn no_region_starts_before_the_previous_full_load_verdict() {
    let mut night = proved();
    let gate = Gate::NotJudgedAtFullLoad { before: name(EU), version: version("v427") };
    let (region, version, why) = (name(AU), version("v427"), Box::new(gate.into()));
    let page = night.next(AU);
    assert!(page.pages() && page.why == WaveEnd::NotPromoted { region, version, why }.into(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
    let mut night = proved();
    night.now = due(&night) - SignedDuration::from_secs(1);
    assert!(night.next(EU).does(Act::Look));
    night.looked(good());
    goes_on_in_a_second(&mut night);
}

/// The audit does not trust the planner with it.
#[test]
fn the_audit_refuses_evidence_not_judged_at_full_load() {
    let mut night = proved();
    night.judged_at_full_load(EU);
    let plan = night.next_after(AU, &[Act::Prepare]);
    assert!(plan.does(Act::Update), "{plan:?}");
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
    let mut night = Night::shifted(EU);
    night.fleet.guardrail.full_load = SignedDuration::ZERO;
    night.asked(EU, Some(10));
    assert_eq!(night.next_after(EU, &[Act::Beat, Act::Disarm, Act::Scale]).finish(), Some(Finish::Done));
    assert!(!told(&night));
    night.new_call();
    night.starts(AU);
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
    night.did(Act::Trip);
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.lease.is_none());
    night.new_call();
    assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
    assert_eq!(night.next_after(EU, &[Act::Trip]).finish(), Some(Finish::Failed), "people are told once");
}

/// SageMaker watches its alarms in soak: it rolls the update back itself, and the region writes it down.
#[test]
fn a_failure_at_full_load_is_rolled_back_by_a_guardrail_in_soak() {
    let mut night = condemned();
    night.phase(EU, VariantPhase::Deleting);
    assert!(night.next(EU).waits(), "it rolls back");
    night.in_service(EU, "v426");
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done), "nobody is paged");
    assert_eq!(night.history(EU).halt, None);
    let left = &night.history(EU).returned[&release("v427")];
    assert_eq!((left.cause, at_full_load(&left.why)), (Some(Cause::Release), true), "{:?}", left.why);
    assert_eq!(night.history(EU).serving.as_ref().unwrap().target, night.target(EU, "v426"));
}

/// It does not: the region rolls back by itself when soak is over, with its reason, and pages nobody a second time.
#[test]
fn what_fails_at_full_load_rolls_back_by_itself_when_soak_ends() {
    for died in [false, true] {
        let mut night = if died { failed() } else { condemned() };
        assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done), "it soaks");
        night.in_service(EU, "v427");
        assert!(night.next_of_rollback(EU).does(Act::Update));
        night.taken_back(EU, "v426");
        assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done), "the wave tells people");
        let history = night.history(EU);
        assert!(history.evidence_against(&release("v427")).is_some() && !history.serves(&release("v427")));
        // The next wave of the same release finds it condemned, or condemns it on this.
        night.rerun("wave-2");
        night.new_call();
        let end = if died { night.refused(AU) } else { night.next(AU) };
        assert_eq!(end.finish(), Some(Finish::Failed));
        assert!(night.sight.hub.condemned.contains_key(&release("v427")));
        night.in_service(EU, "v426");
        assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
        let left = &night.history(EU).returned[&release("v427")];
        assert_eq!((left.cause, at_full_load(&left.why)), (Some(Cause::Release), true), "{:?}", left.why);
        assert_eq!((left.wave.as_str(), night.history(EU).halt.as_ref()), ("wave-1", None));
        assert!(!told(&night));
    }
}

/// Soak may be shorter than the check: the update is over, and rolls back all the same.
#[test]
fn a_region_whose_soak_is_over_is_judged_all_the_same() {
    let over = |judgement| {
        let mut night = proved();
        night.in_service(EU, "v427");
        night.now = due(&night);
        assert!(night.next(EU).does(Act::Look));
        night.looked(judgement);
        night
    };
    let mut night = over(good());
    assert_eq!(night.next_after(EU, &[Act::Scale]).finish(), Some(Finish::Done));
    assert!(told(&night));
    assert_eq!(night.next_of_rollback(EU).finish(), Some(Finish::Done));
    let mut night = over(slow());
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    assert!(!told(&night));
    assert!(night.next_of_rollback(EU).does(Act::Update));
}

/// Too little to say either: the canary has let it through, and that stands.
#[test]
fn an_open_verdict_at_full_load_is_written_down_and_goes_on() {
    let mut night = looked_at(thin());
    assert_eq!(night.next_after(EU, &[Act::Scale]).finish(), Some(Finish::Done));
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
        night.now = due(&night) + night.fleet.wave.region_patience - SignedDuration::from_secs(1);
        assert!(night.next(EU).does(Act::Look));
        night.did(Act::Look);
        night.sight.judged = Some(judged);
        goes_on_in_a_second(&mut night);
    }
    // They come at last: what they say counts.
    let mut night = proved();
    night.now = due(&night) + SignedDuration::from_mins(1);
    night.looked_in_vain();
    assert!(night.next(EU).waits());
    night.new_call();
    assert!(night.next(EU).does(Act::Look));
    night.looked(slow());
    assert!(night.next_after(EU, &[Act::Trip]).pages());
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
}

/// I7: a region that does not answer any more is left behind, proved as it is.
#[test]
fn a_region_dark_before_full_load_is_deferred_and_stays() {
    let mut night = proved();
    night.dark(EU);
    assert!(night.next_after(EU, &[Act::Beat]).waits());
    night.new_call();
    night.pass("3m");
    assert!(night.next_after(EU, &[Act::Disarm]).pages(), "it is not rolled back");
    let end = night.refused(EU);
    assert_eq!(end.finish(), Some(Finish::Deferred));
    let proved = RegionState::WasProved { version: version("v427") };
    assert!(matches!(&end.why, Reason::LeftBehind { state, .. } if *state == proved), "{end:?}");
    night.new_call();
    night.starts(AU);
}

/// A halt stops the wave here too, and what is proved stays.
#[test]
fn a_halted_wave_is_not_judged_further() {
    for judgement in [good(), slow()] {
        let mut night = looked_at(judgement);
        night.tell(BR, Record::Halted { why: said("its alarm rang") });
        assert_eq!(night.next(EU).finish(), Some(Finish::Failed));
        assert!(!told(&night) && night.history(EU).serves(&release("v427")));
    }
}

/// I8: killed at any step, the next call ends the same, and says it once.
#[test]
fn a_death_at_any_step_of_the_check_ends_the_same() {
    // It had looked, and nothing was written.
    for judgement in [good(), slow()] {
        let mut night = looked_at(judgement);
        night.new_call();
        assert!(night.next(EU).does(Act::Look));
    }
    // What passed is on record; then the word that comes before its scaling; then that too.
    let mut night = proved();
    night.now = due(&night);
    night.judged_at_full_load(EU);
    assert!(night.next(EU).does(Act::Scale));
    night.new_call();
    let judged = night.history(EU).full_load.clone();
    assert_eq!(night.next_after(EU, &[Act::Scale]).finish(), Some(Finish::Done));
    night.new_call();
    assert_eq!(night.next(EU).finish(), Some(Finish::Done));
    assert_eq!(night.history(EU).full_load, judged);
    // What failed is on record; then what follows of the release.
    for is_condemned in [false, true] {
        let mut night = failed();
        let update = night.history(EU).update.clone().unwrap();
        if is_condemned {
            let (_, why) = update.decision.clone().unwrap();
            night.hub(Record::Condemned { release: release("v427"), region: name(EU), why });
        }
        night.new_call();
        assert!(night.next(EU).does(Act::Trip));
        night.did(Act::Trip);
        let end = if is_condemned { night.next(EU) } else { night.refused(EU) };
        assert_eq!(end.finish(), Some(Finish::Failed));
        assert_eq!(night.history(EU).update, Some(update), "decided once");
        assert!(night.sight.hub.condemned.contains_key(&release("v427")) && !told(&night));
    }
}

/// A region without evidence of its own has nothing to compare; nor has a first release.
#[test]
fn only_a_region_with_own_evidence_is_judged_at_full_load() {
    let fleet = fleet();
    let mut region = fleet.region(&name(JP)).unwrap().clone();
    assert!(region.is_judged_at_full_load(&fleet));
    for kind in [Kind::WarmStandby, Kind::Joining] {
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
