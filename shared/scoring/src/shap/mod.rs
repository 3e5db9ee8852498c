//! Why a model scored a record as it did: how much each feature moved the margin.

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
mod tests {
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
