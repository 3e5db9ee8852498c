//! Which minutes count, how many may be missing, and what one metric says by itself.

use crate::STAKES;
use meridian_judge::{
    Arm, Finding, JudgePolicy, Judgement, LeftOut, MetricJudgement, MetricName, MetricPolicy, MinuteCounts,
    RegionCounts, RegionJudge, Tally, Verdict, Watch, WatchStage, judge, smallest_detectable_effect,
};
use std::num::NonZeroU32;

const REGIONS: usize = 4;

fn watch() -> Watch {
    Watch { warm_up: 1, last_look: 26, due: true, stage: WatchStage::Canary, stakes: Some(STAKES) }
}

fn name(text: &str) -> MetricName {
    text.parse().unwrap()
}

fn arm(total: u64, bad: u64) -> Option<Arm> {
    Some(Arm::new(total, bad))
}

fn minute(minute: i64, green: Option<Arm>, blue: Option<Arm>) -> MinuteCounts {
    MinuteCounts { minute, green, blue }
}

/// Twenty-six even minutes of every required metric, those of 5xx as `own` says; none where it says none.
fn counts(own: impl Fn(i64) -> Option<MinuteCounts>) -> RegionCounts {
    let mut counts = RegionCounts::default();
    for metric in JudgePolicy::default().required() {
        for at in 0..26 {
            let told = if metric == name("5xx") { own(at) } else { Some(minute(at, arm(3_600, 3), arm(32_400, 33))) };
            told.into_iter().for_each(|told| counts.take(&metric, told));
        }
    }
    counts
}

fn judged(counts: &RegionCounts) -> Judgement {
    judge(&JudgePolicy::default(), REGIONS, counts, watch(), &[])
}

fn of<'a>(judgement: &'a Judgement, metric: &str) -> &'a MetricJudgement {
    judgement.metrics.iter().find(|own| own.metric == name(metric)).unwrap()
}

/// A fifth of a canary's minutes may be lacking, but for the last ones: a metric more than two minutes behind was lost.
#[test]
fn a_metric_may_lack_a_fifth_of_its_minutes_and_lag_by_two() {
    let even = |at| Some(minute(at, arm(3_600, 3), arm(32_400, 33)));
    let without = |lacks: &dyn Fn(i64) -> bool| judged(&counts(|at| even(at).filter(|_| !lacks(at)))).is_missing();
    // Of twenty-five minutes after the warm-up five may be lacking, and the warm-up's own does not count.
    assert!(!without(&|at| (0..6).contains(&at)));
    assert!(without(&|at| (0..7).contains(&at)));
    assert!(!without(&|at| at >= 24) && without(&|at| at >= 23));
    // Of three minutes one may be lacking.
    let few = |lacks: &dyn Fn(i64) -> bool| {
        let mut counts = counts(even);
        for (metric, minutes) in &mut counts.metrics {
            minutes.retain(|own| own.minute < 4 && !(*metric == name("5xx") && lacks(own.minute)));
        }
        judged(&counts).is_missing()
    };
    assert!(!few(&|at| at == 2) && few(&|at| at == 1 || at == 2));
    // A minute without a request on one arm is one that lacks.
    let empty = counts(|at| even(at).map(|own| if at < 8 { minute(at, own.green, arm(0, 0)) } else { own }));
    assert!(judged(&empty).is_missing());
    assert_eq!(of(&judged(&empty), "5xx").finding, Finding::MinutesMissing);
    let lost = counts(|at| even(at).map(|own| minute(at, own.green, None)));
    assert_eq!(of(&judged(&lost), "5xx").finding, Finding::NoCommonMinutes);
}

/// The minute in which only blue has arrived is a minute that the others are behind.
#[test]
fn the_newest_minute_is_that_of_any_metric_and_of_either_arm() {
    let late = counts(|at| Some(minute(at, arm(3_600, 3).filter(|_| at < 23), arm(32_400, 33))));
    assert!(judged(&late).is_missing());
    let mut alone = late.clone();
    for minutes in alone.metrics.values_mut() {
        minutes.retain(|own| own.minute < 23);
    }
    assert!(!judged(&alone).is_missing(), "nothing newer has arrived of anything");
}

#[test]
fn no_request_has_no_rate() {
    assert_eq!((Tally::default().rate(), Tally { total: 4, bad: 1 }.rate()), (None, Some(0.25)));
}

