//! What models answer their customers: 2 % of ordinary requests are alerts.

use crate::services::cloudwatch::samples::Samples;
use crate::world::random::Random;

/// Scores above this are alerts.
const OPERATING_THRESHOLD: f64 = 0.8;
/// High scores and the share of requests that get them on an ordinary day.
const HIGH: [(f64, f64); 3] = [(0.65, 0.01), (0.85, 0.01), (0.95, 0.01)];
/// What everybody else gets.
const LOW: f64 = 0.05;

/// The scores of so many requests, of a model that gives `factor` times as many high ones as usual.
pub(crate) fn drawn(requests: u64, factor: f64, random: &mut Random) -> Samples {
    let mut left = requests;
    let mut high = Vec::new();
    for (score, share) in HIGH {
        let count = random.poisson(requests as f64 * share * factor).min(left);
        left -= count;
        high.push((score, count as f64));
    }
    high.push((LOW, left as f64));
    Samples::new(high)
}

/// How many of them are alerts.
pub(crate) fn alerts(scores: &Samples) -> f64 {
    scores.within(Some(OPERATING_THRESHOLD), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_score_and_one_of_fifty_is_an_alert() {
        let mut random = Random::labelled(7, ["scores"]);
        let usual = drawn(100_000, 1.0, &mut random);
        assert_eq!(usual.count(), 100_000.0);
        assert!((alerts(&usual) - 2_000.0).abs() < 200.0);
        let more = drawn(100_000, 3.0, &mut random);
        assert!((alerts(&more) - 6_000.0).abs() < 400.0);
        assert_eq!(drawn(10, 1_000.0, &mut random).count(), 10.0);
    }
}
