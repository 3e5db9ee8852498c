//! `[evaluation]`: read, and what must hold of it.

use super::lines::{Check, PolicyReader, malformed};
use super::{FieldRule, FleetError};
use meridian_judge::EvaluationPolicy;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A file that may hold a whole fleet's policy, of which only one table is read. A table that no `fleet.toml` has is
/// refused: a misspelt `[evaluation]` would otherwise mean the defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlyEvaluation {
    #[serde(default)]
    evaluation: EvaluationPolicy,
    #[serde(rename = "fleet")]
    _fleet: Option<IgnoredAny>,
    #[serde(rename = "wave")]
    _wave: Option<IgnoredAny>,
    #[serde(rename = "guardrail")]
    _guardrail: Option<IgnoredAny>,
    #[serde(rename = "scaling")]
    _scaling: Option<IgnoredAny>,
    #[serde(rename = "shadow")]
    _shadow: Option<IgnoredAny>,
    #[serde(rename = "judge")]
    _judge: Option<IgnoredAny>,
    #[serde(rename = "ledger")]
    _ledger: Option<IgnoredAny>,
    #[serde(rename = "signing")]
    _signing: Option<IgnoredAny>,
    #[serde(rename = "image")]
    _image: Option<IgnoredAny>,
    #[serde(rename = "region")]
    _region: Option<IgnoredAny>,
    #[serde(rename = "freeze")]
    _freeze: Option<IgnoredAny>,
}

/// The `[evaluation]` table of a `fleet.toml`, or the defaults where the file has none. Other tables may be missing and are
/// not checked.
///
/// # Errors
/// The first thing that is wrong, with its line and key.
pub fn evaluation_policy(text: &str) -> Result<EvaluationPolicy, FleetError> {
    let file: OnlyEvaluation = toml::from_str(text).map_err(|error| malformed(text, &error))?;
    PolicyReader { text }.first_broken("evaluation", &checks(&file.evaluation))?;
    Ok(file.evaluation)
}

/// What must hold of each number. A comparison with NaN is false.
pub(super) fn checks(policy: &EvaluationPolicy) -> [Check; 27] {
    let share = |value: f64| value > 0.0 && value < 1.0;
    let level = |value: f64| (1e-6..=0.2).contains(&value);
    let margin = |value: f64| value >= 0.0 && value.is_finite();
    [
        (share(policy.threshold), "threshold", FieldRule::Probability),
        (level(policy.alpha), "alpha", FieldRule::Level),
        (level(policy.region_alpha), "region_alpha", FieldRule::Level),
        (policy.min_positives >= 2, "min_positives", FieldRule::RecordsWithSpread),
        (policy.min_region_positives >= 2, "min_region_positives", FieldRule::RecordsWithSpread),
        (margin(policy.max_auc_gain_share), "max_auc_gain_share", FieldRule::NotNegative),
        ((0.0..=1.0).contains(&policy.max_auc), "max_auc", FieldRule::Share),
        (margin(policy.max_feature_share), "max_feature_share", FieldRule::NotNegative),
        ((0.0..=1.0).contains(&policy.max_feature_auc), "max_feature_auc", FieldRule::Share),
        ((0.0..=1.0).contains(&policy.max_trained_on), "max_trained_on", FieldRule::Share),
        (policy.min_rows >= 2, "min_rows", FieldRule::RecordsWithSpread),
        ((0.0..=1.0).contains(&policy.max_repeated), "max_repeated", FieldRule::Share),
        (share(policy.min_label_rate), "min_label_rate", FieldRule::ProperShare),
        (
            share(policy.max_label_rate) && policy.min_label_rate < policy.max_label_rate,
            "max_label_rate",
            FieldRule::MaxLabelRate,
        ),
        (margin(policy.max_auc_drop), "max_auc_drop", FieldRule::NotNegative),
        ((0.0..=1.0).contains(&policy.min_auc), "min_auc", FieldRule::Share),
        (margin(policy.max_fpr_rise), "max_fpr_rise", FieldRule::NotNegative),
        (margin(policy.max_fpr_rise_share), "max_fpr_rise_share", FieldRule::NotNegative),
        ((0.0..=1.0).contains(&policy.max_fpr), "max_fpr", FieldRule::Share),
        (margin(policy.max_recall_drop), "max_recall_drop", FieldRule::NotNegative),
        (margin(policy.max_slope_change), "max_slope_change", FieldRule::NotNegative),
        (margin(policy.max_intercept_change), "max_intercept_change", FieldRule::NotNegative),
        (margin(policy.max_brier_rise), "max_brier_rise", FieldRule::NotNegative),
        (margin(policy.max_psi), "max_psi", FieldRule::NotNegative),
        (margin(policy.max_ks), "max_ks", FieldRule::NotNegative),
        ((0.0..=1.0).contains(&policy.min_reason_agreement), "min_reason_agreement", FieldRule::Share),
        (policy.region_margin >= 1.0 && policy.region_margin.is_finite(), "region_margin", FieldRule::RegionMargin),
    ]
}
