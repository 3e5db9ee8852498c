//! What an evaluation allows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The bounds of the gates. Missing fields take the defaults; unknown ones are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationPolicy {
    /// Score at or above which a record is an alert: the challenger's operating threshold, as a probability.
    pub threshold: f64,
    /// The champion's operating threshold, where it was released with another one.
    pub champion_threshold: Option<f64>,
    /// Largest drop of held-out AUC against the champion.
    pub max_auc_drop: f64,
    /// Largest rise of the false-positive rate at the threshold against the champion, as a share.
    pub max_fpr_rise: f64,
    /// Lowest AUC of a release that has no champion to be compared with.
    pub min_auc: f64,
    /// Highest false-positive rate of a release that has no champion.
    pub max_fpr: f64,
    /// Positives (and negatives) in the whole set under which nothing is concluded.
    pub min_positives: u64,
    /// Largest drop of AUC in one region.
    pub max_region_auc_drop: f64,
    /// Positives (and negatives) in a region under which nothing is concluded about it.
    pub min_positives_per_region: u64,
}

impl Default for EvaluationPolicy {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            champion_threshold: None,
            max_auc_drop: 0.01,
            max_fpr_rise: 0.005,
            min_auc: 0.70,
            max_fpr: 0.05,
            min_positives: 50,
            max_region_auc_drop: 0.03,
            min_positives_per_region: 30,
        }
    }
}

impl EvaluationPolicy {
    /// The defaults at an operating threshold.
    pub fn at_threshold(threshold: f64) -> Self {
        Self { threshold, ..Self::default() }
    }

    /// SHA-256 of the policy's canonical JSON, in hexadecimal: a verdict is bound to it.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
