//! Shares of many runs, with how sure they are; exact binomial and beta-binomial tails.

use libm::{exp, lgamma, log};
use serde::Serialize;

/// So much of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Runs in which it happened.
    pub hits: u64,
    /// Runs in all.
    pub of: u64,
}

impl Share {
    /// Counts one run.
    pub fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    /// The share, 0 to 1; 0 of nothing.
    pub fn value(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }

    /// Upper bound that holds in 95 of 100 cases: one-sided, exact (Clopper and Pearson, "The use of confidence or
    /// fiducial limits", 1934), so never too low.
    pub fn upper(self) -> f64 {
        if self.hits >= self.of {
            return 1.0;
        }
        // The rate at which so few hits would happen in one case of twenty.
        solve(|rate| 0.95 - binomial_tail(self.hits + 1, self.of, rate))
    }

    /// Lower bound, likewise.
    pub fn lower(self) -> f64 {
        if self.hits == 0 {
            return 0.0;
        }
        solve(|rate| 0.05 - binomial_tail(self.hits, self.of, rate))
    }
}

/// Where a function that falls from above 0 to below 0 over `[0, 1]` is 0.
fn solve(falls: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if falls(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Probability that a binomial count of `n` trials at `rate` is `least` or more.
pub fn binomial_tail(least: u64, n: u64, rate: f64) -> f64 {
    if least == 0 || rate >= 1.0 {
        return 1.0;
    }
    if least > n || rate <= 0.0 {
        return 0.0;
    }
    let odds = rate / (1.0 - rate);
    let (trials, hits) = (n as f64, least as f64);
    let first = choose(trials, hits) + hits * log(rate) + (trials - hits) * log(1.0 - rate);
    tail(least, n, first, |x| (trials - x) / (x + 1.0) * odds)
}

/// Probability that a beta-binomial count of `n` trials with shapes `a` and `b` is `least` or more.
pub fn beta_binomial_tail(least: u64, n: u64, a: f64, b: f64) -> f64 {
    if least == 0 {
        return 1.0;
    }
    if least > n || a <= 0.0 || b <= 0.0 {
        return 0.0;
    }
    let (trials, hits) = (n as f64, least as f64);
    let first = choose(trials, hits) + beta(hits + a, trials - hits + b) - beta(a, b);
    tail(least, n, first, |x| (trials - x) / (x + 1.0) * (x + a) / (trials - x - 1.0 + b))
}

/// The sum of probabilities from `least` to `n`, from the first one's logarithm and the ratios of neighbours. Where most of
/// the weight is above, it sums the smaller part below instead.
fn tail(least: u64, n: u64, first: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let start = exp(first);
    if ratio(least as f64) <= 1.0 || least == n {
        let mut term = 1.0;
        let mut sum = 1.0;
        for x in least..n {
            term *= ratio(x as f64);
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        return (start * sum).min(1.0);
    }
    let (mut term, mut sum) = (1.0, 0.0);
    for x in (0..least).rev() {
        term /= ratio(x as f64);
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    (1.0 - start * sum).max(0.0)
}

/// Logarithm of the binomial coefficient.
fn choose(n: f64, k: f64) -> f64 {
    lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)
}

/// Logarithm of the beta function.
fn beta(a: f64, b: f64) -> f64 {
    lgamma(a) + lgamma(b) - lgamma(a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(seen: f64, wanted: f64) {
        assert!((seen / wanted - 1.0).abs() < 1e-8, "{seen:e} for {wanted:e}");
    }

    // Reference values: proof/reference/peers.py (SciPy 1.17.1).

    #[test]
    fn binomial_tails_are_scipys() {
        near(binomial_tail(30, 200, 0.1), 1.632_656_593_177e-2);
        near(binomial_tail(5, 200, 0.1), 9.999_915_836_045e-1);
        near(binomial_tail(12, 12, 0.3), 5.314_41e-7);
        assert_eq!(binomial_tail(0, 5, 0.1), 1.0);
        assert_eq!(binomial_tail(6, 5, 0.1), 0.0);
    }

    #[test]
    fn beta_binomial_tails_are_scipys() {
        let (a, b) = (50.0 * 0.12195, 50.0 * (1.0 - 0.12195));
        near(beta_binomial_tail(30, 50, a, b), 1.571_967_799_263e-7);
        near(beta_binomial_tail(15, 50, a, b), 1.395_224_642_677e-2);
        near(beta_binomial_tail(2, 50, a, b), 9.504_105_590_535e-1);
    }

    #[test]
    fn bounds_are_clopper_and_pearsons() {
        let share = |hits, of| Share { hits, of };
        near(share(0, 10_000).upper(), 2.995_283_597_766e-4);
        near(share(63, 10_000).upper(), 7.764_518_192_908e-3);
        near(share(3, 40).upper(), 1.825_868_500_159e-1);
        near(share(63, 10_000).lower(), 5.056_611_924_387e-3);
        near(share(3, 40).lower(), 2.075_360_147_570e-2);
        assert_eq!(share(0, 0).upper(), 1.0, "nothing was tried: nothing is known");
        assert_eq!(share(0, 40).lower(), 0.0);
    }
}
