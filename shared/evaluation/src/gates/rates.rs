//! What alerts: false positives and recall, at the deployed thresholds and at equal alert rates.

use super::{Ask, Compared, Words, percent, points};
use crate::evaluation::Gate;
use crate::stats::paired::{Paired, wilson};
use crate::subset::Side;
use meridian_judge::{EvaluationPolicy, Verdict};

/// False-positive rate, each model at its own operating threshold. A first release is held to a ceiling.
pub(super) fn false_positive_rate(ask: &Ask<'_>) -> Option<Gate> {
    let gate = ask.gate("false_positive_rate", ask.policy.false_positive_rate)?;
    let challenger = &ask.subset.challenger;
    let subject = format!("false-positive rate{}", ask.place());
    let Some(champion) = &ask.subset.champion else { return Some(ceiling(ask, gate, &subject)) };
    let pairs = alerts(ask, challenger, challenger.threshold, champion, false);
    let allowed = rise_allowed(ask, &pairs);
    Some(rate(ask, gate, subject, pairs, allowed, true, challenger.threshold))
}

/// Recall, each model at its own operating threshold.
pub(super) fn recall(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("recall", ask.policy.recall)?;
    let challenger = &ask.subset.challenger;
    let pairs = alerts(ask, challenger, challenger.threshold, champion, true);
    let subject = format!("recall{}", ask.place());
    Some(rate(ask, gate, subject, pairs, ask.policy.max_recall_drop, false, challenger.threshold))
}

/// False-positive rate with the challenger's threshold moved to the champion's alert rate.
///
/// That threshold is itself estimated from these records, which the interval leaves out: it would *narrow* it (with
/// equal numbers of alerts, what is lost among the positives is won among the negatives), so the interval is wide enough.
pub(super) fn false_positive_rate_at_alert_rate(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("false_positive_rate_at_alert_rate", ask.policy.false_positive_rate_at_alert_rate)?;
    let Some(threshold) = ask.matched_threshold else { return Some(silent(gate)) };
    let pairs = alerts(ask, &ask.subset.challenger, threshold, champion, false);
    let subject = format!("at the champion's alert rate, false-positive rate{}", ask.place());
    let allowed = rise_allowed(ask, &pairs);
    Some(rate(ask, gate, subject, pairs, allowed, true, threshold))
}

/// Recall with the challenger's threshold moved to the champion's alert rate; of its interval the same holds.
pub(super) fn recall_at_alert_rate(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("recall_at_alert_rate", ask.policy.recall_at_alert_rate)?;
    let Some(threshold) = ask.matched_threshold else { return Some(silent(gate)) };
    let pairs = alerts(ask, &ask.subset.challenger, threshold, champion, true);
    let subject = format!("at the champion's alert rate, recall{}", ask.place());
    Some(rate(ask, gate, subject, pairs, ask.policy.max_recall_drop, false, threshold))
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

fn rate(
    ask: &Ask<'_>,
    gate: Gate,
    subject: String,
    pairs: Paired,
    allowed: f64,
    rise_is_worse: bool,
    threshold: f64,
) -> Gate {
    let [low, high] = pairs.interval(ask.z());
    let (difference, interval) =
        if rise_is_worse { (pairs.difference(), [low, high]) } else { (-pairs.difference(), [-high, -low]) };
    let compared = Compared {
        challenger: pairs.first(),
        champion: pairs.second(),
        difference,
        interval,
        allowed: ask.stretch * allowed,
        either_way: false,
    };
    let (worse, better) = if rise_is_worse { ("a rise of", "a fall of") } else { ("a drop of", "a gain of") };
    let words = Words { subject, worse, better, number: percent, size: points };
    let judged = ask.judged(gate, &words, (pairs.records > 0).then_some(compared));
    // Where each model was cut, as people know it from manifests.
    let threshold = (threshold * 1e4).round() / 1e4;
    let reason = judged.reason.replacen(", champion ", &format!(" at threshold {threshold}, champion "), 1);
    Gate { reason, ..judged }
}

/// Nothing to keep: the champion never alerts.
fn silent(gate: Gate) -> Gate {
    super::unheard(gate, "the champion alerts on no record, so there is no alert rate to keep".to_owned())
}

/// A first release has nothing to be compared with but the policy's ceiling.
fn ceiling(ask: &Ask<'_>, gate: Gate, subject: &str) -> Gate {
    let side = &ask.subset.challenger;
    let negatives = side.scores.iter().zip(&ask.subset.labels).filter(|(_, label)| !**label);
    let alarms = negatives.filter(|(score, _)| f64::from(**score) >= side.threshold).count() as u64;
    let count = ask.subset.negatives();
    if let Some(reason) = ask.too_few() {
        return super::unheard(gate, reason);
    }
    let found = alarms as f64 / count as f64;
    let interval = wilson(alarms, count, ask.z());
    let most = ask.policy.max_fpr;
    // In a region only an interval wholly past the ceiling fails, as with the AUC's floor.
    let past = if gate.region.is_some() { interval[0] > most } else { found > most };
    let (verdict, relation) = match (past, interval[1] <= most) {
        (true, _) => (Verdict::Fail, "more than"),
        (false, true) => (Verdict::Pass, "within"),
        _ => (Verdict::Inconclusive, "perhaps more than"),
    };
    let reason = format!(
        "{subject} {} at threshold {}, no champion to compare with: {relation} the {} allowed",
        percent(found),
        side.threshold,
        percent(most)
    );
    let level = Some(ask.level());
    Gate { verdict, challenger: Some(found), allowed: Some(most), interval: Some(interval), level, reason, ..gate }
}
