//! Why a model scored a record as it did: how much each feature moved the margin.
//!
//! These are the Shapley values of path-dependent TreeSHAP, what XGBoost answers to `pred_contribs=True`: a feature that
//! is not known sends a record both ways at once, in the proportion in which training weight (`sum_hessian`) went. They
//! are exact up to rounding. [`ShapForest`] holds a model for it; [`stream`] explains a few records while the model's
//! file is read.
//!
//! # The method
//!
//! For one leaf of value v, let D be the different features that the way to it asks for, z_j the part of the training
//! weight that goes this way as far as j decides, and o_j 1 where the record itself does, else 0. With the features of
//! S known, the leaf counts v times the product of o_j over S and of z_j over the rest. The weight of S in a Shapley
//! value is an integral, |S|! (n - |S| - 1)! / n! = ∫ t^|S| (1 - t)^(n - |S| - 1) dt from 0 to 1, so the sum over all S
//! becomes one product:
//!
//! > φ_i = v (o_i - z_i) ∫ Π_{j ≠ i} f_j(t) dt, where f_j(t) = z_j + (o_j - z_j) t.
//!
//! The integrand is a polynomial of degree |D| - 1, which Gauss-Legendre quadrature of n points integrates exactly up to
//! degree 2n - 1: six points do for the twelve levels of a deep model. What is left is arithmetic at fixed t, once a
//! point, and no step of it depends on how deep a split lies.
//!
//! At one point t, let P be the product of f_j over the features between the root and a split, and B of a child the sum
//! over its leaves of v and the factors between child and leaf. For a split on i whose left child takes the part r of the
//! training weight, with h = 1 where the record turns left, else 0:
//!
//! - the children's factors are g = r + (h - r) t on the left and 1 - g on the right;
//! - downwards, P g goes to the left and P - P g to the right;
//! - upwards, B = B_right + g (B_left - B_right);
//! - the split adds (h - r) Σ w P (B_left - B_right) to φ_i, the sum being over the points with their weights w.
//!
//! Where a split above asked for i already, and this way has o and z of it, the new factor *replaces* the old one, f.
//! Dividing f out and telescoping over the splits on i leaves the same steps with (h - r) o for h - r, t / f for t, and
//! P z / f² for P in the sum. Nothing is divided where o = 0, and f ≥ t > 0 where o = 1, so no weight of 0 harms.
//!
//! Sixteen records go down a tree side by side, and every one of these steps is one vector instruction. The walk comes by
//! each split once and in the order in which splits are stored, so a tree needs no pointers.
//!
//! # Sources
//!
//! - Lundberg, Erion, Lee: "Consistent Individualized Feature Attribution for Tree Ensembles", 2018, arXiv:1802.03888.
//! - Yu, Bifet, Read, Xu: "Linear TreeShap", NeurIPS 2022: the telescoping over splits on one feature.
//! - Wettenstein, Mitchell, Yu: "Quadrature-TreeSHAP", 2026, arXiv:2605.04497: the integral and its quadrature, which
//!   XGBoost itself uses since it moved on from Lundberg's algorithm.

mod explain;
mod forest;
mod lanes;
mod packed;
mod quadrature;
mod sample;
mod stream;
#[cfg(test)]
mod tests;
mod walk;

pub use forest::ShapForest;
pub use sample::{SAMPLE_ROWS, Sample, sample_rows};
pub(crate) use stream::ShapStream;

/// What each feature added to the margins (log-odds) of some records of a held-out set.
///
/// For every explained record, `base` plus the record's `values` is its margin, up to rounding.
#[derive(Clone, PartialEq, Default)]
pub struct Attributions {
    /// Which records of the held-out set are explained, counted from 0, in the order of `values`.
    pub rows: Vec<u32>,
    /// Names of the features, in the model's order.
    pub features: Vec<String>,
    /// `rows.len()` x `features.len()`, record by record, in log-odds.
    pub values: Vec<f32>,
    /// The margin that the model expects of a record of which nothing is known.
    pub base: f32,
}

impl Attributions {
    /// The contributions of the records, one slice of `features.len()` values each, in the order of `rows`.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.features.len().max(1))
    }
}

/// Counts only: contributions tell about the records behind them.
impl std::fmt::Debug for Attributions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attributions")
            .field("rows", &self.rows.len())
            .field("features", &self.features.len())
            .finish_non_exhaustive()
    }
}

/// One feature's part in a record's margin.
#[derive(Clone, Copy, PartialEq)]
pub struct Reason {
    /// Position of the feature in the model.
    pub feature: usize,
    /// What it added to the margin, in log-odds: above 0 it raised the score.
    pub contribution: f32,
}

/// Names the feature and keeps its contribution back, as [`Attributions`] does.
impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reason").field("feature", &self.feature).finish_non_exhaustive()
    }
}

/// The `count` features that moved one record's margin most, whichever way: by absolute contribution, largest first,
/// the lower position first among equals. A feature that moved nothing is no reason, so there may be fewer.
pub fn top_reasons(contributions: &[f32], count: usize) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = contributions
        .iter()
        .enumerate()
        .filter(|(_, contribution)| **contribution != 0.0)
        .map(|(feature, contribution)| Reason { feature, contribution: *contribution })
        .collect();
    // Stable, so that equal contributions stay in the order of the features.
    reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    reasons.truncate(count);
    reasons
}

#[cfg(test)]
mod reasons_tests {
    use super::*;

    fn top(contributions: &[f32], count: usize) -> Vec<usize> {
        top_reasons(contributions, count).iter().map(|reason| reason.feature).collect()
    }

    #[test]
    fn reasons_are_ordered_by_size_whichever_way_they_push() {
        assert_eq!(top(&[0.5, -2.0, 1.0, 0.25], 3), [1, 2, 0]);
    }

    #[test]
    fn among_equal_reasons_the_lower_position_comes_first() {
        assert_eq!(top(&[1.0, -1.0, 2.0, 1.0], 4), [2, 0, 1, 3]);
    }

    #[test]
    fn a_feature_that_moved_nothing_is_no_reason() {
        assert_eq!(top(&[0.0, -0.0, 0.1], 3), [2]);
    }
}
