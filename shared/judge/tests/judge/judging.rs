//! The judge that compares two arms: what it must never do, over all inputs.

use crate::STAKES;
use meridian_judge::{
    Arm, Finding, Grounds, JudgePolicy, LeftOut, MetricName, MinuteCounts, RegionCounts, Stakes, Verdict, Watch,
    WatchStage, Witness, harm_outlook, judge, smallest_detectable_effect,
};
use proptest::prelude::*;

const REGIONS: usize = 4;

fn watch() -> Watch {
    Watch { warm_up: 1, last_look: 26, due: true, stage: WatchStage::Canary, stakes: Some(STAKES) }
}

fn metric(name: &str) -> MetricName {
    name.parse().unwrap()
}

/// Every required metric in every minute, with so many bad ones on each arm.
fn even(minutes: i64, green: Arm, blue: Arm) -> RegionCounts {
    let mut counts = RegionCounts::default();
    for name in JudgePolicy::default().required() {
        for minute in 0..minutes {
            counts.take(&name, MinuteCounts { minute, green: Some(green), blue: Some(blue) });
        }
    }
    counts
}

fn verdicts(policy: &JudgePolicy, counts: &RegionCounts) -> (Verdict, Verdict) {
    let judgement = judge(policy, REGIONS, counts, watch(), &[]);
    (judgement.verdict, judgement.wave)
}

#[test]
fn a_canary_like_its_champion_passes_and_one_much_worse_fails() {
    let policy = JudgePolicy::default();
    let blue = Arm::new(32_400, 33);
    assert_eq!(verdicts(&policy, &even(26, Arm::new(3_600, 3), blue)).0, Verdict::Pass);
    assert_eq!(verdicts(&policy, &even(26, Arm::new(3_600, 15), blue)).0, Verdict::Fail);
}

/// Twice as many: too little for a test that may be looked at every minute, enough for one look that was planned.
#[test]
fn the_planned_look_finds_what_the_looks_of_every_minute_do_not() {
    let policy = JudgePolicy::default();
    let twice = even(26, Arm::new(3_600, 7), Arm::new(32_400, 31));
    let judged = |watch| {
        let judgement = judge(&policy, REGIONS, &twice, watch, &[]);
        let look = judgement.evidence.metrics[&metric("4xx")].look.map(|look| (look.green.total, look.blue.total));
        (judgement.verdict, look)
    };
    // The last planned minute is yet to come; then it is not waited for any longer.
    let early = Watch { last_look: 27, due: false, ..watch() };
    assert_eq!(judged(early), (Verdict::Inconclusive, None));
    assert_eq!(judged(Watch { due: true, ..early }), (Verdict::Fail, Some((25 * 3_600, 25 * 32_400))));
}

#[test]
fn no_errors_at_all_are_a_pass_where_enough_was_seen() {
    let policy = JudgePolicy::default();
    let seen = even(26, Arm::new(3_600, 0), Arm::new(32_400, 0));
    assert_eq!(verdicts(&policy, &seen), (Verdict::Pass, Verdict::Pass));
    let few = even(26, Arm::new(5, 0), Arm::new(45, 0));
    assert_eq!(verdicts(&policy, &few).0, Verdict::Inconclusive);
}

#[test]
fn a_metric_that_is_not_asked_for_or_not_known_is_missing() {
    let policy = JudgePolicy::default();
    let mut counts = even(26, Arm::new(3_600, 3), Arm::new(32_400, 33));
    counts.metrics.remove(&metric("5xx"));
    let judgement = judge(&policy, REGIONS, &counts, watch(), &[]);
    assert_eq!((judgement.verdict, judgement.is_missing()), (Verdict::Inconclusive, true));
    let mut counts = even(26, Arm::new(3_600, 3), Arm::new(32_400, 33));
    counts.take(&metric("teapots"), MinuteCounts { minute: 1, green: None, blue: None });
    let judgement = judge(&policy, REGIONS, &counts, watch(), &[]);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let grounds = judgement.grounds();
    assert_eq!(grounds.unknown, [metric("teapots")]);
    assert!(!grounds.is_empty());
}

