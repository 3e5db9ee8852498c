//! The confidence sequence of green's ratio, and what a canary can detect.

use super::counts::MinuteCounts;
use super::process::{Comparison, LogE, Side};

/// Ratios beyond these are not told apart.
const RATIOS: (f64, f64) = (1e-4, 1e4);
/// Bisection steps on the logarithm: to about 2e-5 of the ratio.
const STEPS: u32 = 20;

/// The ratios that neither one-sided family of tests rejects at `level`, each: valid at every look together (Howard et al.
/// 2021, the duality of e-processes and confidence sequences). No upper end where blue has nothing to compare with.
pub(super) fn interval<'a>(
    minutes: impl Iterator<Item = &'a MinuteCounts> + Clone,
    dispersion: f64,
    level: f64,
) -> (f64, Option<f64>) {
    let enough = -level.ln();
    let rejects = |tolerance: f64, side| {
        let test = Comparison { tolerance, side, dispersion };
        let mut log = LogE::default();
        for (green, blue) in minutes.clone().filter_map(MinuteCounts::pair) {
            log += test.minute((green.total as f64, green.bad as f64), (blue.total as f64, blue.bad as f64));
        }
        log.mixture() >= enough
    };
    let (mut green, mut blue) = ((0.5, 0.0), (0.5, 0.0));
    for (one, other) in minutes.clone().filter_map(MinuteCounts::pair) {
        green = (green.0 + one.bad as f64, green.1 + one.total as f64);
        blue = (blue.0 + other.bad as f64, blue.1 + other.total as f64);
    }
    if green.1 == 0.0 {
        return (0.0, None);
    }
    let middle = (green.0 / green.1 * blue.1 / blue.0).clamp(RATIOS.0, RATIOS.1);
    let low = if rejects(RATIOS.0, Side::Above) { edge(RATIOS.0, middle, |m| rejects(m, Side::Above)) } else { 0.0 };
    let high = rejects(RATIOS.1, Side::Below).then(|| edge(RATIOS.1, middle, |m| rejects(m, Side::Below)));
    (low, high)
}

/// Where rejection ends, between a ratio that is rejected and one that is not.
fn edge(rejected: f64, kept: f64, rejects: impl Fn(f64) -> bool) -> f64 {
    let (mut out, mut inside) = (rejected.ln(), kept.ln());
    for _ in 0..STEPS {
        let middle = f64::midpoint(out, inside);
        if rejects(middle.exp()) { out = middle } else { inside = middle }
    }
    // The end that is rejected: the interval is wider than it must be, never narrower.
    out.exp()
}

/// The largest ratio that is asked about.
const LARGEST: f64 = 1000.0;
/// Standard normal quantile of the chance with which a detectable effect is detected, 0.8.
const POWER: f64 = 0.841_621_233_572_914_2;

/// The smallest ratio whose log is farther from the tolerance's than both errors together allow.
pub(super) fn detectable(
    tolerance: f64,
    level: f64,
    dispersion: f64,
    green: f64,
    blue: f64,
    base_rate: f64,
) -> Option<f64> {
    // Comparisons with NaN are false.
    if !(green > 0.0 && blue > 0.0 && base_rate > 0.0) {
        return None;
    }
    let needed = upper_normal_quantile(level) + POWER;
    let is_found = |ratio: f64| {
        let error = (dispersion / base_rate * (1.0 / (ratio * green) + 1.0 / blue)).sqrt();
        (ratio / tolerance).ln() >= needed * error
    };
    if !is_found(LARGEST) {
        return None;
    }
    Some(edge(LARGEST, tolerance, is_found))
}

/// The standard normal's quantile at 1 - `level`, for levels below 0.5; to 4.5e-4 (Abramowitz and Stegun 26.2.23).
fn upper_normal_quantile(level: f64) -> f64 {
    let t = (-2.0 * level.ln()).sqrt();
    let above = (0.010_328 * t + 0.802_853) * t + 2.515_517;
    let below = ((0.001_308 * t + 0.189_269) * t + 1.432_788) * t + 1.0;
    t - above / below
}
