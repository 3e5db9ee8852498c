//! Probation: a release that serves everybody, judged against the same hours of the region's own days before.
//!
//! After the shift nobody serves beside green. What the hour should have shown is known from other days only, and days differ:
//! by callers, by traffic, by what else is ill. So the comparison must know by how much days differ, and from few of them.
//!
//! # What is assumed
//!
//! A day is cut into slots of equal length. In slot *j* bad answers come at the rate r_j F G: r_j is the slot's own rate,
//! which may be anything and is the same on every day; F is the day's factor, around 1 and close to normal; G is a factor of
//! some hours of it, with mean 1. Beyond that, counts scatter as declared. A release that is as good as the champion changes
//! neither law. Where all regions have a worse day, those that are still on the champion show it.
//!
//! # The test
//!
//! - **The day.** With the factors of k earlier days, mean 1 and standard deviation s, today's is above
//!   1 + t s sqrt(1 + 1/k) with a chance of `level`, t being Student's quantile for k - 1 degrees of freedom: the prediction limit
//!   of one further observation (Whitmore 1986, "Prediction limits for a univariate normal observation", The American
//!   Statistician 40). Few days cost much: t is 8 for seven days where it is 4 for 28. Up to this ratio, or `tolerance_fail`,
//!   nothing is worse than tolerated. s is at least what counts of that size scatter by chance.
//! - **The hours.** What days show beyond their factor adds to the dispersion. It is measured over single slots and over blocks of
//!   them, so that an hour that is ill as a whole counts as one event; the larger result is taken, [`CAUTION`] times.
//! - **Today.** The e-process of `process` compares today's slots with the same slots of all earlier days at that ratio and
//!   dispersion. It may be looked at after every slot: by Ville's inequality it ever exceeds 1/level with a chance of at most
//!   `level`, for any rates r_j.
//!
//! Both chances together are the metric's part of alpha, half each. With fewer than [`LEAST_DAYS`] days nothing is said.

use crate::counts::MetricName;
use crate::levels::Levels;
use crate::metric::{MOST, needed};
use crate::outcome::Tally;
use crate::policy::{Gauge, JudgePolicy};
use crate::process::{Comparison, LogE, Side};
use crate::student;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Earlier days under which nothing is said.
pub const LEAST_DAYS: usize = 7;
/// Chance of a wrong finding in a day, in any region and metric of the fleet: docs/judge-table.md shows what it costs.
pub const PROBATION_ALPHA: f64 = 0.01;
/// Slots of a block: with quarters of an hour, two hours.
const BLOCK: usize = 8;
/// What hours scatter is known from some tens of blocks only, and hours that are ill are rare: so many times what they showed.
const CAUTION: f64 = 1.5;
/// Share of a day's slots that must have been served, or the day shows nothing.
const SERVED: f64 = 0.8;

/// One metric's counts of a region: each list is of slots in order of time, the first begins after the check at full load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbationCounts {
    /// The same hours of earlier days, each with every slot of the probation. No requests: the slot's counts are missing.
    pub days: Vec<Vec<Tally>>,
    /// Today's slots that are over.
    pub today: Vec<Tally>,
    /// Regions that still serve the champion, while they do.
    pub champions: Vec<ChampionCounts>,
}

/// The same of a region that still serves the champion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChampionCounts {
    /// Each slot, summed over earlier days.
    pub before: Vec<Tally>,
    /// Today's slots in which it served the champion alone.
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
    /// Worse.
    Worse {
        /// The slot after which it was shown, counted from 0.
        slot: usize,
    },
}

