//! Why a release is ruled as it is, as data: of gates that decided, of files and of records that cannot be used. Sentences are made
//! where somebody is told.

use meridian_domain::reason::{
    ChampionRates, EvaluationReason, GateRuling, HeldOutRates, Misfit, ModelRole, Names, Shortage,
};
use meridian_domain::{Verdict, Version};
use meridian_evaluation::{EvaluateError, Evaluation, Finding, Gate, HoldoutError, ModelNumbers};
use meridian_xgboost::short_name;

/// Gates that one entry holds; the report has all of them.
const MOST_RULINGS: usize = 40;
/// Column names that one entry holds.
const MOST_NAMES: usize = 10;

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
    GateRuling {
        gate: gate.name.clone(),
        region: gate.region.clone(),
        verdict: gate.verdict,
        challenger: finite(gate.challenger),
        champion: finite(gate.champion),
        difference: finite(gate.difference),
        allowed: finite(gate.allowed),
        shortage,
    }
}

/// Why the models' scores cannot be compared.
pub(super) fn of_comparison(error: &EvaluateError) -> EvaluationReason {
    match *error {
        EvaluateError::Rows { role, expected, found } => EvaluationReason::OtherRecords {
            role: if role == "champion" { ModelRole::Champion } else { ModelRole::Challenger },
            records: expected as u64,
            scores: found as u64,
        },
        EvaluateError::ChampionNotFinite => EvaluationReason::ChampionNotFinite,
        EvaluateError::OneClass { positives, negatives } => EvaluationReason::OneClass { positives, negatives },
        EvaluateError::Threshold { threshold } => EvaluationReason::Threshold { threshold },
    }
}

/// How the hold-out's columns do not fit; none where something else is wrong with it.
pub(super) fn misfit(error: &HoldoutError) -> Option<Misfit> {
    match error {
        HoldoutError::Columns { missing, extra, twice, .. } => {
            Some(Misfit::Named { missing: names(missing), extra: names(extra), twice: names(twice) })
        }
        HoldoutError::Unrecognised { expected, found, columns, missing } => Some(Misfit::NoHeader {
            expected: *expected as u64,
            found: *found as u64,
            fields: *columns as u64,
            missing: names(missing),
        }),
        _ => None,
    }
}

fn names(all: &[String]) -> Names {
    Names {
        first: all.iter().take(MOST_NAMES).map(|name| short_name(name)).collect(),
        more: all.len().saturating_sub(MOST_NAMES) as u64,
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
        assert_eq!(ruling(&gate(Finding::ChampionNeverAlerts)).shortage, None);
    }

    #[test]
    fn an_entry_names_ten_columns_and_counts_the_others() {
        let missing: Vec<String> = (0..400).map(|n| format!("f{n}\u{202e}")).collect();
        let error = HoldoutError::Unrecognised { expected: 400, found: 0, columns: 7, missing };
        let Some(Misfit::NoHeader { missing, .. }) = misfit(&error) else { panic!("no misfit of columns") };
        assert_eq!((missing.first.len(), missing.more), (MOST_NAMES, 390));
        assert_eq!(missing.first[0], "f0\\u{202e}");
        assert_eq!(misfit(&HoldoutError::Empty), None);
    }
}
