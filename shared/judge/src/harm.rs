//! What going on can cost, in answers.
//!
//! The harm bound is the largest harm, over every excess *x* that the counts have not ruled out (`excess`), of
//!
//! harm(x) = x * (requests from the shift to the verdict at full load + finds(x) * requests of the way back),
//!
//! where finds(x) is the chance that the check at full load finds the excess: then the way back is still to be gone. Both
//! factors rise with x, so the largest excess has the largest harm. What the check does not find goes on for longer than anybody can
//! bound; its largest harm a day, max of x * (1 - finds(x)) * requests of a day, is told and decides nothing, and so is the
//! harm while a neighbour's customers come as well.

use crate::detect::Check;
use crate::exact::at_least;
use crate::excess;
use crate::outcome::{Look, Tally};
use crate::process::Side;
use serde::{Deserialize, Serialize};

/// Excesses that are tried for the largest harm a day.
const TRIED: u32 = 24;
/// Bisection steps of a rate: to about 1e-9.
const HALVES: u32 = 30;

/// What a region has at stake if its canary goes on, in requests: the traffic of the hour's forecast times time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stakes {
    /// From the shift until the verdict at full load.
    pub until_verdict: u64,
    /// From that verdict until the last request is answered by the champion again.
    pub way_back: u64,
    /// That the check at full load sees of green.
    pub full_load: u64,
    /// That it sees of blue.
    pub hour: u64,
    /// Requests in a day.
    pub day: u64,
    /// From the shift until the verdict, with the customers of the largest neighbour as well.
    pub failover: u64,
}

/// The harm bound of one metric in one region.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harm {
    /// The largest excess that the counts do not rule out: bad answers per request beyond blue's, or short of them where a change
    /// either way is bad.
    pub excess: f64,
    /// The harm bound: so many bad answers at most.
    pub answers: u64,
    /// Of these, those of the way back.
    pub way_back: u64,
    /// The most that an excess which the check at full load does not find costs in a day. Decides nothing.
    pub a_day: u64,
    /// The harm bound while a neighbour's customers come as well. Decides nothing.
    pub failover: u64,
    /// Variance over mean of a minute's count that was reckoned with: the declared one, or blue's own where that is seen to be
    /// larger.
    pub dispersion: f64,
}

/// What a canary is expected to show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// The harm bound of an equal release, at the counts that are expected.
    pub expected: Harm,
    /// The chance that it is within what policy allows.
    pub chance: f64,
    /// A faulty release that the canary lets through all the same costs so many answers at most from the shift to the verdict at full
    /// load, but for the part of `pass_alpha` that falls to this metric in this region at one try.
    pub let_through: u64,
}

/// A canary that is planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedCanary {
    /// Requests of green and of blue.
    pub arms: (u64, u64),
    /// Share of the requests that the metric counts before the release.
    pub base_rate: f64,
    /// Its planned look.
    pub look: Check,
    /// The largest harm bound that passes.
    pub allowed: u64,
    /// Chance that a fault costs more than it is said to.
    pub miss: f64,
}

/// How a metric's harm is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmTest {
    /// Chance that the bound is too low.
    pub(super) level: f64,
    pub(super) two_sided: bool,
    /// The check at full load; none where it does not judge the metric.
    pub(super) check: Option<Check>,
}

impl HarmTest {
    /// The bound that a look shows, at this dispersion.
    pub fn bound(&self, look: &Look, stakes: &Stakes, dispersion: f64) -> Harm {
        let of = |side| self.one_side(look, stakes, dispersion, side);
        let above = of(Side::Above);
        let below = self.two_sided.then(|| of(Side::Below));
        below.filter(|below| below.answers > above.answers).unwrap_or(above)
    }

