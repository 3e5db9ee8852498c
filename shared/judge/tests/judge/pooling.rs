//! Several regions' evidence together: its numbers, and what they let through.

use crate::STAKES;
use meridian_judge::{
    Arm, JudgePolicy, Judgement, LeftOut, MetricEvidence, MetricName, MetricPolicy, MinuteCounts, PooledJudgement,
    RegionCounts, RegionEvidence, Verdict, Watch, WatchStage, judge,
};

const REGIONS: usize = 4;
const MINUTES: i64 = 26;

fn watch() -> Watch {
    Watch { warm_up: 0, last_look: MINUTES, due: true, stage: WatchStage::Canary, stakes: Some(STAKES) }
}

fn name(text: &str) -> MetricName {
    text.parse().unwrap()
}

fn alerts() -> JudgePolicy {
    let mut policy = JudgePolicy::default();
    policy.metrics.clear();
    policy.metrics.insert(name("alerts"), MetricPolicy { two_sided: true, ..MetricPolicy::default() });
    policy
}

/// Every required metric evenly: requests and bad ones of green and of blue in each minute, and those of 5xx as `own` says.
fn counts(own: impl Fn(i64) -> [(u64, u64); 2]) -> RegionCounts {
    let mut counts = RegionCounts::default();
    for metric in JudgePolicy::default().required() {
        for minute in 0..MINUTES {
            let [green, blue] = if metric == name("5xx") { own(minute) } else { [(3_600, 3), (32_400, 32)] };
            let arm = |(total, bad)| Some(Arm::new(total, bad));
            counts.take(&metric, MinuteCounts { minute, green: arm(green), blue: arm(blue) });
        }
    }
    counts
}

fn even(green: (u64, u64), blue: (u64, u64)) -> RegionCounts {
    counts(|_| [green, blue])
}

fn judged(counts: &RegionCounts, before: &[RegionEvidence]) -> Judgement {
    judge(&JudgePolicy::default(), REGIONS, counts, watch(), before)
}

fn pool<'a>(judgement: &'a Judgement, metric: &str) -> &'a PooledJudgement {
    judgement.pooled.iter().find(|pooled| pooled.metric == name(metric)).unwrap()
}

fn of<'a>(judgement: &'a Judgement, metric: &str) -> &'a MetricEvidence {
    &judgement.evidence.metrics[&name(metric)]
}

fn near(one: f64, other: f64) -> bool {
    (one / other - 1.0).abs() < 1e-4
}

/// Two regions of different sizes and shares: each number by its definition, the interval and the effect as they were when
/// this was written.
#[test]
fn the_pools_numbers_are_those_of_both_regions_together() {
    let first = judged(&even((3_600, 5), (32_400, 40)), &[]);
    let second = judged(&even((2_000, 6), (6_000, 13)), std::slice::from_ref(&first.evidence));
    let together = pool(&second, "5xx");
    let mut worse = of(&first, "5xx").worse;
    worse += of(&second, "5xx").worse;
    assert!(near(together.e_value, worse.mixture().exp()), "the product, alternative by alternative: {together:?}");
    // Mantel and Haenszel: each region's cross products over its requests.
    let green = 5.0 * 32_400.0 / 36_000.0 + 6.0 * 6_000.0 / 8_000.0;
    let blue = 40.0 * 3_600.0 / 36_000.0 + 13.0 * 2_000.0 / 8_000.0;
    assert!(near(together.effect.unwrap(), green / blue), "{together:?}");
    assert_eq!(together.regions, 2);
    let (low, high) = together.interval.unwrap();
    assert!(near(low, INTERVAL.0) && near(high.unwrap(), INTERVAL.1), "{together:?}");
    assert!(near(together.smallest_detectable_effect.unwrap(), SMALLEST), "{together:?}");
    let own = pool(&first, "5xx").interval.unwrap();
    assert!(high.unwrap() / low < own.1.unwrap() / own.0, "two regions know more than one: {own:?}");
}

const INTERVAL: (f64, f64) = (1.051_14, 1.453_27);
const SMALLEST: f64 = 1.823_36;

#[test]
fn a_pool_with_nothing_bad_on_blue_has_an_interval_from_0() {
    let judgement = judged(&even((3_600, 0), (32_400, 0)), &[]);
    let together = pool(&judgement, "5xx");
    assert_eq!((together.effect, together.smallest_detectable_effect), (None, None));
    assert!(together.interval.is_some_and(|(low, _)| low == 0.0), "{together:?}");
    let some = judged(&even((3_600, 0), (32_400, 40)), &[]);
    assert_eq!(pool(&some, "5xx").effect, Some(0.0));
}

/// Its planned look is to come in one of the regions: nothing is told of the ratios.
#[test]
fn a_pool_whose_looks_are_not_all_taken_has_no_interval() {
    let first = judged(&even((3_600, 5), (32_400, 40)), &[]);
    let early = Watch { due: false, last_look: MINUTES + 5, ..watch() };
    let before = std::slice::from_ref(&first.evidence);
    let second = judge(&JudgePolicy::default(), REGIONS, &even((3_600, 5), (32_400, 40)), early, before);
    assert_eq!((pool(&second, "5xx").interval, pool(&second, "5xx").regions), (None, 2));
}

