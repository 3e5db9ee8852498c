//! The points and counts that a report's figures are drawn from.

use crate::evaluation::{CalibrationBin, HISTOGRAM_BINS, ModelCurves};
use crate::stats::paired::wilson;
use crate::subset::{Side, Subset};

/// Points of a ROC curve at most.
const ROC_POINTS: usize = 200;
/// Bins of a calibration figure at most.
const CALIBRATION_BINS: usize = 10;
/// Standard errors of a 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// One model's curves on these records.
pub(crate) fn of(subset: &Subset, side: &Side) -> ModelCurves {
    let mut records: Vec<(f32, bool)> = side.scores.iter().copied().zip(subset.labels.iter().copied()).collect();
    records.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut curves = ModelCurves {
        roc: roc(&records),
        calibration: calibration(&records),
        negatives: vec![0; HISTOGRAM_BINS],
        positives: vec![0; HISTOGRAM_BINS],
    };
    for (score, label) in records {
        let bins = if label { &mut curves.positives } else { &mut curves.negatives };
        let place = (f64::from(score) * HISTOGRAM_BINS as f64) as usize;
        if let Some(bin) = bins.get_mut(place.min(HISTOGRAM_BINS - 1)) {
            *bin += 1;
        }
    }
    curves
}

/// (false-positive rate, recall) at falling thresholds, thinned evenly along the curve. Ties are one step.
fn roc(ascending: &[(f32, bool)]) -> Vec<[f64; 2]> {
    let positives = ascending.iter().filter(|(_, label)| *label).count() as f64;
    let negatives = ascending.len() as f64 - positives;
    let mut points = vec![[0.0, 0.0]];
    let (mut hits, mut alarms, mut travelled) = (0.0, 0.0, 0.0);
    let step = 2.0 / (ROC_POINTS - 2) as f64;
    for tied in ascending.chunk_by(|a, b| a.0 == b.0).rev() {
        let found = tied.iter().filter(|(_, label)| *label).count() as f64;
        hits += found;
        alarms += tied.len() as f64 - found;
        let point = [alarms / negatives, hits / positives];
        let length = point[0] + point[1];
        if length >= travelled + step && length < 2.0 {
            points.push(point);
            travelled = length;
        }
    }
    points.push([1.0, 1.0]);
    points
}

/// Tenths by rank. Tied scores stay in one bin.
fn calibration(ascending: &[(f32, bool)]) -> Vec<CalibrationBin> {
    let wanted = ascending.len().div_ceil(CALIBRATION_BINS).max(1);
    let mut bins = Vec::new();
    let (mut rows, mut sum, mut positives) = (0_u64, 0.0, 0_u64);
    let mut done = 0_usize;
    for tied in ascending.chunk_by(|a, b| a.0 == b.0) {
        rows += tied.len() as u64;
        done += tied.len();
        sum += tied.iter().map(|(score, _)| f64::from(*score)).sum::<f64>();
        positives += tied.iter().filter(|(_, label)| *label).count() as u64;
        if done >= wanted * (bins.len() + 1) || done == ascending.len() {
            bins.push(CalibrationBin {
                rows,
                predicted: sum / rows as f64,
                observed: positives as f64 / rows as f64,
                interval: wilson(positives, rows, Z95),
            });
            (rows, sum, positives) = (0, 0.0, 0);
        }
    }
    bins
}
