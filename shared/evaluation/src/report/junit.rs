//! Evaluations as a JUnit file, which every CI shows: a suite for each, with one test case a gate.

use super::markup::{Element, el};
use super::provenance::Provenance;
use crate::evaluation::{Evaluation, Gate};
use meridian_judge::{GateMode, Verdict};

/// The JUnit file of evaluations. A gate that keeps the release from being approved is a failure, an advisory one that did not
/// pass is skipped; each says its sentence.
pub fn junit<'a>(evaluations: impl IntoIterator<Item = (&'a Evaluation, &'a Provenance)>) -> String {
    let suites = evaluations.into_iter().map(|(evaluation, provenance)| suite(evaluation, provenance));
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", el("testsuites").children(suites))
}

fn suite(evaluation: &Evaluation, provenance: &Provenance) -> Element {
    let whole = evaluation.gates.iter().map(|gate| Case { gate, column: None });
    let sliced = evaluation
        .slices
        .iter()
        .flat_map(|slices| slices.gates.iter().map(move |gate| Case { gate, column: Some(&slices.column) }));
    let cases: Vec<Case<'_>> = whole.chain(sliced).collect();
    let count = |of: fn(&Case<'_>) -> bool| cases.iter().filter(|case| of(case)).count();
    let inputs = &provenance.inputs;
    let against = inputs.champion.as_ref().map_or_else(String::new, |champion| format!(" against {}", champion.name));
    let name = format!("{}{against} on {}", inputs.challenger.name, inputs.holdout.name);
    let said = evaluation.reasons().iter().map(|reason| format!("\n{reason}")).collect::<String>();
    el("testsuite")
        .attr("name", name)
        .attr("tests", cases.len())
        .attr("failures", count(|case| case.gate.blocks()))
        .attr("errors", 0)
        .attr("skipped", count(|case| case.is_skipped()))
        .children(cases.iter().map(Case::element))
        .child(el("system-out").text(format!("{}{said}", evaluation.verdict)))
}

/// A gate, and the column of slices that it was asked of.
struct Case<'a> {
    gate: &'a Gate,
    column: Option<&'a str>,
}

impl Case<'_> {
    fn is_skipped(&self) -> bool {
        self.gate.mode == GateMode::Advisory && self.gate.verdict != Verdict::Pass
    }

    fn element(&self) -> Element {
        let (gate, sentence) = (self.gate, self.gate.reason());
        let place = match (self.column, &gate.region) {
            (Some(column), Some(value)) => format!("{column} {value}"),
            (None, Some(region)) => format!("region {region}"),
            (_, None) => "all records".to_owned(),
        };
        let case = el("testcase").attr("classname", place).attr("name", &gate.name);
        if gate.blocks() {
            return case.child(el("failure").attr("type", gate.verdict).attr("message", sentence));
        }
        if self.is_skipped() {
            return case.child(el("skipped").attr("message", format!("advisory, {}: {sentence}", gate.verdict)));
        }
        case.child(el("system-out").text(format!("{}: {sentence}", gate.verdict)))
    }
}
