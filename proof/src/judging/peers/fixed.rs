//! The best fixed-horizon test: one look, at the end of the bake. The bound on power.
//!
//! Counts green ~ Poisson(n_g r m), blue ~ Poisson(n_b r): given their sum, green is binomial with odds m n_g / n_b, whatever
//! r is, and the exact conditional test of `m <= bound` is the uniformly most powerful unbiased one (Lehmann and Romano,
//! "Testing Statistical Hypotheses", 4.5). At a declared dispersion above 1 the arms are negative binomial counts with that
//! ratio of variance to mean, and given the sum green is beta-binomial; its shapes take the rate that the sum has under the
//! bound.

use crate::judging::share::{beta_binomial_tail, binomial_tail};
use crate::judging::streams::Minute;

/// Probability of at least green's count where the ratio of rates is `bound`, at this dispersion. 1 where there is nothing
/// to compare.
pub fn p_value(sum: Minute, bound: f64, dispersion: f64) -> f64 {
    let Minute { green, blue } = sum;
    let (green_weight, blue_weight) = (bound * green.total as f64, blue.total as f64);
    let events = green.bad + blue.bad;
    if green.total == 0 || blue.total == 0 || events == 0 {
        return 1.0;
    }
    let share = green_weight / (green_weight + blue_weight);
    if dispersion <= 1.0 {
        return binomial_tail(green.bad, events, share);
    }
    let shapes = events as f64 / (dispersion - 1.0);
    beta_binomial_tail(green.bad, events, shapes * share, shapes * (1.0 - share))
}

/// The sum of minutes.
pub fn sum<'a>(minutes: impl IntoIterator<Item = &'a Minute>) -> Minute {
    minutes.into_iter().fold(Minute::default(), |mut sum, minute| {
        for (sum, arm) in [(&mut sum.green, minute.green), (&mut sum.blue, minute.blue)] {
            sum.total += arm.total;
            sum.bad += arm.bad;
        }
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judging::streams::Arm;

    fn near(seen: f64, wanted: f64) {
        assert!((seen / wanted - 1.0).abs() < 1e-8, "{seen:e} for {wanted:e}");
    }

    /// Reference values: proof/reference/peers.py (SciPy 1.17.1).
    #[test]
    fn the_tests_are_scipys_tails() {
        let half = Minute { green: Arm { total: 45_000, bad: 80 }, blue: Arm { total: 405_000, bad: 400 } };
        let counts = sum([&half, &half]);
        near(p_value(counts, 1.25, 1.0), 3.068_165_425_984e-5);
        near(p_value(counts, 1.25, 3.0), 1.149_856_358_142e-2);
    }

    #[test]
    fn nothing_to_compare_is_no_evidence() {
        let some = Arm { total: 1000, bad: 100 };
        assert_eq!(p_value(Minute { green: some, blue: Arm::default() }, 1.25, 1.0), 1.0);
        assert_eq!(p_value(Minute::default(), 1.25, 2.0), 1.0);
    }
}
