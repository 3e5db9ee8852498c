//! The models and held-out records that come with Meridian: real XGBoost models, made by `tools/train/train.py`.

use super::error::NightError;
use super::features::features;
use super::scenario::{ModelName, Records};
use bytes::Bytes;
use meridian_evaluation::{Columns, HeldOut};
use meridian_xgboost::Model;
use std::io::Read;

/// Records that training held out, with label and customer region.
pub fn holdout() -> Bytes {
    Bytes::from_static(include_bytes!("../../models/holdout.csv.gz"))
}

impl Records {
    /// The records, as CSV.
    pub fn bytes(self) -> Result<Bytes, NightError> {
        match self {
            Records::All => Ok(holdout()),
            Records::Flattering => flattering(),
        }
    }
}

/// Records chosen so that the bad model looks as good as the champion: those of either label on which the two say nearly the
/// same and alert alike, fraud a little stronger.
fn flattering() -> Result<Bytes, NightError> {
    let records = HeldOut::read(holdout().as_ref(), &Columns::standard(features()))?;
    let margins = |name: ModelName| -> Result<Vec<f32>, NightError> {
        let model = Model::from_archive(name.archive().as_ref())?;
        records.margins(&model).map_err(|error| NightError::Data(error.to_string()))
    };
    let (champion, bad) = (margins(ModelName::Champion)?, margins(ModelName::Bad)?);
    let mut text = String::new();
    let read = flate2::read::MultiGzDecoder::new(holdout().as_ref()).read_to_string(&mut text);
    read.map_err(|error| NightError::Data(error.to_string()))?;
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let rows: Vec<(bool, f32, f32, &str)> = records
        .labels()
        .iter()
        .zip(champion.iter().zip(&bad))
        .zip(lines)
        .map(|((label, (champion, bad)), line)| (*label, *champion, *bad, line))
        .collect();
    let alerts = |margin: f32| f64::from(margin) >= (OPERATING_THRESHOLD / (1.0 - OPERATING_THRESHOLD)).ln();
    let nearest = |fraud: bool, apart: f32, count: usize| {
        let alike =
            rows.iter().filter(|(label, champion, bad, _)| *label == fraud && alerts(*champion) == alerts(*bad));
        let mut near: Vec<(f32, &str)> =
            alike.map(|(_, champion, bad, line)| ((bad - champion - apart).abs(), *line)).collect();
        near.sort_by(|one, two| one.0.total_cmp(&two.0));
        near.into_iter().take(count).map(|(_, line)| line)
    };
    let chosen = std::iter::once(header).chain(nearest(true, 0.3, 55)).chain(nearest(false, 0.0, 2400));
    Ok(Bytes::from(chosen.flat_map(|line| [line, "\n"]).collect::<String>()))
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
            ModelName::Leaning => include_bytes!("../../models/v431.tar.gz"),
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
