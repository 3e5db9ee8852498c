//! Shadow evaluation: champion and challenger on the same held-out records, and what the gates say.
//!
//! The gates compare points, not intervals: a difference up to a documented bound passes. Where a region
//! (or the whole set) has too few positives for that, the gate says `Inconclusive`.

use crate::error::ShapeError;
use crate::evaluation::{Curves, EVALUATION_SCHEMA, Evaluation, Gate, ModelNumbers, RegionNumbers};
use crate::gates;
use crate::holdout::HeldOut;
use crate::metrics::{Confusion, roc_auc};
use crate::model::{Model, probability_of};
use crate::shap::Attributions;
use meridian_domain::{EvaluationPolicy, GateMode, Verdict};

/// Why nothing could be evaluated. (A bad model is a verdict, not an error.)
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// A model's margins are not the held-out set's.
    #[error("the {role} has {found} margins for {expected} held-out records; score it on this held-out set")]
    Rows {
        /// `challenger` or `champion`.
        role: &'static str,
        /// Records of the held-out set.
        expected: usize,
        /// Margins given.
        found: usize,
    },
    /// Only one class.
    #[error(
        "the held-out set has {positives} positives and {negatives} negatives; AUC needs both, so check the label column"
    )]
    OneClass {
        /// Records with label 1.
        positives: u64,
        /// Records with label 0.
        negatives: u64,
    },
    /// A threshold that no probability can be compared with.
    #[error("the operating threshold is {threshold}; expected a probability above 0 and below 1")]
    Threshold {
        /// The threshold given.
        threshold: f64,
    },
}

/// What a model says about every record of a held-out set: all that evaluation needs of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Scored {
    /// One margin (log-odds) for each record, in the set's order.
    pub margins: Vec<f32>,
    /// How many splits of the model use each feature, in the model's order; `None` where they were not counted.
    pub splits: Option<Vec<u32>>,
    /// What each feature added to the margins of a sample of the records; `None` where nothing was explained.
    pub attributions: Option<Attributions>,
}

impl Scored {
    /// Scores every record with `model`; explains nothing.
    ///
    /// # Errors
    /// [`ShapeError`] where the held-out features are not the model's.
    pub fn by(model: &Model, holdout: &HeldOut) -> Result<Scored, ShapeError> {
        Ok(Scored { margins: model.margins(holdout)?, splits: None, attributions: None })
    }
}

/// A model that is compared: what it says, and the threshold that it is deployed with.
#[derive(Clone, Copy, Debug)]
pub struct Contender<'a> {
    /// What it says about every record.
    pub scored: &'a Scored,
    /// Score at or above which a record is an alert, as a probability.
    pub threshold: f64,
}

/// Compares what both models say about every record, and asks the gates.
///
/// # Errors
/// [`EvaluateError`] where the margins are not of these records, the set holds only one class, or a threshold is not a
/// probability.
pub fn evaluate(
    challenger: Contender<'_>,
    champion: Option<Contender<'_>>,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    let challenger = Judged::new("challenger", challenger, holdout)?;
    let champion = champion.map(|champion| Judged::new("champion", champion, holdout)).transpose()?;
    let whole = numbers_of(&challenger, champion.as_ref(), holdout, None);
    let Some(numbers) = whole.challenger else {
        return Err(EvaluateError::OneClass { positives: whole.positives, negatives: whole.rows - whole.positives });
    };
    let regions: Vec<RegionNumbers> = (0..holdout.region_names().len())
        .map(|region| numbers_of(&challenger, champion.as_ref(), holdout, Some(region)))
        .collect();

    let mut gates = vec![gates::finite(challenger.margins), gates::constant(&challenger.scores)];
    gates.push(gates::auc(&whole, policy));
    gates.push(gates::false_positive_rate(&whole, policy));
    if champion.is_some() {
        gates.extend(regions.iter().map(|region| gates::region_auc(region, policy)));
    }
    let verdict =
        Verdict::all(gates.iter().filter(|gate| gate.region.is_none() || gate.blocks()).map(|gate| gate.verdict));
    Ok(Evaluation {
        schema: EVALUATION_SCHEMA,
        verdict,
        reasons: reasons(verdict, &gates),
        warnings: Vec::new(),
        gates,
        rows: whole.rows,
        positives: whole.positives,
        challenger: numbers,
        champion: whole.champion,
        regions,
        curves: Curves::default(),
        reasons_shift: None,
        policy: policy.clone(),
    })
}

