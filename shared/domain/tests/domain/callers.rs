//! One caller halts no fleet: 4xx are held against another release, never against a bound alone.

use crate::night::{AU, EU, Night, fleet, release, ringing};
use crate::plans::Says;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::callers::{Blame, Comparison};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::WayBackReason;
use meridian_domain::stakes::Exposure;
use meridian_domain::{Beside, Compared};
use meridian_domain::{Decision, Record, Verdict, alarms};
use meridian_judge::{Arm, MetricName, MinuteCounts, RegionCounts, Tally, Watch, WatchStage, judge};

const MINUTES: i64 = 26;

/// A canary of one in ten requests. The callers begin to send 2 % of nonsense in minute `from`, and green refuses a share of
/// its own beside it.
fn judged(stage: WatchStage, from: i64, own: f64) -> (Verdict, Verdict) {
    let policy = fleet().judge;
    let mut counts = RegionCounts::default();
    for metric in policy.required() {
        for minute in -60..MINUTES {
            let callers = if metric.is_client_errors() && minute >= from { 0.024 } else { 0.004 };
            // As scattered as chance has it.
            let wobble = if minute % 2 == 0 { 1.02 } else { 0.98 };
            let arm = |total: f64, rate: f64| Some(Arm::new(total as u64, (total * rate * wobble).round() as u64));
            let green = arm(3_600.0, callers + if metric.is_client_errors() { own } else { 0.0 });
            let green = green.filter(|_| minute >= 0);
            counts.take(&metric, MinuteCounts { minute, green, blue: arm(32_400.0, callers) });
        }
    }
    let stakes = Some(Exposure::default().stakes(600.0, 200.0));
    let watch = Watch { warm_up: 1, last_look: MINUTES, due: true, stage, stakes };
    let judgement = judge(&policy, 4, &counts, watch, &[]);
    (judgement.verdict, judgement.wave)
}

/// Both releases break the bound of 1 %, wherever in the canary the caller begins.
#[test]
fn a_bound_that_blue_breaks_too_fails_no_canary() {
    for from in [-60, 0, 13, 24] {
        assert_eq!(judged(WatchStage::Canary, from, 0.0).0, Verdict::Pass, "from minute {from}");
    }
}

#[test]
fn a_canary_that_refuses_more_fails_under_bad_callers_too() {
    assert_eq!(judged(WatchStage::Canary, -60, 0.02).0, Verdict::Fail);
    assert_eq!(judged(WatchStage::Canary, 99, 0.02).0, Verdict::Fail, "its callers send nothing wrong");
}

/// At full load there are no same minutes of blue's: who began after the shift would condemn the release.
#[test]
fn callers_who_begin_after_the_shift_fail_no_full_load() {
    assert_ne!(judged(WatchStage::FullLoad, 0, 0.0).0, Verdict::Fail);
}

#[test]
fn the_guards_over_errors_are_greens_less_blues() {
    let night = Night::new();
    let (green, blue) = (night.target(AU, "v427").config, night.target(AU, "v426").config);
    let guards = alarms::guards(&night.fleet, &night.region(AU), &green, Some(&blue));
    let compared: Vec<_> = guards.iter().filter(|own| matches!(own.watched, alarms::Watched::Excess { .. })).collect();
    let [one, other] = compared.as_slice() else { panic!("{guards:?}") };
    let judge = &night.fleet.judge;
    assert_eq!((one.name.as_str(), one.threshold), ("fraud-green-4xx", judge.max_4xx));
    assert_eq!((other.name.as_str(), other.threshold), ("fraud-green-5xx", judge.max_5xx));
    for guard in compared {
        let alarms::Watched::Excess { green: one, blue: other } = &guard.watched else { panic!("{guard:?}") };
        let config = |own: &alarms::Measured| own.dimensions.last().unwrap().1.clone();
        assert_eq!((config(one), config(other)), (green.to_string(), blue.to_string()));
    }
}

