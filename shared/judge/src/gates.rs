//! What the gates of shadow evaluation ask of a challenger, and how sure they must be.

use serde::{Deserialize, Serialize};

/// How much a gate's verdict counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// It is not asked.
    Off,
    /// It is asked and shown, and decides nothing.
    Advisory,
    /// Without its `Pass` there is no approval (in a region: with its `Fail` there is none).
    Required,
}

/// `[evaluation]` of a `fleet.toml`. Missing keys take the defaults; unknown ones are refused.
///
/// Every difference is counted so that above 0 is worse, and "drop" and "rise" are differences to the champion on the
/// same records. docs/evaluating.md says how each default was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationPolicy {
    /// Score at or above which a record is an alert, for archives without a manifest; a manifest's own threshold wins.
    pub threshold: f64,
    /// Chance, for each gate on the whole set, of passing a challenger that is worse by just its margin.
    pub alpha: f64,
    /// Chance of condemning a challenger that is no worse in any region, over all gates and regions together.
    pub region_alpha: f64,
    /// Positives (and negatives) in the whole set under which nothing is concluded.
    pub min_positives: u64,
    /// Positives (and negatives) in a customer region under which nothing is concluded about it.
    pub min_region_positives: u64,

    /// No gain is too good to be true, no feature alone makes the score, training saw next to none of the records.
    pub leaks: GateMode,
    /// The hold-out is large enough, repeats no records and holds a usual share of positives.
    pub holdout: GateMode,
    /// Every score is a finite number.
    pub finite: GateMode,
    /// The scores are not all the same.
    pub constant: GateMode,
    /// No column that the model splits on is empty or constant in the held-out set.
    pub missing: GateMode,
    /// AUC against the champion's.
    pub auc: GateMode,
    /// False-positive rate, each model at its own operating threshold.
    pub false_positive_rate: GateMode,
    /// Recall, each model at its own operating threshold.
    pub recall: GateMode,
    /// False-positive rate with the challenger's threshold moved so that it alerts as often as the champion.
    pub false_positive_rate_at_alert_rate: GateMode,
    /// Recall with the challenger's threshold moved so that it alerts as often as the champion.
    pub recall_at_alert_rate: GateMode,
    /// Distance of the logistic recalibration's slope from 1, against the champion's.
    pub calibration_slope: GateMode,
    /// Distance of calibration in the large from 0, against the champion's.
    pub calibration_intercept: GateMode,
    /// Brier score against the champion's.
    pub brier: GateMode,
    /// Population stability index of the scores against the champion's.
    pub score_shift: GateMode,
    /// Kolmogorov-Smirnov distance of the scores from the champion's.
    pub score_distance: GateMode,
    /// Agreement with the champion on the top five reasons of a record.
    pub top_reasons: GateMode,
    /// The most that any gate on one customer region counts.
    pub regions: GateMode,

    /// Largest gain of AUC, as a share of what the champion's lacks to 1.
    pub max_auc_gain_share: f64,
    /// Highest AUC that is believed, with or without a champion.
    pub max_auc: f64,
    /// What a feature that ranks better than the champion may reach alone of the challenger's AUC above chance, as a share of it.
    pub max_feature_share: f64,
    /// Highest AUC of such a feature where there is no champion.
    pub max_feature_auc: f64,
    /// Largest share of the records that training saw.
    pub max_trained_on: f64,
    /// Records that a hold-out has at least.
    pub min_rows: u64,
    /// Largest share of records that repeat another one's features, 0 to 1: repeats weigh as much as they like.
    pub max_repeated: f64,
    /// Smallest share of positives in the hold-out.
    pub min_label_rate: f64,
    /// Largest share of positives in the hold-out.
    pub max_label_rate: f64,

    /// Largest drop of AUC.
    pub max_auc_drop: f64,
    /// Lowest AUC, with or without a champion.
    pub min_auc: f64,
    /// Largest rise of the false-positive rate, as a share of the negatives (0.005 is half a point).
    pub max_fpr_rise: f64,
    /// The same as a share of the champion's rate, for thresholds that alert often; the larger of the two counts.
    pub max_fpr_rise_share: f64,
    /// Highest false-positive rate of a release that has no champion.
    pub max_fpr: f64,
    /// Largest drop of recall, as a share of the positives.
    pub max_recall_drop: f64,
    /// How much farther from 1 than the champion's the calibration slope may lie.
    pub max_slope_change: f64,
    /// How much farther from 0 than the champion's calibration in the large may lie, in log-odds.
    pub max_intercept_change: f64,
    /// Largest rise of the Brier score, as a share of the champion's.
    pub max_brier_rise: f64,
    /// Largest population stability index.
    pub max_psi: f64,
    /// Largest Kolmogorov-Smirnov distance.
    pub max_ks: f64,
    /// Lowest mean agreement of the top five reasons, 0 to 1.
    pub min_reason_agreement: f64,
    /// A region's margins are the whole set's times this: fewer records, and each customer region is a part only.
    pub region_margin: f64,
}

impl Default for EvaluationPolicy {
    fn default() -> Self {
        use GateMode::{Advisory, Required};
        Self {
            threshold: 0.5,
            alpha: 0.05,
            region_alpha: 0.02,
            min_positives: 50,
            min_region_positives: 20,
            leaks: Required,
            holdout: Required,
            finite: Required,
            constant: Required,
            missing: Required,
            auc: Required,
            false_positive_rate: Required,
            recall: Required,
            false_positive_rate_at_alert_rate: Required,
            recall_at_alert_rate: Required,
            calibration_slope: Required,
            calibration_intercept: Required,
            brier: Required,
            score_shift: Advisory,
            score_distance: Advisory,
            top_reasons: Advisory,
            regions: Required,
            max_auc_gain_share: 0.5,
            max_auc: 0.995,
            max_feature_share: 0.95,
            max_feature_auc: 0.95,
            max_trained_on: 0.01,
            min_rows: 1000,
            max_repeated: 0.01,
            min_label_rate: 0.001,
            max_label_rate: 0.5,
            max_auc_drop: 0.02,
            min_auc: 0.70,
            max_fpr_rise: 0.009,
            max_fpr_rise_share: 0.25,
            max_fpr: 0.05,
            max_recall_drop: 0.10,
            max_slope_change: 0.20,
            max_intercept_change: 0.25,
            max_brier_rise: 0.10,
            max_psi: 0.25,
            max_ks: 0.10,
            min_reason_agreement: 0.5,
            region_margin: 2.0,
        }
    }
}

impl EvaluationPolicy {
    /// The defaults at an operating threshold.
    pub fn at_threshold(threshold: f64) -> Self {
        Self { threshold, ..Self::default() }
    }
}