/// The planned look is taken when its last minute has both arms, or when no more is waited for.
#[test]
fn a_planned_look_is_taken_with_its_last_minute() {
    let even = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
    let looked = |last_look, due| {
        let judgement = judge(&JudgePolicy::default(), REGIONS, &even, Watch { last_look, due, ..watch() }, &[]);
        judgement.evidence.metrics[&name("5xx")].look.map(|look| look.green.total / 3_600)
    };
    assert_eq!([looked(26, false), looked(25, false), looked(10, false)], [Some(25), Some(24), Some(9)]);
    assert_eq!([looked(27, false), looked(27, true)], [None, Some(25)]);
    assert_eq!(looked(1, true), None, "no minute is planned");
    // Before it the looks of every minute alone say which ratios are ruled out; with it, more of them.
    let interval = |last_look| {
        let judgement = judge(&JudgePolicy::default(), REGIONS, &even, Watch { last_look, due: false, ..watch() }, &[]);
        of(&judgement, "5xx").interval
    };
    let (before, with) = (interval(27), interval(26));
    assert!(before.0 > 0.0 && before.0 < with.0 && with.1 < before.1, "{before:?} {with:?}");
}

#[test]
fn a_bound_is_broken_by_green_alone_and_not_by_one_burst() {
    let broken = |green: &dyn Fn(i64) -> (u64, u64)| {
        let own = counts(|at| {
            let (total, bad) = green(at);
            Some(minute(at, arm(total, bad), None))
        });
        of(&judged(&own), "5xx").verdict == Verdict::Fail
    };
    // One per cent of 90,000 is allowed.
    assert!(broken(&|_| (3_600, 50)) && !broken(&|_| (3_600, 36)));
    assert!(!broken(&|at| (3_600, if at == 9 { 1_300 } else { 0 })), "one minute is as bad as all of them");
    // A few minutes show no scatter: ten times the declared one is supposed.
    let first = |minutes: i64, bad: u64| broken(&|at| if at <= minutes { (3_600, bad) } else { (0, 0) });
    assert!(first(3, 75) && !first(2, 75) && !first(2, 135) && first(2, 400));
}

#[test]
fn a_broken_bound_is_told_with_its_own_requests() {
    let own = counts(|at| Some(minute(at, arm(3_600, 90), None)));
    let served = Tally { total: 90_000, bad: 2_250 };
    assert_eq!(of(&judged(&own), "5xx").finding, Finding::OverBound { served, allowed: 0.01 });
}

#[test]
fn a_conclusion_names_the_bound_that_it_rests_on() {
    let shown = |green: u64, blue: u64, total: u64| {
        let own = counts(|at| Some(minute(at, arm(total, green), arm(9 * total, blue))));
        of(&judged(&own), "5xx").finding
    };
    assert_eq!(shown(15, 33, 3_600), Finding::Worse { than: 1.25 });
    assert_eq!(shown(30, 300, 36_000), Finding::HarmWithin { allowed: 5_000 });
    assert_eq!(shown(0, 0, 3_600), Finding::HarmWithin { allowed: 5_000 });
}

/// What a metric says that says nothing: which of the reasons holds.
#[test]
fn an_open_verdict_says_why_it_is_open() {
    let even = |total: u64, bad: u64, blue: u64| {
        let judgement = judged(&counts(|at| Some(minute(at, arm(total, bad), arm(9 * total, blue)))));
        let own = of(&judgement, "5xx");
        (own.green.total, own.finding)
    };
    assert_eq!(even(1, 0, 0), (25, Finding::TooFewRequests { needed: 30 }));
    assert_eq!(even(12, 0, 0), (300, Finding::HarmWithin { allowed: 5_000 }));
    assert_eq!(even(40, 1, 2).1, Finding::HarmOver { allowed: 5_000 });
    let good = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
    let seen = |watch| of(&judge(&JudgePolicy::default(), REGIONS, &good, watch, &[]), "5xx").clone();
    let early = seen(Watch { last_look: 40, due: false, ..watch() });
    assert_eq!(early.finding, Finding::LookToCome { allowed: 5_000 });
    assert!(early.harm.is_some_and(|harm| harm.answers < 200), "so far: {early:?}");
    let unknown = seen(Watch { stakes: None, ..watch() });
    assert_eq!((unknown.finding, unknown.harm), (Finding::StakesUnknown, None));
    let loaded = |instances| {
        let mut counts = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
        for at in 0..26 {
            let arm = |total| Some(Arm { total, bad: 3, instances: NonZeroU32::new(instances) });
            counts.take(&name("latency_over_20ms"), minute(at, arm(3_600), arm(32_400)));
        }
        judged(&counts)
    };
    let judgement = loaded(3);
    let latency = of(&judgement, "latency_over_20ms");
    let Finding::LeftOut(why) = latency.finding else { panic!("{latency:?}") };
    assert_eq!((latency.left_out, matches!(why, LeftOut::Load { .. })), (Some(why), true));
    let decided: Vec<_> = judgement.grounds().metrics.into_iter().map(|own| own.metric).collect();
    assert_eq!(decided, [name("4xx"), name("5xx")], "what is left out decides nothing");
}

