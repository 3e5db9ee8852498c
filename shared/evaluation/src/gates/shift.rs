//! Whether the scores, and the reasons for them, have moved.

use super::{Ask, Compared, Explained, Words, decimal, percent};
use crate::evaluation::Gate;
use crate::stats::reasons::shift;
use crate::stats::shift::{Stability, distance, distance_noise};
use meridian_judge::Verdict;
use meridian_xgboost::Attributions;

/// Population stability index of the challenger's scores, in the champion's deciles.
pub(super) fn score_shift(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("score_shift", ask.policy.score_shift)?;
    let stability = Stability::new(&ask.subset.challenger.scores, &champion.scores);
    let noise = stability.map_or(0.0, |stability| stability.noise);
    let compared = stability.map(|stability| Compared {
        challenger: stability.index,
        champion: stability.expected,
        difference: stability.index - stability.expected,
        interval: stability.interval(ask.z()),
        allowed: ask.policy.max_psi,
        either_way: false,
    });
    let words = words(format!("score shift{} (PSI)", ask.place()));
    let judged = ask.judged(gate, &words, compared);
    let reason = judged.reason.replace("champion", "noise alone");
    let as_noise = judged.level.is_some() && judged.challenger.is_some_and(|index| index <= noise);
    let within = if as_noise { " (no more than noise)" } else { "" };
    Some(Gate { champion: None, reason: reason + within, ..judged })
}

/// Largest difference of the two score distributions.
pub(super) fn score_distance(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate("score_distance", ask.policy.score_distance)?;
    let found = distance(&ask.subset.challenger.scores, &champion.scores);
    let noise = distance_noise(champion.scores.len(), ask.level());
    let compared = Compared {
        challenger: found,
        champion: 0.0,
        difference: found,
        interval: [(found - noise).max(0.0), (found + noise).min(1.0)],
        allowed: ask.policy.max_ks,
        either_way: false,
    };
    let judged = ask.judged(gate, &words(format!("score distance{} (KS)", ask.place())), Some(compared));
    Some(Gate { champion: None, ..judged })
}

fn words(subject: String) -> Words<'static> {
    Words { subject, worse: "a shift of", better: "a shift of", number: decimal, size: decimal }
}

/// Agreement on the top five reasons of the explained records.
pub(crate) fn reasons(ask: &Ask<'_>, challenger: Option<&Attributions>, champion: Option<&Attributions>) -> Explained {
    let found = challenger.zip(champion).and_then(|(challenger, champion)| shift(challenger, champion));
    let Some(gate) = ask.gate("top_reasons", ask.policy.top_reasons) else {
        return (None, found.map(|(shift, _)| shift));
    };
    let Some((shift, agreement)) = found else {
        let reason = "no record was explained by both models, so their reasons are not compared".to_owned();
        return (Some(Gate { reason, ..gate }), None);
    };
    let [low, high] = agreement.interval(ask.z());
    let least = ask.policy.min_reason_agreement;
    let (verdict, relation) = if low >= least {
        (Verdict::Pass, "at least")
    } else if high < least {
        (Verdict::Fail, "less than")
    } else {
        (Verdict::Inconclusive, "not surely")
    };
    let reason = format!(
        "{} of the top five reasons of {} records are the champion's too, {relation} the {} wanted",
        percent(agreement.value),
        shift.rows,
        percent(least)
    );
    let numbers = Gate { challenger: Some(agreement.value), interval: Some([low, high]), allowed: Some(least), ..gate };
    (Some(Gate { verdict, level: Some(ask.level()), reason, ..numbers }), Some(shift))
}
