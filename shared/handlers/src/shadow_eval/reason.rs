//! Why a release is ruled as it is, as data. Sentences are made where somebody is told.

use meridian_domain::reason::{ChampionRates, EvaluationReason, GateRuling, HeldOutRates, ModelRole, Shortage};
use meridian_domain::{Verdict, Version};
use meridian_evaluation::{Contestant, EvaluateError, Evaluation, Finding, Gate, ModelNumbers};
use meridian_xgboost::short_name;

/// Gates that one entry holds; the report has all of them.
const MOST_RULINGS: usize = 40;

/// Why the verdict is what it is. `champion` is the version that the challenger was compared with.
pub(super) fn of_evaluation(evaluation: &Evaluation, champion: Option<&Version>) -> EvaluationReason {
    let rates = |numbers: &ModelNumbers| HeldOutRates { auc: numbers.auc, fpr: numbers.fpr };
    if evaluation.verdict == Verdict::Pass {
        let champion = evaluation.champion.as_ref().zip(champion);
        return EvaluationReason::Passed {
            challenger: rates(&evaluation.challenger),
            champion: champion
                .map(|(numbers, version)| ChampionRates { version: version.clone(), rates: rates(numbers) }),
            records: evaluation.rows,
        };
    }
    let decided = |gate: &&Gate| gate.blocks() && gate.verdict == evaluation.verdict;
    let mut rulings: Vec<GateRuling> = evaluation.gates.iter().filter(decided).map(ruling).collect();
    if rulings.is_empty() {
        return EvaluationReason::NothingRequired;
    }
    let more = rulings.len().saturating_sub(MOST_RULINGS) as u64;
    rulings.truncate(MOST_RULINGS);
    EvaluationReason::NotPassed { rulings, more }
}

fn ruling(gate: &Gate) -> GateRuling {
    // JSON has no number for what is not finite.
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
    let shortage = match gate.finding {
        Finding::TooFew { positives, negatives, floor } => Some(Shortage { positives, negatives, floor }),
        _ => None,
    };
    let feature = match &gate.finding {
        Finding::FeatureAlone { feature, .. } => Some(feature),
        Finding::AucGain { suspect } | Finding::AucCeiling { suspect } => suspect.as_ref(),
        _ => None,
    };
    GateRuling {
        gate: gate.name.clone(),
        region: gate.region.clone(),
        verdict: gate.verdict,
        challenger: finite(gate.challenger),
        champion: finite(gate.champion),
        difference: finite(gate.difference),
        allowed: finite(gate.allowed),
        shortage,
        feature: feature.map(|name| short_name(name)),
    }
}

/// Why the models' scores cannot be compared.
pub(super) fn of_comparison(error: &EvaluateError) -> EvaluationReason {
    match *error {
        EvaluateError::Rows { role, expected, found } => EvaluationReason::OtherRecords {
            role: match role {
                Contestant::Champion => ModelRole::Champion,
                Contestant::Challenger => ModelRole::Challenger,
            },
            records: expected as u64,
            scores: found as u64,
        },
        EvaluateError::ChampionNotFinite => EvaluationReason::ChampionNotFinite,
        EvaluateError::OneClass { positives, negatives } => EvaluationReason::OneClass { positives, negatives },
        EvaluateError::Threshold { threshold } => EvaluationReason::Threshold { threshold },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::GateMode;

    fn gate(finding: Finding) -> Gate {
        Gate {
            name: "auc".to_owned(),
            region: Some("brazil".to_owned()),
            mode: GateMode::Required,
            verdict: Verdict::Fail,
            challenger: Some(0.8),
            champion: Some(0.9),
            difference: Some(f64::NAN),
            interval: None,
            allowed: Some(0.02),
            level: None,
            finding,
        }
    }

    #[test]
    fn a_ruling_has_the_gates_numbers_as_far_as_they_are_numbers() {
        let (positives, negatives, floor) = (3, 900, 50);
        let found = ruling(&gate(Finding::TooFew { positives, negatives, floor }));
        assert_eq!((found.challenger, found.champion, found.allowed), (Some(0.8), Some(0.9), Some(0.02)));
        assert_eq!((found.region.as_deref(), found.difference), (Some("brazil"), None));
        assert_eq!(found.shortage, Some(Shortage { positives, negatives, floor }));
        let silent = ruling(&gate(Finding::ChampionNeverAlerts));
        assert_eq!((silent.shortage, silent.feature), (None, None));
    }

    #[test]
    fn a_ruling_on_a_leak_names_the_feature() {
        let suspect = Some("chargeback\u{202e}".to_owned());
        assert_eq!(ruling(&gate(Finding::AucGain { suspect })).feature.as_deref(), Some("chargeback\\u{202e}"));
        let alone = Finding::FeatureAlone { feature: "chargeback".to_owned(), model: 0.998 };
        assert_eq!(ruling(&gate(alone)).feature.as_deref(), Some("chargeback"));
    }
}