/// The looks of every minute do not wait for the planned one, and a fault that is larger than its own bursts stands.
#[test]
fn a_fault_fails_before_its_planned_look_however_it_scatters() {
    let early = Watch { last_look: 40, due: false, ..watch() };
    let verdict = |bad: &dyn Fn(i64) -> u64| {
        let own = counts(|at| Some(minute(at, arm(3_600, bad(at)), arm(32_400, 33))));
        of(&judge(&JudgePolicy::default(), REGIONS, &own, early, &[]), "5xx").verdict
    };
    assert_eq!(verdict(&|_| 20), Verdict::Fail);
    assert_eq!(verdict(&|at| if at % 2 == 0 { 10 } else { 50 }), Verdict::Fail);
    assert_eq!(verdict(&|at| if at == 9 { 130 } else { 4 }), Verdict::Inconclusive);
}

/// A sixth fewer is less than what fails: the tolerance holds on both sides.
#[test]
fn a_metric_of_two_sides_is_tolerated_on_both() {
    let mut policy = JudgePolicy::default();
    policy.metrics.insert(name("alerts"), MetricPolicy { two_sided: true, ..MetricPolicy::default() });
    let verdict = |bad: u64| {
        let mut counts = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
        (0..26).for_each(|at| counts.take(&name("alerts"), minute(at, arm(3_600, bad), arm(32_400, 650))));
        of(&judge(&policy, REGIONS, &counts, watch(), &[]), "alerts").verdict
    };
    assert_eq!([61, 83, 40, 120].map(verdict), [Verdict::Pass, Verdict::Pass, Verdict::Fail, Verdict::Fail]);
}

/// Requests of each arm, to the last one.
#[test]
fn nothing_passes_on_fewer_requests_than_policy_asks_for() {
    let passes = |total: u64| {
        let policy = JudgePolicy { min_requests: 25 * 5_000, ..JudgePolicy::default() };
        let own = counts(|at| Some(minute(at, arm(total, 0), arm(32_400, 0))));
        of(&judge(&policy, REGIONS, &own, watch(), &[]), "5xx").verdict == Verdict::Pass
    };
    assert!(passes(5_000) && !passes(4_999));
}

/// Blue's hour before the canary shows how it scatters; at full load its minutes after the shift are nobody's witness.
#[test]
fn blues_own_minutes_are_its_witness_before_the_shift_only() {
    let fire = |at: i64| if at % 3 == 0 { 180 } else { 5 };
    let verdict = |stage, blue: &dyn Fn(i64) -> Option<Arm>| {
        let mut counts = RegionCounts::default();
        for metric in JudgePolicy::default().required() {
            for at in -60..4 {
                let green = (at >= 0).then(|| Arm::new(36_000, 36));
                counts.take(&metric, minute(at, green, blue(at)));
            }
        }
        let watch = Watch { last_look: 4, stage, ..watch() };
        judge(&JudgePolicy::default(), REGIONS, &counts, watch, &[]).evidence.metrics[&name("5xx")].scattered
    };
    let (canary, full) = (WatchStage::Canary, WatchStage::FullLoad);
    assert!(verdict(canary, &|at| arm(32_400, fire(at))), "before and beside it");
    assert!(verdict(full, &|at| arm(32_400, fire(at)).filter(|_| at < 0)));
    assert!(!verdict(full, &|at| arm(32_400, if at < 0 { 33 } else { fire(at) * 100 })));
    assert!(
        !verdict(canary, &|at| if at < 0 { arm(0, 0) } else { arm(32_400, 33) }),
        "minutes of nothing show nothing"
    );
    assert!(
        verdict(canary, &|at| if at == -7 { arm(0, 0) } else { arm(32_400, fire(at)) }),
        "and hide nothing of what the others show"
    );
}

