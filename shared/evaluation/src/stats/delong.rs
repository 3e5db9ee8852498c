//! The variance of a difference of two AUCs on the same records.
//!
//! DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or more correlated receiver operating
//! characteristic curves", Biometrics 44, 837-845; computed by midranks in O(n log n) as in Sun and Xu (2014), "Fast
//! implementation of DeLong's algorithm", IEEE Signal Processing Letters 21, 1389-1393.

use super::{Estimate, mean_and_variance};

/// How often each record is on the right side of the records of the other class.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placements {
    /// For each positive, in order: the share of the negatives that score lower, a tie counting one half.
    positives: Vec<f64>,
    /// For each negative, in order: the share of the positives that score higher.
    negatives: Vec<f64>,
}

impl Placements {
    /// Of `scores` against `labels` (equal lengths). `None` with fewer than two records of either class, which have no
    /// variance.
    pub fn new(labels: &[bool], scores: &[f32]) -> Option<Placements> {
        let of = |wanted: bool| -> Vec<f32> {
            scores.iter().zip(labels).filter(|(_, label)| **label == wanted).map(|(score, _)| *score).collect()
        };
        let (positives, negatives) = (of(true), of(false));
        let (m, n) = (positives.len() as f64, negatives.len() as f64);
        if m < 2.0 || n < 2.0 {
            return None;
        }
        let all = [positives.as_slice(), negatives.as_slice()].concat();
        let ranks = midranks(&all);
        let (of_positives, of_negatives) = ranks.split_at(positives.len());
        let above = of_positives.iter().zip(midranks(&positives)).map(|(all, own)| (all - own) / n);
        let below = of_negatives.iter().zip(midranks(&negatives)).map(|(all, own)| 1.0 - (all - own) / m);
        Some(Placements { positives: above.collect(), negatives: below.collect() })
    }

    /// The AUC with its standard error.
    pub fn auc(&self) -> Option<Estimate> {
        combined(self.positives.iter().copied(), self.negatives.iter().copied())
    }

    /// This AUC less `other`'s, on the same records, with the standard error of the difference.
    pub fn less(&self, other: &Placements) -> Option<Estimate> {
        let differences = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let positives = differences(&self.positives, &other.positives);
        let negatives = differences(&self.negatives, &other.negatives);
        combined(positives.iter().copied(), negatives.iter().copied())
    }
}

/// The mean over the positives, with the variance that both classes contribute.
fn combined(
    positives: impl ExactSizeIterator<Item = f64> + Clone,
    negatives: impl ExactSizeIterator<Item = f64> + Clone,
) -> Option<Estimate> {
    let (m, n) = (positives.len() as f64, negatives.len() as f64);
    let (value, among_positives) = mean_and_variance(positives)?;
    let (_, among_negatives) = mean_and_variance(negatives)?;
    Some(Estimate { value, error: (among_positives / m + among_negatives / n).sqrt() })
}

/// The rank of each value, from 1; tied values share the mean of their ranks.
fn midranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<(f32, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0.0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let count = tied.len() as f64;
        for (_, place) in tied {
            if let Some(rank) = ranks.get_mut(*place) {
                *rank = before + (count + 1.0) / 2.0;
            }
        }
        before += count;
    }
    ranks
}
