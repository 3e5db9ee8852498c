//! The tests' promises, by exact enumeration of all counts.

use crate::detect::Check;
use crate::exact::{Stratum, at_least, pooled_chance};
use crate::excess::largest;
use crate::harm::PlannedCanary;
use crate::policy::JudgePolicy;
use crate::process::{AbsoluteBound, Comparison, Side};
use crate::scatter::Scatter;
use crate::verdict::Verdict;
use crate::{Arm, HarmTest, Look, MinuteCounts, RegionCounts, Stakes, Tally, Watch, WatchStage, judge};

/// Where an e-value of 25 times the tolerance weighs nothing any more.
const FAR: f64 = 1e-90;

/// The chances of a count of this mean and dispersion, by recursion, down to the `least`: what an e-value weighs most lies
/// far out.
fn law(mean: f64, dispersion: f64, least: f64) -> Vec<f64> {
    let more = dispersion - 1.0;
    let mut chance = if more == 0.0 { (-mean).exp() } else { dispersion.powf(-mean / more) };
    let mut chances = Vec::new();
    while chance > least || (chances.len() as f64) < mean {
        chances.push(chance);
        let count = chances.len() as f64;
        chance *= if more == 0.0 { mean / count } else { (count - 1.0 + mean / more) / count * more / dispersion };
    }
    chances
}

fn expectation(green: &[f64], blue: &[f64], value: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for (x, p) in green.iter().enumerate() {
        for (y, q) in blue.iter().enumerate() {
            sum += p * q * value(x as f64, y as f64);
        }
    }
    sum
}

#[test]
fn tails_of_counts_are_those_of_the_law() {
    for (mean, dispersion) in [(0.4, 1.0), (7.0, 1.0), (0.4, 2.0), (7.0, 2.0), (30.0, 5.0)] {
        let chances = law(mean, dispersion, 1e-40);
        let moment = |power: i32| chances.iter().enumerate().map(|(x, p)| p * (x as f64).powi(power)).sum::<f64>();
        assert!((moment(1) - mean).abs() < 1e-9, "{mean} {dispersion}: {}", moment(1));
        assert!(((moment(2) - moment(1).powi(2)) / mean - dispersion).abs() < 1e-9, "{mean} {dispersion}");
        for count in [0, 1, 5, 30, 70] {
            let tail: f64 = chances.iter().skip(count as usize).sum();
            let told = at_least(count, mean, dispersion);
            assert!((told - tail).abs() <= 1e-9 * tail + 1e-15, "{count} of {mean}, {dispersion}: {told} {tail}");
        }
    }
}

/// Its tail is under the smallest normal number: a sum that waits for a term of 0 never ends.
#[test]
fn the_tail_of_an_impossible_count_ends() {
    assert!(at_least(4_873, 941.34, 3.667_299_037) < 1e-300);
}

/// At a low rate and at one fifteen times as high: what both arms share changes nothing.
#[test]
fn an_e_value_expects_1_at_the_tolerance_and_less_under_it() {
    let (green_total, blue_total) = (3_600.0, 32_400.0);
    for dispersion in [1.0, 1.3, 2.0, 5.0] {
        for (side, tolerance, milder) in [(Side::Above, 1.25, 1.0), (Side::Below, 4.0, 5.0), (Side::Above, 0.25, 0.2)] {
            let test = Comparison { tolerance, side, dispersion };
            for rate in [0.000_004, 0.000_06] {
                let mean = |ratio: f64, dispersion: f64| {
                    let green = law(ratio * rate * green_total, dispersion, FAR);
                    let blue = law(rate * blue_total, dispersion, 1e-20);
                    expectation(&green, &blue, |x, y| test.minute((green_total, x), (blue_total, y)).mixture().exp())
                };
                let at = mean(tolerance, dispersion);
                assert!((at - 1.0).abs() < 1e-6, "{test:?} at rate {rate}: {at}");
                assert!(mean(milder, dispersion) < at, "{test:?}");
                assert!(mean(tolerance, 1.0) <= at + 1e-9, "{test:?}: less scatter than declared");
            }
        }
    }
}

