//! Whether there is anything to compare: scores that are numbers and differ, and columns that hold something.

use super::{finite as finite_number, open, pass_if};
use crate::evaluation::Gate;
use crate::finding::Finding;
use crate::stats::columns::{Column, Columns};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};

/// Records under which an empty column of a region says nothing.
const MIN_ROWS: u64 = 100;

/// Every margin is a finite number.
pub(super) fn finite(margins: &[f32], policy: &EvaluationPolicy) -> Option<Gate> {
    let bad = margins.iter().filter(|margin| !margin.is_finite()).count();
    let finding = Finding::Finite { scores: margins.len() as u64, bad: bad as u64 };
    let gate = open("finite", policy.finite, finding);
    let gate = Gate { verdict: pass_if(bad == 0), challenger: Some(bad as f64), ..gate };
    (policy.finite != GateMode::Off).then_some(gate)
}

/// The scores are not all the same.
pub(super) fn constant(scores: &[f32], policy: &EvaluationPolicy) -> Option<Gate> {
    let lowest = f64::from(scores.iter().copied().fold(f32::INFINITY, f32::min));
    let highest = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let spread = highest - lowest;
    let finding = Finding::Spread { lowest: finite_number(lowest), highest: finite_number(highest) };
    let gate = open("constant", policy.constant, finding);
    let gate = Gate { verdict: pass_if(spread > 0.0), challenger: finite_number(spread), ..gate };
    (policy.constant != GateMode::Off).then_some(gate)
}

/// The held-out set's columns, and how much the challenger uses them.
pub(crate) struct Used<'a> {
    /// Names of the features.
    pub features: &'a [String],
    /// The challenger's splits on each; `None` where they were not counted.
    pub splits: Option<&'a [u32]>,
    /// What the columns hold.
    pub columns: &'a Columns,
    /// Names of the regions, with their records.
    pub regions: Vec<(&'a str, u64)>,
}

impl Used<'_> {
    /// Names of the columns that `wanting` marks and that the model splits on; with `much`, only those with at least half
    /// an average feature's splits.
    pub fn wanting(&self, columns: &[Column], much: bool, wanting: impl Fn(usize, &Column) -> bool) -> Vec<String> {
        let total: f64 = self.splits.unwrap_or_default().iter().map(|count| f64::from(*count)).sum();
        let half_of_average = 0.5 * total / self.features.len().max(1) as f64;
        let enough = |index: usize| {
            self.splits.is_none_or(|splits| {
                let count = f64::from(splits.get(index).copied().unwrap_or_default());
                count > 0.0 && (!much || count >= half_of_average)
            })
        };
        let named = self.features.iter().zip(columns).enumerate();
        let found = named.filter(|(index, (_, column))| wanting(*index, column) && enough(*index));
        found.map(|(_, (name, _))| name.clone()).collect()
    }
}

/// No column that the model splits on is empty in the held-out set, or constant where the model relies on it; and none is
/// empty in one region only. Evaluation on such columns says little about a model that will be sent values.
pub(super) fn missing(used: &Used<'_>, policy: &EvaluationPolicy) -> Vec<Gate> {
    if policy.missing == GateMode::Off {
        return Vec::new();
    }
    let whole = &used.columns.whole;
    let mut gates = vec![of_whole(used, policy)];
    let mode = policy.missing.min(policy.regions);
    for ((region, rows), columns) in used.regions.iter().zip(&used.columns.regions) {
        if mode == GateMode::Off || *rows < MIN_ROWS {
            continue;
        }
        let filled = |index: usize| whole.get(index).is_some_and(|column| !column.is_empty());
        let empty = used.wanting(columns, true, |index, column| column.is_empty() && filled(index));
        let region = Some((*region).to_owned());
        let (verdict, mode) = ruling(used, empty.is_empty(), mode);
        let challenger = Some(empty.len() as f64);
        gates.push(Gate { region, verdict, challenger, ..open("missing", mode, Finding::RegionColumns { empty }) });
    }
    gates
}

fn of_whole(used: &Used<'_>, policy: &EvaluationPolicy) -> Gate {
    let empty = used.wanting(&used.columns.whole, false, |_, column| column.is_empty());
    let constant = used.wanting(&used.columns.whole, true, |_, column| column.is_constant());
    let bad = empty.len() + constant.len();
    let (verdict, mode) = ruling(used, bad == 0, policy.missing);
    let finding = Finding::Columns { empty, constant, split_on: used.splits.is_some() };
    Gate { verdict, challenger: Some(bad as f64), ..open("missing", mode, finding) }
}

/// Without the model's splits it is unknown whether a missing column matters: it is told, and decides nothing.
fn ruling(used: &Used<'_>, nothing_wants: bool, mode: GateMode) -> (Verdict, GateMode) {
    match (nothing_wants, used.splits) {
        (true, _) => (Verdict::Pass, mode),
        (false, Some(_)) => (Verdict::Fail, mode),
        (false, None) => (Verdict::Inconclusive, GateMode::Advisory),
    }
}
