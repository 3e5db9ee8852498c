//! How far the distribution of the challenger's scores lies from the champion's.

use super::distributions::chi_square_quantile;
use super::mean_and_variance;

/// Bins of the population stability index, by the champion's deciles.
const BINS: usize = 10;

/// The population stability index with its sampling noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stability {
    /// Sum over the bins of (q - p) ln(q / p), p the champion's share and q the challenger's.
    pub index: f64,
    /// What two samples of one distribution would show on average.
    pub expected: f64,
    /// The 95 % quantile of what they would show: an index below it is noise.
    pub noise: f64,
    /// Standard error of the index.
    error: f64,
}

impl Stability {
    /// Of two models' scores on the same records, in bins that hold a tenth of the champion's each (fewer where its
    /// scores tie). An empty bin counts as half a record. `None` for fewer than two records.
    ///
    /// The noise is that of two independent samples, (1/n + 1/m) chi-square with bins - 1 degrees of freedom (Yurdakul
    /// and Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model Validation
    /// 14, 89-100). Scores of the same records agree better than that, so it is an upper bound. The standard error adds
    /// the delta method's, which rules once the distributions do differ.
    pub fn new(challenger: &[f32], champion: &[f32]) -> Option<Stability> {
        let cuts = cuts(champion)?;
        let n = champion.len() as f64;
        let bins = cuts.len() + 1;
        let place = |score: &f32| cuts.partition_point(|cut| cut <= score);
        let (new, old): (Vec<usize>, Vec<usize>) =
            challenger.iter().zip(champion).map(|(new, old)| (place(new), place(old))).unzip();
        let shares = |places: &[usize]| {
            let mut counts = vec![0.0_f64; bins];
            for place in places {
                if let Some(count) = counts.get_mut(*place) {
                    *count += 1.0;
                }
            }
            counts.into_iter().map(|count| count.max(0.5) / n).collect::<Vec<f64>>()
        };
        let pairs: Vec<(f64, f64)> = shares(&new).into_iter().zip(shares(&old)).collect();
        let index = pairs.iter().map(|(q, p)| (q - p) * (q / p).ln()).sum();
        // Derivatives by q and p of a record's bin.
        let slope = |of: &usize, slope: fn(f64, f64) -> f64| pairs.get(*of).map_or(0.0, |(q, p)| slope(*q, *p));
        let of_new = |place: &usize| slope(place, |q, p| (q / p).ln() + 1.0 - p / q);
        let of_old = |place: &usize| slope(place, |q, p| 1.0 - (q / p).ln() - q / p);
        let influences: Vec<f64> = new.iter().zip(&old).map(|(new, old)| of_new(new) + of_old(old)).collect();
        let (_, variance) = mean_and_variance(influences.into_iter())?;
        let (degrees, unit) = (cuts.len() as f64, 2.0 / n);
        let error = (variance / n + 2.0 * degrees * unit * unit).sqrt();
        let noise = if cuts.is_empty() { 0.0 } else { unit * chi_square_quantile(0.95, cuts.len()) };
        Some(Stability { index, expected: degrees * unit, noise, error })
    }

    /// The index less its expectation without any shift, `z` standard errors to either side, and not below 0.
    pub fn interval(&self, z: f64) -> [f64; 2] {
        let excess = self.index - self.expected;
        [(excess - z * self.error).max(0.0), (excess + z * self.error).max(0.0)]
    }
}

/// The values that part the scores into tenths by rank, ascending and distinct; a score at a cut belongs above it.
fn cuts(scores: &[f32]) -> Option<Vec<f32>> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let lowest = *sorted.first()?;
    let at = |tenth: usize| sorted.get(tenth * sorted.len() / BINS).copied();
    let mut cuts: Vec<f32> = (1..BINS).filter_map(at).filter(|cut| *cut > lowest).collect();
    cuts.dedup();
    Some(cuts)
}

/// The Kolmogorov-Smirnov distance: the largest difference of the two shares at or below any score (as
/// `scipy.stats.ks_2samp`). 0 where either is empty.
pub(crate) fn distance(first: &[f32], second: &[f32]) -> f64 {
    let sorted = |scores: &[f32]| {
        let mut sorted = scores.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted
    };
    let (first, second) = (sorted(first), sorted(second));
    if first.is_empty() || second.is_empty() {
        return 0.0;
    }
    let at_or_below = |sorted: &[f32], score: f32| sorted.partition_point(|other| *other <= score) as f64;
    let (n, m) = (first.len() as f64, second.len() as f64);
    let gap = |score: &f32| (at_or_below(&first, *score) / n - at_or_below(&second, *score) / m).abs();
    first.iter().chain(&second).map(gap).fold(0.0, f64::max)
}

/// Half the width of the distribution-free band around a distance of two samples of `n` records each, at confidence
/// `level`: sqrt(ln(2 / (1 - level)) / n) (Smirnov 1939; the asymptotic quantile). Independent samples are assumed, so
/// for scores of the same records it is too wide, never too narrow.
pub(crate) fn distance_noise(n: usize, level: f64) -> f64 {
    ((2.0 / (1.0 - level)).ln() / n.max(1) as f64).sqrt()
}
