//! What people are told first: which gates stand at the head of a report, and of which the first are also paged.

use crate::evaluation::{Evaluation, Gate, Slices};
use crate::remark::Remark;
use meridian_judge::{GateMode, Verdict};
use std::collections::BTreeMap;

/// Gates on the whole set that are told in full before the rest are only named.
const IN_FULL: usize = 4;
/// Gates whose comparison is told of a release that passed.
const TOLD: [&str; 3] = ["auc", "false_positive_rate", "recall_at_alert_rate"];

/// A reason for the verdict. Its `Display` is the sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason<'a> {
    /// A gate that decided; of a pass, one of the main comparisons.
    Gate(&'a Gate),
    /// Gates on the whole set that decided too and are only named, by their keys.
    Also(Vec<&'a str>),
    /// Customer regions in which required gates failed, beside those on the whole set.
    FailedIn(Vec<&'a str>),
    /// No gate failed in any customer region.
    Regions {
        /// Regions that were asked about.
        asked: usize,
        /// Regions in which every gate passed by itself.
        passed: usize,
    },
    /// The policy requires no gate, so nothing was shown.
    NothingRequired,
}

/// What people should know although it decided nothing. Its `Display` is the sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning<'a> {
    /// An AUC gate that shows a gain which a leak would explain, though the gates on leaks pass it.
    ImplausibleGain(&'a Gate),
    /// An advisory gate that did not pass, or a region without enough records.
    Gate(&'a Gate),
    /// Gates that failed on one value of a column of slices.
    Slice {
        /// Column of the hold-out that the slices are by.
        column: &'a str,
        /// The slice's value in that column.
        value: &'a str,
        /// The gates, by their keys.
        gates: Vec<&'a str>,
    },
    /// Values of a column of slices that have too few records to be judged on.
    SmallSlices {
        /// Column of the hold-out that the slices are by.
        column: &'a str,
        /// Values with too few records.
        small: usize,
        /// Values that the column has in all.
        values: usize,
        /// Positives, and negatives, that are needed.
        floor: u64,
    },
    /// What was noticed while the models were read and scored.
    Remark(&'a Remark),
}

impl Warning<'_> {
    /// Whether both say the same, as every gate does where records are too few.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        match (self, other) {
            (Warning::Gate(one), Warning::Gate(other)) => one.region == other.region && one.finding == other.finding,
            (one, other) => one == other,
        }
    }
}

impl Evaluation {
    /// Why the verdict is what it is: the gates that decided against a pass; of a pass, the main comparisons.
    pub fn reasons(&self) -> Vec<Reason<'_>> {
        if self.verdict == Verdict::Pass { of_a_pass(&self.gates) } else { against(self.verdict, &self.gates) }
    }

    /// What decided nothing and should be known: advisory gates that did not pass, regions without enough records, an AUC that
    /// is too good to be true, and what was noticed beforehand.
    pub fn warnings(&self) -> Vec<Warning<'_>> {
        let of_slices = self.slices.iter().flat_map(|slices| of_slices(slices, self.policy.min_region_positives));
        of_gates(&self.gates).into_iter().chain(of_slices).chain(self.remarks.iter().map(Warning::Remark)).collect()
    }
}

fn of_a_pass(gates: &[Gate]) -> Vec<Reason<'_>> {
    let told = |gate: &&Gate| gate.region.is_none() && TOLD.contains(&gate.name.as_str());
    let heard = |gate: &&Gate| gate.verdict == Verdict::Pass;
    let mut reasons: Vec<Reason<'_>> = gates.iter().filter(told).filter(heard).map(Reason::Gate).collect();
    // A gate without a level was not heard: too few records.
    let unheard = |gate: &Gate| gate.verdict == Verdict::Inconclusive && gate.level.is_none();
    let by_region = by_region(gates.iter().filter(|gate| gate.mode == GateMode::Required || unheard(gate)));
    let asked = by_region.len();
    if asked > 0 {
        let passed = by_region.values().filter(|gates| gates.iter().all(|gate| gate.verdict == Verdict::Pass)).count();
        reasons.push(Reason::Regions { asked, passed });
    }
    reasons
}