/// New instances are slow for `warm_up`, which touches one calendar minute more; the alarm wants policy's minutes beyond them.
#[test]
fn the_guard_over_latency_outlasts_cold_instances() {
    let mut night = Night::new();
    let (region, green) = (night.region(AU), night.target(AU, "v427").config);
    for (warm_up, minutes) in [("0s", 2), ("30s", 4), ("1m", 4), ("3m", 6)] {
        night.fleet.guardrail.warm_up = warm_up.parse().unwrap();
        let guards = alarms::guards(&night.fleet, &region, &green, None);
        let in_a_row = |name: &str| {
            let own = guards.iter().find(|own| own.name == name).unwrap();
            assert_eq!(own.evaluation_periods, own.datapoints);
            own.datapoints
        };
        assert_eq!((in_a_row("fraud-green-latency"), in_a_row("fraud-green-5xx")), (minutes, 2), "{warm_up}");
    }
}

fn compared(beside: Beside, green: u64, blue: u64) -> Compared {
    let tally = |bad| Tally { total: 1000, bad };
    Compared { beside, green: tally(green), blue: tally(blue) }
}

#[test]
fn bad_callers_neither_roll_a_region_back_nor_halt_it() {
    for mut night in [Night::new(), Night::confirmed_in(&[AU]), Night::baking(AU)] {
        night.own.client_errors = Some(Blame::Callers(Some(compared(Beside::SameMinutes, 25, 24))));
        let before = night.history(AU).clone();
        let plan = night.next_of_rollback(AU);
        assert!(plan.waits() || plan.finish().is_some(), "{plan:?}");
        assert_eq!(*night.history(AU), before);
    }
}

/// Without counts, or with none of the same minutes: the region rolls back, says so once, and nothing else is halted.
#[test]
fn a_region_that_cannot_tell_rolls_back_alone() {
    for blame in [Blame::Unknown, Blame::Release(compared(Beside::BeforeShift, 40, 4))] {
        let mut night = Night::confirmed_in(&[AU]);
        night.own.client_errors = Some(blame);
        assert!(night.next_of_rollback(AU).does(Act::Update), "{blame:?}");
        night.taken_back(AU, "v426");
        let page = night.next_of_rollback(AU);
        night.own_sent(AU, page);
        night.new_call();
        night.own.client_errors = None;
        night.in_service(AU, "v426");
        assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
        let history = night.history(AU);
        assert_eq!((history.halt.as_ref(), history.owed.len()), (None, 0), "{blame:?}");
        assert_eq!(history.serving.as_ref().unwrap().target, night.target(AU, "v426"));
        assert_eq!(history.returned[&release("v427")].why, WayBackReason::ClientErrors.into());
    }
}

/// Where the rollback alarm is in ALARM as well it is no caller's doing alone.
#[test]
fn another_alarm_beside_the_callers_halts_as_ever() {
    let mut night = Night::confirmed_in(&[AU]);
    night.own.client_errors = Some(Blame::Callers(None));
    night.own.alarm = Some(ringing("alarm fraud-endpoint-5xx rings"));
    assert!(night.next_of_rollback(AU).does(Act::Update));
    night.taken_back(AU, "v426");
    let page = night.next_of_rollback(AU);
    night.own_sent(AU, page);
    let plan = night.next_of_rollback(AU);
    assert_eq!((plan.finish(), night.history(AU).halt.is_some()), (Some(Finish::Done), true), "{plan:?}");
}

#[test]
fn a_canary_worse_than_blue_in_the_same_minutes_is_reverted() {
    let mut night = Night::baking(AU);
    night.own.client_errors = Some(Blame::Release(compared(Beside::SameMinutes, 40, 4)));
    assert!(night.next_of_rollback(AU).does(Act::Trip));
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
}

/// Minutes of 1,000 requests from a moment on, so many of them 4xx.
fn minutes(from: Timestamp, bad: &[u64]) -> ArmMinutes {
    minutes_of(&MetricName::errors_4xx(), from, bad)
}

fn minutes_of(metric: &MetricName, from: Timestamp, bad: &[u64]) -> ArmMinutes {
    let mut all = ArmMinutes::default();
    for (bad, minute) in bad.iter().zip(0..) {
        all.put(metric, from + SignedDuration::from_mins(minute), Arm::new(1000, *bad));
    }
    all
}