/// A metric that may not change either way is told by the stronger of its two sides.
#[test]
fn a_pool_of_two_sides_fails_either_way_and_passes_between() {
    let policy = alerts();
    let with = |bad: u64, before: &[RegionEvidence]| {
        let mut counts = even((3_600, 3), (32_400, 32));
        for minute in 0..MINUTES {
            let arms = (Some(Arm::new(3_600, bad)), Some(Arm::new(32_400, 65)));
            counts.take(&name("alerts"), MinuteCounts { minute, green: arms.0, blue: arms.1 });
        }
        judge(&policy, REGIONS, &counts, watch(), before)
    };
    for (bad, verdict) in [(7, Verdict::Pass), (22, Verdict::Fail), (2, Verdict::Fail)] {
        let first = with(bad, &[]);
        let second = with(bad, std::slice::from_ref(&first.evidence));
        let together = pool(&second, "alerts");
        assert_eq!((together.verdict, together.e_value > 1e3), (verdict, verdict == Verdict::Fail), "{together:?}");
    }
}

/// A region whose comparison counts nowhere adds nothing; where blue itself is on fire its numbers stay out; and the wave passes
/// where each region does.
#[test]
fn a_pool_takes_in_who_counts_and_passes_where_each_region_does() {
    let good = judged(&even((3_600, 3), (32_400, 32)), &[]);
    assert_eq!(pool(&good, "5xx").verdict, Verdict::Pass);
    let change = |change: fn(&mut MetricEvidence)| {
        let mut evidence = good.evidence.clone();
        change(evidence.metrics.get_mut(&name("5xx")).unwrap());
        judged(&even((3_600, 3), (32_400, 32)), &[evidence])
    };
    let left_out = change(|metric| metric.left_out = Some(LeftOut::Load { ratio: 0.5 }));
    assert_eq!((pool(&left_out, "5xx").regions, pool(&left_out, "5xx").verdict), (1, Verdict::Pass));
    let scattered = change(|metric| metric.scattered = true);
    assert_eq!((pool(&scattered, "5xx").regions, pool(&scattered, "5xx").verdict), (1, Verdict::Pass));
    let open = change(|metric| metric.within = false);
    assert_eq!((pool(&open, "5xx").regions, pool(&open, "5xx").verdict), (2, Verdict::Inconclusive));
    assert_eq!((open.verdict, open.wave), (Verdict::Pass, Verdict::Inconclusive));
    let silent = change(|metric| metric.look.as_mut().unwrap().green.total = 0);
    assert_eq!(pool(&silent, "5xx").interval, None, "a look that saw nobody is none");
}

/// Blue's minutes scatter in every region that counts: nobody is left to pool, and each passes by itself or not.
#[test]
fn a_pool_of_no_witness_has_no_numbers_and_is_not_absent() {
    let fire = counts(|minute| [(3_600, 4), (32_400, if minute % 6 == 0 { 180 } else { 5 })]);
    let judgement = judged(&fire, &[]);
    let together = pool(&judgement, "5xx");
    assert_eq!((together.regions, together.verdict, together.interval), (0, Verdict::Pass, None));
}

/// Green's own bursts lift a pooled failure: it is significant at the declared dispersion, not at the one that green shows.
#[test]
fn a_burst_on_green_fails_no_pool_and_passes_none() {
    let burst = counts(|minute| [(3_600, if minute == 9 { 130 } else { 4 }), (32_400, 33)]);
    let first = judged(&burst, &[]);
    let second = judged(&burst, std::slice::from_ref(&first.evidence));
    assert_eq!(pool(&second, "5xx").verdict, Verdict::Inconclusive, "{:?}", pool(&second, "5xx"));
    assert!(pool(&second, "5xx").e_value > 1e3, "at what is declared it is significant");
    let steady = counts(|_| [(3_600, 9), (32_400, 33)]);
    let first = judged(&steady, &[]);
    let second = judged(&steady, std::slice::from_ref(&first.evidence));
    assert_eq!(pool(&second, "5xx").verdict, Verdict::Fail, "as many, evenly spread");
    // Beside a region that bursts, the other one's even fault stands where it is large enough.
    let bursts = judged(&burst, &[]);
    let large = counts(|_| [(3_600, 30), (32_400, 33)]);
    let after = judged(&large, std::slice::from_ref(&bursts.evidence));
    assert_eq!(pool(&after, "5xx").verdict, Verdict::Fail, "{:?}", pool(&after, "5xx"));
}