fn against(verdict: Verdict, gates: &[Gate]) -> Vec<Reason<'_>> {
    let same = |gate: &&Gate| gate.blocks() && gate.verdict == verdict;
    let blocking: Vec<&Gate> = gates.iter().filter(same).collect();
    let (whole, regional): (Vec<&Gate>, Vec<&Gate>) = blocking.into_iter().partition(|gate| gate.region.is_none());
    // Where the records are too few, every gate finds the same.
    let mut told: Vec<&Gate> = Vec::new();
    for gate in &whole {
        if told.iter().all(|other| other.finding != gate.finding) {
            told.push(gate);
        }
    }
    let mut reasons: Vec<Reason<'_>> = told.iter().take(IN_FULL).copied().map(Reason::Gate).collect();
    let rest: Vec<&str> = told.iter().skip(IN_FULL).map(|gate| gate.name.as_str()).collect();
    if !rest.is_empty() {
        reasons.push(Reason::Also(rest));
    }
    if whole.is_empty() {
        reasons.extend(regional.into_iter().map(Reason::Gate));
    } else if !regional.is_empty() {
        reasons.push(Reason::FailedIn(by_region(regional.into_iter()).into_keys().collect()));
    }
    if reasons.is_empty() {
        reasons.push(Reason::NothingRequired);
    }
    reasons
}

/// Gains past this, and not by chance, are worth a look, where the gate on leaks still believes them.
const IMPLAUSIBLE_GAIN: f64 = 0.03;

fn of_gates(gates: &[Gate]) -> Vec<Warning<'_>> {
    let mut warnings = Vec::new();
    let auc = gates.iter().find(|gate| gate.name == "auc" && gate.region.is_none());
    let is_leak = gates.iter().any(|gate| gate.name == "leak_gain" && gate.verdict == Verdict::Fail);
    if let Some((gate, [_, worst])) = auc.and_then(|gate| Some((gate, gate.interval?)))
        && worst < -IMPLAUSIBLE_GAIN
        && !is_leak
    {
        warnings.push(Warning::ImplausibleGain(gate));
    }
    let advisory = |gate: &&Gate| gate.mode == GateMode::Advisory && gate.verdict != Verdict::Pass;
    let whole = gates.iter().filter(advisory).filter(|gate| gate.region.is_none());
    warnings.extend(whole.map(Warning::Gate));
    for gates in by_region(gates.iter().filter(advisory)).into_values() {
        // A region with too few records says the same at every gate.
        let unheard = gates.iter().copied().find(|gate| gate.level.is_none());
        let failed = gates.iter().copied().filter(|gate| gate.verdict == Verdict::Fail);
        warnings.extend(unheard.into_iter().chain(failed).map(Warning::Gate));
    }
    warnings
}

fn of_slices(slices: &Slices, floor: u64) -> Vec<Warning<'_>> {
    let column = slices.column.as_str();
    let failed = by_region(slices.gates.iter().filter(|gate| gate.verdict == Verdict::Fail)).into_iter();
    let values = slices.regions.len();
    let small = slices.regions.iter().filter(|value| slices.is_unjudged(value)).count();
    let few = (small > 0).then_some(Warning::SmallSlices { column, small, values, floor });
    let worse = failed.map(|(value, gates)| {
        let gates = gates.into_iter().map(|gate| gate.name.as_str()).collect();
        Warning::Slice { column, value, gates }
    });
    worse.chain(few).collect()
}

fn by_region<'a>(gates: impl Iterator<Item = &'a Gate>) -> BTreeMap<&'a str, Vec<&'a Gate>> {
    let mut regions: BTreeMap<&str, Vec<&Gate>> = BTreeMap::new();
    for gate in gates {
        if let Some(region) = &gate.region {
            regions.entry(region).or_default().push(gate);
        }
    }
    regions
}