#[test]
fn a_bounds_e_value_expects_1_at_the_bound_and_less_under_it() {
    for dispersion in [1.0, 2.0, 5.0] {
        let test = AbsoluteBound { bound: 0.01, dispersion };
        let mean = |ratio: f64| {
            let green = law(ratio * 1.2, dispersion, FAR);
            expectation(&green, &[1.0], |x, _| test.minute((120.0, x)).mixture().exp())
        };
        assert!((mean(1.0) - 1.0).abs() < 1e-4, "{test:?}: {}", mean(1.0));
        assert!(mean(0.5) < 1.0, "{test:?}");
    }
}

/// Every pair of counts, weighed: how often the look rejects where the ratio is just tolerated.
#[test]
fn a_planned_look_errs_no_more_than_its_level() {
    for dispersion in [1.0, 2.0, 5.0] {
        for (green_total, blue_total) in [(1.0, 9.0), (1.0, 3.0), (1.0, 1.0)] {
            for mean in [8.0, 40.0] {
                for (level, side, tolerance) in
                    [(0.0003, Side::Above, 1.25), (0.005, Side::Above, 1.25), (0.045, Side::Below, 4.0)]
                {
                    let rate = mean / blue_total;
                    let green = law(tolerance * green_total * rate, dispersion, 1e-9);
                    let blue = law(mean, dispersion, 1e-7);
                    let errs = expectation(&green, &blue, |x, y| {
                        let stratum = Stratum { green_total, blue_total, green: x as u64, blue: y as u64, dispersion };
                        f64::from(stratum.chance(tolerance, side) <= level)
                    });
                    assert!(errs <= level * 1.05, "{dispersion} {green_total} {mean} {side:?}: {errs} of {level}");
                }
            }
        }
    }
}

#[test]
fn halves_of_a_region_or_an_empty_one_change_no_chance() {
    let whole = Stratum { green_total: 2.0, blue_total: 18.0, green: 30, blue: 100, dispersion: 1.0 };
    let half = Stratum { green_total: 1.0, blue_total: 9.0, green: 15, blue: 50, dispersion: 1.0 };
    let one = whole.chance(1.25, Side::Above);
    assert!((pooled_chance(&[half, half], 1.25, Side::Above) / one - 1.0).abs() < 1e-9, "binomials add up");
    let none = Stratum { green: 0, blue: 0, ..half };
    assert!(
        (pooled_chance(&[whole, none], 1.25, Side::Above) / one - 1.0).abs() < 1e-9,
        "an empty region adds nothing"
    );
    let both = pooled_chance(&[whole], 1.25, Side::Above) + pooled_chance(&[whole], 1.25, Side::Below);
    assert!(both > 1.0 && both < 1.1, "both tails hold the count itself: {both}");
}

/// The binomial test of 14 of 20 at a half, from any table: P(X >= 14) = 0.0577.
#[test]
fn without_dispersion_the_look_is_the_binomial_test() {
    let stratum = Stratum { green_total: 5.0, blue_total: 5.0, green: 14, blue: 6, dispersion: 1.0 };
    assert!((stratum.chance(1.0, Side::Above) - 0.057_659).abs() < 1e-6);
    assert!((stratum.chance(1.0, Side::Below) - 0.979_305).abs() < 1e-6);
}

#[test]
fn scatter_is_told_from_what_is_declared() {
    let of = |counts: &[f64]| {
        let mut scatter = Scatter::default();
        counts.iter().for_each(|bad| scatter.add(&Scatter::minute(1_000.0, *bad)));
        scatter
    };
    let even = of(&[10.0; 20]);
    assert!(!even.shows_more_on_blue(1.0) && even.dispersion().unwrap() < 1e-9);
    let bursts: Vec<f64> = (0..20).map(|minute| if minute % 5 == 0 { 40.0 } else { 2.5 }).collect();
    let bursts = of(&bursts);
    assert!(bursts.shows_more_on_blue(2.0));
    assert!(bursts.shown_on_green(2.0) > 20.0);
    assert_eq!(even.shown_on_green(2.0), 2.0);
    assert_eq!(of(&[100.0]).shown_on_green(2.0), 2.0, "one minute shows no scatter");
}

/// Counts whose own chance is under the smallest number: what is not beyond them is nearly everything.
#[test]
fn the_far_side_of_a_count_that_never_comes_is_certain() {
    let stratum = Stratum { green_total: 1.0, blue_total: 9.0, green: 5_000, blue: 5_000, dispersion: 1.0 };
    assert_eq!((stratum.chance(1.0, Side::Above), stratum.chance(1.0, Side::Below)), (0.0, 1.0));
}