    /// What a canary shows of an equal release, and the most that it lets through.
    ///
    /// Green's count is Gamma-Poisson. Blue's is taken at its mean, and what it scatters is added to green's: of a difference of two
    /// rates, green's part of the variance is 1 and blue's is the ratio of their requests.
    pub(super) fn outlook(&self, canary: PlannedCanary, stakes: &Stakes) -> Outlook {
        let PlannedCanary { arms, base_rate, look: planned, allowed, miss } = canary;
        let dispersion = planned.dispersion;
        let mean = |total: u64| total as f64 * base_rate;
        let (green, blue) = (mean(arms.0), Tally { total: arms.1, bad: mean(arms.1).round() as u64 });
        let look = |bad: u64| Look { green: Tally { total: arms.0, bad: bad.min(arms.0) }, blue };
        let expected = self.bound(&look(green.round() as u64), stakes, dispersion);
        let within = |side| {
            // What the check at full load finds depends on blue, and not on the count that is tried.
            let finder = self.finder(&blue, stakes, side);
            move |bad: u64| self.at_most(&look(bad), stakes, dispersion, &finder).answers() <= allowed
        };
        let scatter = dispersion * (1.0 + arms.0 as f64 / arms.1.max(1) as f64);
        let at_least = |count: u64| count_of(count, green, scatter);
        // The counts of green between which the bound is within what is allowed.
        let is_within = within(Side::Above);
        let most = first(arms.0 + 1, |bad| !is_within(bad));
        let least = if self.two_sided { first(arms.0 + 1, within(Side::Below)) } else { 0 };
        let chance = (at_least(least) - at_least(most)).max(0.0);
        // A count that fails is not let through either.
        let fails = |side| planned.least((arms.0 as f64, arms.1 as f64), base_rate, side);
        let most = fails(Side::Above).map_or(most, |fails| fails.min(most));
        let least = fails(Side::Below).filter(|_| self.two_sided).map_or(least, |fails| least.max(fails + 1));
        let above = rate_of(|green| count_of(most, green, scatter), arms.0, 1.0 - miss) - base_rate;
        let below = base_rate - rate_of(|green| count_of(least, green, scatter), arms.0, miss);
        let excess = if self.two_sided { above.max(below) } else { above };
        Outlook { expected, chance, let_through: whole(excess.clamp(0.0, 1.0) * stakes.until_verdict as f64) }
    }

    fn one_side(&self, look: &Look, stakes: &Stakes, dispersion: f64, side: Side) -> Harm {
        let finder = self.finder(&look.blue, stakes, side);
        let most = self.at_most(look, stakes, dispersion, &finder);
        let a_day = (1..=TRIED).map(|part| {
            let tried = most.excess * f64::from(part) / f64::from(TRIED);
            tried * (1.0 - finder.finds(tried))
        });
        let neighbours = stakes.failover.max(stakes.until_verdict) as f64 / stakes.until_verdict.max(1) as f64;
        Harm {
            excess: most.excess,
            answers: most.answers(),
            way_back: whole(most.way_back),
            a_day: whole(a_day.fold(0.0, f64::max) * stakes.day as f64),
            failover: whole((most.until_verdict + most.way_back) * neighbours),
            dispersion,
        }
    }

    fn at_most(&self, look: &Look, stakes: &Stakes, dispersion: f64, finder: &Finder) -> Most {
        let excess = excess::largest(look, finder.side, self.level, dispersion);
        Most {
            excess,
            until_verdict: excess * stakes.until_verdict as f64,
            way_back: excess * finder.finds(excess) * stakes.way_back as f64,
        }
    }

    /// What the check at full load finds where blue's rate is the one that was seen.
    fn finder(&self, blue: &Tally, stakes: &Stakes, side: Side) -> Finder {
        let base = blue.rate().unwrap_or(0.0);
        let arms = (stakes.full_load as f64, stakes.hour as f64);
        let least = self.check.and_then(|check| check.least(arms, base, side));
        Finder { least, green: arms.0, base, side, dispersion: self.check.map_or(1.0, |check| check.dispersion) }
    }
}

/// The chance of at least so many, of this mean.
fn count_of(count: u64, mean: f64, dispersion: f64) -> f64 {
    match count {
        0 => 1.0,
        _ if mean <= 0.0 => 0.0,
        count => at_least(count, mean, dispersion),
    }
}

