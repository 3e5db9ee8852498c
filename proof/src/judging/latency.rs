//! The model's latency: lognormal, mean 8 ms, p99 14 ms, as the local world has it.

use libm::{erfc, log};

/// p99 of the usual latency, in milliseconds.
pub const USUAL_P99_MS: f64 = 14.0;
/// Median, in milliseconds.
const MEDIAN_MS: f64 = 7.75;
/// Standard deviation of the logarithm: ln(14 / 7.75) over the normal's 99 % point.
const SIGMA: f64 = 0.254_2;

/// Share of requests over `bound` milliseconds where every latency is `factor` times the usual.
pub fn share_over(bound: f64, factor: f64) -> f64 {
    let z = log(bound / (MEDIAN_MS * factor)) / SIGMA;
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_is_over_the_usual_p99() {
        assert!((share_over(USUAL_P99_MS, 1.0) - 0.01).abs() < 1e-4);
        assert!((share_over(20.0, 20.0 / USUAL_P99_MS) - 0.01).abs() < 1e-4);
    }
}