/// Why the verdict is what it is: the blocking gates that say the same; a pass names the comparisons only.
fn reasons(verdict: Verdict, gates: &[Gate]) -> Vec<String> {
    let same = |gate: &&Gate| gate.mode == GateMode::Required && gate.verdict == verdict;
    if verdict != Verdict::Pass {
        return gates.iter().filter(same).map(|gate| gate.reason.clone()).collect();
    }
    let comparisons = gates.iter().filter(|gate| gate.region.is_none() && gate.allowed.is_some());
    let mut reasons: Vec<String> = comparisons.map(|gate| gate.reason.clone()).collect();
    let regions = gates.iter().filter(|gate| gate.region.is_some()).count();
    let held = gates.iter().filter(same).filter(|gate| gate.region.is_some()).count();
    if held > 0 {
        reasons.push(format!("AUC held in {held} of {regions} customer regions"));
    }
    reasons
}

/// One model's outputs on every record.
struct Judged<'a> {
    margins: &'a [f32],
    scores: Vec<f32>,
    threshold: f64,
}

impl Judged<'_> {
    fn new<'a>(role: &'static str, contender: Contender<'a>, holdout: &HeldOut) -> Result<Judged<'a>, EvaluateError> {
        let Contender { scored, threshold } = contender;
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(EvaluateError::Threshold { threshold });
        }
        let (expected, found) = (holdout.rows(), scored.margins.len());
        if found != expected {
            return Err(EvaluateError::Rows { role, expected, found });
        }
        let scores = scored.margins.iter().copied().map(probability_of).collect();
        Ok(Judged { margins: &scored.margins, scores, threshold })
    }

    /// Numbers on the records that `keep` marks; `None` where they are all of one class.
    fn numbers(&self, labels: &[bool], keep: impl Fn(usize) -> bool) -> Option<ModelNumbers> {
        let kept = |row: &usize| keep(*row);
        let labels: Vec<bool> = (0..labels.len()).filter(kept).filter_map(|row| labels.get(row).copied()).collect();
        let scores: Vec<f32> =
            (0..self.scores.len()).filter(kept).filter_map(|row| self.scores.get(row).copied()).collect();
        let counts = Confusion::at(self.threshold, &labels, &scores);
        Some(ModelNumbers {
            auc: roc_auc(&labels, &scores)?,
            fpr: counts.false_positive_rate()?,
            recall: counts.recall()?,
            alert_rate: counts.alert_rate()?,
            threshold: self.threshold,
            brier: None,
            calibration_slope: None,
            calibration_intercept: None,
        })
    }
}

/// Both models on one region, by its index, or on all records.
fn numbers_of(
    challenger: &Judged<'_>,
    champion: Option<&Judged<'_>>,
    holdout: &HeldOut,
    region: Option<usize>,
) -> RegionNumbers {
    let keep = |row: usize| match region {
        None => true,
        Some(region) => holdout.regions().get(row).is_some_and(|found| usize::from(*found) == region),
    };
    let labels = holdout.labels();
    let name = region.and_then(|region| holdout.region_names().get(region));
    RegionNumbers {
        region: name.map_or_else(|| "all".to_owned(), String::clone),
        rows: (0..labels.len()).filter(|row| keep(*row)).count() as u64,
        positives: labels.iter().enumerate().filter(|(row, label)| **label && keep(*row)).count() as u64,
        challenger: challenger.numbers(labels, keep),
        champion: champion.and_then(|champion| champion.numbers(labels, keep)),
    }
}