/// Less than twice as many in two regions: too little for looks of every minute, enough for the planned ones together.
#[test]
fn the_pools_planned_looks_find_what_looks_every_minute_miss() {
    let two = |more: i64| {
        let own = counts(|minute| [(3_600, 6 + u64::from(minute % 8 < more)), (32_400, 33)]);
        let first = judged(&own, &[]);
        let second = judged(&own, std::slice::from_ref(&first.evidence));
        (pool(&first, "5xx").verdict, pool(&second, "5xx").verdict, pool(&second, "5xx").e_value)
    };
    let found: Vec<_> = (0..8).map(two).collect();
    // Its share of alpha for the looks of every minute asks for an e-value of 2,222.
    let planned = found.iter().find(|(_, verdict, e_value)| *verdict == Verdict::Fail && *e_value < 2_222.0);
    assert!(planned.is_some_and(|(first, ..)| *first != Verdict::Fail), "{found:?}");
}

/// Before any planned look, and beside a region that nobody called: a fault larger than its own bursts stands.
#[test]
fn a_pool_fails_before_its_looks_however_green_scatters() {
    let early = Watch { due: false, last_look: MINUTES + 5, ..watch() };
    let pooled = |own: &RegionCounts, before: &[RegionEvidence]| {
        pool(&judge(&JudgePolicy::default(), REGIONS, own, early, before), "5xx").verdict
    };
    let rough = counts(|minute| [(3_600, if minute % 2 == 0 { 10 } else { 50 }), (32_400, 33)]);
    let silent = judge(&JudgePolicy::default(), REGIONS, &even((0, 0), (0, 0)), early, &[]).evidence;
    assert_eq!(pooled(&rough, &[]), Verdict::Fail);
    assert_eq!(pooled(&rough, &[silent]), Verdict::Fail);
    let burst = counts(|minute| [(3_600, if minute == 9 { 130 } else { 4 }), (32_400, 33)]);
    assert_eq!(pooled(&burst, &[]), Verdict::Inconclusive);
}

/// A few minutes do not show how green scatters: then ten times the declared dispersion is supposed.
#[test]
fn a_pool_of_too_few_minutes_fails_only_what_no_burst_explains() {
    let of_minutes = |minutes: i64, bad: u64| {
        let mut few = RegionCounts::default();
        for metric in JudgePolicy::default().required() {
            for minute in 0..minutes {
                let arms = (Some(Arm::new(3_600, bad)), Some(Arm::new(32_400, 33)));
                few.take(&metric, MinuteCounts { minute, green: arms.0, blue: arms.1 });
            }
        }
        let watch = Watch { last_look: minutes, ..watch() };
        pool(&judge(&JudgePolicy::default(), REGIONS, &few, watch, &[]), "5xx").clone()
    };
    for (minutes, bad, verdict) in [
        (2, 25, Verdict::Inconclusive),
        (3, 25, Verdict::Fail),
        (2, 35, Verdict::Inconclusive),
        (2, 700, Verdict::Fail),
    ] {
        let together = of_minutes(minutes, bad);
        assert_eq!(together.verdict, verdict, "{minutes} minutes of {bad}: {together:?}");
    }
}

/// Two regions: a sixth fewer is less than what fails; of as many their planned looks know, and the looks of every minute do
/// not yet, that they are not a third fewer.
#[test]
fn a_pools_planned_looks_tolerate_as_much_below_as_above() {
    let policy = alerts();
    let pooled = |green: u64, blue: u64, looks: bool| {
        let mut counts = even((3_600, 3), (32_400, 32));
        for minute in 0..MINUTES {
            let arms = (Some(Arm::new(3_600, green)), Some(Arm::new(32_400, blue)));
            counts.take(&name("alerts"), MinuteCounts { minute, green: arms.0, blue: arms.1 });
        }
        let watch = if looks { watch() } else { Watch { due: false, last_look: MINUTES + 5, ..watch() } };
        let first = judge(&policy, REGIONS, &counts, watch, &[]).evidence;
        pool(&judge(&policy, REGIONS, &counts, watch, &[first]), "alerts").verdict
    };
    assert_eq!(pooled(60, 650, true), Verdict::Pass);
    assert_eq!((pooled(3, 27, true), pooled(3, 27, false)), (Verdict::Pass, Verdict::Inconclusive));
}

/// In one minute blue serves ten times as many at nearly twice its rate, and green next to none: the sums of both arms hide
/// what every other minute shows. They are asked only where green scatters more than declared.
#[test]
fn where_green_scatters_as_declared_its_minutes_fail_a_pool() {
    let early = Watch { due: false, last_look: MINUTES + 5, ..watch() };
    let mut rush = counts(|minute| match minute {
        9 => [(36, 0), (324_000, 600)],
        _ => [(3_600, 7 + u64::from(minute % 3 > 0)), (32_400, 32)],
    });
    for minute in -60..0 {
        let blue = Some(Arm::new(32_400, 32));
        rush.take(&name("5xx"), MinuteCounts { minute, green: None, blue });
    }
    let judgement = judge(&JudgePolicy::default(), REGIONS, &rush, early, &[]);
    assert_eq!(of(&judgement, "5xx").dispersion, JudgePolicy::default().dispersion);
    assert_eq!(pool(&judgement, "5xx").verdict, Verdict::Fail, "{:?}", pool(&judgement, "5xx"));
}