/// One metric of one region, with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbationJudgement {
    /// Which metric.
    pub metric: MetricName,
    /// What it shows.
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
    /// Ratio of today's rate to the earlier days' up to which nothing is worse.
    pub tolerated: f64,
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
    let split = JudgePolicy { alpha, bounds_share: 0.0, pooled_share: 0.0, ..policy.clone() };
    let judged: BTreeSet<MetricName> =
        metrics.keys().filter(|name| policy.gauge(name).is_some() && !name.is_client_errors()).cloned().collect();
    let told = |(name, counts): (&MetricName, &ProbationCounts)| {
        let gauge = policy.gauge(name)?;
        let level = Levels::of(&split, regions, &judged, name, gauge).region() / 2.0;
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
        e_value: 1.0,
    };
    if past.days.len() < LEAST_DAYS {
        return told;
    }
    let day_scatter = past.day_scatter(gauge.dispersion);
    let tolerated = tolerated(policy, day_scatter, past.days.len(), level);
    let hours = past.hours_scatter(gauge.dispersion);
    let above = Walk::over(&today, Side::Above, tolerated, gauge.dispersion, hours, level);
    let below = gauge.two_sided.then(|| Walk::over(&today, Side::Below, tolerated, gauge.dispersion, hours, level));
    let sides = [Some(&above), below.as_ref()];
    let found = sides.into_iter().flatten().filter_map(|walk| walk.found).min();
    let finding = match found {
        _ if name.is_client_errors() => ProbationFinding::Callers,
        Some(slot) => ProbationFinding::Worse { slot },
        None => ProbationFinding::Nothing,
    };
    let e_log = sides.into_iter().flatten().map(|walk| walk.most).fold(0.0, f64::max);
    let dispersion = today.last().map_or(gauge.dispersion, |slot| gauge.dispersion + hours * slot.usual);
    ProbationJudgement { finding, day_scatter, dispersion, tolerated, e_value: e_log.min(MOST).exp(), ..told }
}

/// The ratio up to which a day is like the others.
fn tolerated(policy: &JudgePolicy, day_scatter: f64, days: usize, level: f64) -> f64 {
    let days = days as f64;
    let limit = student::upper_quantile(days - 1.0, level) * day_scatter * (1.0 + days.recip()).sqrt();
    (1.0 + limit).max(policy.tolerance_fail)
}

/// A slot that today and earlier days have.
struct CommonSlot {
    /// Its place in the day.
    slot: usize,
    today: Tally,
    before: Tally,
    /// Bad ones of a usual day in it, by all slots' rate: known before today.
    usual: f64,
    /// How much more often than usual the champion answers badly today, elsewhere and so far.
    elsewhere: f64,
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
    let elsewhere = elsewhere(counts);
    common
        .map(|(slot, (today, before))| CommonSlot {
            slot,
            today: *today,
            before: *before,
            usual: today.total as f64 * rate,
            elsewhere: elsewhere.get(slot).or(elsewhere.last()).copied().unwrap_or(1.0),
        })
        .collect()
}

/// The ratio of today's bad answers to those of earlier days in the regions on the champion, up to and with each slot.
fn elsewhere(counts: &ProbationCounts) -> Vec<f64> {
    let length = counts.champions.iter().map(|region| region.today.len()).max().unwrap_or(0);
    let (mut seen, mut usual) = (0.0, 0.0);
    let ratio = |slot: usize| {
        for region in &counts.champions {
            let pair = region.today.get(slot).zip(region.before.get(slot).and_then(Tally::rate));
            if let Some((today, rate)) = pair {
                seen += today.bad as f64;
                usual += today.total as f64 * rate;
            }
        }
        if usual > 0.0 { seen / usual } else { 1.0 }
    };
    (0..length).map(ratio).collect()
}

/// One side's e-process over today's slots.
struct Walk {
    /// The log of the largest e-value.
    most: f64,
    /// The first slot after which it was enough.
    found: Option<usize>,
}

