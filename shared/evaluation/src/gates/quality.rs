//! How well the challenger ranks records, and whether its scores still mean what the champion's did.

use super::{Ask, Compared};
use crate::evaluation::Gate;
use crate::finding::{Finding, Mend, Reference, Statistic};
use crate::stats::Estimate;
use crate::stats::calibration::{Farther, Fitted, brier, brier_difference};
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
            mend: None,
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

/// Slope of the recalibration: whether scores are bolder or more timid than the records bear out.
pub(super) fn calibration_slope(ask: &Ask<'_>) -> Option<Gate> {
    let parameter = Parameter {
        statistic: Statistic::CalibrationSlope,
        fitted: |side| side.slope.as_ref(),
        mend: |slope| Mend::Multiply { by: slope },
        allowed: ask.stretch * ask.policy.max_slope_change,
    };
    parameter.judged(ask, ask.policy.calibration_slope)
}

/// Calibration in the large: whether scores promise more or fewer positives than there are.
pub(super) fn calibration_intercept(ask: &Ask<'_>) -> Option<Gate> {
    let parameter = Parameter {
        statistic: Statistic::CalibrationIntercept,
        fitted: |side| side.intercept.as_ref(),
        mend: |intercept| Mend::Add { by: intercept },
        allowed: ask.stretch * ask.policy.max_intercept_change,
    };
    parameter.judged(ask, ask.policy.calibration_intercept)
}

/// A parameter of the recalibration. Only a greater distance from the ideal is a harm.
struct Parameter {
    statistic: Statistic,
    fitted: fn(&Side) -> Option<&Fitted>,
    /// What brings it to the ideal.
    mend: fn(f64) -> Mend,
    /// How much farther from the ideal than the champion's it may be.
    allowed: f64,
}

impl Parameter {
    /// Training sets are often oversampled, so that no model of the fleet is calibrated in absolute terms: the challenger may be
    /// as far from the ideal as the champion, and nearer is no harm. What a nearer one does to the alerts at the deployed
    /// threshold, the gates on false positives and recall say. Without a champion the distance is shown, and decides nothing.
    fn judged(&self, ask: &Ask<'_>, mode: GateMode) -> Option<Gate> {
        let (gate, ideal) = (ask.gate(self.statistic, mode)?, self.statistic.ideal()?);
        let compared = |new: &Fitted, old: &Fitted, champion: Option<f64>, with: Reference| {
            let Farther { value, interval } = new.farther(old, ideal, ask.z());
            let (challenger, mend, allowed) = (new.value, Some((self.mend)(new.value)), self.allowed);
            Compared { challenger, champion, with, cut: None, mend, difference: value, interval, allowed }
        };
        let challenger = (self.fitted)(&ask.subset.challenger);
        let Some(champion) = &ask.subset.champion else {
            let known = Fitted::known(ideal, ask.subset.labels.len());
            let found = challenger.map(|new| compared(new, &known, None, Reference::Ideal { value: ideal }));
            return Some(Gate { mode: GateMode::Advisory, ..ask.judged(gate, self.statistic, found) });
        };
        let both = challenger.zip((self.fitted)(champion));
        let found = both.map(|(new, old)| compared(new, old, Some(old.value), Reference::Champion));
        Some(ask.judged(gate, self.statistic, found))
    }
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
            mend: None,
            difference: rise.value,
            interval: rise.interval(ask.z()),
            allowed: ask.stretch * ask.policy.max_brier_rise * before,
        })
    };
    Some(ask.judged(gate, Statistic::Brier, compared()))
}
