//! The ratios that the counts do not rule out.

use crate::counts::MinuteCounts;
use crate::metric::{Metric, needed, stratum};
use crate::outcome::Look;
use crate::process::{Comparison, LogE, Side};

/// Ratios beyond these are not told apart.
const RATIOS: (f64, f64) = (1e-4, 1e4);
/// Bisection steps on the logarithm: to about 1e-4 of the ratio.
const STEPS: u32 = 16;

/// The ratios that neither one-sided family of tests rejects, each at `pass_alpha`: a confidence sequence (Howard et al.
/// 2021: the duality of e-processes and confidence sequences), narrowed by the planned look once that is taken. No upper
/// end where blue has nothing to compare with.
pub(super) fn interval(metric: &Metric, look: Option<Look>) -> (f64, Option<f64>) {
    let (dispersion, levels) = (metric.gauge.dispersion, &metric.levels);
    let rejects = |tolerance: f64, side| {
        let test = Comparison { tolerance, side, dispersion };
        let mut log = LogE::default();
        for (green, blue) in metric.minutes().filter_map(MinuteCounts::pair) {
            log += test.minute((green.total as f64, green.bad as f64), (blue.total as f64, blue.bad as f64));
        }
        log.mixture() >= needed(levels.interval_running)
            || look.is_some_and(|look| stratum(&look, dispersion).chance(tolerance, side) <= levels.interval_planned)
    };
    let (green, blue) = (metric.state.sums.green, metric.state.sums.blue);
    if green.total == 0 || blue.total == 0 {
        return (0.0, None);
    }
    let per = |bad: u64, total: u64| (bad as f64 + 0.5) / total as f64;
    around(per(green.bad, green.total) / per(blue.bad, blue.total), rejects)
}

/// The ratios around `middle` that are not rejected.
pub(super) fn around(middle: f64, rejects: impl Fn(f64, Side) -> bool) -> (f64, Option<f64>) {
    let middle = middle.clamp(RATIOS.0, RATIOS.1);
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
