//! An evaluation as Markdown, for a comment on a pull request.

use super::gates::tally;
use super::provenance::Provenance;
use super::words::{NONE, Style, count, headline, severity, style, title};
use crate::conclusion::Warning;
use crate::costs::{CostPoint, ModelCosts};
use crate::drift::{Drift, FeatureDrift};
use crate::evaluation::{Evaluation, Gate, ModelNumbers, RegionNumbers, Slices};
use meridian_judge::{GateMode, Verdict};

/// The verdict with its reasons, both models' numbers, and the gates that did not pass.
pub fn markdown(evaluation: &Evaluation, provenance: &Provenance) -> String {
    let inputs = &provenance.inputs;
    let verdict = evaluation.verdict.to_string().to_uppercase();
    let champion = inputs.champion.as_ref().map_or_else(|| "no champion".to_owned(), |named| cell(&named.name));
    let mut parts = vec![
        format!("## {verdict}: {} {}", cell(&inputs.challenger.name), headline(evaluation.verdict)),
        bullets(evaluation.reasons().iter().map(ToString::to_string)),
        format!(
            "Compared with {champion} on {}: {} records, {} of them positive.",
            cell(&inputs.holdout.name),
            count(evaluation.rows),
            count(evaluation.positives)
        ),
        numbers(evaluation),
        gates(evaluation),
    ];
    parts.extend(evaluation.slices.iter().map(|own| slices(None, own)));
    parts.extend(evaluation.costs.as_ref().map(|own| costs(own.models(), &own.note())));
    parts.extend(evaluation.drift.as_ref().map(drift));
    // Gates that did not pass stand above.
    let is_new = |warning: &Warning<'_>| !matches!(warning, Warning::Gate(_));
    let warnings: Vec<String> = evaluation.warnings().iter().filter(|it| is_new(it)).map(ToString::to_string).collect();
    if !warnings.is_empty() {
        parts.push(format!("### Warnings\n\n{}", bullets(warnings.into_iter())));
    }
    if !provenance.repeat.is_empty() {
        parts.push(format!("To repeat it:\n\n{}", code(&provenance.repeat.join("\n"))));
    }
    parts.join("\n\n") + "\n"
}

/// How a measure is written, and where it stands.
type Measure = (&'static str, Style, fn(&ModelNumbers) -> Option<f64>);

const MEASURES: [Measure; 6] = [
    ("AUC", Style::Plain(4), |n| Some(n.auc)),
    ("Recall", Style::Share, |n| Some(n.recall)),
    ("False-positive rate", Style::Share, |n| Some(n.fpr)),
    ("Alert rate", Style::Share, |n| Some(n.alert_rate)),
    ("Brier score", Style::Plain(5), |n| n.brier),
    ("Operating threshold", Style::Plain(4), |n| Some(n.threshold)),
];

fn numbers(evaluation: &Evaluation) -> String {
    let Some(champion) = &evaluation.champion else {
        let row = |(name, style, of): &Measure| vec![(*name).to_owned(), written(*style, of(&evaluation.challenger))];
        return table(&["", "challenger"], MEASURES.iter().map(row));
    };
    let row = |(name, style, of): &Measure| {
        let (before, after) = (of(champion), of(&evaluation.challenger));
        let change = before.zip(after).map_or_else(|| NONE.to_owned(), |(before, after)| style.change(after - before));
        vec![(*name).to_owned(), written(*style, before), written(*style, after), change]
    };
    table(&["", "champion", "challenger", "change"], MEASURES.iter().map(row))
}

fn written(style: Style, value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| style.value(value))
}

/// Those that keep the release back, the worst first; others that did not pass are folded away.
fn gates(evaluation: &Evaluation) -> String {
    let mut open: Vec<&Gate> = evaluation.gates.iter().filter(|gate| gate.verdict != Verdict::Pass).collect();
    open.sort_by_key(|gate| (severity(gate), gate.region.is_some()));
    let (against, others): (Vec<&Gate>, Vec<&Gate>) = open.into_iter().partition(|gate| gate.blocks());
    let mut parts = vec![format!("Gates: {}.", tally(evaluation.gates.iter()))];
    parts.extend((!against.is_empty()).then(|| of_gates(&against)));
    parts.extend((!others.is_empty()).then(|| {
        let summary = format!("{} other gates did not pass, and keep nothing back", others.len());
        format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>", of_gates(&others))
    }));
    parts.join("\n\n")
}

fn of_gates(gates: &[&Gate]) -> String {
    let row = |gate: &&Gate| {
        let advisory = if gate.mode == GateMode::Advisory { " (advisory)" } else { "" };
        let place = gate.region.as_deref().unwrap_or("all records");
        vec![title(&gate.name), place.to_owned(), format!("{}{advisory}", gate.verdict), gate.reason()]
    };
    table(&["gate", "records", "verdict", "why"], gates.iter().map(row))
}

