//! What people are told first: the sentences at the head of a report, of which the first are also paged.

use crate::evaluation::Gate;
use meridian_judge::{GateMode, Verdict};
use std::collections::BTreeMap;

/// Sentences of gates on the whole set before the rest are only named.
const SENTENCES: usize = 4;
/// Gates whose comparison is told of a release that passed.
const TOLD: [&str; 3] = ["auc", "false_positive_rate", "recall_at_alert_rate"];

/// Why the verdict is what it is: the gates that decided against a pass; of a pass, the main comparisons.
pub(crate) fn reasons(verdict: Verdict, gates: &[Gate]) -> Vec<String> {
    if verdict == Verdict::Pass { of_a_pass(gates) } else { against(verdict, gates) }
}

fn of_a_pass(gates: &[Gate]) -> Vec<String> {
    let told = |gate: &&Gate| gate.region.is_none() && TOLD.contains(&gate.name.as_str());
    let heard = |gate: &&Gate| gate.verdict == Verdict::Pass;
    let mut reasons: Vec<String> = gates.iter().filter(told).filter(heard).map(|gate| gate.reason.clone()).collect();
    // A gate without a level was not heard: too few records.
    let unheard = |gate: &Gate| gate.verdict == Verdict::Inconclusive && gate.level.is_none();
    let by_region = by_region(gates.iter().filter(|gate| gate.mode == GateMode::Required || unheard(gate)));
    let regions = by_region.len();
    if regions > 0 {
        let held = by_region.values().filter(|gates| gates.iter().all(|gate| gate.verdict == Verdict::Pass)).count();
        reasons.push(format!(
            "no gate failed in {regions} customer regions; in {held} of them every gate passed by itself"
        ));
    }
    reasons
}

fn against(verdict: Verdict, gates: &[Gate]) -> Vec<String> {
    let same = |gate: &&Gate| gate.blocks() && gate.verdict == verdict;
    let blocking: Vec<&Gate> = gates.iter().filter(same).collect();
    let (whole, regional): (Vec<&Gate>, Vec<&Gate>) = blocking.into_iter().partition(|gate| gate.region.is_none());
    // Where the records are too few, every gate says the same.
    let mut told: Vec<&Gate> = Vec::new();
    for gate in &whole {
        if told.iter().all(|other| other.reason != gate.reason) {
            told.push(gate);
        }
    }
    let mut reasons: Vec<String> = told.iter().take(SENTENCES).map(|gate| gate.reason.clone()).collect();
    let rest: Vec<String> = told.iter().skip(SENTENCES).map(|gate| gate.name.replace('_', " ")).collect();
    if !rest.is_empty() {
        reasons.push(format!("also against it: {}", rest.join(", ")));
    }
    if whole.is_empty() {
        reasons.extend(regional.iter().map(|gate| gate.reason.clone()));
    } else if !regional.is_empty() {
        let regions: Vec<&str> = by_region(regional.into_iter()).into_keys().collect();
        reasons.push(format!("gates failed in these customer regions too: {}", regions.join(", ")));
    }
    if reasons.is_empty() {
        reasons
            .push("no required gate was asked, so nothing was shown; require at least one in [evaluation]".to_owned());
    }
    reasons
}

/// Gains past this, and not by chance, are more often a leak than progress.
const IMPLAUSIBLE_GAIN: f64 = 0.03;

/// What decided nothing and should be known: advisory gates that did not pass, regions without enough records, and an
/// AUC that is too good to be true.
pub(crate) fn warnings(gates: &[Gate]) -> Vec<String> {
    let mut warnings = Vec::new();
    let auc = gates.iter().find(|gate| gate.name == "auc" && gate.region.is_none());
    if let Some((gate, [_, worst])) = auc.and_then(|gate| Some((gate, gate.interval?)))
        && worst < -IMPLAUSIBLE_GAIN
    {
        warnings.push(format!(
            "{}: a gain as large as this is more often a leak than progress; look for features that know the label",
            gate.reason
        ));
    }
    let advisory = |gate: &&Gate| gate.mode == GateMode::Advisory && gate.verdict != Verdict::Pass;
    let whole = gates.iter().filter(advisory).filter(|gate| gate.region.is_none());
    warnings.extend(whole.map(|gate| gate.reason.clone()));
    for gates in by_region(gates.iter().filter(advisory)).values() {
        // A region with too few records says the same at every gate.
        let unheard = gates.iter().find(|gate| gate.level.is_none()).map(|gate| gate.reason.clone());
        let failed = gates.iter().filter(|gate| gate.verdict == Verdict::Fail).map(|gate| gate.reason.clone());
        warnings.extend(unheard.into_iter().chain(failed));
    }
    warnings
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
