//! Latencies as a lognormal histogram: mean 8 ms, p99 14 ms.

use crate::services::cloudwatch::samples::Samples;

/// Logarithm of the median, in microseconds: about 7.75 ms.
const MU: f64 = 8.955_3;
/// Standard deviation of the logarithm.
const SIGMA: f64 = 0.254_6;
/// Buckets are this much wide in the logarithm, and 20 ms is a boundary between two of them.
const WIDTH: f64 = 0.02;
const ANCHOR: f64 = 20_000.0;
/// Standard deviations to either side beyond which nothing lies.
const REACH: f64 = 4.5;

/// `requests` latencies in microseconds, `factor` times the usual. `dither` in `[0, 1)` decides where fractions of a
/// request go.
pub(crate) fn spread(requests: u64, factor: f64, dither: f64) -> Samples {
    if requests == 0 || factor.is_nan() || factor <= 0.0 {
        return Samples::default();
    }
    let centre = (MU + factor.ln() - ANCHOR.ln()) / WIDTH;
    let reach = REACH * SIGMA / WIDTH;
    let (first, last) = ((centre - reach).floor() as i64, (centre + reach).ceil() as i64);
    let total = requests as f64;
    let mut below = 0.0;
    let buckets = (first..=last).filter_map(|bucket| {
        let share = if bucket == last { 1.0 } else { normal_cdf((bucket as f64 + 1.0 - centre) * WIDTH / SIGMA) };
        let upto = (total * share + dither).floor().min(total);
        let count = if bucket == last { total - below } else { upto - below };
        below = below.max(upto);
        let middle = ANCHOR * ((bucket as f64 + 0.5) * WIDTH).exp();
        (count > 0.0).then_some((middle, count))
    });
    Samples::new(buckets)
}

/// The standard normal distribution (Abramowitz and Stegun 26.2.17, error below 7.5e-8).
fn normal_cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let polynomial = series.iter().fold(0.0, |sum, term| (sum + term) * t);
    let tail = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * polynomial;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::cloudwatch::samples::Statistic;

    #[test]
    fn latencies_have_their_mean_and_percentile() {
        let of = |text: &str, factor| Statistic::parse(text).and_then(|s| s.of(&spread(100_000, factor, 0.5)));
        let near = |seen: Option<f64>, wanted: f64| seen.is_some_and(|seen| (seen / wanted - 1.0).abs() < 0.02);
        assert!(near(of("Average", 1.0), 8_000.0));
        assert!(near(of("p99", 1.0), 14_000.0));
        assert!(near(of("p99", 3.0), 42_000.0));
        assert_eq!(of("SampleCount", 3.0), Some(100_000.0));
    }

    #[test]
    fn one_request_is_one_sample() {
        assert_eq!(spread(1, 1.0, 0.5).count(), 1.0);
        assert_eq!(spread(7, 1.0, 0.999).count(), 7.0);
    }
}