/// Both models on the records of each value of a column, below a heading; it names the model where there are several.
pub fn slices(model: Option<&str>, slices: &Slices) -> String {
    let row = |value: &RegionNumbers| {
        let RegionNumbers { region, rows, positives, challenger, champion } = value;
        let numbers = |style: Style, of: fn(&ModelNumbers) -> f64| {
            let after = written(style, challenger.as_ref().map(of));
            // Both lack numbers where the records are of one class.
            let before = champion.as_ref().map(|champion| style.value(of(champion)));
            before.map_or_else(|| after.clone(), |before| format!("{before} → {after}"))
        };
        let here = slices.gates.iter().filter(|gate| gate.region.as_ref() == Some(region));
        vec![
            region.clone(),
            count(*rows),
            count(*positives),
            numbers(style("auc"), |n| n.auc),
            numbers(Style::Share, |n| n.recall),
            numbers(Style::Share, |n| n.fpr),
            if slices.is_unjudged(value) { "not judged".to_owned() } else { tally(here) },
        ]
    };
    let head = ["value", "records", "positives", "AUC", "recall", "false-positive rate", "gates (advisory)"];
    let title = model.map_or_else(|| "Slices".to_owned(), |model| format!("{}: slices", cell(model)));
    format!("### {title} by {}\n\n{}", cell(&slices.column), table(&head, slices.regions.iter().map(row)))
}

/// What the alerts of models cost, below a heading.
pub fn costs<'a>(models: impl IntoIterator<Item = (&'a str, &'a ModelCosts)>, note: &str) -> String {
    let row = |name: String, CostPoint { threshold, cost, recall, fpr }: CostPoint| {
        let [recall, fpr] = [recall, fpr].map(|share| Style::Share.value(share));
        vec![name, Style::Plain(4).value(threshold), Style::Plain(2).value(cost), recall, fpr]
    };
    let rows = models.into_iter().flat_map(|(model, ModelCosts { operating, cheapest, .. })| {
        [row(format!("{model}, as deployed"), *operating), row(format!("{model}, cheapest"), *cheapest)]
    });
    let head = ["", "threshold", "cost of 1,000 records", "recall", "false-positive rate"];
    format!("### Costs\n\n{note}\n\n{}", table(&head, rows))
}

/// The features that differ most from the reference, below a heading.
pub fn drift(drift: &Drift) -> String {
    let heading = format!("### Drift by feature\n\n{}", drift.note());
    if drift.most.is_empty() {
        return heading;
    }
    let row = |feature: &FeatureDrift| {
        let [psi, noise] = [feature.psi, feature.noise].map(|index| Style::Plain(4).value(index));
        let [before, after] = [feature.missing_before, feature.missing_after].map(|share| Style::Share.value(share));
        vec![feature.feature.clone(), psi, noise, before, after, feature.meaning().to_owned()]
    };
    let head = ["feature", "PSI", "by chance, at most", "missing before", "missing now", "meaning"];
    format!("{heading}\n\n{}", table(&head, drift.most.iter().map(row)))
}

/// A table of GitHub's Markdown, `head` above `rows`.
pub fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let head = [line(head.iter().map(|name| (*name).to_owned()).collect()), line(vec!["---".to_owned(); head.len()])];
    let rows = rows.map(|cells| line(cells.iter().map(|text| cell(text)).collect()));
    head.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn bullets(sentences: impl Iterator<Item = String>) -> String {
    sentences.map(|sentence| format!("- {}", cell(&sentence))).collect::<Vec<_>>().join("\n")
}

/// Text on one line in which a name from outside stays text. Between two backticks, where sentences name columns, nothing is
/// obeyed but the end of a cell.
fn cell(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let pieces: Vec<&str> = text.split('`').collect();
    // A run of backticks, or one without its partner, would begin and end elsewhere than it seems.
    if text.contains("``") || pieces.len().is_multiple_of(2) {
        return plain(&text);
    }
    let written = pieces.iter().enumerate();
    let written = written.map(|(i, piece)| if i % 2 == 0 { plain(piece) } else { piece.replace('|', "\\|") });
    written.collect::<Vec<_>>().join("`")
}

fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '[' | '#' | '\\' | '~' | '`' => safe.extend(['\\', c]),
            '<' => safe += "&lt;",
            '&' => safe += "&amp;",
            c => safe.push(c),
        }
    }
    safe
}

/// A block of code that its own text does not end.
fn code(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}sh\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_name_from_outside_stays_text() {
        assert_eq!(cell("a | b\n<img src=x> & [x](y) *z*"), "a \\| b &lt;img src=x> &amp; \\[x](y) \\*z\\*");
        assert_eq!(cell("slices by `a_b|c`: 2"), "slices by `a_b\\|c`: 2");
        assert_eq!(cell("one ` alone <b>"), "one \\` alone &lt;b>");
        assert_eq!(cell("```<b>`"), "\\`\\`\\`&lt;b>\\`");
    }
}
