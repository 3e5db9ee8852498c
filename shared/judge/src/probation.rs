//! Probation: a release that serves everybody, judged against the same hours of the region's own days before.
//!
//! After the shift nobody serves beside green. What the hour should have shown is known from other days only, and days differ:
//! by callers, by traffic, by what else is ill. So the comparison must know by how much days differ, and from few of them.
//!
//! # What is assumed
//!
//! A day is cut into slots of equal length. In slot *j* bad answers come at the rate r_j F G: r_j is the slot's own rate,
//! which may be anything and is the same on every day; F is the day's factor, around 1; G is a factor of
//! some hours of it, with mean 1. Beyond that, counts scatter as declared. A release that is as good as the champion changes
//! neither law. No other region is asked: a day that is worse for all of them looks like the release's.
//!
//! # The test
//!
//! - **The day.** From k earlier days with the mean 1 and the standard deviation s follows what a further one exceeds with a
//!   chance of `level`: the prediction limit of one further observation (Whitmore 1986, "Prediction limits for a univariate normal
//!   observation", The American Statistician 40), by Student's t with k - 1 degrees of freedom and s sqrt(1 + 1/k), on the scale of cube
//!   roots, which makes factors that lean to the right normal. Few days cost much: t is 7 for seven days where it is 4 for 28. Up to
//!   this ratio, or `tolerance_fail`, nothing is worse than tolerated; what is under its like may be bad the other way. s is at least what
//!   counts of that size scatter by chance.
//! - **The hours.** What days show beyond their factor is measured over single slots and over blocks of them, so that an hour that is
//!   ill as a whole counts as one event.
//! - **Today.** E-processes of `process` compare today's slots with the same slots of all earlier days. They may be looked at after
//!   every slot: by Ville's inequality one ever exceeds 1/level with a chance of at most `level`, for any rates r_j. There are two:
//!   the *slow* one takes the day's limit as its ratio and the hours as dispersion (half as much again as they show), and finds a
//!   small fault that lasts; the *fast* one takes a ratio that no block of a usual day exceeds, with a chance of `level` for all
//!   blocks of the day, and the declared dispersion: it finds a large fault within an hour. That ratio is Student's limit
//!   too, for the sum of the day's and a block's variances, with degrees of freedom by Satterthwaite (1946, "An approximate
//!   distribution of estimates of variance components", Biometrics Bulletin 2).
//! - **A fault may begin at any slot.** Good hours before it would count as evidence against it: so there is one e-process of each kind
//!   for every slot at which it may begin, and their weighted sum is one again. Most faults begin with their release: the first
//!   has half of the weight, as the day's first block has half of the chance of its limit.
//!
//! All four chances together are the metric's part of alpha. With fewer than [`LEAST_DAYS`] days nothing is said.

use crate::counts::MetricName;
use crate::levels::Levels;
use crate::metric::{MOST, needed};
use crate::outcome::Tally;
use crate::policy::{Gauge, JudgePolicy};
use crate::process::{Comparison, LogE, Side};
use past::{BLOCK, Past};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Earlier days under which nothing is said.
pub const LEAST_DAYS: usize = 7;
/// Parts of a metric's alpha: of the slow and the fast limit, and of their tests. The slow limit has more than its test, for what few
/// days show of the rarest costs much; of hours they show many.
const LIMITS: [f64; 2] = [0.4, 0.25];
const TESTS: [f64; 2] = [0.1, 0.25];

/// One metric's counts of a region: each list is of slots in order of time, the first begins after the check at full load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbationCounts {
    /// The same hours of earlier days, each with every slot of the probation. No requests: the slot's counts are missing.
    pub days: Vec<Vec<Tally>>,
    /// Today's slots that are over.
    pub today: Vec<Tally>,
}

/// What one metric shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbationFinding {
    /// Fewer earlier days than a judgement needs.
    TooFewDays {
        /// So many are needed.
        needed: usize,
    },
    /// What callers send decides 4xx as much as the release: told, and never a finding.
    Callers,
    /// Nothing beyond what days differ.
    Nothing,
    /// Worse by more than days differ.
    Worse {
        /// The slot after which it was shown, counted from 0.
        slot: usize,
    },
}