#[test]
fn what_a_canary_detects_grows_finer_with_its_traffic() {
    let policy = JudgePolicy::default();
    let at = |green: u64| smallest_detectable_effect(&policy, REGIONS, green, 9 * green, 0.001);
    let (few, many) = (at(10_000).unwrap(), at(1_000_000).unwrap());
    assert!(few > 2.0 && many < 1.6 && many > policy.tolerance_fail, "{few} {many}");
    assert_eq!(at(0), None);
    assert_eq!(smallest_detectable_effect(&policy, REGIONS, 1000, 9000, 0.0), None);
}

fn arm() -> impl Strategy<Value = Option<Arm>> {
    let some = (0u64..5_000, 0u64..60).prop_map(|(total, bad)| Some(Arm::new(total, bad.min(total))));
    prop_oneof![1 => Just(None), 6 => some]
}

fn minutes() -> impl Strategy<Value = Vec<MinuteCounts>> {
    let minute = (-3i64..32, arm(), arm()).prop_map(|(minute, green, blue)| MinuteCounts { minute, green, blue });
    prop::collection::vec(minute, 0..40)
}

fn counts() -> impl Strategy<Value = Vec<(MetricName, MinuteCounts)>> {
    let names = JudgePolicy::default().required();
    prop::collection::vec((prop::sample::select(names), minutes()), 1..6).prop_map(|series| {
        series.into_iter().flat_map(|(name, minutes)| minutes.into_iter().map(move |m| (name.clone(), m))).collect()
    })
}

fn taken<'a>(minutes: impl IntoIterator<Item = &'a (MetricName, MinuteCounts)>) -> RegionCounts {
    let mut counts = RegionCounts::default();
    minutes.into_iter().for_each(|(name, minute)| counts.take(name, *minute));
    counts
}

proptest! {
    /// I9: neither silence nor a lost arm of any metric lets anything through.
    #[test]
    fn a_metric_without_one_arm_is_never_a_pass(mut counts in counts(), lost in 0usize..3, green: bool) {
        let policy = JudgePolicy::default();
        let name = policy.required().swap_remove(lost);
        for (of, minute) in &mut counts {
            if *of == name {
                let arm = if green { &mut minute.green } else { &mut minute.blue };
                *arm = arm.filter(|_| minute.minute < watch().warm_up);
            }
        }
        let judgement = judge(&policy, REGIONS, &taken(&counts), watch(), &[]);
        prop_assert_ne!(judgement.verdict, Verdict::Pass);
        prop_assert_ne!(judgement.wave, Verdict::Pass);
        prop_assert!(judgement.is_missing());
    }

    #[test]
    fn the_order_in_which_minutes_arrive_changes_nothing(counts in counts(), turn in 0usize..100) {
        let policy = JudgePolicy::default();
        let once = taken(&counts);
        let known: Vec<(MetricName, MinuteCounts)> =
            once.metrics.iter().flat_map(|(name, all)| all.iter().map(|m| (name.clone(), *m))).collect();
        let mut turned = known.clone();
        turned.rotate_left(turn % known.len().max(1));
        turned.extend(known.iter().rev().cloned());
        let judgement = judge(&policy, REGIONS, &once, watch(), &[]);
        prop_assert_eq!(&judgement, &judge(&policy, REGIONS, &taken(&turned), watch(), &[]));
        let read: meridian_judge::Judgement =
            serde_json::from_str(&serde_json::to_string(&judgement).unwrap()).unwrap();
        prop_assert_eq!(&judgement, &read, "a judgement is read back from the ledger as it was written");
        let grounds = judgement.grounds();
        let read: Grounds = serde_json::from_str(&serde_json::to_string(&grounds).unwrap()).unwrap();
        prop_assert_eq!(grounds, read);
    }

    /// Neither through its ratio nor through the scatter that it adds.
    #[test]
    fn more_bad_ones_on_green_never_turn_a_failure_into_a_pass(
        minutes in prop::collection::vec((0u64..40, 0u64..60), 4..26),
        at in 0usize..26,
        more in 1u64..500,
    ) {
        let policy = JudgePolicy::default();
        let counted = |extra: u64| {
            let mut counts = RegionCounts::default();
            for (minute, (green, blue)) in minutes.iter().enumerate() {
                let bad = green + if minute == at % minutes.len() { extra } else { 0 };
                let arms = (Some(Arm::new(3_600, bad)), Some(Arm::new(32_400, *blue)));
                for name in policy.required() {
                    counts.take(&name, MinuteCounts { minute: minute as i64 + 1, green: arms.0, blue: arms.1 });
                }
            }
            judge(&policy, REGIONS, &counts, watch(), &[])
        };
        let (fewer, more) = (counted(0), counted(more));
        if fewer.verdict == Verdict::Fail {
            prop_assert_ne!(more.verdict, Verdict::Pass);
        }
        if fewer.wave == Verdict::Fail {
            prop_assert_ne!(more.wave, Verdict::Pass);
        }
    }
}

