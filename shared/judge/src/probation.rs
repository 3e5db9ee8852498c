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
//! neither law. Factors lean to the right as Gamma's do, with a standard deviation of 1 at most, and the hours of G are two. No other region is asked: a day that is worse for all of them looks like the release's.
//!
//! # The test
//!
//! - **Windows.** At the end of a slot the last one, four, 16 ... slots are held against the same ones of all earlier days
//!   together, each longer one up to eight times in its own time. So hours that were good hide no fault that comes later, and one that just
//!   doubles a rate is looked for over as many hours as it needs.
//! - **What is usual** of windows of a length is what such windows of the earlier days show: the variance of a day's factor and that of
//!   a window beside it add up. Both are known from few days, so their sum is taken larger, by the square of Student's
//!   quantile over the normal law's: so does the prediction limit of one further observation (Whitmore 1986, "Prediction limits for a
//!   univariate normal observation", The American Statistician 40). Degrees of freedom are Satterthwaite's (1946, "An approximate
//!   distribution of estimates of variance components", Biometrics Bulletin 2).
//! - **The chance** of as many is that of the conditional test of `exact`: a factor that varies adds its variance times a window's
//!   mean to its dispersion. Where days are all alike, `tolerance_fail` times as many are tolerated
//!   beside what counts scatter by chance.
//! - **Looks.** A metric's part of alpha is shared by the lengths, and a length's part by its looks (Bonferroni). Most faults begin
//!   with their release: the looks of the first two hours have half of it.
//!
//! With fewer than [`LEAST_DAYS`] days nothing is said.

use crate::counts::MetricName;
use crate::exact::Split;
use crate::levels::Levels;
use crate::outcome::Tally;
use crate::policy::{Gauge, JudgePolicy};
use crate::process::Side;
use past::{Past, Usual};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Earlier days under which nothing is said.
pub const LEAST_DAYS: usize = 7;
/// Slots whose looks have half of the chance: with quarters of an hour, two hours.
const FIRST: usize = 8;
/// Slots of a window over those of the next shorter one.
const LONGER: usize = 4;
/// Looks at windows of a length in the time of one, where it has as many slots.
const LOOKS: usize = 8;
/// Bad ones that are expected where earlier days had none: half a count.
const UNSEEN: f64 = 0.5;
/// Variance over mean, at most, of counts that are counted one by one.
const GRAINS: f64 = 100.0;

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
    /// What callers send decides 4xx as much as the release: never a finding.
    Callers,
    /// Nothing beyond what days differ.
    Nothing,
    /// Worse by more than days differ.
    Worse(WorseWindow),
}

/// The slots in a row that were the first to show it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorseWindow {
    /// The last of them, counted from 0.
    pub slot: usize,
    /// What they count today.
    pub today: Tally,
    /// Bad ones that today's requests would have had at the earlier days' rates.
    pub expected: f64,
    /// So many times the expected ones are not beyond what days differ; of a finding of fewer bad ones, so few.
    pub tolerated: f64,
    /// The chance that a day like the others shows as much.
    pub chance: f64,
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
    /// Standard deviation of a day's factor, as the earlier days show it.
    pub day_scatter: f64,
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
        let past = Past::of(counts, gauge.dispersion);
        let level = Levels::of(&split, regions, &judged, name, gauge).region();
        let worse = || first_worse(&past, gauge, policy.tolerance_fail, level, &counts.today);
        let finding = if past.days() < LEAST_DAYS {
            ProbationFinding::TooFewDays { needed: LEAST_DAYS }
        } else if name.is_client_errors() {
            ProbationFinding::Callers
        } else {
            worse().map_or(ProbationFinding::Nothing, ProbationFinding::Worse)
        };
        Some(ProbationJudgement { metric: name.clone(), finding, days: past.days(), day_scatter: past.day_scatter() })
    };
    metrics.iter().filter_map(told).collect()
}

/// The first window that is worse than usual; of several that end with the same slot, the one with the least chance.
fn first_worse(past: &Past<'_>, gauge: Gauge, tolerance: f64, level: f64, today: &[Tally]) -> Option<WorseWindow> {
    let slots = past.slots();
    let lengths = std::iter::successors(Some(1_usize), |length| length.checked_mul(LONGER));
    let lengths: Vec<Length> = lengths.take_while(|length| *length <= slots).map(|slots| Length { slots }).collect();
    let tests: Vec<Test> = lengths
        .iter()
        .map(|length| {
            let (first, later) = length.levels(level / lengths.len() as f64, slots);
            Test { length: *length, first: past.usual(length.slots, first), later: past.usual(length.slots, later) }
        })
        .collect();
    let sides: Vec<Tolerated> = [Some(Side::Above), gauge.two_sided.then_some(Side::Below)]
        .into_iter()
        .flatten()
        .map(|side| Tolerated::of(side, tolerance))
        .collect();
    (0..today.len().min(slots)).find_map(|slot| {
        let shown = tests.iter().filter_map(|test| test.window(past, today, slot));
        let worse =
            shown.flat_map(|(window, usual)| sides.iter().filter_map(move |side| side.worse(slot, &window, usual)));
        worse.min_by(|one, other| one.chance.total_cmp(&other.chance))
    })
}

/// Windows of so many slots.
#[derive(Clone, Copy, Debug)]
struct Length {
    slots: usize,
}

