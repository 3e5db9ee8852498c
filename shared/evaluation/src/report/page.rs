//! `evaluation.html`: the page that people are sent when a release is rejected. Verdict and reasons first, evidence after,
//! what it was made from last.

use super::json::{TOOL, policy_digest};
use super::markup::{Element, el};
use super::provenance::{Approval, Named, Provenance};
use super::table::{Cell, Column, Narrow, cell, folded, name, table};
use super::words::{Style, count, headline};
use super::{costs, drift, figures, gates, reasons};
use crate::conclusion::Warning;
use crate::evaluation::{Evaluation, Gate, ModelNumbers};
use crate::wording::{Line, capital};
use meridian_judge::Verdict;

/// `evaluation.html`: no script and no request to anywhere; for a screen, a phone, paper and a screen reader.
pub fn html(evaluation: &Evaluation, provenance: &Provenance) -> String {
    let main = el("main")
        .child(verdict(evaluation, provenance))
        .children(warnings(evaluation))
        .child(numbers(evaluation))
        .child(gates::whole(evaluation))
        .children(gates::regions(evaluation))
        .children(gates::slices(evaluation))
        .children(evaluation.costs.as_ref().map(costs::section))
        .children(curves(evaluation))
        .children(reasons::section(evaluation))
        .children(evaluation.drift.as_ref().map(drift::section))
        .child(inputs(evaluation, provenance));
    let header = el("header").child(el("p").class("kicker").text("Meridian shadow evaluation"));
    let footer =
        el("footer").child(el("p").text(format!("Written by {TOOL}, evaluation schema {}.", evaluation.schema)));
    let body = el("body").child(header).child(main).child(footer);
    format!("<!doctype html>\n{}\n", el("html").attr("lang", "en").child(head(evaluation, provenance)).child(body))
}

/// Nothing may be fetched and nothing may run, whatever a name in the page holds.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

fn head(evaluation: &Evaluation, provenance: &Provenance) -> Element {
    let title = format!("{}: {}", provenance.inputs.challenger.name, evaluation.verdict);
    el("head")
        .child(el("meta").attr("charset", "utf-8"))
        .child(el("meta").attr("http-equiv", "Content-Security-Policy").attr("content", CONTENT_POLICY))
        .child(el("meta").attr("name", "viewport").attr("content", "width=device-width, initial-scale=1"))
        .child(el("title").text(title))
        .child(el("style").raw(include_str!("style.css")))
}

/// The sentences of a list that are seen at once; more are folded away.
const FIRST: usize = 8;

/// A list of sentences.
fn sentences(lines: impl Iterator<Item = Line>) -> Vec<Element> {
    let mut first: Vec<Element> = lines.map(|line| el("li").text(line.written())).collect();
    let more = first.split_off(first.len().min(FIRST));
    let summary = format!("{} more", more.len());
    let folded = (!more.is_empty()).then(|| folded(&summary, [el("ul").children(more)]));
    [el("ul").children(first)].into_iter().chain(folded).collect()
}

fn verdict(evaluation: &Evaluation, provenance: &Provenance) -> Element {
    let challenger = &provenance.inputs.challenger.name;
    let (class, mark) = gates::marks(evaluation.verdict);
    let meaning = match evaluation.verdict {
        Verdict::Pass => "Every required gate passes.",
        Verdict::Fail => "At least one required gate fails.",
        Verdict::Inconclusive => {
            "No required gate condemns it, but the evidence is too thin to say that it is no worse."
        }
    };
    let against = provenance.inputs.champion.as_ref().map(|champion| champion.name.as_str());
    let mark = el("span").class("mark").attr("aria-hidden", "true").text(mark);
    let word =
        el("span").class(format!("word {class}")).child(mark).text(' ').text(capital(&evaluation.verdict.to_string()));
    el("section")
        .class(format!("verdict {class}"))
        .attr("aria-labelledby", "verdict")
        .child(el("p").child(word))
        .child(
            el("h1")
                .attr("id", "verdict")
                .child(el("span").class("name").text(challenger))
                .text(format!(" {}", headline(evaluation.verdict))),
        )
        .child(el("p").class("meaning").text(meaning))
        .children(sentences(evaluation.reasons().iter().map(Line::from)))
        .child(facts(evaluation, against))
}