/// Blue on fire makes no release better or worse: its own scatter is reckoned with, and the grounds say so.
#[test]
fn where_blue_scatters_more_its_own_scatter_bounds_the_harm() {
    let of_harm = |harm| JudgePolicy { harm, ..JudgePolicy::default() };
    let policy = of_harm(5_000);
    let mut counts = RegionCounts::default();
    for name in policy.required() {
        for minute in -20..26 {
            let blue = Arm::new(32_400, if minute % 6 == 0 { 180 } else { 5 });
            let green = (minute >= 0).then(|| Arm::new(3_600, 4));
            counts.take(&name, MinuteCounts { minute, green, blue: Some(blue) });
        }
    }
    let judgement = judge(&policy, REGIONS, &counts, watch(), &[]);
    assert_eq!((judgement.verdict, judgement.wave), (Verdict::Pass, Verdict::Pass), "{judgement:?}");
    for own in judgement.grounds().metrics {
        let of = if own.metric.is_client_errors() { Witness::GreensPart } else { Witness::Blue };
        let (scattered, harm) = (own.scattered.unwrap(), own.harm.unwrap());
        assert_eq!((scattered.of, scattered.declared), (of, 2.0));
        assert!(scattered.shown > 2.0 && harm.dispersion >= scattered.shown, "{own:?}");
    }
    let strict = judge(&of_harm(100), REGIONS, &counts, watch(), &[]);
    assert_eq!(strict.verdict, Verdict::Inconclusive);
    assert!(strict.metrics.iter().any(|own| own.finding == Finding::HarmOver { allowed: 100 }), "{strict:?}");
}

/// One minute of green alone is as bad as the other twenty-five together.
#[test]
fn one_burst_on_green_is_neither_a_failure_nor_a_pass() {
    let policy = JudgePolicy::default();
    let with_burst = |burst: u64, steady: u64| {
        let mut counts = RegionCounts::default();
        for name in policy.required() {
            for minute in 0..26 {
                let green = Arm::new(3_600, if minute == 9 { burst } else { steady });
                counts.take(&name, MinuteCounts { minute, green: Some(green), blue: Some(Arm::new(32_400, 33)) });
            }
        }
        judge(&policy, REGIONS, &counts, watch(), &[])
    };
    let judgement = with_burst(130, 4);
    assert_eq!(judgement.verdict, Verdict::Inconclusive, "{judgement:?}");
    let found = |name| judgement.metrics.iter().find(|own| own.metric == metric(name)).map(|own| own.finding);
    assert_eq!(["5xx", "latency_over_20ms"].map(found), [Some(Finding::Suspected); 2]);
    assert_eq!(found("4xx"), Some(Finding::Suspected), "callers' share scatters: {judgement:?}");
    assert_eq!(with_burst(9, 9).verdict, Verdict::Fail, "as many, evenly spread");
}

/// Two thirds of a fault in each of four regions: no region can tell, together they can.
#[test]
fn what_no_region_can_tell_the_pool_can() {
    let policy = JudgePolicy::default();
    let minutes = |green: u64| even(26, Arm::new(3_600, green), Arm::new(32_400, 65));
    let mut before = Vec::new();
    let mut verdicts = Vec::new();
    for _ in 0..REGIONS {
        let judgement = judge(&policy, REGIONS, &minutes(12), watch(), &before);
        verdicts.push((judgement.verdict, judgement.wave));
        let pooled = judgement.grounds().pooled.map(|pooled| (pooled.metrics, pooled.regions));
        let failed = (policy.required(), before.len() + 1);
        assert_eq!(pooled, (judgement.wave == Verdict::Fail).then_some(failed));
        before.push(judgement.evidence);
    }
    assert!(verdicts.iter().all(|(own, _)| *own != Verdict::Fail), "{verdicts:?}");
    assert_eq!(verdicts.last().map(|(_, wave)| *wave), Some(Verdict::Fail), "{verdicts:?}");
}

