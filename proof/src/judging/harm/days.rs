//! Days of a region before the wave, and the day after it, in quarters of an hour.

use crate::judging::streams::{Effect, Metric, Usual, poisson};
use crate::random::Random;
use meridian_domain::JudgePolicy;
use meridian_domain::probation::ProbationLook;
use meridian_judge::{MetricName, ProbationCounts, ProbationFinding, Tally, probation};
use rand_core::Rng;
use rand_distr::{Distribution, Gamma};
use std::collections::BTreeMap;
use std::fmt;

/// Minutes of a slot.
pub const SLOT: u32 = 15;
/// Slots that a spell of bad hours lasts: two hours.
const SPELL: usize = 8;

/// How days differ from one another: standard deviations of the factor of a day and of each two hours of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Of a day's factor.
    pub day: f64,
    /// Of the factor of two hours.
    pub spell: f64,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} % / {:.0} %", 100.0 * self.day, 100.0 * self.spell)
    }
}

/// The days of one region, and what counts there.
#[derive(Clone, Debug)]
pub struct Days<'a> {
    /// Shares of bad answers that the champion usually gives.
    pub usual: Usual,
    /// Variance over mean of a slot's count given the day's and the hours' factors.
    pub dispersion: f64,
    /// How days differ.
    pub law: Law,
    /// Earlier days that are compared with.
    pub count: usize,
    /// Usual requests of each slot.
    pub requests: &'a [f64],
}

impl Days<'_> {
    /// One metric's counts: earlier days, and a day on which each slot has this excess.
    pub fn draw(&self, random: &mut Random, metric: Metric, excess: &[f64]) -> ProbationCounts {
        let rate = self.usual.rate(metric, Effect::NONE);
        let none = vec![0.0; self.requests.len()];
        let days = (0..self.count).map(|_| self.day(random, rate, &none)).collect();
        ProbationCounts { days, today: self.day(random, rate, excess) }
    }

    fn day(&self, random: &mut Random, rate: f64, excess: &[f64]) -> Vec<Tally> {
        let day = around_one(random, self.law.day.powi(2));
        // Whoever judges does not know when they begin.
        let (mut spell, begun) = (1.0, random.next_u64() as usize % SPELL);
        let slot = |(place, (usual, excess)): (usize, (&f64, &f64))| {
            if place == 0 || (place + begun) % SPELL == 0 {
                spell = around_one(random, self.law.spell.powi(2));
            }
            let total = poisson(random, *usual);
            let mean = total as f64 * (rate * day * spell + excess).min(1.0);
            let burst = if mean > 0.0 { around_one(random, (self.dispersion - 1.0) / mean) } else { 1.0 };
            Tally { total, bad: poisson(random, mean * burst).min(total) }
        };
        self.requests.iter().zip(excess).enumerate().map(slot).collect()
    }
}

/// A Gamma factor of mean 1 and this variance.
fn around_one(random: &mut Random, variance: f64) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    Gamma::new(variance.recip(), variance).map_or(1.0, |gamma| gamma.sample(random))
}

/// The slot after which one of these metrics is found. What probation does not ask for is not looked at, and what it asks for has
/// its part of alpha whether it is there or not.
pub fn found(
    policy: &JudgePolicy,
    alpha: f64,
    regions: usize,
    counts: impl IntoIterator<Item = (MetricName, ProbationCounts)>,
) -> Option<usize> {
    let asked = ProbationLook::metrics(policy).into_iter().map(|name| (name, ProbationCounts::default()));
    let mut asked: BTreeMap<_, _> = asked.collect();
    for (name, counts) in counts {
        asked.entry(name).and_modify(|own| *own = counts);
    }
    let judged = probation(policy, alpha, regions, &asked);
    let slots = judged.iter().filter_map(|told| match told.finding {
        ProbationFinding::Worse(window) => Some(window.slot),
        _ => None,
    });
    slots.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    /// Mean and standard deviation of a day's bad ones over what they would usually be.
    fn moments(law: Law, excess: f64) -> (f64, f64) {
        let requests = [1_000_000.0; 96];
        let days = Days { usual: Usual::errors(0.001), dispersion: 2.0, law, count: 0, requests: &requests };
        let mut random = stream(7, &[]);
        let factors: Vec<f64> = (0..400)
            .map(|_| {
                let today = days.draw(&mut random, Metric::Errors5xx, &[excess; 96]).today;
                today.iter().map(|slot| slot.bad).sum::<u64>() as f64 / 96_000.0
            })
            .collect();
        let mean = factors.iter().sum::<f64>() / 400.0;
        (mean, (factors.iter().map(|factor| (factor - mean).powi(2)).sum::<f64>() / 399.0).sqrt())
    }

    #[test]
    fn days_differ_as_the_law_says() {
        let (mean, scatter) = moments(Law { day: 0.1, spell: 0.0 }, 0.0);
        assert!((mean - 1.0).abs() < 0.02 && (scatter - 0.1).abs() < 0.01, "{mean} {scatter}");
        // Twelve spells a day.
        let (mean, scatter) = moments(Law { day: 0.0, spell: 0.2 }, 0.001);
        assert!((mean - 2.0).abs() < 0.02 && (scatter - 0.2 / 12f64.sqrt()).abs() < 0.01, "{mean} {scatter}");
    }
}