/// A mean of 1 at a dispersion of 2 is the geometric law: each count has half the chance of the one before it.
#[test]
fn the_tail_of_a_geometric_law_is_a_power_of_two() {
    for (count, tail) in [(0, 1.0), (1, 0.5), (2, 0.25), (5, 0.031_25)] {
        assert!((at_least(count, 1.0, 2.0) - tail).abs() < 1e-12, "{count}: {}", at_least(count, 1.0, 2.0));
    }
}

/// The full-load check spends what the canary's latencies did not, in fewer minutes that scatter more, and once.
#[test]
fn the_check_at_full_load_has_a_policy_of_its_own() {
    let mut policy = JudgePolicy { alpha: 0.02, min_minutes: 7, dispersion: 3.0, tries: 4, ..JudgePolicy::default() };
    policy.bounds_share = 0.25;
    let at_load = policy.at_full_load();
    let named = policy.required().into_iter().chain(policy.metrics.keys().cloned());
    let families: std::collections::BTreeSet<String> = named.map(|metric| metric.family().to_owned()).collect();
    assert_eq!(at_load.alpha, 0.02 * 0.75 / families.len() as f64);
    assert!(at_load.min_minutes < 7 && at_load.min_minutes > 0, "{}", at_load.min_minutes);
    assert_eq!(JudgePolicy { min_minutes: 1, ..policy.clone() }.at_full_load().min_minutes, 1);
    assert!(at_load.dispersion > 3.0, "{}", at_load.dispersion);
    assert_eq!(at_load.tries, 1);
}

#[test]
fn the_gates_of_a_threshold_are_the_usual_ones() {
    let usual = crate::EvaluationPolicy::at_threshold(0.7);
    assert_eq!(usual.threshold, 0.7);
    assert_eq!(
        crate::EvaluationPolicy { threshold: crate::EvaluationPolicy::default().threshold, ..usual },
        Default::default()
    );
}

/// At full load only the planned minutes are expected, and only those in which both arms have something.
#[test]
fn at_full_load_no_minute_is_missed_that_was_not_planned() {
    let policy = JudgePolicy::default();
    let judged = |watch: Watch, green: &dyn Fn(i64) -> bool, blue: &dyn Fn(i64) -> u64| {
        let mut counts = RegionCounts::default();
        for metric in policy.required() {
            for minute in -50..8 {
                let green = (minute >= 0 && green(minute)).then(|| Arm::new(36_000, 36));
                let blue = Some(Arm::new(if minute < 0 { blue(minute) } else { 0 }, 0));
                counts.take(&metric, MinuteCounts { minute, green, blue });
            }
        }
        judge(&policy, 4, &counts, watch, &[])
    };
    let watch = |warm_up, last_look| Watch { warm_up, last_look, due: true, stage: WatchStage::FullLoad, stakes: None };
    // Of five planned minutes one may be lost, and those after them are not expected.
    assert!(!judged(watch(0, 5), &|minute| minute != 2, &|_| 32_400).is_missing());
    assert!(judged(watch(0, 5), &|minute| minute != 2 && minute != 3, &|_| 32_400).is_missing());
    // The part of blue's hour beside the fifth has no request, and green's did not arrive: it has not come.
    assert!(
        !judged(watch(0, 5), &|minute| minute < 4 && minute != 2, &|minute| if minute < -10 { 32_400 } else { 0 })
            .is_missing()
    );
    let nothing = judged(watch(2, 2), &|_| true, &|_| 32_400);
    assert!(nothing.is_missing() && nothing.verdict == Verdict::Inconclusive, "nothing was planned: {nothing:?}");
}

/// Every pair of counts, weighed: how often the bound is lower than the excess that is there.
#[test]
fn an_excess_is_understated_no_more_often_than_its_level() {
    let errs = |(dispersion, level): (f64, f64), (green_total, blue_total): (u64, u64), (base, excess): (f64, f64)| {
        let (less, more) = (base * blue_total as f64, (base + excess) * green_total as f64);
        // No count at all is the law of a mean of 0.
        let blue = if less > 0.0 { law(less, dispersion, 1e-6) } else { vec![1.0] };
        expectation(&law(more, dispersion, 1e-6), &blue, |x, y| {
            let tally = |total, bad: f64| Tally { total, bad: bad as u64 };
            let look = Look { green: tally(green_total, x), blue: tally(blue_total, y) };
            f64::from(largest(&look, Side::Above, level, dispersion) < excess)
        })
    };
    for law in [(1.0, 0.05), (2.0, 0.05), (2.0, 0.01), (5.0, 0.05)] {
        for totals in [(10_000, 30_000), (10_000, 90_000), (10_000, 10_000)] {
            for rates in [(0.0, 0.000_4), (0.0, 0.004), (0.000_05, 0.001), (0.000_3, 0.000_4), (0.000_3, 0.002)] {
                let errs = errs(law, totals, rates);
                assert!(errs <= law.1, "{law:?} {totals:?} {rates:?}: {errs}");
            }
        }
    }
    // No wider than it must be: of a level of 5 %, four are used.
    assert!(errs((2.0, 0.05), (10_000, 30_000), (0.002, 0.001)) > 0.04);
}