/// What was compared, in a line or two.
fn facts(evaluation: &Evaluation, champion: Option<&str>) -> Element {
    let fact = |name: &str, value: Cell| el("div").child(el("dt").text(name)).child(el("dd").children(value));
    let whole = evaluation.gates.iter().filter(|gate| gate.region.is_none());
    let regions = (!evaluation.regions.is_empty()).then(|| {
        let tally = gates::regions_tally(evaluation);
        let number = count(evaluation.regions.len() as u64);
        fact("Customer regions", cell(if tally.is_empty() { number } else { format!("{number}: {tally}") }))
    });
    let records = format!("{}, {} of them positive", count(evaluation.rows), count(evaluation.positives));
    el("dl")
        .class("facts")
        .child(fact("Champion", champion.map_or_else(|| cell("none: a first release"), name)))
        .child(fact("Held-out records", cell(records)))
        .child(fact("Gates on all records", cell(gates::tally(whole))))
        .children(regions)
}

/// What several gates say alike is said once.
fn warnings(evaluation: &Evaluation) -> Option<Element> {
    let mut said: Vec<Warning<'_>> = Vec::new();
    for warning in evaluation.warnings() {
        if !said.iter().any(|before| before.repeats(&warning)) {
            said.push(warning);
        }
    }
    if said.is_empty() {
        return None;
    }
    let section = el("section").class("warnings").attr("aria-labelledby", "warnings");
    let heading = el("h2").attr("id", "warnings").text("Warnings");
    Some(section.child(heading).children(sentences(said.iter().map(Line::from))))
}

