//! The report: `evaluation.json` for machines, one self-contained HTML page for people.

use crate::evaluation::{Evaluation, Gate, ModelNumbers};
use meridian_domain::{GateMode, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// An input of an evaluation and the SHA-256 (hexadecimal) of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What people call it, for example `v427`.
    pub name: String,
    /// Digest of the bytes that were read.
    pub sha256: String,
}

/// The inputs that a verdict is bound to, besides the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The challenger's model archive.
    pub challenger: Named,
    /// The champion's; absent for a first release.
    pub champion: Option<Named>,
    /// The held-out file.
    pub holdout: Named,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    inputs: &'a Digests,
    policy_sha256: String,
}

/// `evaluation.json`: the fields of [`Evaluation`] plus `inputs` and `policy_sha256`. Reads back as an
/// [`Evaluation`], and the same inputs give the same bytes.
///
/// # Errors
/// Only where serialisation itself fails, which no evaluation does.
pub fn json(evaluation: &Evaluation, digests: &Digests) -> Result<String, serde_json::Error> {
    let document = Document { evaluation, inputs: digests, policy_sha256: evaluation.policy.digest() };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// `evaluation.html`: no script, no network, readable in dark mode, on a phone and in print.
pub fn html(evaluation: &Evaluation, digests: &Digests) -> String {
    let challenger = escape(&digests.challenger.name);
    let against = digests
        .champion
        .as_ref()
        .map_or("first release, no champion".to_owned(), |champion| format!("against {}", escape(&champion.name)));
    let (class, headline) = match evaluation.verdict {
        Verdict::Pass => ("pass", "may be approved"),
        Verdict::Fail => ("fail", "is rejected"),
        Verdict::Inconclusive => ("open", "is not approved: too little evidence"),
    };
    let reasons: String = evaluation.reasons.iter().map(|reason| format!("<li>{}</li>", escape(reason))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{challenger}: {verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"kicker\">Shadow evaluation, {against}</p>\n\
         <section class=\"verdict {class}\">\n<h1>{challenger} {headline}</h1>\n<ul>{reasons}</ul>\n</section>\n\
         {numbers}{regions}{gates}{inputs}</main>\n</body>\n</html>\n",
        verdict = evaluation.verdict,
        numbers = numbers_section(evaluation),
        regions = regions_section(evaluation),
        gates = gates_section(evaluation),
        inputs = inputs_section(evaluation, digests),
    )
}

fn numbers_section(evaluation: &Evaluation) -> String {
    type Row = (&'static str, fn(&ModelNumbers) -> String);
    let rows: [Row; 5] = [
        ("AUC", |numbers| format!("{:.4}", numbers.auc)),
        ("False-positive rate", |numbers| percent(numbers.fpr)),
        ("Recall", |numbers| percent(numbers.recall)),
        ("Alert rate", |numbers| percent(numbers.alert_rate)),
        ("Operating threshold", |numbers| numbers.threshold.to_string()),
    ];
    let mut body = String::new();
    for (name, show) in rows {
        let champion = evaluation.champion.as_ref().map_or("–".to_owned(), show);
        let _ = writeln!(
            body,
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{champion}</td></tr>",
            show(&evaluation.challenger)
        );
    }
    section(
        "Numbers",
        &format!("{} held-out records, {} of them positive.", evaluation.rows, evaluation.positives),
        "<th scope=\"col\">Measure</th><th scope=\"col\">Challenger</th><th scope=\"col\">Champion</th>",
        &body,
    )
}

fn regions_section(evaluation: &Evaluation) -> String {
    if evaluation.regions.is_empty() {
        return String::new();
    }
    let auc = |numbers: &ModelNumbers| format!("{:.4}", numbers.auc);
    let fpr = |numbers: &ModelNumbers| percent(numbers.fpr);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let mut body = String::new();
    for region in &evaluation.regions {
        let gate = evaluation.gates.iter().find(|gate| gate.region.as_deref() == Some(&region.region));
        let cells = [
            or_dash(gate.map(badge)),
            region.rows.to_string(),
            region.positives.to_string(),
            or_dash(region.challenger.as_ref().map(auc)),
            or_dash(region.champion.as_ref().map(auc)),
            or_dash(region.challenger.as_ref().map(fpr)),
            or_dash(region.champion.as_ref().map(fpr)),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        let _ = writeln!(body, "<tr><th scope=\"row\">{}</th>{cells}</tr>", escape(&region.region));
    }
    let head = ["Region", "Verdict", "Records", "Positives", "AUC", "Champion’s AUC", "FPR", "Champion’s FPR"];
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    section("Customer regions", "The same models on each region's records.", &head, &body)
}

fn gates_section(evaluation: &Evaluation) -> String {
    let mut body = String::new();
    for gate in &evaluation.gates {
        let note = if gate.mode == GateMode::Required { "" } else { " (does not block)" };
        let _ = writeln!(
            body,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"text\">{}{note}</td></tr>",
            title_of(gate),
            badge(gate),
            escape(&gate.reason)
        );
    }
    let head = "<th scope=\"col\">Gate</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"text\">Why</th>";
    section("Gates", "Every gate that was asked.", head, &body)
}

fn inputs_section(evaluation: &Evaluation, digests: &Digests) -> String {
    let policy = Named { name: "policy".to_owned(), sha256: evaluation.policy.digest() };
    let inputs = [
        Some(("Challenger", &digests.challenger)),
        digests.champion.as_ref().map(|champion| ("Champion", champion)),
        Some(("Held-out set", &digests.holdout)),
        Some(("Policy", &policy)),
    ];
    let mut body = String::new();
    for (role, input) in inputs.into_iter().flatten() {
        let (name, digest) = (escape(&input.name), escape(&input.sha256));
        let _ = writeln!(
            body,
            "<tr><th scope=\"row\">{role}</th><td class=\"text\">{name}</td><td class=\"text\"><code>{digest}</code></td></tr>"
        );
    }
    let head = "<th scope=\"col\">Input</th><th scope=\"col\" class=\"text\">Name</th><th scope=\"col\" class=\"text\">SHA-256</th>";
    section("Inputs", "The verdict is bound to exactly these bytes.", head, &body)
}

/// A heading, a line of text and a table that scrolls by itself on a narrow screen.
fn section(title: &str, note: &str, head: &str, body: &str) -> String {
    format!(
        "<section>\n<h2>{title}</h2>\n<p>{note}</p>\n<div class=\"table\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\">\
         <table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n</section>\n"
    )
}

fn title_of(gate: &Gate) -> String {
    let title = match gate.name.as_str() {
        "finite" => "Finite scores",
        "constant" => "Scores differ",
        "auc" => "AUC",
        "false_positive_rate" => "False-positive rate",
        other => other,
    };
    let region = gate.region.as_ref().map_or(String::new(), |region| format!(", {}", escape(region)));
    escape(title) + &region
}

/// The verdict as a mark, a word and a colour, so that no one of them is needed alone.
fn badge(gate: &Gate) -> String {
    let (class, mark) = match gate.verdict {
        Verdict::Pass => ("pass", "✓"),
        Verdict::Fail => ("fail", "✗"),
        Verdict::Inconclusive => ("open", "?"),
    };
    format!("<span class=\"badge {class}\"><span aria-hidden=\"true\">{mark}</span> {}</span>", gate.verdict)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

const STYLE: &str = include_str!("report.css");
