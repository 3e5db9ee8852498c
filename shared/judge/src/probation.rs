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
//!   this ratio, or `tolerance_fail`, nothing is worse than tolerated. s is at least what counts of that size scatter by chance.
//! - **The hours.** What days show beyond their factor is measured over single slots and over blocks of them, so that an hour that is
//!   ill as a whole counts as one event.
//! - **Today.** E-processes of `process` compare today's slots with the same slots of all earlier days. They may be looked at after
//!   every slot: by Ville's inequality one ever exceeds 1/level with a chance of at most `level`, for any rates r_j. There are two:
//!   the *slow* one takes the day's limit as its ratio and the hours as dispersion (half as much again as they show), and finds a
//!   small fault that lasts; the *fast* one takes a ratio that no block of a usual day exceeds, with a chance of `level` for all
//!   blocks of the day, and the declared dispersion: it finds a large fault within an hour. That ratio is Student's limit
//!   too, for the sum of the day's and a block's variances, with degrees of freedom by Satterthwaite (1946, "An approximate
//!   distribution of estimates of variance components", Biometrics Bulletin 2).
//!
//! All four chances together are the metric's part of alpha, a quarter each. With fewer than [`LEAST_DAYS`] days nothing is said.

use crate::counts::MetricName;
use crate::levels::Levels;
use crate::metric::{MOST, needed};
use crate::outcome::Tally;
use crate::policy::{Gauge, JudgePolicy};
use crate::process::{Comparison, LogE, Side};
use past::Past;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Earlier days under which nothing is said.
pub const LEAST_DAYS: usize = 7;
/// A limit and a test each, slow and fast.
const PARTS: f64 = 4.0;
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
    /// Today, in slots that earlier days have too.
    pub today: Tally,
    /// Bad ones that today would have had at the earlier days' rates.
    pub expected: f64,
    /// Standard deviation of a day's factor, as the earlier days show it.
    pub day_scatter: f64,
    /// Variance over mean that was reckoned with, of today's last slot.
    pub dispersion: f64,
    /// Ratio of today's rate to the earlier days' up to which a whole day is like the others.
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
        let level = Levels::of(&split, regions, &judged, name, gauge).region() / PARTS;
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
        today: today.iter().fold(Tally::default(), |sum, slot| plus(sum, slot.today)),
        expected: today.iter().map(CommonSlot::expected).sum(),
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
    let limits = past
        .limits(gauge.dispersion, level)
        .map(|limit| Limit { ratio: limit.ratio.max(policy.tolerance_fail), ..limit });
    let above = [Some(Side::Above), gauge.two_sided.then_some(Side::Below)];
    let sides = above.into_iter().flatten();
    let walks: Vec<Walk> =
        sides.flat_map(|side| limits.map(|limit| Walk::over(&today, side, limit, gauge.dispersion, level))).collect();
    let finding = match walks.iter().filter_map(|walk| walk.found).min() {
        _ if name.is_client_errors() => ProbationFinding::Callers,
        Some(slot) => ProbationFinding::Worse { slot },
        None => ProbationFinding::Nothing,
    };
    let e_log = walks.iter().map(|walk| walk.most).fold(0.0, f64::max);
    let [slow, fast] = limits;
    let dispersion = today.last().map_or(gauge.dispersion, |slot| gauge.dispersion + slow.hours * slot.usual);
    let (tolerated, tolerated_at_once) = (slow.ratio, fast.ratio);
    ProbationJudgement {
        finding,
        day_scatter,
        dispersion,
        tolerated,
        tolerated_at_once,
        e_value: e_log.min(MOST).exp(),
        ..told
    }
}

/// What one e-process takes for usual.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The ratio up to which nothing is worse.
    ratio: f64,
    /// What hours add to the dispersion of a slot, for each bad one that it usually has.
    hours: f64,
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
    /// The log of the largest e-value.
    most: f64,
    /// The first slot after which it was enough.
    found: Option<usize>,
}

impl Walk {
    fn over(today: &[CommonSlot], side: Side, limit: Limit, declared: f64, level: f64) -> Walk {
        let (mut sum, mut walk) = (LogE::default(), Walk { most: 0.0, found: None });
        let tolerance = match side {
            Side::Above => limit.ratio,
            Side::Below => limit.ratio.recip(),
        };
        for slot in today {
            let comparison = Comparison { tolerance, side, dispersion: declared + limit.hours * slot.usual };
            let arm = |tally: Tally| (tally.total as f64, tally.bad as f64);
            sum += comparison.minute(arm(slot.today), arm(slot.before));
            walk.most = walk.most.max(sum.mixture());
            if walk.found.is_none() && walk.most >= needed(level) {
                walk.found = Some(slot.slot);
            }
        }
        walk
    }
}

fn plus(one: Tally, other: Tally) -> Tally {
    Tally { total: one.total.saturating_add(other.total), bad: one.bad.saturating_add(other.bad) }
}

mod past;
#[cfg(test)]
mod tests;
