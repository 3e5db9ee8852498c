//! Shadow evaluation: what champion and challenger say about the same held-out records, and what the gates say to that.

use crate::contender::Contender;
use crate::curves;
use crate::evaluation::{Curves, EVALUATION_SCHEMA, Evaluation, Gate, ReasonsShift, Slices};
use crate::finding::{Finding, Statistic};
use crate::gates::{self, Ask, Suspects, Used};
use crate::holdout::{Groups, HeldOut, MAX_NAMES};
use crate::remark::Remark;
use crate::stats::columns::Columns;
use crate::stats::sample::HoldoutFacts;
use crate::subset::Subset;
use crate::trained::TrainedOn;
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use std::fmt;

/// Whose numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// The new model's.
    Challenger,
    /// The serving model's.
    Champion,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Challenger => "challenger",
            Self::Champion => "champion",
        })
    }
}

/// Why nothing could be evaluated. (A bad model is a verdict, not an error.)
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// A model's margins are not the held-out set's.
    #[error("the {role} has {found} margins for {expected} held-out records; score it on this held-out set")]
    Rows {
        /// Whose margins.
        role: Contestant,
        /// Records of the held-out set.
        expected: usize,
        /// Margins that were given.
        found: usize,
    },
    /// The champion's margins are damaged: the loader accepts no model that makes such ones.
    #[error("the champion has margins that are not finite numbers; score it again")]
    ChampionNotFinite,
    /// Only one class.
    #[error(
        "the held-out set has {positives} positives and {negatives} negatives; AUC needs both, so check the label column"
    )]
    OneClass {
        /// Records with label 1.
        positives: u64,
        /// Records with label 0.
        negatives: u64,
    },
    /// A threshold that no probability can be compared with.
    #[error("the operating threshold is {threshold}; expected a probability above 0 and below 1")]
    Threshold {
        /// The threshold given.
        threshold: f64,
    },
}

/// Compares what both models say about every record, and asks the gates.
///
/// # Errors
/// [`EvaluateError`] where the margins are not of these records, the set holds only one class, or a threshold is not a
/// probability.
pub fn evaluate(
    challenger: Contender<'_>,
    champion: Option<Contender<'_>>,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    evaluate_after_training(challenger, champion, holdout, None, policy)
}

/// The same where training says which records it saw: a gate more is asked.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_after_training(
    challenger: Contender<'_>,
    champion: Option<Contender<'_>>,
    holdout: &HeldOut,
    trained: Option<TrainedOn>,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    check(Contestant::Challenger, challenger, holdout)?;
    if let Some(champion) = champion {
        check(Contestant::Champion, champion, holdout)?;
        if !champion.scored.margins.iter().all(|margin| margin.is_finite()) {
            return Err(EvaluateError::ChampionNotFinite);
        }
    }
    let whole = Subset::whole(challenger, champion, holdout);
    let one_class = || EvaluateError::OneClass { positives: whole.positives(), negatives: whole.negatives() };
    let numbers = whole.numbers(&whole.challenger).ok_or_else(one_class)?;
    let regions = Subset::groups(challenger, champion, holdout, holdout.by_region());
    let is_finite = challenger.scored.margins.iter().all(|margin| margin.is_finite());
    let suspects = Suspects { whole: &whole, challenger, champion, holdout, trained, is_finite };
    let mut gates = gates::leaks(&suspects, policy);
    let (others, reasons_shift) = gates_of(challenger, champion, (&whole, &regions), holdout, policy);
    gates.extend(others);

    let slices = slices(challenger, champion, &whole, holdout, policy);

    // Slices are looked at by whoever asked for them: the pipeline has none, and its verdict is this one.
    let verdict = verdict_of(&gates);
    Ok(Evaluation {
        schema: EVALUATION_SCHEMA,
        verdict,
        remarks: holdout.slices().filter(|(_, groups)| groups.is_none()).map(|(column, _)| unsliced(column)).collect(),
        gates,
        rows: whole.labels.len() as u64,
        positives: whole.positives(),
        challenger: numbers,
        champion: whole.champion.as_ref().and_then(|side| whole.numbers(side)),
        regions: regions.iter().map(Subset::in_numbers).collect(),
        slices,
        costs: None,
        drift: None,
        curves: Curves {
            challenger: curves::of(&whole, &whole.challenger),
            champion: whole.champion.as_ref().map(|side| curves::of(&whole, side)),
        },
        reasons_shift,
        policy: policy.clone(),
    })
}

