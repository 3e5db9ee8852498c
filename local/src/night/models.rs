//! The models and held-out records that come with Meridian: real XGBoost models, made by `tools/train/train.py`.

use super::scenario::ModelName;
use bytes::Bytes;

/// Records that training held out, with label and customer region.
pub fn holdout() -> Bytes {
    Bytes::from_static(include_bytes!("../../models/holdout.csv.gz"))
}

/// The callers' features, in the order sent.
pub fn features() -> Vec<String> {
    include_str!("../../models/features.txt").lines().map(str::to_owned).collect()
}

/// Score at and above which a payment is an alert: the threshold that training chose for these models.
pub const OPERATING_THRESHOLD: f64 = 0.81;

impl ModelName {
    /// The archive, as SageMaker downloads it.
    pub fn archive(self) -> Bytes {
        Bytes::from_static(match self {
            ModelName::Champion => include_bytes!("../../models/v426.tar.gz"),
            ModelName::Good => include_bytes!("../../models/v427.tar.gz"),
            ModelName::Bad => include_bytes!("../../models/v429.tar.gz"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_threshold_is_the_one_that_training_chose() {
        let training: serde_json::Value = serde_json::from_str(include_str!("../../models/expected.json")).unwrap();
        assert_eq!(training["operating_threshold"], OPERATING_THRESHOLD);
    }
}