/// A measure: what it is called, how it is written, where it stands, and the gate that judged its difference, with the
/// sign that turns "worse by" into a change.
struct Measure {
    name: &'static str,
    style: Style,
    of: fn(&ModelNumbers) -> Option<f64>,
    gate: Option<(&'static str, f64)>,
}

const MEASURES: [Measure; 8] = [
    Measure { name: "AUC", style: Style::Plain(4), of: |n| Some(n.auc), gate: Some(("auc", -1.0)) },
    Measure {
        name: "False-positive rate",
        style: Style::Share,
        of: |n| Some(n.fpr),
        gate: Some(("false_positive_rate", 1.0)),
    },
    Measure { name: "Recall", style: Style::Share, of: |n| Some(n.recall), gate: Some(("recall", -1.0)) },
    Measure { name: "Alert rate", style: Style::Share, of: |n| Some(n.alert_rate), gate: None },
    Measure { name: "Operating threshold", style: Style::Plain(4), of: |n| Some(n.threshold), gate: None },
    Measure { name: "Brier score", style: Style::Plain(5), of: |n| n.brier, gate: None },
    // Their gates judge the distance from the ideal, whose interval is not the change's.
    Measure { name: "Calibration slope", style: Style::Plain(3), of: |n| n.calibration_slope, gate: None },
    Measure { name: "Calibration in the large", style: Style::Plain(3), of: |n| n.calibration_intercept, gate: None },
];

fn numbers(evaluation: &Evaluation) -> Element {
    let columns =
        [Column::Words("Measure"), Column::Number("Champion"), Column::Number("Challenger"), Column::Number("Change")];
    let rows = MEASURES.iter().map(|measure| {
        let after = (measure.of)(&evaluation.challenger);
        let before = evaluation.champion.as_ref().and_then(measure.of);
        let written = |value: Option<f64>| cell(measure.style.value(value?));
        vec![cell(measure.name), written(before), written(after), change(measure, before.zip(after), evaluation)]
    });
    el("section")
        .attr("aria-labelledby", "numbers")
        .child(el("h2").attr("id", "numbers").text("Numbers"))
        .child(el("p").class("lead").text("Each model on all records, alerting at its own operating threshold. Below a change stands its confidence interval, where a gate judged it."))
        .child(table(Narrow::Beside, "Numbers of both models", &columns, rows.collect()))
}

/// Challenger less champion, and the interval that the measure's gate worked out.
fn change(measure: &Measure, both: Option<(f64, f64)>, evaluation: &Evaluation) -> Cell {
    let (before, after) = both?;
    let judged = measure.gate.and_then(|(name, sign)| {
        let gate = evaluation.gates.iter().find(|gate: &&Gate| gate.name == name && gate.region.is_none())?;
        let [low, high] = gate.interval?;
        let interval = if sign < 0.0 { [-high, -low] } else { [low, high] };
        Some(el("small").text(measure.style.interval(interval)))
    });
    let change = el("span").text(measure.style.change(after - before));
    Some(el("div").class("change").child(change).children(judged))
}

fn curves(evaluation: &Evaluation) -> Option<Element> {
    let figures = figures::all(evaluation);
    let heading = el("h2").attr("id", "curves").text("Curves");
    let section = el("section").attr("aria-labelledby", "curves").child(heading);
    (!figures.is_empty()).then(|| section.child(el("div").class("figures").children(figures)))
}

fn inputs(evaluation: &Evaluation, provenance: &Provenance) -> Element {
    let policy = Named { name: "given below".to_owned(), sha256: policy_digest(&evaluation.policy) };
    let challengers = provenance.inputs.feature_files.iter().map(|file| ("Challenger's feature file", file));
    let champions = provenance.inputs.champion_feature_files.iter().map(|file| ("Champion's feature file", file));
    let inputs = [
        Some(("Challenger", &provenance.inputs.challenger)),
        provenance.inputs.champion.as_ref().map(|champion| ("Champion", champion)),
        Some(("Held-out set", &provenance.inputs.holdout)),
        provenance.inputs.reference.as_ref().map(|reference| ("Reference", reference)),
        provenance.inputs.training_rows.as_ref().map(|rows| ("Training's row digests", rows)),
        Some(("Policy", &policy)),
    ];
    let rows = inputs
        .into_iter()
        .flatten()
        .chain(challengers)
        .chain(champions)
        .map(|(role, input)| vec![cell(role), name(&input.name), Some(el("code").text(&input.sha256))]);
    let columns = [Column::Words("Input"), Column::Words("Name"), Column::Words("SHA-256")];
    let approval = provenance.inputs.holdout_approval.as_ref().map(|approval| {
        let Approval { since, by, why } = approval;
        el("p").text(format!("The held-out set was approved for this fleet at {since} by {by}: {why}"))
    });
    let repeat = (!provenance.repeat.is_empty()).then(|| {
        el("div")
            .child(el("h3").text("To repeat it"))
            .child(el("pre").child(el("code").text(provenance.repeat.join("\n"))))
    });
    el("section")
        .attr("aria-labelledby", "inputs")
        .child(el("h2").attr("id", "inputs").text("Inputs"))
        .child(el("p").class("lead").text("The verdict is bound to exactly these bytes."))
        .child(table(Narrow::Stack, "Inputs and their digests", &columns, rows.collect()))
        .children(approval)
        .children(repeat)
        .child(folded(
            "The policy, as a file for --policy",
            [el("pre").child(el("code").text(policy_file(evaluation)))],
        ))
}

/// The policy as TOML.
fn policy_file(evaluation: &Evaluation) -> String {
    let policy = serde_json::to_value(&evaluation.policy).unwrap_or_default();
    let fields = policy.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let lines: Vec<String> = fields.map(|(name, value)| format!("{name} = {value}")).collect();
    format!("[evaluation]\n{}", lines.join("\n"))
}
