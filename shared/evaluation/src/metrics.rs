//! ROC and rates, with the definitions of scikit-learn.

/// Area under the ROC curve of `scores` against `labels` (equal lengths), as scikit-learn's
/// `roc_auc_score`: the share of (positive, negative) pairs in which the positive scores higher, a tie
/// counting one half. Counted in integers, so the only rounding is the last division.
///
/// `None` where a class is absent. NaN sorts above every number; callers check for it before.
pub fn roc_auc(labels: &[bool], scores: &[f32]) -> Option<f64> {
    let mut pairs: Vec<(f32, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut positives, mut negatives, mut doubled_wins) = (0_u128, 0_u128, 0_u128);
    for tied in pairs.chunk_by(|a, b| a.0 == b.0) {
        let tied_positives = tied.iter().filter(|(_, label)| *label).count() as u128;
        let tied_negatives = tied.len() as u128 - tied_positives;
        doubled_wins += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    let doubled_pairs = 2 * positives * negatives;
    (doubled_pairs > 0).then(|| doubled_wins as f64 / doubled_pairs as f64)
}

/// What a threshold makes of scored records. A score at or above the threshold is an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Positives with an alert.
    pub true_positives: u64,
    /// Negatives with an alert.
    pub false_positives: u64,
    /// Records with label 0 below the threshold.
    pub true_negatives: u64,
    /// Records with label 1 below the threshold.
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts `scores` against `labels` (equal lengths). Scores are compared as f64, as a caller that
    /// reads the container's answer would.
    pub fn at(threshold: f64, labels: &[bool], scores: &[f32]) -> Confusion {
        let mut counts = Confusion::default();
        for (label, score) in labels.iter().zip(scores) {
            match (*label, f64::from(*score) >= threshold) {
                (true, true) => counts.true_positives += 1,
                (false, true) => counts.false_positives += 1,
                (false, false) => counts.true_negatives += 1,
                (true, false) => counts.false_negatives += 1,
            }
        }
        counts
    }

    /// Records with label 1.
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Records with label 0.
    pub fn negatives(&self) -> u64 {
        self.false_positives + self.true_negatives
    }

    /// Share of the negatives that alert; `None` without negatives.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_positives, self.negatives())
    }

    /// Share of the positives that alert; `None` without positives.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.positives())
    }

    /// Share of all records that alert; `None` without records.
    pub fn alert_rate(&self) -> Option<f64> {
        share(self.true_positives + self.false_positives, self.positives() + self.negatives())
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