/// The rate of so many requests at which this chance, which rises with the mean, is reached.
fn rate_of(chance: impl Fn(f64) -> f64, requests: u64, reached: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVES {
        let middle = f64::midpoint(low, high);
        if chance(middle * requests as f64) < reached { low = middle } else { high = middle }
    }
    high
}

/// The largest excess that is not ruled out to one side, and its answers.
struct Most {
    excess: f64,
    until_verdict: f64,
    way_back: f64,
}

impl Most {
    fn answers(&self) -> u64 {
        whole(self.until_verdict + self.way_back)
    }
}

/// The check at full load, ready for any excess.
struct Finder {
    /// The count of green from which on (of `Side::Below`: down to which) the check fails; none where no count does.
    least: Option<u64>,
    green: f64,
    base: f64,
    side: Side,
    dispersion: f64,
}

impl Finder {
    /// The chance that an excess is found.
    fn finds(&self, excess: f64) -> f64 {
        let Some(least) = self.least else { return 0.0 };
        match self.side {
            Side::Above => at_least(least, (self.base + excess) * self.green, self.dispersion),
            Side::Below => {
                let mean = (self.base - excess).max(0.0) * self.green;
                if mean > 0.0 { 1.0 - at_least(least + 1, mean, self.dispersion) } else { 1.0 }
            }
        }
    }
}

/// The first count under `end` that `holds`, of which all larger ones do; `end` where none does.
fn first(end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    high
}

