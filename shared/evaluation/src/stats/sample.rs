//! Whether a hold-out can say anything of a model: how large it is, whether it repeats records, how many of them are positives.

use crate::holdout::HeldOut;
use crate::trained::row_digest;
use meridian_judge::EvaluationPolicy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The sizes of a hold-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldoutFacts {
    /// Records of the hold-out.
    pub rows: u64,
    /// Records with label 1.
    pub positives: u64,
    /// Records whose features are all those of another one before them.
    pub repeated: u64,
}

/// Why a hold-out is too small or too odd to evaluate on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// Too few records.
    Rows {
        /// Records that the file has.
        rows: u64,
        /// Records asked for.
        least: u64,
    },
    /// Too few of one class.
    Classes {
        /// Records with label 1.
        positives: u64,
        /// Records with label 0.
        negatives: u64,
        /// What is asked for of each.
        least: u64,
    },
    /// Too many records that stand there more than once.
    Repeated {
        /// Records that repeat one before them.
        repeated: u64,
        /// Records that the file has.
        rows: u64,
        /// Largest share allowed.
        most: f64,
    },
    /// A share of positives that no usual day has.
    LabelRate {
        /// Share of positives found.
        rate: f64,
        /// Smallest share allowed.
        least: f64,
        /// Largest share allowed.
        most: f64,
    },
}

impl HoldoutFacts {
    /// Reads every record once.
    pub fn of(holdout: &HeldOut) -> HoldoutFacts {
        let matrix = holdout.matrix();
        let mut seen = BTreeSet::new();
        let mut bytes = Vec::with_capacity(4 * matrix.width());
        let mut repeated = 0;
        for row in (0..holdout.rows()).map(|index| matrix.row(index)) {
            repeated += u64::from(!seen.insert(row_digest(row, &mut bytes)));
        }
        let positives = holdout.labels().iter().filter(|label| **label).count() as u64;
        HoldoutFacts { rows: holdout.rows() as u64, positives, repeated }
    }

    /// Share of positives.
    pub fn label_rate(&self) -> f64 {
        self.positives as f64 / self.rows.max(1) as f64
    }

    /// Everything that policy holds against it.
    pub fn unfit(&self, policy: &EvaluationPolicy) -> Vec<Unfit> {
        let size = self.size(policy).or_else(|| self.classes(policy));
        [size, self.repeats(policy), self.labels(policy)].into_iter().flatten().collect()
    }

    pub(crate) fn size(&self, policy: &EvaluationPolicy) -> Option<Unfit> {
        let HoldoutFacts { rows, .. } = *self;
        (rows < policy.min_rows).then_some(Unfit::Rows { rows, least: policy.min_rows })
    }

    /// Not a gate of its own: under these numbers the other gates conclude nothing.
    fn classes(&self, policy: &EvaluationPolicy) -> Option<Unfit> {
        let HoldoutFacts { rows, positives, .. } = *self;
        let (negatives, least) = (rows.saturating_sub(positives), policy.min_positives);
        (positives.min(negatives) < least).then_some(Unfit::Classes { positives, negatives, least })
    }

    pub(crate) fn repeats(&self, policy: &EvaluationPolicy) -> Option<Unfit> {
        let HoldoutFacts { rows, repeated, .. } = *self;
        let most = policy.max_repeated;
        (repeated as f64 > most * rows as f64).then_some(Unfit::Repeated { repeated, rows, most })
    }

    pub(crate) fn labels(&self, policy: &EvaluationPolicy) -> Option<Unfit> {
        let (rate, least, most) = (self.label_rate(), policy.min_label_rate, policy.max_label_rate);
        (!(least..=most).contains(&rate)).then_some(Unfit::LabelRate { rate, least, most })
    }
}