/// One metric of one region, with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbationJudgement {
    /// The metric that is judged.
    pub metric: MetricName,
    /// What its counts show beside the earlier days.
    pub finding: ProbationFinding,
    /// Earlier days that were compared with.
    pub days: usize,
    /// Today, in slots that earlier days have too, from the one on from which they show most.
    pub today: Tally,
    /// Bad ones that today would have had at the earlier days' rates.
    pub expected: f64,
    /// Standard deviation of a day's factor, as the earlier days show it.
    pub day_scatter: f64,
    /// Variance over mean that was reckoned with, of today's last slot.
    pub dispersion: f64,
    /// Ratio of today's rate to the earlier days' up to which a whole day is like the others; of a finding of fewer bad ones, down to
    /// which.
    pub tolerated: f64,
    /// The same of any two hours of it.
    pub tolerated_at_once: f64,
    /// The largest e-value of any slot so far, of either side where a change either way is bad.
    pub e_value: f64,
}

/// Judges one region's metrics in its probation.
///
/// `alpha` is the chance of a wrong finding in the whole of it, in any of so many `regions`; metrics that policy does not know are
/// left out.
pub fn probation(
    policy: &JudgePolicy,
    alpha: f64,
    regions: usize,
    metrics: &BTreeMap<MetricName, ProbationCounts>,
) -> Vec<ProbationJudgement> {
    // Neither bounds nor pools are asked about: everything goes to the regions' own comparisons.
    let split = JudgePolicy { alpha, bounds_share: 0.0, pooled_share: 0.0, tries: 1, ..policy.clone() };
    let judged: BTreeSet<MetricName> =
        metrics.keys().filter(|name| policy.gauge(name).is_some() && !name.is_client_errors()).cloned().collect();
    let told = |(name, counts): (&MetricName, &ProbationCounts)| {
        let gauge = policy.gauge(name)?;
        let level = Levels::of(&split, regions, &judged, name, gauge).region();
        Some(judgement(policy, name, gauge, level, counts))
    };
    metrics.iter().filter_map(told).collect()
}

fn judgement(
    policy: &JudgePolicy,
    name: &MetricName,
    gauge: Gauge,
    level: f64,
    counts: &ProbationCounts,
) -> ProbationJudgement {
    let past = Past::of(counts);
    let today = compared(counts, &past);
    let told = ProbationJudgement {
        metric: name.clone(),
        finding: ProbationFinding::TooFewDays { needed: LEAST_DAYS },
        days: past.days.len(),
        today: sum(&today),
        expected: expected(&today),
        day_scatter: 0.0,
        dispersion: gauge.dispersion,
        tolerated: policy.tolerance_fail,
        tolerated_at_once: policy.tolerance_fail,
        e_value: 1.0,
    };
    if past.days.len() < LEAST_DAYS {
        return told;
    }
    let day_scatter = past.day_scatter(gauge.dispersion);
    let limits = |side: Side| {
        let tolerance = match side {
            Side::Above => policy.tolerance_fail,
            Side::Below => policy.tolerance_fail.recip(),
        };
        let levels = LIMITS.map(|part| part * level);
        past.limits(side, gauge.dispersion, levels).map(|limit| limit.no_nearer(side, tolerance))
    };
    let walk = |side: Side, limit: &Limit, part: f64| {
        Walk::over(&today, past.slots.len(), side, limit, gauge.dispersion, part * level)
    };
    let sides = [Some(Side::Above), gauge.two_sided.then_some(Side::Below)].into_iter().flatten();
    let of = |side| limits(side).iter().zip(TESTS).map(|(limit, part)| walk(side, limit, part)).collect::<Vec<_>>();
    let walks: Vec<Walk> = sides.flat_map(of).collect();
    let finding = match walks.iter().filter_map(|walk| walk.found).min() {
        _ if name.is_client_errors() => ProbationFinding::Callers,
        Some(slot) => ProbationFinding::Worse { slot },
        None => ProbationFinding::Nothing,
    };
    let most = walks.iter().max_by(|one, other| one.most.total_cmp(&other.most)).filter(|walk| walk.most > 0.0);
    let [slow, fast] = limits(most.map_or(Side::Above, |walk| walk.side));
    let shown = most.and_then(|walk| today.get(walk.begins..)).unwrap_or(&today);
    let dispersion = today.last().map_or(gauge.dispersion, |slot| gauge.dispersion + slow.hours * slot.usual);
    let (tolerated, tolerated_at_once) = (slow.later, fast.later);
    ProbationJudgement {
        finding,
        today: sum(shown),
        expected: expected(shown),
        day_scatter,
        dispersion,
        tolerated,
        tolerated_at_once,
        e_value: most.map_or(0.0, |walk| walk.most).min(MOST).exp(),
        ..told
    }
}