/// Answers are whole, and a part of one is one.
fn whole(answers: f64) -> u64 {
    answers.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAKES: Stakes = Stakes {
        until_verdict: 60_000,
        way_back: 180_000,
        full_load: 24_000,
        hour: 720_000,
        day: 17_280_000,
        failover: 240_000,
    };
    const CHECK: Check = Check { tolerance: 1.25, level: 0.000_2, dispersion: 5.0 };
    const TEST: HarmTest = HarmTest { level: 0.05, two_sided: false, check: Some(CHECK) };

    fn look(green: (u64, u64), blue: (u64, u64)) -> Look {
        let tally = |(total, bad)| Tally { total, bad };
        Look { green: tally(green), blue: tally(blue) }
    }

    /// No bad answer in 10,000 rules out 4.32 at a dispersion of 2: times six times as many requests, 26. So rare a fault the check
    /// at full load does not find: the way back adds next to nothing, and a day costs 4.32 x 1,728.
    #[test]
    fn nothing_bad_in_so_many_bounds_the_harm_by_so_much() {
        let harm = TEST.bound(&look((10_000, 0), (30_000, 0)), &STAKES, 2.0);
        let excess = 20.0f64.log2() / 10_000.0;
        assert!((harm.excess / excess - 1.0).abs() < 1e-5, "{harm:?}");
        assert!(harm.answers - harm.way_back <= 26 && harm.answers < 50, "{harm:?}");
        assert!(harm.a_day > 3_000 && harm.a_day <= 7_469, "{harm:?}");
        assert_eq!(
            harm.failover,
            whole(4.0 * (excess * 60_000.0 + f64::from(u32::try_from(harm.way_back).unwrap()))) - 1
        );
    }

    /// A fault of one in a hundred is found for certain: its way back is gone in full, and nothing of it is left for a day.
    #[test]
    fn what_the_check_finds_costs_the_way_back() {
        let harm = TEST.bound(&look((1_000, 5), (3_000, 3)), &STAKES, 2.0);
        assert!(harm.excess > 0.01, "{harm:?}");
        assert_eq!((harm.answers, harm.way_back), (whole(harm.excess * 240_000.0), whole(harm.excess * 180_000.0)));
        let blind = HarmTest { check: None, ..TEST }.bound(&look((1_000, 5), (3_000, 3)), &STAKES, 2.0);
        assert_eq!((blind.answers, blind.way_back), (whole(harm.excess * 60_000.0), 0));
        assert_eq!(blind.a_day, whole(harm.excess * 17_280_000.0), "nothing looks for it");
        assert!(harm.a_day < blind.a_day / 4, "{harm:?} {blind:?}");
    }

    /// What was not measured is not ruled out.
    #[test]
    fn a_starved_canary_has_all_traffic_at_stake() {
        for starved in [look((0, 0), (30_000, 3)), look((10_000, 1), (0, 0)), look((3, 0), (30_000, 3))] {
            let harm = TEST.bound(&starved, &STAKES, 2.0);
            assert_eq!((harm.excess, harm.answers), (1.0, 240_000), "{starved:?}");
        }
    }

    /// Where fewer are as bad as more, the worse side counts.
    #[test]
    fn a_metric_of_two_sides_is_bounded_on_both() {
        let both = HarmTest { two_sided: true, ..TEST };
        let fewer = look((10_000, 100), (30_000, 600));
        let (one, two) = (TEST.bound(&fewer, &STAKES, 2.0), both.bound(&fewer, &STAKES, 2.0));
        assert_eq!(one.excess, 0.0, "{one:?}");
        assert!(two.excess > 0.01 && two.answers > 2_000, "{two:?}");
        let more = look((10_000, 300), (30_000, 600));
        assert_eq!(TEST.bound(&more, &STAKES, 2.0), both.bound(&more, &STAKES, 2.0));
    }

    /// An outlook's chance and its worst excess, found by trying every count that green can have and every rate in steps of
    /// one in 20,000.
    fn tried(test: &HarmTest, canary: &PlannedCanary) -> (f64, f64) {
        const STEP: f64 = 5e-5;
        let (green, blue) = canary.arms;
        let (arms, base) = ((green as f64, blue as f64), canary.base_rate);
        let scatter = canary.look.dispersion + canary.look.dispersion * arms.0 / arms.1;
        let bad_of_blue = (arms.1 * base).round() as u64;
        let sides = if test.two_sided { vec![Side::Above, Side::Below] } else { vec![Side::Above] };
        let within = |bad: &u64| {
            let look = look((green, *bad), (blue, bad_of_blue));
            sides
                .iter()
                .all(|side| test.one_side(&look, &STAKES, canary.look.dispersion, *side).answers <= canary.allowed)
        };
        let fails = |bad: u64| {
            let least = |side| canary.look.least(arms, base, side);
            least(Side::Above).is_some_and(|least| bad >= least)
                || test.two_sided && least(Side::Below).is_some_and(|least| bad <= least)
        };
        let passing: Vec<u64> = (0..=green).filter(within).collect();
        let going_on: Vec<u64> = passing.iter().copied().filter(|bad| !fails(*bad)).collect();
        let chance = |counts: &[u64], rate: f64| match counts {
            [] => 0.0,
            counts => {
                count_of(counts[0], rate * arms.0, scatter)
                    - count_of(counts[counts.len() - 1] + 1, rate * arms.0, scatter)
            }
        };
        let rates = (0..=20_000).map(|step| f64::from(step) * STEP);
        // One side at a time: a rate that is too high is missed where its count is not too high.
        let most = going_on.last().map_or(0, |most| most + 1);
        let above = rates.clone().find(|rate| count_of(most, rate * arms.0, scatter) >= 1.0 - canary.miss);
        let least = going_on.first().copied().unwrap_or(green + 1);
        let below = rates.clone().find(|rate| count_of(least, rate * arms.0, scatter) >= canary.miss);
        let above = above.unwrap_or(1.0) - base;
        let below = base - below.unwrap_or(1.0);
        (chance(&passing, base), if test.two_sided { above.max(below) } else { above })
    }

    /// By the definition: every count that green can have is tried.
    #[test]
    fn an_outlook_is_what_trying_every_count_shows() {
        let check = Check { tolerance: 1.25, level: 0.001, dispersion: 2.0 };
        for (arms, base_rate) in [((500, 1_000), 0.08), ((900, 450), 0.02), ((300, 600), 0.7)] {
            for allowed in [2_000, 5_000, 1_000_000_000] {
                for (two_sided, own) in [(false, Some(CHECK)), (true, Some(CHECK)), (true, None)] {
                    let test = HarmTest { level: 0.05, two_sided, check: own };
                    let canary = PlannedCanary { arms, base_rate, look: check, allowed, miss: 0.05 };
                    let (chance, excess) = tried(&test, &canary);
                    let outlook = test.outlook(canary, &STAKES);
                    if chance == 0.0 {
                        // Nothing goes on: there is nothing to let through.
                        assert!(outlook.chance < 1e-9, "{outlook:?}");
                        continue;
                    }
                    let case = format!("{arms:?} {base_rate} {allowed} {two_sided} {own:?}: {outlook:?}");
                    assert!((outlook.chance - chance).abs() < 1e-6, "{case}, tried {chance}");
                    let answers = excess.clamp(0.0, 1.0) * STAKES.until_verdict as f64;
                    assert!((outlook.let_through as f64 - answers).abs() <= 4.0, "{case}, tried {answers}");
                }
            }
        }
    }

    /// At most ten of a mean of twenty, by the sum of Poisson's chances: 1.08 %. Of none expected, fewer are certain.
    #[test]
    fn too_few_are_found_as_often_as_so_few_come() {
        let finder = Finder { least: Some(10), green: 1_000.0, base: 0.02, side: Side::Below, dispersion: 1.0 };
        let poisson = |mean: f64| {
            let terms = (0..=10).scan((-mean).exp(), |term, count| {
                let own = *term;
                *term *= mean / f64::from(count + 1);
                Some(own)
            });
            terms.sum::<f64>()
        };
        for (excess, mean) in [(0.0, 20.0), (0.005, 15.0), (0.012, 8.0)] {
            assert!((finder.finds(excess) - poisson(mean)).abs() < 1e-9, "{excess}: {}", finder.finds(excess));
        }
        assert_eq!((finder.finds(0.02), finder.finds(0.5)), (1.0, 1.0));
        assert_eq!((count_of(0, 0.0, 2.0), count_of(3, 0.0, 2.0)), (1.0, 0.0));
    }

    proptest! {
        /// More bad answers on green, more scatter, less traffic on the canary, more at stake: never a smaller bound.
        #[test]
        fn the_bound_grows_with_whatever_is_worse(
            (green, blue) in (1_000u64..200_000, 1_000u64..200_000),
            (bad, base) in (0u64..200, 0u64..200),
            (more, scatter) in (1u64..100, 0.1f64..5.0),
        ) {
            let of = |bad: u64, stakes: &Stakes, dispersion| {
                TEST.bound(&look((green, bad.min(green)), (blue, base.min(blue))), stakes, dispersion).answers
            };
            let harm = of(bad, &STAKES, 2.0);
            prop_assert!(of(bad + more, &STAKES, 2.0) >= harm);
            prop_assert!(of(bad, &STAKES, 2.0 + scatter) >= harm);
            let larger = Stakes { until_verdict: 70_000, way_back: 200_000, ..STAKES };
            prop_assert!(of(bad, &larger, 2.0) >= harm);
            // Half of the same canary.
            let half = look((green / 2, bad.min(green) / 2), (blue / 2, base.min(blue) / 2));
            let whole = look((green / 2 * 2, bad.min(green) / 2 * 2), (blue / 2 * 2, base.min(blue) / 2 * 2));
            prop_assert!(TEST.bound(&half, &STAKES, 2.0).excess >= TEST.bound(&whole, &STAKES, 2.0).excess * (1.0 - 1e-6));
        }

        /// The search for a limit never leaves its bracket, whatever it is given.
        #[test]
        fn a_bound_is_a_number_of_answers(
            (green, blue) in (0u64..2_000_000_000, 0u64..2_000_000_000),
            (bad, base) in (0.0f64..1.0, 0.0f64..1.0),
            dispersion in 1.0f64..100.0,
            two_sided: bool,
        ) {
            let part = |total: u64, share: f64| (total.min(3_000_000), (total.min(3_000_000) as f64 * share.powi(6)) as u64);
            let test = HarmTest { two_sided, ..TEST };
            let harm = test.bound(&look(part(green, bad), part(blue, base)), &STAKES, dispersion);
            prop_assert!((0.0..=1.0).contains(&harm.excess) && harm.answers <= 240_000, "{harm:?}");
            prop_assert!(harm.way_back <= harm.answers && harm.answers <= harm.failover, "{harm:?}");
        }
    }
}
