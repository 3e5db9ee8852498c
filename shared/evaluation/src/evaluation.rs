//! What an evaluation found. `evaluation.json` has the same, and what it says in words ([`crate::json`]).

use crate::costs::Costs;
use crate::drift::Drift;
use crate::finding::Finding;
use crate::remark::Remark;
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use serde::{Deserialize, Serialize};

/// Version of `evaluation.json`; raised when a field changes its meaning or goes away.
pub const EVALUATION_SCHEMA: u32 = 3;

/// What evaluation found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Evaluation {
    /// [`EVALUATION_SCHEMA`] of the code that made it.
    pub schema: u32,
    /// `Pass` may be approved; `Fail` and `Inconclusive` may not.
    pub verdict: Verdict,
    /// What was noticed while the models were read and scored; it decides nothing.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// Every gate that was asked, those on the whole set first.
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
    /// The same by the values of other columns, where somebody asked for them; none of it counts for the verdict.
    #[serde(default)]
    pub slices: Vec<Slices>,
    /// What the models' alerts cost, where somebody said what a miss and a false alarm cost; it counts for no verdict.
    #[serde(default)]
    pub costs: Option<Costs>,
    /// Which features moved since a reference, where somebody gave one; it counts for no verdict.
    #[serde(default)]
    pub drift: Option<Drift>,
    /// What the figures are drawn from.
    pub curves: Curves,
    /// How the models' reasons differ; absent where they were not explained.
    pub reasons_shift: Option<ReasonsShift>,
    /// The bounds that were applied.
    pub policy: EvaluationPolicy,
}

/// One gate's finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The gate, by its key in `[evaluation]`, for example `auc`.
    pub name: String,
    /// The customer region, for a gate on one region.
    pub region: Option<String>,
    /// How much the verdict counts: `Required` or `Advisory`, never `Off`.
    pub mode: GateMode,
    /// What the numbers say.
    pub verdict: Verdict,
    /// The challenger's number.
    pub challenger: Option<f64>,
    /// The champion's number.
    pub champion: Option<f64>,
    /// The difference that was judged, above 0 where the challenger is worse: of calibration, that of the distances from the
    /// ideal; of a leak, the gain.
    pub difference: Option<f64>,
    /// Confidence interval of `difference`, lower end first.
    pub interval: Option<[f64; 2]>,
    /// The margin that `difference`, or without a champion the bound that `challenger`, was held against.
    pub allowed: Option<f64>,
    /// Confidence of `interval`, after the correction for several gates and regions.
    pub level: Option<f64>,
    /// What was found, with the numbers that the fields above do not hold.
    pub finding: Finding,
}

/// Whether a gate's numbers are counts.
pub(crate) fn is_count(gate: &str) -> bool {
    matches!(gate, "holdout_size" | "finite" | "missing")
}

impl Gate {
    /// Whether this gate keeps the release from being approved. On the whole set a required gate must pass; in a region,
    /// where there are rarely enough positives to prove that nothing is worse, it must not fail.
    pub fn blocks(&self) -> bool {
        let against = match self.region {
            None => self.verdict != Verdict::Pass,
            Some(_) => self.verdict == Verdict::Fail,
        };
        self.mode == GateMode::Required && against
    }
}

/// A model on a set of records.
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
    /// Mean squared distance of the score from the label; absent where a score is not finite.
    pub brier: Option<f64>,
    /// Slope of the logistic recalibration of the margins (1: neither too bold nor too timid); absent where it has none.
    pub calibration_slope: Option<f64>,
    /// Calibration in the large, in log-odds (0: as many positives as the scores promise); absent where it has none.
    pub calibration_intercept: Option<f64>,
}

/// Both models on one region's records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionNumbers {
    /// The region, as the held-out set names it.
    pub region: String,
    /// Held-out records of the slice.
    pub rows: u64,
    /// Its records with label 1.
    pub positives: u64,
    /// The challenger; absent where the region has only one class.
    pub challenger: Option<ModelNumbers>,
    /// The champion; absent likewise, or for a first release.
    pub champion: Option<ModelNumbers>,
}

/// The records by the values of one column.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Slices {
    /// Column of the hold-out that the slices are by.
    pub column: String,
    /// Both models on the records of each value (`region`), sorted by value.
    pub regions: Vec<RegionNumbers>,
    /// Advisory gates on each value that has records enough.
    pub gates: Vec<Gate>,
}

impl Slices {
    /// Whether a value has too few records of one class to be judged on.
    pub fn is_unjudged(&self, value: &RegionNumbers) -> bool {
        !self.gates.iter().any(|gate| gate.region.as_ref() == Some(&value.region))
    }
}

/// What the figures of a report are drawn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The challenger's, over all held-out records.
    pub challenger: ModelCurves,
    /// The champion's; absent for a first release.
    pub champion: Option<ModelCurves>,
}

/// One model's curves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCurves {
    /// At most 200 points (false-positive rate, recall) of the ROC curve, from (0, 0) to (1, 1).
    pub roc: Vec<[f64; 2]>,
    /// Records in tenths by rank of the score, lowest first (fewer where scores tie).
    pub calibration: Vec<CalibrationBin>,
    /// Negatives by score, in [`HISTOGRAM_BINS`] equally wide bins from 0 to 1.
    pub negatives: Vec<u64>,
    /// Records with label 1, likewise.
    pub positives: Vec<u64>,
}

/// Bins of a score histogram.
pub const HISTOGRAM_BINS: usize = 40;

/// Records with similar scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Records in the bin.
    pub rows: u64,
    /// Mean score: the share of positives that the model promises.
    pub predicted: f64,
    /// Share of positives.
    pub observed: f64,
    /// 95 % Wilson interval of `observed`.
    pub interval: [f64; 2],
}

/// How challenger and champion differ in what they base scores on, over a sample of records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReasonsShift {
    /// Records that were explained by both models.
    pub rows: u64,
    /// Mean share of a record's top five reasons (the largest contributions, whichever way) that both models give.
    pub agreement: f64,
    /// The champion's ten most important features.
    pub before: Vec<FeatureShare>,
    /// The challenger's ten most important features.
    pub after: Vec<FeatureShare>,
    /// The ten features whose share moved most, largest move first.
    pub moved: Vec<FeatureMove>,
}

/// A feature's part in a model's scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureShare {
    /// The feature's name.
    pub feature: String,
    /// Its mean absolute contribution, as a share of all features' (0 to 1).
    pub share: f64,
}

/// A feature's part in both models' scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureMove {
    /// The feature's name.
    pub feature: String,
    /// Its share in the champion's scores.
    pub before: f64,
    /// Its share in the challenger's.
    pub after: f64,
}
