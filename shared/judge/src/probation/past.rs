//! What the earlier days of a probation were like: how much they differ, and what is usual by them.

use super::{ProbationCounts, Window, plus};
use crate::outcome::Tally;
use crate::student;

/// Share of a day's slots that must have been served, or the day shows nothing.
const SERVED: f64 = 0.8;
/// Standard deviation of a day's factor, at most: a handful of bad answers says nothing of it.
const MOST: f64 = 1.0;
/// Slots that a spell of bad hours lasts: with quarters of an hour, two hours.
const SPELL: usize = 8;
/// Degrees of freedom with which Student's law is the normal one.
const NORMAL: f64 = 1e9;

/// What is usual of windows of one length, at a look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    /// The chance with which a usual window may be called worse.
    pub(super) level: f64,
    /// Variance of a window's factor, as much larger as few days may mislead about what is that rare.
    pub(super) variance: f64,
}

/// What the earlier days were like.
pub(super) struct Past<'a> {
    days: Vec<&'a [Tally]>,
    /// Each slot over all of these days.
    slots: Vec<Tally>,
    /// Variance over mean of a slot's count beside what days and hours differ.
    declared: f64,
    /// Standard deviation of a day's factor, with what its counts scatter by chance.
    day_scatter: f64,
}

impl<'a> Past<'a> {
    pub(super) fn of(counts: &'a ProbationCounts, declared: f64) -> Self {
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
        let mut past = Past { days, slots, declared, day_scatter: 0.0 };
        let squares: f64 = past.days.iter().map(|day| (past.factor(day) - 1.0).powi(2)).sum();
        past.day_scatter = (squares / (past.days.len() as f64 - 1.0).max(1.0)).sqrt().min(MOST);
        past
    }

    /// Days that show something.
    pub(super) fn days(&self) -> usize {
        self.days.len()
    }

    /// Slots of a day.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Today's slots from this one on beside the same ones of the earlier days; none where they have none in common.
    pub(super) fn window(&self, from: usize, today: &[Tally]) -> Option<Window> {
        let (mut own, mut before, mut expected) = (Tally::default(), Tally::default(), 0.0);
        for (today, earlier) in today.iter().zip(self.slots.iter().skip(from)) {
            if let Some(rate) = earlier.rate().filter(|_| today.total > 0) {
                own = plus(own, *today);
                before = plus(before, *earlier);
                expected += today.total as f64 * rate;
            }
        }
        (own.total > 0).then_some(Window { today: own, before, expected, declared: self.declared })
    }

    /// Bad ones of a day's slots at the rates of all days.
    fn expected(&self, day: &'a [Tally]) -> impl Iterator<Item = f64> {
        day.iter().zip(&self.slots).map(|(slot, all)| slot.total as f64 * all.rate().unwrap_or(0.0))
    }

    /// A day's bad ones over what its slots would usually have had.
    fn factor(&self, day: &'a [Tally]) -> f64 {
        let expected: f64 = self.expected(day).sum();
        let seen: f64 = day.iter().map(|slot| slot.bad as f64).sum();
        if expected > 0.0 { seen / expected } else { 1.0 }
    }

    /// Standard deviation of a day's factor, with what its counts scatter by chance.
    pub(super) fn day_scatter(&self) -> f64 {
        self.day_scatter
    }

    /// What is usual of windows of so many slots, where one that is called worse may be usual with this chance.
    pub(super) fn usual(&self, length: usize, level: f64) -> Usual {
        let (days, beside) = (self.days.len() as f64, self.beside_days(length));
        let day = self.day_scatter.powi(2);
        let variance = day + beside;
        // Windows of one spell are alike: they show no more than one.
        let spells = self.slots.len().div_ceil(length.max(SPELL)) as f64;
        let within = ((days - 1.0) * (spells - 1.0)).max(1.0);
        let over_freedom = day * day / (days - 1.0) + beside * beside / within;
        if over_freedom <= 0.0 {
            return Usual { level, variance: 0.0 };
        }
        let freedom = variance * variance / over_freedom;
        let inflation = student::upper_quantile(freedom, level) / student::upper_quantile(NORMAL, level);
        Usual { level, variance: variance * inflation * inflation }
    }

    /// Variance of a window's factor beside its day's. Of a window with mean m the variance is declared m + v m^2: the moments of all
    /// windows of this length give v.
    fn beside_days(&self, length: usize) -> f64 {
        let (mut squares, mut means, mut mean_squares) = (0.0, 0.0, 0.0);
        for (seen, mean) in self.days.iter().flat_map(|day| self.windows(day, length)) {
            squares += (seen - mean).powi(2);
            means += mean;
            mean_squares += mean * mean;
        }
        // The rates of the windows and the factors of the days are these days' own.
        let fitted = |number: usize| number as f64 / (number as f64 - 1.0).max(1.0);
        let shown = squares * fitted(self.days.len()) * fitted(self.slots.len().div_ceil(length));
        let beyond = shown - self.declared * means;
        if mean_squares > 0.0 { (beyond / mean_squares).max(0.0) } else { 0.0 }
    }

    /// A day's windows of so many slots: the bad ones, and as many as they would have had with the day's factor.
    fn windows(&self, day: &'a [Tally], length: usize) -> Vec<(f64, f64)> {
        let factor = self.factor(day);
        let expected: Vec<f64> = self.expected(day).map(|expected| factor * expected).collect();
        let seen = day.chunks(length).map(|window| window.iter().map(|slot| slot.bad as f64).sum());
        seen.zip(expected.chunks(length).map(|window| window.iter().sum())).collect()
    }
}