impl Length {
    /// Whether a window that ends with this slot is looked at.
    fn is_due(self, slot: usize) -> bool {
        let ended = slot + 1;
        ended >= self.slots && ended.is_multiple_of((self.slots / LOOKS).max(1))
    }

    /// What one look of the first hours may err, and a later one of a day of so many slots.
    fn levels(self, level: f64, slots: usize) -> (f64, f64) {
        let due = |from: usize, upto: usize| (from..upto).filter(|slot| self.is_due(*slot)).count() as f64;
        let (first, later) = (due(0, FIRST.min(slots)), due(FIRST, slots));
        let half = if first > 0.0 && later > 0.0 { 0.5 } else { 1.0 };
        (half * level / first.max(1.0), half * level / later.max(1.0))
    }
}

/// What windows of one length are held against.
struct Test {
    length: Length,
    first: Usual,
    later: Usual,
}

impl Test {
    /// The window that ends with this slot, where it is due and counted.
    fn window(&self, past: &Past<'_>, today: &[Tally], slot: usize) -> Option<(Window, Usual)> {
        let from = (slot + 1).checked_sub(self.length.slots).filter(|_| self.length.is_due(slot))?;
        let window = past.window(from, today.get(from..=slot)?)?;
        Some((window, if slot < FIRST { self.first } else { self.later }))
    }
}

/// The ratio to one side up to which nothing is worse, however alike days are.
#[derive(Clone, Copy)]
struct Tolerated {
    side: Side,
    ratio: f64,
}

impl Tolerated {
    fn of(side: Side, above: f64) -> Self {
        let ratio = match side {
            Side::Above => above,
            Side::Below => above.recip(),
        };
        Tolerated { side, ratio }
    }

    /// The window that ends with this slot, where it is worse than usual.
    fn worse(self, slot: usize, window: &Window, usual: Usual) -> Option<WorseWindow> {
        self.worse_by(window, usual, window.today.bad).map(|chance| WorseWindow {
            slot,
            today: window.today,
            expected: window.expected,
            tolerated: self.of_window(window, usual),
            chance,
        })
    }

    /// The chance that a usual window has so many bad ones, where they are worse: beyond what days differ, and beyond the tolerance by
    /// more than chance.
    fn worse_by(self, window: &Window, usual: Usual, bad: u64) -> Option<f64> {
        // A short cut: the second line says the same.
        let tolerated = self.ratio * window.expected;
        let is_beyond = match self.side {
            Side::Above => bad as f64 > tolerated,
            Side::Below => (bad as f64) < tolerated,
        };
        let is_worse = is_beyond && window.chance(self.ratio, window.declared, self.side, bad) <= usual.level;
        is_worse.then(|| window.usually(usual, self.side, bad)).filter(|chance| *chance <= usual.level)
    }

    /// Over the expected ones of a worse window, the last number of bad ones that is not worse.
    fn of_window(self, window: &Window, usual: Usual) -> f64 {
        let (mut usually, mut worse) = ((self.ratio * window.expected).round() as u64, window.today.bad);
        while usually.abs_diff(worse) > 1 {
            let middle = usually.midpoint(worse);
            if self.worse_by(window, usual, middle).is_some() { worse = middle } else { usually = middle }
        }
        // Where nothing was ever bad there is no ratio.
        let ratio = if window.expected > 0.0 { usually as f64 / window.expected } else { self.ratio };
        self.side.further(ratio, self.ratio)
    }
}

/// Slots in a row that today and earlier days have.
#[derive(Clone, Copy, Debug)]
struct Window {
    today: Tally,
    before: Tally,
    /// Bad ones that today's requests would have had on earlier days.
    expected: f64,
    /// Variance over mean of its counts beside what days differ.
    declared: f64,
}

impl Window {
    /// The chance that a day like the others shows `bad` or further to the side.
    fn usually(&self, usual: Usual, side: Side, bad: u64) -> f64 {
        self.chance(1.0, self.declared + usual.variance * self.mean(), side, bad)
    }

    /// The same where today's rate is `ratio` times the earlier days' and counts have this dispersion.
    fn chance(&self, ratio: f64, dispersion: f64, side: Side, bad: u64) -> f64 {
        // Each slot has its own rate and its own requests: what counts is how many bad ones they make together. Of a few earlier ones
        // chance decides in which slots they were, so half a one lies in all alike.
        let (seen, alike) = (self.before.bad as f64, self.today.total as f64 / self.before.total as f64);
        let exposure = (self.expected + UNSEEN * alike) / (seen + UNSEEN);
        // Of thousands that scatter by hundreds each need not be counted; what is rounded is rounded away from a finding.
        let grain = (dispersion / GRAINS).max(1.0) as u64;
        let (bad, before) = match side {
            Side::Above => (bad / grain, self.before.bad.div_ceil(grain)),
            Side::Below => (bad.div_ceil(grain), self.before.bad / grain),
        };
        let (mean, dispersion) = (ratio * self.mean() / grain as f64, dispersion / grain as f64);
        Split::expected(bad.saturating_add(before), mean, (ratio * exposure).recip(), dispersion).beyond(bad, side)
    }

    fn mean(&self) -> f64 {
        self.expected.max(UNSEEN)
    }
}

fn plus(one: Tally, other: Tally) -> Tally {
    Tally { total: one.total.saturating_add(other.total), bad: one.bad.saturating_add(other.bad) }
}

mod past;
#[cfg(test)]
mod tests;
