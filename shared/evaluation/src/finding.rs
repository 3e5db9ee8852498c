//! What a gate found, as data: the numbers that a [`Gate`](crate::Gate) holds stand beside it, and only [`crate::wording`] makes a
//! sentence of the two.

use crate::stats::sample::Unfit;
use serde::{Deserialize, Serialize};

/// What a gate found, with the numbers that the gate itself does not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// One feature alone, by its AUC, beside the whole model: the gate's difference is what it reaches of the model's lead on chance.
    FeatureAlone {
        /// The feature that ranks best alone.
        feature: String,
        /// The challenger's AUC.
        model: f64,
    },
    /// No column could be ranked alone.
    NoFeatureAlone,
    /// The gain of AUC was held against what is believed without a leak.
    AucGain {
        /// Of a gain that is not: the feature that the challenger goes by more than the champion does.
        suspect: Option<String>,
    },
    /// The AUC was held against the most that is believed of any model.
    AucCeiling {
        /// Of an AUC that is not: the feature that the challenger goes by most.
        suspect: Option<String>,
    },
    /// Held-out records were looked for among the rows of training.
    TrainedOn {
        /// Records that are there.
        trained: u64,
        /// Held-out records.
        rows: u64,
    },
    /// The challenger's number was compared with another one: the gate holds both, their difference and its margin.
    Compared {
        /// What was measured.
        statistic: Statistic,
        /// What `challenger` was compared with.
        with: Reference,
        /// From which score on the challenger alerted, for a rate of alerts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Cut>,
        /// What would bring the challenger's number to its ideal, where it did not pass and arithmetic mends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mend: Option<Mend>,
    },
    /// The AUC was held against the least that policy asks of any model.
    Floor {
        /// Whether there is a champion; without one nothing else can be asked of the AUC.
        beside_champion: bool,
    },
    /// The false-positive rate of a first release was held against the most that policy allows.
    Ceiling {
        /// The score from which on the challenger alerted.
        threshold: f64,
    },
    /// The share of the strongest reasons that both models give was held against the least that policy asks for.
    ReasonsCompared {
        /// Records that both models explained.
        records: u64,
    },
    /// No record was explained by both models.
    NothingExplained,
    /// Too few records of one class: nothing is concluded.
    TooFew {
        /// Records with label 1.
        positives: u64,
        /// Records with label 0.
        negatives: u64,
        /// How many of each are needed.
        floor: u64,
    },
    /// The records do not determine the statistic: a recalibration that has no finite fit, a rate of no record.
    NotEstimable {
        /// What was to be measured.
        statistic: Statistic,
    },
    /// The champion alerts on no record, so that there is no alert rate to keep.
    ChampionNeverAlerts,
    /// Scores that are not finite numbers: nothing can be compared.
    NotComparable,
    /// Whether the challenger's scores are finite numbers.
    Finite {
        /// Records that were scored.
        scores: u64,
        /// Scores that are not finite numbers.
        bad: u64,
    },
    /// How far the challenger's scores lie apart.
    Spread {
        /// The lowest score; none where no score is a number.
        lowest: Option<f64>,
        /// The highest score; none likewise.
        highest: Option<f64>,
    },
    /// Columns of the held-out set that the model relies on and that tell it nothing.
    Columns {
        /// Features without any value.
        empty: Vec<String>,
        /// Features with one value throughout.
        constant: Vec<String>,
        /// Whether the model is known to split on them; where its splits were not counted, every such column is named.
        split_on: bool,
    },
    /// Columns that the model relies on and that are empty in this region alone.
    RegionColumns {
        /// Features without any value here.
        empty: Vec<String>,
    },
    /// The hold-out has enough records.
    HoldoutSize {
        /// Held-out records.
        rows: u64,
        /// Records with label 1.
        positives: u64,
    },
    /// Few enough of the hold-out's records repeat another one.
    HoldoutRepeats {
        /// Held-out records.
        rows: u64,
        /// Records whose features are all those of another one before them.
        repeated: u64,
    },
    /// The share of positives, the gate's `challenger`, is one that usual days have.
    HoldoutLabelRate,
    /// The hold-out is too small or too odd to evaluate on.
    Unfit {
        /// What is wrong with it.
        why: Unfit,
    },
}

/// What a comparison measures, by the key of its gate in `[evaluation]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Area under the ROC curve.
    Auc,
    /// Share of the negatives that alert, each model at its own threshold.
    FalsePositiveRate,
    /// Share of the positives that alert, each model at its own threshold.
    Recall,
    /// Share of the negatives that alert, with the challenger's threshold moved to the champion's alert rate.
    FalsePositiveRateAtAlertRate,
    /// Share of the positives that alert, with the challenger's threshold moved likewise.
    RecallAtAlertRate,
    /// Slope of the logistic recalibration.
    CalibrationSlope,
    /// Calibration in the large.
    CalibrationIntercept,
    /// Mean squared distance of the scores from the labels.
    Brier,
    /// Population stability index of the scores.
    ScoreShift,
    /// Kolmogorov-Smirnov distance of the scores.
    ScoreDistance,
    /// Agreement on the strongest reasons of a score.
    TopReasons,
}

impl Statistic {
    /// The key of its gate.
    pub fn key(self) -> &'static str {
        match self {
            Statistic::Auc => "auc",
            Statistic::FalsePositiveRate => "false_positive_rate",
            Statistic::Recall => "recall",
            Statistic::FalsePositiveRateAtAlertRate => "false_positive_rate_at_alert_rate",
            Statistic::RecallAtAlertRate => "recall_at_alert_rate",
            Statistic::CalibrationSlope => "calibration_slope",
            Statistic::CalibrationIntercept => "calibration_intercept",
            Statistic::Brier => "brier",
            Statistic::ScoreShift => "score_shift",
            Statistic::ScoreDistance => "score_distance",
            Statistic::TopReasons => "top_reasons",
        }
    }

    /// What a perfect model has, where that is neither as much as possible nor as little: the distance from it is judged.
    pub(crate) fn ideal(self) -> Option<f64> {
        match self {
            Statistic::CalibrationSlope => Some(1.0),
            Statistic::CalibrationIntercept => Some(0.0),
            _ => None,
        }
    }
}

/// How a model's margins are recalibrated: its threshold, as log-odds, takes the same step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mend {
    /// Every margin is multiplied.
    Multiply {
        /// The slope of the recalibration.
        by: f64,
    },
    /// Something is added to every margin.
    Add {
        /// Calibration in the large, in log-odds.
        by: f64,
    },
}

/// What the challenger's number was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reference {
    /// The champion's number, which the gate holds.
    Champion,
    /// The champion's distance from itself: 0.
    ChampionItself,
    /// What a perfectly calibrated model has, where there is no champion.
    Ideal {
        /// The gate's number, in the gate's own unit.
        value: f64,
    },
    /// What two samples of one distribution show without any shift.
    Noise {
        /// On average, between samples of one distribution.
        expected: f64,
        /// In 95 of 100 cases at most: a number up to it is no more than noise.
        usual: f64,
    },
}

/// From which score on a model alerts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// From this score on, as a probability.
    At(f64),
    /// Above every score: nothing alerts.
    Never,
}

impl Cut {
    pub(crate) fn of(threshold: f64) -> Self {
        if threshold.is_finite() { Cut::At(threshold) } else { Cut::Never }
    }
}
