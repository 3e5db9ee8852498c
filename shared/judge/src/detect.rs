//! What a canary can detect.

use crate::exact::{Stratum, at_least};
use crate::process::Side;

/// The largest ratio that is asked about.
const LARGEST: f64 = 1000.0;
/// The chance with which a detectable effect is detected.
const POWER: f64 = 0.8;
/// Bisection steps on the logarithm: to about 1e-5 of the ratio.
const STEPS: u32 = 20;

/// A planned look as it is foreseen: both arms' requests and blue's rate, which blue's count meets in the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Check {
    /// Ratio of green's rate to blue's that is tolerated.
    pub tolerance: f64,
    /// Chance to fail at the tolerance.
    pub level: f64,
    /// Variance over mean of a minute's count.
    pub dispersion: f64,
}

impl Check {
    /// The smallest count of green that fails, of those up to a thousand times blue's rate; of a `Side::Below` the largest. None
    /// where no count does.
    pub(super) fn least(&self, (green_total, blue_total): (f64, f64), base_rate: f64, side: Side) -> Option<u64> {
        // Comparisons with NaN are false.
        if !(green_total > 0.0 && blue_total > 0.0 && base_rate >= 0.0) {
            return None;
        }
        let blue = (blue_total * base_rate).round() as u64;
        let stratum = |green| Stratum { green_total, blue_total, green, blue, dispersion: self.dispersion };
        let expected = green_total * base_rate;
        match side {
            Side::Above => {
                let most = if base_rate > 0.0 { (LARGEST * expected).ceil() } else { green_total };
                first(most as u64, |green| stratum(green).chance(self.tolerance, side) <= self.level)
            }
            Side::Below => {
                let most = expected.ceil() as u64;
                let holds = |green| stratum(green).chance(1.0 / self.tolerance, side) > self.level;
                // The one before the first that does not fail.
                first(most, holds)?.checked_sub(1)
            }
        }
    }
}

/// The smallest ratio that the planned look finds with chance 0.8, both arms' requests and blue's rate given.
pub(super) fn smallest(tolerance: f64, level: f64, dispersion: f64, arms: (f64, f64), base_rate: f64) -> Option<f64> {
    if base_rate.is_nan() || base_rate <= 0.0 {
        return None;
    }
    let needed = Check { tolerance, level, dispersion }.least(arms, base_rate, Side::Above)?;
    let is_found = |ratio: f64| at_least(needed, ratio * arms.0 * base_rate, dispersion) >= POWER;
    if !is_found(LARGEST) {
        return None;
    }
    let (mut missed, mut found) = (tolerance.ln(), LARGEST.ln());
    for _ in 0..STEPS {
        let middle = f64::midpoint(missed, found);
        if is_found(middle.exp()) { found = middle } else { missed = middle }
    }
    Some(found.exp())
}

/// The smallest count up to `most` that fails.
fn first(most: u64, fails: impl Fn(u64) -> bool) -> Option<u64> {
    if !fails(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if fails(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}
