//! What a canary can detect.

use crate::exact::{Stratum, at_least};
use crate::process::Side;

/// The largest ratio that is asked about.
const LARGEST: f64 = 1000.0;
/// The chance with which a detectable effect is detected.
const POWER: f64 = 0.8;
/// Bisection steps on the logarithm: to about 1e-5 of the ratio.
const STEPS: u32 = 20;

/// The smallest ratio that the planned look finds with chance 0.8, both arms' requests and blue's rate given.
pub(super) fn smallest(
    tolerance: f64,
    level: f64,
    dispersion: f64,
    (green_total, blue_total): (f64, f64),
    base_rate: f64,
) -> Option<f64> {
    // Comparisons with NaN are false.
    if !(green_total > 0.0 && blue_total > 0.0 && base_rate > 0.0) {
        return None;
    }
    let blue = (blue_total * base_rate).round() as u64;
    let fails = |green: u64| {
        let stratum = Stratum { green_total, blue_total, green, blue, dispersion };
        stratum.chance(tolerance, Side::Above) <= level
    };
    let most = (LARGEST * green_total * base_rate).ceil() as u64;
    let needed = first(most, fails)?;
    let is_found = |ratio: f64| at_least(needed, ratio * green_total * base_rate, dispersion) >= POWER;
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