/// What one e-process takes for usual.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The ratio up to which nothing is worse in the first block of the day.
    first: f64,
    /// And in any later one.
    later: f64,
    /// What hours add to the dispersion of a slot, for each bad one that it usually has.
    hours: f64,
}

impl Limit {
    fn ratio(&self, slot: usize) -> f64 {
        if slot < BLOCK { self.first } else { self.later }
    }

    fn no_nearer(self, side: Side, ratio: f64) -> Self {
        Limit { first: side.further(self.first, ratio), later: side.further(self.later, ratio), ..self }
    }
}

/// A slot that today and earlier days have.
struct CommonSlot {
    /// Its place in the day.
    slot: usize,
    today: Tally,
    before: Tally,
    /// Bad ones of a usual day in it, by all slots' rate: known before today.
    usual: f64,
}

impl CommonSlot {
    /// Bad ones that today's requests would have had on earlier days.
    fn expected(&self) -> f64 {
        self.today.total as f64 * self.before.rate().unwrap_or(0.0)
    }
}

fn sum(slots: &[CommonSlot]) -> Tally {
    slots.iter().fold(Tally::default(), |sum, slot| plus(sum, slot.today))
}

fn expected(slots: &[CommonSlot]) -> f64 {
    slots.iter().map(CommonSlot::expected).sum()
}

fn compared(counts: &ProbationCounts, past: &Past<'_>) -> Vec<CommonSlot> {
    let rate = past.all.rate().unwrap_or(0.0);
    let slots = counts.today.iter().zip(&past.slots).enumerate();
    let common = slots.filter(|(_, (today, before))| today.total > 0 && before.total > 0);
    common
        .map(|(slot, (today, before))| CommonSlot {
            slot,
            today: *today,
            before: *before,
            usual: today.total as f64 * rate,
        })
        .collect()
}

/// One side's e-process over today's slots.
struct Walk {
    side: Side,
    /// Where the test began that has the most of the largest e-value.
    begins: usize,
    /// The log of the largest e-value.
    most: f64,
    /// The first slot after which it was enough.
    found: Option<usize>,
}

impl Walk {
    /// Today's slots beside earlier days', of `slots` that the day has.
    fn over(today: &[CommonSlot], slots: usize, side: Side, limit: &Limit, declared: f64, level: f64) -> Walk {
        let (mut begun, mut walk): (Vec<LogE>, _) = (Vec::new(), Walk { side, begins: 0, most: 0.0, found: None });
        for slot in today {
            let tolerance = limit.ratio(slot.slot);
            let comparison = Comparison { tolerance, side, dispersion: declared + limit.hours * slot.usual };
            let arm = |tally: Tally| (tally.total as f64, tally.bad as f64);
            let added = comparison.slot(arm(slot.today), arm(slot.before));
            begun.push(LogE::default());
            begun.iter_mut().for_each(|sum| *sum += added);
            let (most, begins) = mixed(&begun, slots);
            if most > walk.most {
                (walk.most, walk.begins) = (most, begins);
            }
            if walk.found.is_none() && walk.most >= needed(level) {
                walk.found = Some(slot.slot);
            }
        }
        walk
    }
}

/// The log of the e-value that tests begun at each slot have together, and where the one began that has the most of it. The first has
/// half of the weight, for most faults begin with their release.
fn mixed(begun: &[LogE], slots: usize) -> (f64, usize) {
    let later = 0.5 / slots.saturating_sub(1).max(1) as f64;
    let (mut most, mut begins, mut sum) = (f64::NEG_INFINITY, 0, 0.0);
    for (place, test) in begun.iter().enumerate() {
        let log = test.mixture() + if place == 0 { 0.5 } else { later }.ln();
        if log > most {
            (sum, most, begins) = (sum * (most - log).exp() + 1.0, log, place);
        } else {
            sum += (log - most).exp();
        }
    }
    (most + sum.ln(), begins)
}

fn plus(one: Tally, other: Tally) -> Tally {
    Tally { total: one.total.saturating_add(other.total), bad: one.bad.saturating_add(other.bad) }
}

mod past;
#[cfg(test)]
mod tests;
