//! How well the challenger ranks records, and whether its scores still mean what the champion's did.

use super::{Ask, Compared};
use crate::evaluation::Gate;
use crate::finding::{Finding, Reference, Statistic};
use crate::stats::Estimate;
use crate::stats::calibration::{Fitted, brier, brier_difference};
use crate::subset::Side;
use meridian_judge::{GateMode, Verdict};

/// AUC against the champion's (DeLong), and against the floor that holds with or without a champion.
pub(super) fn auc(ask: &Ask<'_>) -> Option<Gate> {
    let gate = ask.gate(Statistic::Auc, ask.policy.auc)?;
    let challenger = &ask.subset.challenger;
    let own = challenger.placements.as_ref().and_then(|placements| placements.auc());
    let floor = floor(ask, gate.clone(), own);
    let Some(champion) = &ask.subset.champion else { return Some(floor) };
    if floor.verdict == Verdict::Fail {
        return Some(floor);
    }
    let compared = || {
        let (new, old) = (challenger.placements.as_ref()?, champion.placements.as_ref()?);
        let drop = old.less(new)?;
        Some(Compared {
            challenger: own?.value,
            champion: Some(old.auc()?.value),
            with: Reference::Champion,
            cut: None,
            difference: drop.value,
            interval: drop.interval(ask.z()),
            allowed: ask.stretch * ask.policy.max_auc_drop,
        })
    };
    Some(ask.judged(gate, Statistic::Auc, compared()))
}

/// The absolute floor. In a region only an interval wholly below it fails: few positives there vary much.
fn floor(ask: &Ask<'_>, gate: Gate, own: Option<Estimate>) -> Gate {
    let Some(own) = own else { return ask.judged(gate, Statistic::Auc, None) };
    if let Some(too_few) = ask.too_few() {
        return super::unheard(Gate { challenger: Some(own.value), ..gate }, too_few);
    }
    let least = ask.policy.min_auc;
    let [low, high] = own.interval(ask.z());
    let below = if gate.region.is_some() { high < least } else { own.value < least };
    let verdict = match (below, low >= least) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        _ => Verdict::Inconclusive,
    };
    let finding = Finding::Floor { beside_champion: ask.subset.champion.is_some() };
    let level = Some(ask.level());
    Gate { verdict, challenger: Some(own.value), allowed: Some(least), level, finding, ..gate }
}

/// Slope of the recalibration: whether scores have become bolder or more timid.
pub(super) fn calibration_slope(ask: &Ask<'_>) -> Option<Gate> {
    recalibration(
        ask,
        Statistic::CalibrationSlope,
        ask.policy.calibration_slope,
        ask.policy.max_slope_change,
        1.0,
        |side| side.slope.as_ref(),
    )
}

/// Calibration in the large: whether the same score now promises more or fewer positives.
pub(super) fn calibration_intercept(ask: &Ask<'_>) -> Option<Gate> {
    recalibration(
        ask,
        Statistic::CalibrationIntercept,
        ask.policy.calibration_intercept,
        ask.policy.max_intercept_change,
        0.0,
        |side| side.intercept.as_ref(),
    )
}

/// Training sets are often oversampled, so that no model of the fleet is calibrated in absolute terms; the champion is
/// what thresholds and rules were set on. Without a champion the ideal is shown against, and decides nothing.
fn recalibration(
    ask: &Ask<'_>,
    statistic: Statistic,
    mode: GateMode,
    allowed: f64,
    ideal: f64,
    fitted: fn(&Side) -> Option<&Fitted>,
) -> Option<Gate> {
    let gate = ask.gate(statistic, mode)?;
    let allowed = ask.stretch * allowed;
    let challenger = fitted(&ask.subset.challenger);
    let compared = |difference: Estimate, challenger: &Fitted, champion: Option<f64>, with: Reference| {
        let (interval, difference) = (difference.interval(ask.z()), difference.value);
        Compared { challenger: challenger.value, champion, with, cut: None, difference, interval, allowed }
    };
    let Some(champion) = &ask.subset.champion else {
        let found = challenger.map(|new| {
            let own = new.estimate();
            compared(Estimate { value: own.value - ideal, ..own }, new, None, Reference::Ideal { value: ideal })
        });
        return Some(Gate { mode: GateMode::Advisory, ..ask.judged(gate, statistic, found) });
    };
    let both = challenger.zip(fitted(champion));
    let found = both.map(|(new, old)| compared(new.less(old), new, Some(old.value), Reference::Champion));
    Some(ask.judged(gate, statistic, found))
}

/// Brier score: distance of scores from labels, calibration and ranking in one.
pub(super) fn brier_score(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::Brier, ask.policy.brier)?;
    let labels = &ask.subset.labels;
    let (new, old) = (&ask.subset.challenger.scores, &champion.scores);
    let compared = || {
        let rise = brier_difference(labels, new, old)?;
        let before = brier(labels, old)?.value;
        Some(Compared {
            challenger: brier(labels, new)?.value,
            champion: Some(before),
            with: Reference::Champion,
            cut: None,
            difference: rise.value,
            interval: rise.interval(ask.z()),
            allowed: ask.stretch * ask.policy.max_brier_rise * before,
        })
    };
    Some(ask.judged(gate, Statistic::Brier, compared()))
}
