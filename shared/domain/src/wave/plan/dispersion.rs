//! How much minute counts scatter, from blue's past days: what `dispersion` in a policy should be.

use meridian_judge::Arm;

/// Pairs of minutes under which nothing is proposed.
const ENOUGH: u32 = 60;
/// Standard normal quantile of 0.95.
const UPPER: f64 = 1.645;

/// Variance over mean of a metric's minute counts, estimated.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Dispersion {
    /// Pairs of minutes that were compared.
    pub pairs: u32,
    /// The ratio that the minutes show.
    pub estimate: f64,
    /// Its upper 95 % bound.
    pub upper: f64,
    /// What to declare: the upper bound, rounded up to a tenth; 1 at least.
    pub proposed: f64,
}

/// Estimates the scatter from minutes in order of time; none where there are too few.
///
/// Each minute is compared with the next one, so that neither the daily curve nor a slow drift of the rate counts as
/// scatter: with exposures n1 and n2, total S and p = n1 / (n1 + n2), the first count has mean pS and, where a minute's
/// variance is phi times its mean, (X1 - pS)^2 has expectation phi p (1 - p) E S. The estimate is the ratio of the sums over
/// disjoint pairs; its error follows from the pairs' own scatter (the delta method for a ratio of means). A burst that lasts
/// for minutes is a change of rate here: it is shared by both arms of a canary, and their comparison takes it out.
pub fn dispersion(minutes: impl IntoIterator<Item = (i64, Arm)>) -> Option<Dispersion> {
    let mut sums: Vec<(f64, f64)> = Vec::new();
    let mut waiting: Option<(i64, Arm)> = None;
    for (minute, arm) in minutes.into_iter().filter(|(_, arm)| arm.total > 0) {
        match waiting.take() {
            Some((before, first)) if before + 1 == minute => sums.push(pair(first, arm)),
            _ => waiting = Some((minute, arm)),
        }
    }
    let pairs = u32::try_from(sums.len()).ok().filter(|pairs| *pairs >= ENOUGH)?;
    let of = |part: fn(&(f64, f64)) -> f64| sums.iter().map(part).sum::<f64>();
    let (squares, expected) = (of(|pair| pair.0), of(|pair| pair.1));
    if expected <= 0.0 {
        return None;
    }
    let estimate = squares / expected;
    let error = sums.iter().map(|(square, mean)| (square - estimate * mean).powi(2)).sum::<f64>().sqrt() / expected;
    let upper = estimate + UPPER * error;
    let proposed = ((upper * 10.0).ceil() / 10.0).max(1.0);
    Some(Dispersion { pairs, estimate, upper, proposed })
}

fn pair(first: Arm, second: Arm) -> (f64, f64) {
    let share = first.total as f64 / (first.total as f64 + second.total as f64);
    let both = (first.bad + second.bad) as f64;
    ((first.bad as f64 - share * both).powi(2), share * (1.0 - share) * both)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes whose counts are `each` by turns, with the totals of `total`.
    fn minutes(total: impl Fn(i64) -> u64, bad: impl Fn(i64) -> u64) -> Vec<(i64, Arm)> {
        (0..2000).map(|minute| (minute, Arm::new(total(minute), bad(minute)))).collect()
    }

    /// A sequence without memory, from a multiplicative hash: no seed, no clock.
    fn unit(minute: i64) -> f64 {
        let mixed = (minute as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn scatter_of_two_values_is_variance_over_mean() {
        // 0 or 40 with even chances: mean 20, variance 400, so 20.
        let found = dispersion(minutes(|_| 10_000, |m| if unit(m) < 0.5 { 0 } else { 40 })).unwrap();
        assert!((18.0..22.0).contains(&found.estimate) && found.upper > found.estimate, "{found:?}");
        assert!(found.proposed >= found.upper && found.proposed < found.upper + 0.1 + 1e-9);
    }

    #[test]
    fn neither_the_daily_curve_nor_a_slow_drift_is_dispersion() {
        let day = |minute: i64| 10_000 + (9_000.0 * (minute as f64 / 229.0).sin()) as u64;
        // The rate doubles over the days, and the counts are as even as whole numbers can be.
        let found =
            dispersion(minutes(day, |m| (day(m) as f64 * 0.002 * (1.0 + m as f64 / 2000.0)).round() as u64)).unwrap();
        assert!(found.estimate < 0.2 && found.proposed == 1.0, "{found:?}");
    }

    #[test]
    fn gaps_are_no_neighbours_and_too_little_proposes_nothing() {
        let even = minutes(|_| 1000, |m| u64::from(m % 2 == 0) * 10);
        assert!(dispersion(even.iter().copied().filter(|(minute, _)| minute % 2 == 0)).is_none());
        assert!(dispersion(even.iter().copied().take(100)).is_none());
        assert!(dispersion(minutes(|_| 1000, |_| 0)).is_none(), "counts of nothing say nothing");
        assert_eq!(dispersion(even).unwrap().pairs, 1000);
    }
}
