//! Burst models: how the counts of a minute vary more than a Poisson count's.
//!
//! Each has a dispersion: the variance of an arm's minute count over its mean. Every multiplier has mean 1, so that a
//! burst model changes no rate.

use crate::random::Random;
use rand_core::Rng;
use rand_distr::{Distribution, Gamma};
use std::fmt;

/// Share of the minutes in which an instance is ill, unless its effect would then have to be negative.
const ILL: f64 = 0.05;

/// A burst model with its dispersion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bursts {
    /// No bursts: counts are Poisson.
    Poisson,
    /// Both arms burst together: a neighbour of the model that is ill answers both with errors. One Gamma factor a minute,
    /// such that the region's whole count has the dispersion.
    Shared(f64),
    /// Green alone bursts, though no more often in sum than blue.
    Green(f64),
    /// Blue alone bursts.
    Blue(f64),
    /// Each arm bursts by itself.
    Both(f64),
    /// Any instance, blue or green, may be ill for a minute: it then counts many times what the others count, and makes the
    /// arm's dispersion alone.
    Instance(f64),
}

/// Factors on the two arms' rates in one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multipliers {
    /// Factor on green's rate; 1 changes nothing.
    pub green: f64,
    /// Factor on blue's rate; 1 changes nothing.
    pub blue: f64,
}

impl Bursts {
    /// Every model at dispersions 2 and 5, Poisson first.
    pub fn all() -> Vec<Bursts> {
        std::iter::once(Bursts::Poisson).chain([2.0, 5.0].into_iter().flat_map(Bursts::of)).collect()
    }

    /// Every model but Poisson's at one dispersion.
    pub fn of(dispersion: f64) -> [Bursts; 5] {
        [Bursts::Shared, Bursts::Green, Bursts::Blue, Bursts::Both, Bursts::Instance].map(|kind| kind(dispersion))
    }

    /// Variance of a minute's count over its mean.
    pub fn dispersion(self) -> f64 {
        match self {
            Bursts::Poisson => 1.0,
            Bursts::Shared(d) | Bursts::Green(d) | Bursts::Blue(d) | Bursts::Both(d) | Bursts::Instance(d) => d,
        }
    }

    /// One minute's factors, where the arms' mean counts are `(green, blue)`.
    pub fn draw(self, random: &mut Random, (green, blue): (f64, f64), instances: u32) -> Multipliers {
        match self {
            Bursts::Poisson => Multipliers { green: 1.0, blue: 1.0 },
            Bursts::Shared(d) => {
                let both = gamma(random, d, green + blue);
                Multipliers { green: both, blue: both }
            }
            Bursts::Green(d) => Multipliers { green: gamma(random, d, green), blue: 1.0 },
            Bursts::Blue(d) => Multipliers { green: 1.0, blue: gamma(random, d, blue) },
            Bursts::Both(d) => Multipliers { green: gamma(random, d, green), blue: gamma(random, d, blue) },
            Bursts::Instance(d) => {
                Multipliers { green: ill(random, d, green, instances), blue: ill(random, d, blue, instances) }
            }
        }
    }
}

/// A Gamma factor of mean 1 that makes a Poisson count of this mean a negative binomial one (type 1) of this dispersion:
/// mean + mean^2 / shape = dispersion x mean.
fn gamma(random: &mut Random, dispersion: f64, mean: f64) -> f64 {
    let excess = dispersion - 1.0;
    if excess <= 0.0 || mean <= 0.0 {
        return 1.0;
    }
    let shape = mean / excess;
    Gamma::new(shape, 1.0 / shape).map_or(1.0, |gamma| gamma.sample(random))
}

/// The mean of the factors of `instances` instances, each ill or well: a two-point factor of mean 1 whose variance makes
/// the arm's dispersion.
fn ill(random: &mut Random, dispersion: f64, mean: f64, instances: u32) -> f64 {
    let count = f64::from(instances.max(1));
    if dispersion <= 1.0 || mean <= 0.0 {
        return 1.0;
    }
    let variance = (dispersion - 1.0) * count / mean;
    // The factor of a well instance, 1 - share x step, must not be negative.
    let share = ILL.min(1.0 / (1.0 + variance));
    let step = (variance / (share * (1.0 - share))).sqrt();
    let well = (1.0 - share * step).max(0.0);
    let ill = (0..instances.max(1)).filter(|_| unit(random) < share).count() as f64;
    (ill * (well + step) + (count - ill) * well) / count
}

/// Uniform in `[0, 1)`.
fn unit(random: &mut Random) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

impl fmt::Display for Bursts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, dispersion) = match self {
            Bursts::Poisson => return f.write_str("Poisson"),
            Bursts::Shared(d) => ("shared", d),
            Bursts::Green(d) => ("green only", d),
            Bursts::Blue(d) => ("blue only", d),
            Bursts::Both(d) => ("both arms", d),
            Bursts::Instance(d) => ("one instance", d),
        };
        write!(f, "{name} x{dispersion}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::streams::poisson;
    use super::*;
    use crate::random::stream;

    /// Mean and dispersion of counts.
    fn moments(counts: &[f64]) -> (f64, f64) {
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (counts.len() - 1) as f64;
        (mean, variance / mean)
    }

    #[test]
    fn every_model_keeps_the_mean_and_has_its_dispersion() {
        let usual = (6.0, 54.0);
        for bursts in Bursts::all() {
            let mut random = stream(7, &[]);
            let drawn: Vec<Multipliers> = (0..60_000).map(|_| bursts.draw(&mut random, usual, 3)).collect();
            let green: Vec<f64> = drawn.iter().map(|m| poisson(&mut random, usual.0 * m.green) as f64).collect();
            let blue: Vec<f64> = drawn.iter().map(|m| poisson(&mut random, usual.1 * m.blue) as f64).collect();
            let (wanted_green, wanted_blue) = match bursts {
                Bursts::Poisson => (1.0, 1.0),
                // The factor's variance is excess / (green + blue).
                Bursts::Shared(d) => (1.0 + (d - 1.0) * 0.1, 1.0 + (d - 1.0) * 0.9),
                Bursts::Green(d) => (d, 1.0),
                Bursts::Blue(d) => (1.0, d),
                Bursts::Both(d) | Bursts::Instance(d) => (d, d),
            };
            for (counts, mean, wanted) in [(green, usual.0, wanted_green), (blue, usual.1, wanted_blue)] {
                let (seen, dispersion) = moments(&counts);
                assert!((seen / mean - 1.0).abs() < 0.02, "{bursts}: mean {seen} for {mean}");
                assert!((dispersion / wanted - 1.0).abs() < 0.06, "{bursts}: dispersion {dispersion} for {wanted}");
            }
        }
    }
}
