//! An evaluation in some lines for a person: the verdict first.

use anstyle::{AnsiColor, Style};
use meridian_domain::{GateMode, Verdict};
use meridian_evaluation::{Evaluation, Gate, ModelNumbers};
use std::io::{self, Write};
use std::path::Path;

const HEADERS: [&str; 8] = ["gate", "where", "verdict", "challenger", "champion", "difference", "interval", "allowed"];

/// Writes the summary.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, evaluation: &Evaluation, folder: Option<&Path>) -> io::Result<()> {
    let style = style(evaluation.verdict).bold();
    let word = evaluation.verdict.to_string().to_uppercase();
    let meaning = match evaluation.verdict {
        Verdict::Pass => "the challenger may be approved",
        Verdict::Fail => "the challenger would be rejected",
        Verdict::Inconclusive => "too little evidence: the challenger would not be approved",
    };
    writeln!(out, "{style}{word}{style:#}  {meaning}")?;
    for reason in evaluation.reasons() {
        writeln!(out, "  - {reason}")?;
    }
    writeln!(out)?;
    gates(out, &evaluation.gates)?;
    writeln!(out)?;
    numbers(out, evaluation)?;
    if let Some(folder) = folder {
        writeln!(out, "\nreport: {}", folder.join("evaluation.html").display())?;
    }
    Ok(())
}

fn gates(out: &mut impl Write, gates: &[Gate]) -> io::Result<()> {
    let rows: Vec<[String; 8]> = gates.iter().map(cells).collect();
    let mut widths = HEADERS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let dim = Style::new().dimmed();
    writeln!(out, "{dim}{}{dim:#}", padded(&HEADERS.map(str::to_owned), &widths))?;
    for (gate, row) in gates.iter().zip(&rows) {
        let style = style(gate.verdict);
        writeln!(out, "{style}{}{style:#}", padded(row, &widths))?;
    }
    Ok(())
}

fn cells(gate: &Gate) -> [String; 8] {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let advisory = if gate.mode == GateMode::Advisory { " (advisory)" } else { "" };
    [
        gate.name.clone(),
        gate.region.as_ref().map_or_else(|| "all".to_owned(), |name| name.escape_debug().to_string()),
        format!("{}{advisory}", gate.verdict),
        number(gate.challenger),
        number(gate.champion),
        number(gate.difference),
        gate.interval.map_or_else(|| "-".to_owned(), |[low, high]| format!("{low:.4} to {high:.4}")),
        number(gate.allowed),
    ]
}

fn padded(row: &[String; 8], widths: &[usize; 8]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    cells.join("  ").trim_end().to_owned()
}

fn numbers(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let percent = |value: f64| format!("{:.2} %", value * 100.0);
    let plain = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    type Show<'a> = Box<dyn Fn(&ModelNumbers) -> String + 'a>;
    let lines: [(&str, Show<'_>); 8] = [
        ("AUC", Box::new(|model| plain(Some(model.auc)))),
        ("operating threshold", Box::new(|model| model.threshold.to_string())),
        ("false-positive rate", Box::new(|model| percent(model.fpr))),
        ("recall", Box::new(|model| percent(model.recall))),
        ("alert rate", Box::new(|model| percent(model.alert_rate))),
        ("Brier score", Box::new(|model| plain(model.brier))),
        ("calibration slope", Box::new(|model| plain(model.calibration_slope))),
        ("calibration intercept", Box::new(|model| plain(model.calibration_intercept))),
    ];
    let Evaluation { rows, positives, regions, .. } = evaluation;
    let parts = if regions.is_empty() { String::new() } else { format!(", {} customer regions", regions.len()) };
    writeln!(out, "{rows} held-out records, {positives} of them positive{parts}")?;
    let champion = if evaluation.champion.is_some() { "champion" } else { "" };
    writeln!(out, "{}", format!("{:<22}  {:>10}  {champion:>10}", "", "challenger").trim_end())?;
    for (name, show) in &lines {
        let champion = evaluation.champion.as_ref().map(show).unwrap_or_default();
        writeln!(out, "{}", format!("{name:<22}  {:>10}  {champion:>10}", show(&evaluation.challenger)).trim_end())?;
    }
    Ok(())
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Fail => AnsiColor::Red.on_default(),
        Verdict::Inconclusive => AnsiColor::Yellow.on_default(),
    }
}
