//! Whether the scores, and the reasons for them, have moved.

use super::{Ask, Compared, Explained};
use crate::evaluation::Gate;
use crate::finding::{Finding, Reference, Statistic};
use crate::stats::reasons::shift;
use crate::stats::shift::{Stability, distance, distance_noise};
use meridian_judge::Verdict;
use meridian_xgboost::Attributions;

/// Population stability index of the challenger's scores, in the champion's deciles.
pub(super) fn score_shift(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::ScoreShift, ask.policy.score_shift)?;
    let stability = Stability::new(&ask.subset.challenger.scores, &champion.scores);
    let compared = stability.map(|stability| Compared {
        challenger: stability.index,
        champion: None,
        with: Reference::Noise { expected: stability.expected, usual: stability.noise },
        cut: None,
        mend: None,
        difference: stability.index - stability.expected,
        interval: stability.interval(ask.z()),
        allowed: ask.policy.max_psi,
    });
    Some(ask.judged(gate, Statistic::ScoreShift, compared))
}

/// Largest difference of the two score distributions.
pub(super) fn score_distance(ask: &Ask<'_>) -> Option<Gate> {
    let champion = ask.subset.champion.as_ref()?;
    let gate = ask.gate(Statistic::ScoreDistance, ask.policy.score_distance)?;
    let found = distance(&ask.subset.challenger.scores, &champion.scores);
    let noise = distance_noise(champion.scores.len(), ask.level());
    let compared = Compared {
        challenger: found,
        champion: None,
        with: Reference::ChampionItself,
        cut: None,
        mend: None,
        difference: found,
        interval: [(found - noise).max(0.0), (found + noise).min(1.0)],
        allowed: ask.policy.max_ks,
    };
    Some(ask.judged(gate, Statistic::ScoreDistance, Some(compared)))
}

/// Agreement on the top five reasons of the explained records.
pub(crate) fn reasons(ask: &Ask<'_>, challenger: Option<&Attributions>, champion: Option<&Attributions>) -> Explained {
    let found = challenger.zip(champion).and_then(|(challenger, champion)| shift(challenger, champion));
    let Some(gate) = ask.gate(Statistic::TopReasons, ask.policy.top_reasons) else {
        return (None, found.map(|(shift, _)| shift));
    };
    let Some((shift, agreement)) = found else {
        return (Some(Gate { finding: Finding::NothingExplained, ..gate }), None);
    };
    let [low, high] = agreement.interval(ask.z());
    let least = ask.policy.min_reason_agreement;
    let verdict = if low >= least {
        Verdict::Pass
    } else if high < least {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    let finding = Finding::ReasonsCompared { records: shift.rows };
    let numbers = Gate { challenger: Some(agreement.value), interval: Some([low, high]), allowed: Some(least), ..gate };
    (Some(Gate { verdict, level: Some(ask.level()), finding, ..numbers }), Some(shift))
}