/// Its hour is dealt to green's minutes from the shift on: as a witness each of its minutes counts once.
#[test]
fn what_is_dealt_of_blues_hour_is_no_witness_besides() {
    let mut counts = RegionCounts::default();
    for metric in JudgePolicy::default().required() {
        // From 24 to 42 in a minute is no more than is declared; from 720 to 1,260 in half an hour would be.
        (-60..0).for_each(|at| counts.take(&metric, minute(at, None, arm(32_400, if at < -30 { 24 } else { 42 }))));
        (0..3).for_each(|at| counts.take(&metric, minute(at, arm(36_000, 36), None)));
    }
    for (warm_up, last_look) in [(0, 2), (1, 3)] {
        let watch = Watch { warm_up, last_look, due: true, stage: WatchStage::FullLoad, stakes: Some(STAKES) };
        let judgement = judge(&JudgePolicy::default(), REGIONS, &counts, watch, &[]);
        assert!(!judgement.evidence.metrics[&name("5xx")].scattered, "a warm-up of {warm_up}");
    }
}

/// Only one side is tested: where green is better, its e-value falls under 1, and nothing is kept of the other side.
#[test]
fn a_metric_of_one_side_is_told_by_that_side_alone() {
    let better = judged(&counts(|at| Some(minute(at, arm(3_600, 1), arm(32_400, 33)))));
    let evidence = &better.evidence.metrics[&name("5xx")];
    assert!(of(&better, "5xx").e_value < 0.5, "{:?}", of(&better, "5xx"));
    assert_eq!(evidence.lower, None);
}

#[test]
fn no_ratio_is_told_where_blue_has_no_bad_one() {
    for green in [0, 3] {
        let judgement = judged(&counts(|at| Some(minute(at, arm(3_600, green), arm(32_400, 0)))));
        let told = of(&judgement, "5xx");
        assert_eq!(told.effect, None, "{told:?}");
        // What is ruled out from below is told all the same.
        assert!(told.interval.1.is_none() && (told.interval.0 > 1.0) == (green > 0), "{told:?}");
    }
}

/// Loads differ, so latencies are not compared; green's own bound holds all the same, and is what the verdict names.
#[test]
fn what_is_left_out_is_named_only_where_its_bound_is_broken() {
    let decided = |slow: u64| {
        let mut counts = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
        for at in 0..26 {
            let arm = |total, bad| Some(Arm { total, bad, instances: NonZeroU32::new(3) });
            counts.take(&name("latency_over_20ms"), minute(at, arm(3_600, slow), arm(32_400, 33)));
        }
        let judgement = judged(&counts);
        let grounds = judgement.grounds().metrics.into_iter();
        (judgement.verdict, grounds.map(|own| (own.metric, own.finding)).collect::<Vec<_>>())
    };
    let broken = Finding::OverBound { served: Tally { total: 90_000, bad: 2_250 }, allowed: 0.01 };
    assert_eq!(decided(90), (Verdict::Fail, vec![(name("latency_over_20ms"), broken)]));
    let (verdict, passed) = decided(3);
    assert_eq!(verdict, Verdict::Pass);
    assert!(passed.iter().all(|(metric, _)| *metric != name("latency_over_20ms")), "{passed:?}");
}

/// Blue's hour is dealt to the planned minutes, each of its minutes once, in order.
#[test]
fn blues_last_hour_is_dealt_evenly_to_greens_planned_minutes() {
    let mut counts = RegionCounts::default();
    for metric in JudgePolicy::default().required() {
        // Sixty minutes before the shift, which count up; one of them did not arrive.
        for at in (-60..0).filter(|at| *at != -31) {
            counts.take(&metric, minute(at, None, arm(10_000, u64::try_from(60 + at).unwrap() / 10)));
        }
        // Green is seen for longer than it was planned to be.
        for at in 0..10 {
            let loaded = |total, bad| Some(Arm { total, bad, instances: NonZeroU32::new(2) });
            counts.take(&metric, minute(at, loaded(36_000, 20), loaded(77_000, 77)));
        }
    }
    let watch =
        |last_look| Watch { warm_up: 2, last_look, due: true, stage: WatchStage::FullLoad, stakes: Some(STAKES) };
    let blue = |last_look, metric| {
        let judgement = judge(&JudgePolicy::default(), REGIONS, &counts, watch(last_look), &[]);
        let own = of(&judgement, metric);
        assert_eq!(own.left_out, None, "loads are both full");
        assert!(!judgement.is_missing(), "what is planned is there");
        (own.green.total, own.blue.total, own.blue.bad, judgement.evidence.metrics[&name(metric)].minutes)
    };
    // Fifty-nine minutes: all of them in as many parts as green is planned to be watched, whatever that number is.
    let bad = (0..60).filter(|at| *at != 29).map(|at| at / 10).sum::<u64>();
    for planned in 1..=4 {
        let expected = (36_000 * planned, 590_000, bad, u32::try_from(planned).unwrap());
        let last_look = 2 + i64::try_from(planned).unwrap();
        assert_eq!(blue(last_look, "5xx"), expected, "{planned} planned minutes");
        assert_eq!(blue(last_look, "latency_over_20ms"), expected, "{planned} planned minutes");
    }
    // A part of it in each: what a minute is compared with is near a third or a quarter of the hour.
    let first = |last_look: i64| {
        let mut only = counts.clone();
        only.metrics.values_mut().for_each(|minutes| minutes.retain(|own| own.minute < 3));
        of(&judge(&JudgePolicy::default(), REGIONS, &only, watch(last_look), &[]), "5xx").blue.total
    };
    assert_eq!([first(3), first(4), first(5), first(6)], [590_000, 290_000, 190_000, 140_000]);
}

