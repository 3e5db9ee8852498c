//! What the earlier days of a probation were like: how much they differ, and what is usual by them.

use super::{Limit, ProbationCounts, plus};
use crate::outcome::Tally;
use crate::process::Side;
use crate::student;

/// Slots of a block: with quarters of an hour, two hours.
pub(super) const BLOCK: usize = 8;
/// What hours scatter is known from some tens of blocks only, and hours that are ill are rare: so many times what they showed.
const CAUTION: f64 = 1.5;
/// Share of a day's slots that must have been served, or the day shows nothing.
const SERVED: f64 = 0.8;

/// What the earlier days were like.
pub(super) struct Past<'a> {
    pub(super) days: Vec<&'a [Tally]>,
    /// Each slot over all of these days.
    pub(super) slots: Vec<Tally>,
    /// All slots of all these days.
    pub(super) all: Tally,
}

impl<'a> Past<'a> {
    pub(super) fn of(counts: &'a ProbationCounts) -> Self {
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
    pub(super) fn day_scatter(&self, declared: f64) -> f64 {
        let days = self.days.len() as f64;
        let squares: f64 = self.days.iter().map(|day| (self.factor(day) - 1.0).powi(2)).sum();
        let by_chance = declared * days / (self.all.bad as f64).max(1.0);
        (squares / (days - 1.0)).max(by_chance).sqrt()
    }

    /// What is usual to one side, of the slow e-process and of the fast one; each exceeds it with the chance of its level.
    pub(super) fn limits(&self, side: Side, declared: f64, [slowly, at_once]: [f64; 2]) -> [Limit; 2] {
        let days = self.days.len() as f64;
        let another = (1.0 + days.recip()).sqrt();
        let day = self.day_scatter(declared);
        let slow = limit(side, student::upper_quantile(days - 1.0, slowly), day * another);
        let (block, blocks) = (self.block_variance(declared), self.slots.len().div_ceil(BLOCK) as f64);
        let within = ((days - 1.0) * (blocks - 1.0)).max(1.0);
        let both = day * day + block;
        let freedom = both * both / (day.powi(4) / (days - 1.0) + block * block / within);
        let fast = |part: f64| {
            side.further(limit(side, student::upper_quantile(freedom, part * at_once), both.sqrt() * another), slow)
        };
        // Half of the chance is the first block's: most faults begin with their release.
        let (first, later) = (fast(0.5), fast(0.5 / (blocks - 1.0).max(1.0)));
        [Limit { first: slow, later: slow, hours: self.hours_scatter(declared) }, Limit { first, later, hours: 0.0 }]
    }

    /// Variance of a block's factor beside its day's: each block counts alike, for the thinnest one scatters most.
    fn block_variance(&self, declared: f64) -> f64 {
        let blocks = self.days.iter().flat_map(|day| self.blocks(day, BLOCK));
        let squares: Vec<f64> =
            blocks.filter(|(_, mean)| *mean > 0.0).map(|(seen, mean)| (seen / mean - 1.0).powi(2)).collect();
        let days = self.days.len() as f64;
        let by_chance = declared * days * self.slots.len().div_ceil(BLOCK) as f64 / (self.all.bad as f64).max(1.0);
        let shown = squares.iter().sum::<f64>() / squares.len().max(1) as f64 * days / (days - 1.0);
        shown.max(by_chance)
    }

    /// A day's blocks of so many slots: the bad ones, and as many as they would have had with the day's factor.
    fn blocks(&self, day: &'a [Tally], length: usize) -> Vec<(f64, f64)> {
        let factor = self.factor(day);
        let expected: Vec<f64> = self.expected(day).map(|expected| factor * expected).collect();
        let seen = day.chunks(length).map(|block| block.iter().map(|slot| slot.bad as f64).sum());
        seen.zip(expected.chunks(length).map(|block| block.iter().sum())).collect()
    }

    /// What hours add to the dispersion of a slot, for each bad one that it usually has: at the worse of both scales.
    fn hours_scatter(&self, declared: f64) -> f64 {
        [1, BLOCK].into_iter().map(|length| self.scatter_of(length, declared)).fold(0.0, f64::max)
    }

    /// By blocks of so many slots. Of a block with mean m the variance is declared m + (v m)^2: the moments of all blocks give v^2,
    /// and a slot has its part of the block's variance.
    fn scatter_of(&self, length: usize, declared: f64) -> f64 {
        let (mut squares, mut means, mut mean_squares) = (0.0, 0.0, 0.0);
        for (seen, mean) in self.days.iter().flat_map(|day| self.blocks(day, length)) {
            squares += (seen - mean).powi(2);
            means += mean;
            mean_squares += mean * mean;
        }
        let beyond = CAUTION * squares - declared * means;
        if mean_squares > 0.0 { (beyond / mean_squares).max(0.0) * length as f64 } else { 0.0 }
    }
}

/// What a factor of mean 1 and this standard deviation exceeds as seldom as Student's t exceeds `quantile`, or is under as seldom.
/// Factors are positive and lean to the right as Gamma's do, whose cube root is close to normal with mean 1 - s^2 / 9 and standard
/// deviation s / 3 (Wilson & Hilferty 1931, "The distribution of chi-square", PNAS 17).
fn limit(side: Side, quantile: f64, scatter: f64) -> f64 {
    let (middle, away) = (1.0 - scatter * scatter / 9.0, quantile * scatter / 3.0);
    match side {
        Side::Above => (middle + away).max(1.0).powi(3),
        Side::Below => (middle - away).clamp(0.0, 1.0).powi(3),
    }
}