fn check(role: Contestant, contender: Contender<'_>, holdout: &HeldOut) -> Result<(), EvaluateError> {
    let Contender { scored, threshold } = contender;
    if !(threshold > 0.0 && threshold < 1.0) {
        return Err(EvaluateError::Threshold { threshold });
    }
    let (expected, found) = (holdout.rows(), scored.margins.len());
    if found == expected { Ok(()) } else { Err(EvaluateError::Rows { role, expected, found }) }
}

/// Every gate but those on leaks, those on the whole set first, and what the reasons gate found.
fn gates_of(
    challenger: Contender<'_>,
    champion: Option<Contender<'_>>,
    (whole, regions): (&Subset, &[Subset]),
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> (Vec<Gate>, Option<ReasonsShift>) {
    let columns = Columns::of(holdout);
    let rows = |region: &'_ Subset| region.labels.len() as u64;
    let used = Used {
        features: holdout.features(),
        // Counts in another order than the columns' would blame the wrong ones.
        splits: challenger.scored.splits.as_deref().filter(|splits| splits.len() == holdout.features().len()),
        columns: &columns,
        regions: holdout.region_names().iter().map(String::as_str).zip(regions.iter().map(rows)).collect(),
    };
    let margins = &challenger.scored.margins;
    let mut gates = gates::holdout(&HoldoutFacts::of(holdout), policy);
    gates.extend(gates::sanity(margins, &whole.challenger.scores, &used, policy));
    if !margins.iter().all(|margin| margin.is_finite()) {
        // No statistic of scores that are not numbers means anything, and `finite` may be off.
        gates.push(gates::open(Statistic::Auc.key(), GateMode::Required, Finding::NotComparable));
        return (gates, None);
    }
    let matched =
        whole.champion.as_ref().and_then(|champion| gates::threshold_at_alert_rate(&whole.challenger, champion));
    let ask = Ask::whole(whole, policy, matched);
    gates.extend(gates::compare(&ask));
    let explained = |champion: Contender<'_>| {
        gates::reasons(&ask, challenger.scored.attributions.as_ref(), champion.scored.attributions.as_ref())
    };
    let (reasons, shift) = champion.map_or((None, None), explained);
    gates.extend(reasons);
    if policy.regions != GateMode::Off {
        gates.extend(Ask::regions(regions, policy, matched).iter().flat_map(gates::compare));
    }
    // Stable, so that gates stay in the order in which they were asked.
    gates.sort_by_key(|gate| gate.region.is_some());
    (gates, shift)
}

fn unsliced(column: &str) -> Remark {
    Remark::NoSlices { column: column.to_owned(), most: MAX_NAMES as u64 }
}

/// Both models by the values of each column that somebody asked for; advisory gates where there are records enough.
fn slices(
    challenger: Contender<'_>,
    champion: Option<Contender<'_>>,
    whole: &Subset,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Vec<Slices> {
    // Scores that merely moved cost nobody anything, and would be told once more for every value.
    let (regions, off) = (GateMode::Advisory, GateMode::Off);
    let policy = EvaluationPolicy { regions, score_shift: off, score_distance: off, ..policy.clone() };
    let floor = policy.min_region_positives;
    let is_finite = challenger.scored.margins.iter().all(|margin| margin.is_finite());
    let of = |(column, groups): (&str, Option<&Groups>)| {
        let subsets = Subset::groups(challenger, champion, holdout, groups?);
        let regions = subsets.iter().map(Subset::in_numbers).collect();
        let judged: Vec<Subset> = subsets
            .into_iter()
            .filter(|subset| is_finite && subset.positives().min(subset.negatives()) >= floor)
            .collect();
        let old = whole.champion.as_ref();
        let matched = old.and_then(|champion| gates::threshold_at_alert_rate(&whole.challenger, champion));
        let gates = Ask::regions(&judged, &policy, matched).iter().flat_map(gates::compare).collect();
        Some(Slices { column: column.to_owned(), regions, gates })
    };
    holdout.slices().filter_map(of).collect()
}

/// On the whole set every required gate must pass; a region's only must not fail. With no required gate at all nothing was
/// shown.
fn verdict_of(gates: &[Gate]) -> Verdict {
    let required = gates.iter().filter(|gate| gate.mode == GateMode::Required);
    Verdict::all(required.filter(|gate| gate.region.is_none() || gate.blocks()).map(|gate| gate.verdict))
}