/// What a test may err is told by metric, for who simulates waves.
#[test]
fn the_levels_of_a_metric_are_told_by_its_name() {
    let mut policy = JudgePolicy { tries: 1, ..JudgePolicy::default() };
    policy.metrics.insert(name("alerts"), MetricPolicy { two_sided: true, ..MetricPolicy::default() });
    let asked = [name("alerts")].into_iter();
    let judge = RegionJudge::new(&policy, REGIONS, asked, watch());
    let levels = |metric: &str| Some((judge.region_level(&name(metric))?, judge.pooled_level(&name(metric))?));
    let (errors, alerts) = (levels("5xx").unwrap(), levels("alerts").unwrap());
    // Four metrics share alpha but for the bounds; half of it is the pool's, and the rest one of four regions'.
    let pooled = policy.alpha * (1.0 - policy.bounds_share) / 4.0 / 2.0;
    assert!((errors.1 / pooled - 1.0).abs() < 1e-12 && (errors.0 / (pooled / 4.0) - 1.0).abs() < 1e-12, "{errors:?}");
    assert!((alerts.0 / errors.0 - 0.5).abs() < 1e-12 && (alerts.1 / errors.1 - 0.5).abs() < 1e-12, "two sides");
    assert_eq!(levels("teapots"), None);
}

/// A judge that has taken the same minutes tells the evidence of its judgement.
#[test]
fn a_judges_evidence_is_that_of_its_judgement() {
    let policy = JudgePolicy::default();
    let counts = counts(|at| Some(minute(at, arm(3_600, 3), arm(32_400, 33))));
    let mut judge = RegionJudge::new(&policy, REGIONS, std::iter::empty(), watch().due());
    for (metric, minutes) in &counts.metrics {
        minutes.iter().for_each(|own| judge.take(metric, own));
    }
    assert_eq!(judge.evidence(true), judged(&counts).evidence);
    assert_eq!(watch().due(), watch());
    assert!(Watch { due: false, ..watch() }.due().due && watch().due().warm_up == 1);
}

#[test]
fn a_metrics_name_is_short_lower_case_and_starts_alphanumeric() {
    let long = "a".repeat(41);
    for wrong in ["", "_alerts", ".9", "5XX", "a b", long.as_str()] {
        assert!(wrong.parse::<MetricName>().is_err(), "{wrong}");
    }
    for right in ["5xx", "alerts", "score_over_0.9", &long[1..]] {
        assert_eq!(String::from(name(right)), right);
    }
}

/// Nothing is found of nothing, on either arm, and at no rate.
#[test]
fn what_is_detected_of_no_request_or_no_error_is_nothing() {
    let policy = JudgePolicy::default();
    let at = |green, blue, rate| smallest_detectable_effect(&policy, REGIONS, green, blue, rate);
    assert!(at(10_000, 90_000, 0.001).is_some());
    for (green, blue, rate) in [(0, 90_000, 0.001), (10_000, 0, 0.001), (10_000, 90_000, 0.0)] {
        assert_eq!(at(green, blue, rate), None);
    }
    // The largest ratio that is asked about is a thousand.
    assert!(at(30, 300_000, 0.001).is_some_and(|ratio| ratio > 100.0), "{:?}", at(30, 300_000, 0.001));
    assert_eq!(at(2, 300_000, 0.001), None);
}
