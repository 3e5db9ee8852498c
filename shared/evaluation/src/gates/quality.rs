//! How well the challenger ranks records, and whether its scores still mean what the champion's did.

use super::{Ask, Compared, Words, decimal, two_decimals};
use crate::evaluation::Gate;
use crate::stats::Estimate;
use crate::stats::calibration::{Fitted, brier, brier_difference};
use crate::subset::Side;
use meridian_judge::{GateMode, Verdict};

/// AUC against the champion's (DeLong), and against the floor that holds with or without a champion.
pub(super) fn auc(ask: &Ask<'_>) -> Option<Gate> {
    let gate = ask.gate("auc", ask.policy.auc)?;
    let subject = ask.subset.region.as_ref().map_or("held-out AUC".to_owned(), |region| format!("AUC in {region}"));
    let challenger = &ask.subset.challenger;
    let own = challenger.placements.as_ref().and_then(|placements| placements.auc());
    let floor = floor(ask, gate.clone(), &subject, own);
    let Some(champion) = &ask.subset.champion else { return Some(floor) };
    if floor.verdict == Verdict::Fail {
        return Some(floor);
    }
    let words = Words { subject, worse: "a drop of", better: "a gain of", number: decimal, size: decimal };
    let compared = || {
        let (new, old) = (challenger.placements.as_ref()?, champion.placements.as_ref()?);
        let drop = old.less(new)?;
        Some(Compared {
            challenger: own?.value,
            champion: old.auc()?.value,
            difference: drop.value,
            interval: drop.interval(ask.z()),
            allowed: ask.stretch * ask.policy.max_auc_drop,
            either_way: false,
        })
    };
    Some(ask.judged(gate, &words, compared()))
}

/// The absolute floor. In a region only an interval wholly below it fails: few positives there vary much.
fn floor(ask: &Ask<'_>, gate: Gate, subject: &str, own: Option<Estimate>) -> Gate {
    let Some(own) = own else { return ask.judged(gate, &plain(subject), None) };
    if let Some(reason) = ask.too_few() {
        return super::unheard(Gate { challenger: Some(own.value), ..gate }, reason);
    }
    let least = ask.policy.min_auc;
    let [low, high] = own.interval(ask.z());
    let below = if gate.region.is_some() { high < least } else { own.value < least };
    let verdict = match (below, low >= least) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        _ => Verdict::Inconclusive,
    };
    let relation = match verdict {
        Verdict::Fail => "less than",
        Verdict::Pass => "at least",
        Verdict::Inconclusive => "perhaps less than",
    };
    let beside =
        if ask.subset.champion.is_some() { "whatever the champion has" } else { "no champion to compare with" };
    let reason = format!("{subject} {:.4}, {beside}: {relation} the {least:.4} required", own.value);
    let level = Some(ask.level());
    Gate { verdict, challenger: Some(own.value), allowed: Some(least), level, reason, ..gate }
}

fn plain(subject: &str) -> Words<'_> {
    Words { subject: subject.to_owned(), worse: "a rise of", better: "a fall of", number: decimal, size: decimal }
}

/// Slope of the recalibration: whether scores have become bolder or more timid.
pub(super) fn calibration_slope(ask: &Ask<'_>) -> Option<Gate> {
    recalibration(
        ask,
        "calibration_slope",
        ask.policy.calibration_slope,
        "calibration slope",
        ask.policy.max_slope_change,
        1.0,
        |side| side.slope.as_ref(),
    )
}

/// Calibration in the large: whether the same score now promises more or fewer positives.
pub(super) fn calibration_intercept(ask: &Ask<'_>) -> Option<Gate> {
    recalibration(
        ask,
        "calibration_intercept",
        ask.policy.calibration_intercept,
        "calibration in the large",
        ask.policy.max_intercept_change,
        0.0,
        |side| side.intercept.as_ref(),
    )
}

/// Training sets are often oversampled, so that no model of the fleet is calibrated in absolute terms; the champion is
/// what thresholds and rules were set on. Without a champion the ideal is shown against, and decides nothing.
fn recalibration(
    ask: &Ask<'_>,
    name: &str,
    mode: GateMode,
    subject: &str,
    allowed: f64,
    ideal: f64,
    fitted: fn(&Side) -> Option<&Fitted>,
) -> Option<Gate> {
    let gate = ask.gate(name, mode)?;
    let words =
        Words { subject: subject.to_owned() + &ask.place(), number: two_decimals, size: two_decimals, ..plain("") };
    let allowed = ask.stretch * allowed;
    let either_way = true;
    let challenger = fitted(&ask.subset.challenger);
    let compared = |difference: Estimate, challenger: &Fitted, champion: f64| {
        let interval = difference.interval(ask.z());
        Compared { challenger: challenger.value, champion, difference: difference.value, interval, allowed, either_way }
    };
    let Some(champion) = &ask.subset.champion else {
        let found = challenger.map(|new| {
            let own = new.estimate();
            compared(Estimate { value: own.value - ideal, ..own }, new, ideal)
        });
        let judged = ask.judged(gate, &words, found);
        let reason = judged.reason.replace("champion", "ideal");
        return Some(Gate { mode: GateMode::Advisory, champion: None, reason, ..judged });
    };
    let both = challenger.zip(fitted(champion));
    Some(ask.judged(gate, &words, both.map(|(new, old)| compared(new.less(old), new, old.value))))
}

/// Brier score: distance of scores from labels, calibration and ranking in one.
pub(super) fn brier_score(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("brier", ask.policy.brier)?;
    let labels = &ask.subset.labels;
    let (new, old) = (&ask.subset.challenger.scores, &champion.scores);
    let compared = || {
        let rise = brier_difference(labels, new, old)?;
        let before = brier(labels, old)?.value;
        Some(Compared {
            challenger: brier(labels, new)?.value,
            champion: before,
            difference: rise.value,
            interval: rise.interval(ask.z()),
            allowed: ask.stretch * ask.policy.max_brier_rise * before,
            either_way: false,
        })
    };
    Some(ask.judged(gate, &plain(&format!("Brier score{}", ask.place())), compared()))
}