#[test]
fn only_what_came_with_the_shift_is_laid_to_the_release() {
    let mut night = Night::confirmed_in(&[AU]);
    night.tell(AU, Record::Settled { target: night.target(AU, "v427"), execution: night.sight.execution.clone() });
    let comparison = Comparison::of(night.history(AU), night.now).unwrap();
    assert_eq!(comparison.beside, Beside::BeforeShift);
    let policy = night.fleet.judge.clone();
    let blame = |blue: &[u64], green: &[u64]| {
        let (before, after) = (comparison.blue.span.from, comparison.green.span.from);
        comparison.blame(&policy, &minutes(after, green), &minutes(before, blue))
    };
    assert!(matches!(blame(&[4, 4, 4], &[24, 25, 26]), Blame::Release(_)));
    // It began before the shift, or some minutes after it.
    assert!(matches!(blame(&[4, 4, 24], &[24, 25, 26]), Blame::Callers(_)));
    assert!(matches!(blame(&[4, 4, 4], &[4, 25, 26]), Blame::Callers(_)));
    assert_eq!(blame(&[4, 4, 4], &[]), Blame::Unknown);
    // A release that has served for longer did not begin to refuse by itself, and the champion of days is no suspect.
    night.pass("1h 1m");
    assert_eq!(Comparison::of(night.history(AU), night.now), None);
    assert_eq!(Comparison::of(Night::new().history(EU), night.now), None);
}

/// I7: what both releases answer as badly is the region's; minutes in which nothing was wrong do not thin it out.
#[test]
fn a_region_is_ill_where_both_releases_fail_in_the_same_minutes() {
    let night = Night::baking(AU);
    let policy = night.fleet.judge.clone();
    let comparison = Comparison::of(night.history(AU), night.now).unwrap();
    assert_eq!(comparison.beside, Beside::SameMinutes);
    let from = |bad: &[u64]| comparison.green.span.to - SignedDuration::from_mins(bad.len() as i64);
    let alike = |metric: &MetricName, green: &[u64], blue: &[u64]| {
        comparison.alike(&policy, &minutes_of(metric, from(green), green), &minutes_of(metric, from(blue), blue))
    };
    for metric in [MetricName::errors_5xx(), MetricName::latency_over(policy.latency_bound)] {
        // New instances were slow, longer ago than the alarms look.
        let found = alike(&metric, &[90, 0, 0, 0, 0, 31, 30], &[0, 0, 0, 0, 0, 30, 29]).unwrap();
        assert_eq!((found.green.bad, found.blue.bad, found.green.total), (61, 59, 2000));
        assert_eq!(alike(&metric, &[0, 0, 31, 30], &[0, 0, 0, 0]), None, "green alone");
        assert_eq!(alike(&metric, &[0, 0, 45, 45], &[0, 0, 30, 30]), None, "green worse by more than the bound");
        assert_eq!(alike(&metric, &[0; 4], &[0; 4]), None, "nothing was wrong");
        assert_eq!(alike(&metric, &[], &[30; 4]), None, "no minute of both");
    }
}

/// Around a shift: blue was ill right before it.
#[test]
fn a_region_that_was_ill_before_the_shift_is_ill_after_it() {
    let mut night = Night::confirmed_in(&[AU]);
    night.tell(AU, Record::Settled { target: night.target(AU, "v427"), execution: night.sight.execution.clone() });
    let policy = night.fleet.judge.clone();
    let comparison = Comparison::of(night.history(AU), night.now).unwrap();
    let metric = MetricName::errors_5xx();
    let alike = |blue: &[u64], green: &[u64]| {
        let (before, after) = (comparison.blue.span.from, comparison.green.span.from);
        comparison.alike(&policy, &minutes_of(&metric, after, green), &minutes_of(&metric, before, blue))
    };
    assert!(alike(&[0, 0, 30], &[31, 0, 30]).is_some());
    assert_eq!(alike(&[0, 0, 0], &[31, 30, 30]), None, "it came with the release");
    assert_eq!(alike(&[0, 0, 30], &[0, 0, 0]), None, "it is over");
}