impl Walk {
    fn over(today: &[CommonSlot], side: Side, tolerated: f64, declared: f64, hours: f64, level: f64) -> Walk {
        let (mut sum, mut walk) = (LogE::default(), Walk { most: 0.0, found: None });
        for slot in today {
            let tolerance = match side {
                Side::Above => tolerated * slot.elsewhere.max(1.0),
                Side::Below => slot.elsewhere.clamp(f64::MIN_POSITIVE, 1.0) / tolerated,
            };
            let comparison = Comparison { tolerance, side, dispersion: declared + hours * slot.usual };
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

/// What the earlier days were like.
struct Past<'a> {
    days: Vec<&'a [Tally]>,
    /// Each slot over all of these days.
    slots: Vec<Tally>,
    /// All of it.
    all: Tally,
}

impl<'a> Past<'a> {
    fn of(counts: &'a ProbationCounts) -> Self {
        let longest = counts.days.iter().map(Vec::len).max().unwrap_or(0);
        let is_whole = |day: &&Vec<Tally>| {
            let served = day.iter().filter(|slot| slot.total > 0).count();
            served > 0 && served as f64 >= SERVED * longest as f64
        };
        let days: Vec<&[Tally]> = counts.days.iter().filter(is_whole).map(Vec::as_slice).collect();
        let sum = |slot: usize| {
            days.iter().filter_map(|day| day.get(slot)).fold(Tally::default(), |sum, one| plus(sum, *one))
        };
        let slots: Vec<Tally> = (0..longest).map(sum).collect();
        let all = slots.iter().fold(Tally::default(), |sum, slot| plus(sum, *slot));
        Past { days, slots, all }
    }

    /// Bad ones of a day's slots at the rates of all days.
    fn expected(&self, day: &'a [Tally]) -> impl Iterator<Item = f64> {
        day.iter().zip(&self.slots).map(|(slot, all)| slot.total as f64 * all.rate().unwrap_or(0.0))
    }

    /// A day's bad ones over what its slots would usually have had.
    fn factor(&self, day: &'a [Tally]) -> f64 {
        let expected: f64 = self.expected(day).sum();
        let seen: u64 = day.iter().map(|slot| slot.bad).sum();
        if expected > 0.0 { seen as f64 / expected } else { 1.0 }
    }

    /// Standard deviation of a day's factor: what days show, but no less than counts of this size scatter.
    fn day_scatter(&self, declared: f64) -> f64 {
        let days = self.days.len() as f64;
        let squares: f64 = self.days.iter().map(|day| (self.factor(day) - 1.0).powi(2)).sum();
        let by_chance = declared * days / (self.all.bad as f64).max(1.0);
        (squares / (days - 1.0)).max(by_chance).sqrt()
    }

    /// What hours add to the dispersion of a slot, for each bad one that it usually has: at the worse of both scales.
    fn hours_scatter(&self, declared: f64) -> f64 {
        [1, BLOCK].into_iter().map(|length| self.scatter_of(length, declared)).fold(0.0, f64::max)
    }

    /// By blocks of so many slots. Of a block with mean m the variance is declared m + (v m)^2: the moments of all blocks give v^2,
    /// and a slot has its part of the block's variance.
    fn scatter_of(&self, length: usize, declared: f64) -> f64 {
        let (mut squares, mut means, mut mean_squares) = (0.0, 0.0, 0.0);
        for day in &self.days {
            let factor = self.factor(day);
            let expected: Vec<f64> = self.expected(day).map(|expected| factor * expected).collect();
            for (seen, usual) in day.chunks(length).zip(expected.chunks(length)) {
                let mean: f64 = usual.iter().sum();
                let seen: u64 = seen.iter().map(|slot| slot.bad).sum();
                squares += (seen as f64 - mean).powi(2);
                means += mean;
                mean_squares += mean * mean;
            }
        }
        let beyond = CAUTION * squares - declared * means;
        if mean_squares > 0.0 { (beyond / mean_squares).max(0.0) * length as f64 } else { 0.0 }
    }
}

fn plus(one: Tally, other: Tally) -> Tally {
    Tally { total: one.total.saturating_add(other.total), bad: one.bad.saturating_add(other.bad) }
}

#[cfg(test)]
mod tests;