/// A healthy region before it does not mask a fault in one region alone.
#[test]
fn a_fault_in_one_region_is_not_masked_by_healthy_ones() {
    let policy = JudgePolicy::default();
    let healthy = judge(&policy, REGIONS, &even(26, Arm::new(36_000, 36), Arm::new(324_000, 330)), watch(), &[]);
    let before = vec![healthy.evidence; 3];
    let faulty = even(26, Arm::new(3_600, 12), Arm::new(32_400, 33));
    let alone = judge(&policy, REGIONS, &faulty, watch(), &[]);
    let behind = judge(&policy, REGIONS, &faulty, watch(), &before);
    assert_eq!((alone.verdict, behind.verdict, behind.wave), (Verdict::Fail, Verdict::Fail, Verdict::Fail));
}

/// An instance of green with a third of the load is no measure of latency; its absolute bound counts all the same.
#[test]
fn latency_under_another_load_has_no_say_but_for_its_bound() {
    let policy = JudgePolicy::default();
    let latency = metric("latency_over_20ms");
    let with_slow = |slow: u64| {
        let mut counts = even(26, Arm::new(3_600, 3), Arm::new(32_400, 33));
        let arm = |total, bad| Some(Arm { total, bad, instances: std::num::NonZeroU32::new(3) });
        for minute in 0..26 {
            counts.take(&latency, MinuteCounts { minute, green: arm(3_600, slow), blue: arm(32_400, 33) });
        }
        judge(&policy, REGIONS, &counts, watch(), &[])
    };
    let judgement = with_slow(20);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    let told = judgement.metrics.iter().find(|it| it.metric == latency).unwrap();
    // Three instances each, and a ninth of the requests.
    let a_ninth = |ratio: f64| (ratio - 1.0 / 9.0).abs() < 1e-9;
    assert!(matches!(told.left_out, Some(LeftOut::Load { ratio }) if a_ninth(ratio)), "{told:?}");
    assert_eq!(with_slow(90).verdict, Verdict::Fail, "2.5 % over the bound, 1 % allowed");
}

/// After the shift green is held against blue's last hour.
#[test]
fn at_full_load_green_is_judged_against_blues_last_hour() {
    let policy = JudgePolicy::default();
    let watch = Watch { warm_up: 1, last_look: 4, due: true, stage: WatchStage::FullLoad, stakes: Some(STAKES) };
    let after = |bad: u64| {
        let mut counts = RegionCounts::default();
        for name in policy.required() {
            for minute in -60..0 {
                counts.take(&name, MinuteCounts { minute, green: None, blue: Some(Arm::new(36_000, 36)) });
            }
            for minute in 0..4 {
                counts.take(&name, MinuteCounts { minute, green: Some(Arm::new(36_000, bad)), blue: None });
            }
        }
        judge(&policy, REGIONS, &counts, watch, &[])
    };
    assert_eq!(after(36).verdict, Verdict::Pass, "{:?}", after(36));
    assert_eq!(after(110).verdict, Verdict::Fail, "{:?}", after(110));
}

/// A model that declines a third as many customers is as wrong as one that declines three times as many.
#[test]
fn a_metric_of_two_sides_fails_either_way() {
    let mut policy = JudgePolicy::default();
    let alerts = metric("alerts");
    let both = meridian_judge::MetricPolicy { two_sided: true, ..Default::default() };
    policy.metrics.insert(alerts.clone(), both);
    let with = |bad: u64| {
        let mut counts = even(26, Arm::new(3_600, 3), Arm::new(32_400, 33));
        for minute in 0..26 {
            let arms = (Some(Arm::new(3_600, bad)), Some(Arm::new(32_400, 650)));
            counts.take(&alerts, MinuteCounts { minute, green: arms.0, blue: arms.1 });
        }
        judge(&policy, REGIONS, &counts, watch(), &[]).verdict
    };
    assert_eq!((with(72), with(216), with(24)), (Verdict::Pass, Verdict::Fail, Verdict::Fail));
}

