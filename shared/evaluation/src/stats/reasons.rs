//! Whether two models explain their scores alike.

use super::{Estimate, mean};
use crate::evaluation::{FeatureMove, FeatureShare, ReasonsShift};
use meridian_xgboost::{Attributions, top_reasons};

/// Reasons of a record that are compared: as many as an adverse-action notice usually gives.
const TOP: usize = 5;
/// Features that a list of the most important, or the most moved, names.
const LISTED: usize = 10;

/// Compares both models' contributions. The agreement's standard error is that of its mean over the records.
///
/// `None` unless both explain the same records over the same features, two records at least.
pub(crate) fn shift(challenger: &Attributions, champion: &Attributions) -> Option<(ReasonsShift, Estimate)> {
    let comparable = challenger.rows == champion.rows && challenger.features == champion.features;
    if !comparable || challenger.features.is_empty() {
        return None;
    }
    let overlaps: Vec<f64> = challenger.records().zip(champion.records()).map(|(new, old)| overlap(new, old)).collect();
    let agreement = mean(overlaps.into_iter())?;
    let (before, after) = (shares(champion), shares(challenger));
    let mut moved: Vec<FeatureMove> = before
        .iter()
        .zip(&after)
        .map(|(old, new)| FeatureMove { feature: old.feature.clone(), before: old.share, after: new.share })
        .collect();
    moved.sort_by(|a, b| (b.after - b.before).abs().total_cmp(&(a.after - a.before).abs()));
    moved.truncate(LISTED);
    let rows = challenger.rows.len() as u64;
    let shift =
        ReasonsShift { rows, agreement: agreement.value, before: leading(before), after: leading(after), moved };
    Some((shift, agreement))
}

/// The share of the top reasons that both give, of as many as the longer list has; 1 where neither gives any.
fn overlap(new: &[f32], old: &[f32]) -> f64 {
    let (new, old) = (top_reasons(new, TOP), top_reasons(old, TOP));
    let longer = new.len().max(old.len());
    let common = new.iter().filter(|reason| old.iter().any(|other| other.feature == reason.feature)).count();
    if longer == 0 { 1.0 } else { common as f64 / longer as f64 }
}

/// Every feature's share of the mean absolute contribution, in the model's order; all 0 where nothing contributes.
pub(crate) fn shares(attributions: &Attributions) -> Vec<FeatureShare> {
    let mut sums = vec![0.0_f64; attributions.features.len()];
    for record in attributions.records() {
        for (sum, value) in sums.iter_mut().zip(record) {
            *sum += f64::from(value.abs());
        }
    }
    let total: f64 = sums.iter().sum();
    let share = |sum: f64| if total > 0.0 { sum / total } else { 0.0 };
    let names = attributions.features.iter().cloned();
    names.zip(sums).map(|(feature, sum)| FeatureShare { feature, share: share(sum) }).collect()
}

fn leading(mut shares: Vec<FeatureShare>) -> Vec<FeatureShare> {
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares.truncate(LISTED);
    shares
}
