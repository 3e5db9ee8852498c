//! Shadow evaluation: champion and challenger on the same held-out records, and what the gates say.
//!
//! The gates compare points, not intervals: a difference up to a documented bound passes. Where a region
//! (or the whole set) has too few positives for that, the gate says `Inconclusive`.

use crate::error::ShapeError;
use crate::gates;
use crate::holdout::HeldOut;
use crate::metrics::{Confusion, roc_auc};
use crate::model::{Model, probability_of};
use crate::policy::EvaluationPolicy;
use meridian_domain::Verdict;
use serde::{Deserialize, Serialize};

/// Version of [`Evaluation`]'s JSON; raised when a field changes its meaning or goes away.
pub const EVALUATION_SCHEMA: u32 = 1;

/// Why nothing could be evaluated. (A bad model is a verdict, not an error.)
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// The held-out features do not fit a model.
    #[error("the held-out set does not fit the {role}: {source}")]
    Shape {
        /// `challenger` or `champion`.
        role: &'static str,
        /// What differs.
        source: ShapeError,
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

/// What evaluation found: the content of `evaluation.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`EVALUATION_SCHEMA`].
    pub schema: u32,
    /// `Pass` may be approved; `Fail` and `Inconclusive` may not.
    pub verdict: Verdict,
    /// One sentence for every gate that decided against a pass; for a pass, what was compared.
    pub reasons: Vec<String>,
    /// Every gate, those on the whole set first.
    pub gates: Vec<Gate>,
    /// Held-out records.
    pub rows: u64,
    /// Held-out records with label 1.
    pub positives: u64,
    /// The challenger on all records.
    pub challenger: ModelNumbers,
    /// The champion on all records; absent for a first release.
    pub champion: Option<ModelNumbers>,
    /// The same per customer region, sorted by name.
    pub regions: Vec<RegionNumbers>,
    /// The bounds that were applied.
    pub policy: EvaluationPolicy,
}

/// One gate's finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `finite`, `constant`, `auc`, `false_positive_rate` or `region_auc`.
    pub name: String,
    /// The region, for a gate on one region.
    pub region: Option<String>,
    /// What the numbers say.
    pub verdict: Verdict,
    /// Whether this verdict counts for the whole: all do, but for a region with too few positives.
    pub blocking: bool,
    /// The challenger's number.
    pub challenger: Option<f64>,
    /// The champion's number.
    pub champion: Option<f64>,
    /// How much worse the challenger is (negative: better).
    pub worse_by: Option<f64>,
    /// The bound that was applied.
    pub allowed: Option<f64>,
    /// All of it in one sentence.
    pub reason: String,
}

/// A model on all held-out records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelNumbers {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Share of the negatives that alert at the threshold.
    pub fpr: f64,
    /// Share of the positives that alert at the threshold.
    pub recall: f64,
    /// Share of all records that alert at the threshold.
    pub alert_rate: f64,
    /// The operating threshold.
    pub threshold: f64,
}

/// Both models on one region's records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionNumbers {
    /// The region, as the held-out set names it.
    pub region: String,
    /// Its records.
    pub rows: u64,
    /// Its records with label 1.
    pub positives: u64,
    /// The challenger; absent where the region has only one class.
    pub challenger: Option<ModelNumbers>,
    /// The champion; absent likewise, or for a first release.
    pub champion: Option<ModelNumbers>,
}

/// Scores both models on every record and asks the gates.
///
/// # Errors
/// [`EvaluateError`] where the set does not fit a model, holds only one class, or a threshold is not a probability.
pub fn evaluate(
    challenger: &Model,
    champion: Option<&Model>,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    let champion_threshold = policy.champion_threshold.unwrap_or(policy.threshold);
    for threshold in [policy.threshold, champion_threshold] {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(EvaluateError::Threshold { threshold });
        }
    }
    let challenger = Scored::new("challenger", challenger, holdout, policy.threshold)?;
    let champion = champion.map(|model| Scored::new("champion", model, holdout, champion_threshold)).transpose()?;
    let whole = numbers_of(&challenger, champion.as_ref(), holdout, None);
    let Some(numbers) = whole.challenger else {
        return Err(EvaluateError::OneClass { positives: whole.positives, negatives: whole.rows - whole.positives });
    };
    let regions: Vec<RegionNumbers> = (0..holdout.region_names().len())
        .map(|region| numbers_of(&challenger, champion.as_ref(), holdout, Some(region)))
        .collect();

    let mut gates = vec![gates::finite(&challenger.margins), gates::constant(&challenger.scores)];
    gates.push(gates::auc(&whole, policy));
    gates.push(gates::false_positive_rate(&whole, policy));
    if champion.is_some() {
        gates.extend(regions.iter().map(|region| gates::region_auc(region, policy)));
    }
    let verdict = Verdict::all(gates.iter().filter(|gate| gate.blocking).map(|gate| gate.verdict));
    Ok(Evaluation {
        schema: EVALUATION_SCHEMA,
        verdict,
        reasons: reasons(verdict, &gates),
        gates,
        rows: whole.rows,
        positives: whole.positives,
        challenger: numbers,
        champion: whole.champion,
        regions,
        policy: policy.clone(),
    })
}

/// Why the verdict is what it is: the blocking gates that say the same; a pass names the comparisons only.
fn reasons(verdict: Verdict, gates: &[Gate]) -> Vec<String> {
    let same = |gate: &&Gate| gate.blocking && gate.verdict == verdict;
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
struct Scored {
    margins: Vec<f32>,
    scores: Vec<f32>,
    threshold: f64,
}

impl Scored {
    fn new(role: &'static str, model: &Model, holdout: &HeldOut, threshold: f64) -> Result<Scored, EvaluateError> {
        let margins = model.margins(holdout).map_err(|source| EvaluateError::Shape { role, source })?;
        let scores = margins.iter().copied().map(probability_of).collect();
        Ok(Scored { margins, scores, threshold })
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
        })
    }
}

/// Both models on one region, by its index, or on all records.
fn numbers_of(
    challenger: &Scored,
    champion: Option<&Scored>,
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