/// A region passes where little is at stake, however little was seen of it; and not where as little stands for much.
#[test]
fn a_thin_region_passes_and_a_starved_canary_does_not() {
    let policy = JudgePolicy::default();
    let thin = even(26, Arm::new(15, 0), Arm::new(45, 0));
    let of = |rps: u64| {
        let served = |seconds: u64| rps * seconds;
        let stakes = Stakes { until_verdict: served(300), way_back: served(900), full_load: served(120), ..STAKES };
        judge(&policy, REGIONS, &thin, watch().with(stakes), &[])
    };
    assert_eq!(of(1).verdict, Verdict::Pass, "{:?}", of(1));
    assert_eq!(of(600).verdict, Verdict::Inconclusive);
    let over = Finding::HarmOver { allowed: 5_000 };
    assert!(of(600).grounds().metrics.iter().all(|own| own.finding == over), "{:?}", of(600));
}

/// The same counts pass where policy allows what they leave open, and not an answer under it.
#[test]
fn a_region_passes_where_its_harm_bound_is_exactly_policys() {
    let counts = even(26, Arm::new(3_600, 4), Arm::new(32_400, 33));
    let of = |harm| judge(&JudgePolicy { harm, ..JudgePolicy::default() }, REGIONS, &counts, watch(), &[]);
    let bound = of(5_000).metrics.iter().filter_map(|own| own.harm).map(|harm| harm.answers).max().unwrap();
    assert!(bound > 20 && bound < 200, "{bound}");
    assert_eq!((of(bound).verdict, of(bound - 1).verdict), (Verdict::Pass, Verdict::Inconclusive));
    assert!(of(bound).evidence.metrics.values().all(|own| own.within));
    assert!(of(bound - 1).evidence.metrics.values().any(|own| !own.within));
}

/// What is said beforehand of an equal release is what its counts show.
#[test]
fn an_outlook_tells_the_bound_of_the_counts_that_are_expected() {
    let policy = JudgePolicy::default();
    let counts = even(26, Arm::new(4_000, 4), Arm::new(36_000, 36));
    let shown = judge(&policy, REGIONS, &counts, watch(), &[]);
    let arms = (25 * 4_000, 25 * 36_000);
    let outlook =
        |name: &str, policy: &JudgePolicy| harm_outlook(policy, REGIONS, &metric(name), arms, 0.001, &STAKES).unwrap();
    for own in &shown.metrics {
        assert_eq!(outlook(own.metric.as_str(), &policy).expected, own.harm.unwrap());
    }
    assert!(outlook("5xx", &policy).chance > 0.999_9);
    let at_the_bound = JudgePolicy { harm: outlook("5xx", &policy).expected.answers, ..policy.clone() };
    assert!((0.3..0.8).contains(&outlook("5xx", &at_the_bound).chance), "{:?}", outlook("5xx", &at_the_bound));
    let more = JudgePolicy { min_requests: 100_001, ..policy };
    assert_eq!(outlook("5xx", &more).chance, 0.0, "policy asks for more requests");
    assert_eq!(harm_outlook(&more, REGIONS, &metric("teapots"), arms, 0.001, &STAKES), None);
}

/// The way back is gone only after a check that can find the fault: not of 4xx, which are not compared at full load, and not after
/// that check itself.
#[test]
fn a_way_back_counts_where_the_full_load_check_looks() {
    let policy = JudgePolicy::default();
    let starved = even(26, Arm::new(15, 0), Arm::new(45, 0));
    let way_back = |name: &str, watch, counts: &RegionCounts| {
        let judgement = judge(&policy, REGIONS, counts, watch, &[]);
        judgement.metrics.iter().find(|own| own.metric == metric(name)).unwrap().harm.map(|harm| harm.way_back)
    };
    assert!(way_back("5xx", watch(), &starved) > Some(1_000));
    assert_eq!(way_back("4xx", watch(), &starved), Some(0));
    let mut shifted = RegionCounts::default();
    for name in policy.required() {
        (-60..0)
            .for_each(|minute| shifted.take(&name, MinuteCounts { minute, green: None, blue: Some(Arm::new(45, 0)) }));
        (0..4)
            .for_each(|minute| shifted.take(&name, MinuteCounts { minute, green: Some(Arm::new(45, 0)), blue: None }));
    }
    let full_load = Watch { warm_up: 0, last_look: 4, stage: WatchStage::FullLoad, ..watch() };
    assert_eq!(way_back("5xx", full_load, &shifted), Some(0));
    assert_eq!(way_back("4xx", full_load, &shifted), None, "left out");
}