/// Every pair of counts of an equal release, weighed: how often its bound is within what is allowed.
#[test]
fn the_chance_that_an_equal_release_passes_is_told_to_a_point() {
    let stakes =
        Stakes { until_verdict: 60_000, way_back: 180_000, full_load: 24_000, hour: 720_000, day: 0, failover: 0 };
    let check = Some(Check { tolerance: 1.25, level: 0.000_2, dispersion: 5.0 });
    for (two_sided, base, allowed) in
        [(false, 0.0, 50), (false, 0.0, 20), (false, 0.001, 150), (false, 0.001, 300), (true, 0.005, 400)]
    {
        let test = HarmTest { level: 0.05, two_sided, check };
        let (green, blue) = (9_000u64, 27_000u64);
        let law_of = |total: u64| if base > 0.0 { law(base * total as f64, 2.0, 1e-5) } else { vec![1.0] };
        let passes = expectation(&law_of(green), &law_of(blue), |x, y| {
            let look =
                Look { green: Tally { total: green, bad: x as u64 }, blue: Tally { total: blue, bad: y as u64 } };
            f64::from(test.bound(&look, &stakes, 2.0).answers <= allowed)
        });
        let look = Check { tolerance: 1.25, level: 1e-9, dispersion: 2.0 };
        let canary = PlannedCanary { arms: (green, blue), base_rate: base, look, allowed, miss: 0.05 };
        let told = test.outlook(canary, &stakes).chance;
        assert!((told - passes).abs() < 0.02, "{two_sided} {base} {allowed}: {told} told, {passes}");
    }
}

/// Every pair of counts of a release that costs as much as a plan says that a canary lets through, weighed: it is let through no more
/// often than the plan may be wrong, and one that costs a third less more often.
#[test]
fn a_costlier_fault_than_planned_is_let_through_no_more_often_than_said() {
    const MISS: f64 = 0.05;
    let stakes = Stakes { until_verdict: 60_000, ..Stakes::default() };
    let test = HarmTest { level: 0.025, two_sided: false, check: None };
    for ((green, blue), base, allowed) in
        [((9_000u64, 9_000u64), 0.001, 5_000), ((9_000, 27_000), 0.002, 5_000), ((9_000, 27_000), 0.001, 150)]
    {
        let planned = Check { tolerance: 1.25, level: 0.000_3, dispersion: 2.0 };
        let canary = PlannedCanary { arms: (green, blue), base_rate: base, look: planned, allowed, miss: MISS };
        let told = test.outlook(canary, &stakes).let_through;
        let let_through = |answers: f64| {
            let mean = green as f64 * (base + answers / stakes.until_verdict as f64);
            let blues = law(base * blue as f64, 2.0, 1e-5);
            expectation(&law(mean, 2.0, 1e-5), &blues, |x, y| {
                let (green, blue) = (Tally { total: green, bad: x as u64 }, Tally { total: blue, bad: y as u64 });
                let arms = (green.total as f64, blue.total as f64);
                let stratum = Stratum {
                    green_total: arms.0,
                    blue_total: arms.1,
                    green: green.bad,
                    blue: blue.bad,
                    dispersion: 2.0,
                };
                let fails = stratum.chance(planned.tolerance, Side::Above) <= planned.level;
                f64::from(!fails && test.bound(&Look { green, blue }, &stakes, 2.0).answers <= allowed)
            })
        };
        let (at, less) = (let_through(told as f64), let_through(told as f64 / 1.5));
        assert!(at <= MISS + 0.01 && less > 2.0 * MISS, "{green} {blue} {base} {allowed}: {told}, {at} {less}");
    }
}
