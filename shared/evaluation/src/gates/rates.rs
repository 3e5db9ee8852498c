//! What alerts: false positives and recall, at the deployed thresholds and at equal alert rates.

use super::{Ask, Compared};
use crate::evaluation::Gate;
use crate::finding::{Cut, Finding, Reference, Statistic};
use crate::stats::paired::{Paired, wilson};
use crate::subset::Side;
use meridian_judge::{EvaluationPolicy, Verdict};

/// False-positive rate, each model at its own operating threshold. A first release is held to a ceiling.
pub(super) fn false_positive_rate(ask: &Ask<'_>) -> Option<Gate> {
    let gate = ask.gate(Statistic::FalsePositiveRate, ask.policy.false_positive_rate)?;
    let challenger = &ask.subset.challenger;
    let Some(champion) = &ask.subset.champion else { return Some(ceiling(ask, gate)) };
    let pairs = alerts(ask, challenger, challenger.threshold, champion, false);
    let allowed = rise_allowed(ask, &pairs);
    Some(rate(ask, gate, Statistic::FalsePositiveRate, &pairs, allowed, challenger.threshold))
}

/// Recall, each model at its own operating threshold.
pub(super) fn recall(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::Recall, ask.policy.recall)?;
    let challenger = &ask.subset.challenger;
    let pairs = alerts(ask, challenger, challenger.threshold, champion, true);
    Some(rate(ask, gate, Statistic::Recall, &pairs, ask.policy.max_recall_drop, challenger.threshold))
}

/// False-positive rate with the challenger's threshold moved to the champion's alert rate.
///
/// That threshold is itself estimated from these records, which the interval leaves out: it would *narrow* it (with
/// equal numbers of alerts, what is lost among the positives is won among the negatives), so the interval is wide enough.
pub(super) fn false_positive_rate_at_alert_rate(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::FalsePositiveRateAtAlertRate, ask.policy.false_positive_rate_at_alert_rate)?;
    let Some(threshold) = ask.matched_threshold else { return Some(silent(gate)) };
    let pairs = alerts(ask, &ask.subset.challenger, threshold, champion, false);
    let allowed = rise_allowed(ask, &pairs);
    Some(rate(ask, gate, Statistic::FalsePositiveRateAtAlertRate, &pairs, allowed, threshold))
}

/// Recall with the challenger's threshold moved to the champion's alert rate; of its interval the same holds.
pub(super) fn recall_at_alert_rate(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::RecallAtAlertRate, ask.policy.recall_at_alert_rate)?;
    let Some(threshold) = ask.matched_threshold else { return Some(silent(gate)) };
    let pairs = alerts(ask, &ask.subset.challenger, threshold, champion, true);
    Some(rate(ask, gate, Statistic::RecallAtAlertRate, &pairs, ask.policy.max_recall_drop, threshold))
}

/// The challenger's threshold at which it alerts on as many records as the champion, or as nearly as ties allow (rather
/// fewer than more). `None` where the champion alerts on nothing.
pub(crate) fn threshold_at_alert_rate(challenger: &Side, champion: &Side) -> Option<f64> {
    let wanted = champion.scores.iter().filter(|score| f64::from(**score) >= champion.threshold).count();
    let mut descending = challenger.scores.clone();
    descending.sort_unstable_by(|a, b| b.total_cmp(a));
    let cut = *descending.get(wanted.checked_sub(1)?)?;
    let at = descending.partition_point(|score| *score >= cut);
    let above = descending.partition_point(|score| *score > cut);
    // The next score above the cut, or what no score reaches.
    let next = above.checked_sub(1).and_then(|place| descending.get(place)).map_or(f64::INFINITY, |x| f64::from(*x));
    Some(if at - wanted < wanted - above { f64::from(cut) } else { next })
}

/// A threshold that alerts often has more false positives to gain by chance, and more to compare a gain with.
fn rise_allowed(ask: &Ask<'_>, pairs: &Paired) -> f64 {
    let EvaluationPolicy { max_fpr_rise, max_fpr_rise_share, .. } = *ask.policy;
    let share = max_fpr_rise_share * pairs.second();
    // Not `max`, which would take the other number for a NaN.
    if share > max_fpr_rise { share } else { max_fpr_rise }
}

/// Both models' alerts on the records with this label.
fn alerts(ask: &Ask<'_>, challenger: &Side, threshold: f64, champion: &Side, label: bool) -> Paired {
    let scores = challenger.scores.iter().zip(&champion.scores).zip(&ask.subset.labels);
    let of_label = scores.filter(|(_, found)| **found == label);
    Paired::count(of_label.map(|((new, old), _)| (f64::from(*new) >= threshold, f64::from(*old) >= champion.threshold)))
}

fn rate(ask: &Ask<'_>, gate: Gate, statistic: Statistic, pairs: &Paired, allowed: f64, threshold: f64) -> Gate {
    let [low, high] = pairs.interval(ask.z());
    let (difference, interval) = match statistic {
        Statistic::Recall | Statistic::RecallAtAlertRate => (-pairs.difference(), [-high, -low]),
        _ => (pairs.difference(), [low, high]),
    };
    let compared = Compared {
        challenger: pairs.first(),
        champion: Some(pairs.second()),
        with: Reference::Champion,
        cut: Some(Cut::of(threshold)),
        mend: None,
        difference,
        interval,
        allowed: ask.stretch * allowed,
    };
    ask.judged(gate, statistic, (pairs.records > 0).then_some(compared))
}

/// Nothing to keep: the champion never alerts.
fn silent(gate: Gate) -> Gate {
    super::unheard(gate, Finding::ChampionNeverAlerts)
}

/// A first release has nothing to be compared with but the policy's ceiling.
fn ceiling(ask: &Ask<'_>, gate: Gate) -> Gate {
    let side = &ask.subset.challenger;
    let negatives = side.scores.iter().zip(&ask.subset.labels).filter(|(_, label)| !**label);
    let alarms = negatives.filter(|(score, _)| f64::from(**score) >= side.threshold).count() as u64;
    let count = ask.subset.negatives();
    if let Some(too_few) = ask.too_few() {
        return super::unheard(gate, too_few);
    }
    let found = alarms as f64 / count as f64;
    let interval = wilson(alarms, count, ask.z());
    let most = ask.policy.max_fpr;
    // In a region only an interval wholly past the ceiling fails, as with the AUC's floor.
    let past = if gate.region.is_some() { interval[0] > most } else { found > most };
    let verdict = match (past, interval[1] <= most) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        _ => Verdict::Inconclusive,
    };
    let finding = Finding::Ceiling { threshold: side.threshold };
    let level = Some(ask.level());
    Gate { verdict, challenger: Some(found), allowed: Some(most), interval: Some(interval), level, finding, ..gate }
}
