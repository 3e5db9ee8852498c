//! An evaluation in some lines for a person: the verdict first.

use crate::terminal;
use anstyle::Style;
use meridian_domain::{GateMode, Verdict};
use meridian_evaluation::{CostPoint, Drift, Evaluation, FeatureDrift, Gate, ModelCosts, ModelNumbers, Slices};
use meridian_local::night::Tone;
use meridian_messages::layout::{Cells, columns};
use std::io::{self, Write};
use std::path::Path;

const HEADERS: [&str; 8] = ["gate", "where", "verdict", "challenger", "champion", "worse by", "interval", "allowed"];

/// Writes the summary.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, evaluation: &Evaluation, folder: Option<&Path>) -> io::Result<()> {
    verdict(out, evaluation)?;
    for reason in evaluation.reasons() {
        writeln!(out, "  - {reason}")?;
    }
    writeln!(out)?;
    gates(out, &evaluation.gates)?;
    writeln!(out)?;
    numbers(out, evaluation)?;
    for slices in &evaluation.slices {
        writeln!(out)?;
        self::slices(out, slices)?;
    }
    if let Some(costs) = &evaluation.costs {
        writeln!(out)?;
        self::costs(out, costs.models(), &costs.note())?;
    }
    if let Some(drift) = &evaluation.drift {
        writeln!(out)?;
        self::drift(out, drift)?;
    }
    if let Some(folder) = folder {
        writeln!(out, "\nreport: {}", folder.join("evaluation.html").display())?;
    }
    Ok(())
}

/// Writes the verdict and what it means.
///
/// # Errors
/// The stream is closed.
pub fn verdict(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let style = terminal::verdict(evaluation.verdict).bold();
    let word = evaluation.verdict.to_string().to_uppercase();
    let meaning = match evaluation.verdict {
        Verdict::Pass => "the challenger may be approved",
        Verdict::Fail => "the challenger would be rejected",
        Verdict::Inconclusive => "too little evidence: the challenger would not be approved",
    };
    writeln!(out, "{style}{word}{style:#}  {meaning}")
}

/// Writes a table: its head, and rows in styles of their own.
fn table(out: &mut impl Write, styles: impl IntoIterator<Item = Style>, lines: &[String]) -> io::Result<()> {
    terminal::styled(out, std::iter::once(Style::new().dimmed()).chain(styles), lines)
}

/// The style of rows that say nothing good or bad.
fn unstyled() -> impl Iterator<Item = Style> {
    std::iter::repeat(Style::new())
}

fn gates(out: &mut impl Write, gates: &[Gate]) -> io::Result<()> {
    let lines = columns(std::iter::once(HEADERS.map(str::to_owned)).chain(gates.iter().map(cells)), Cells::Words);
    let styles = gates.iter().map(|gate| terminal::verdict(gate.verdict));
    table(out, styles, &lines)
}

fn cells(gate: &Gate) -> [String; 8] {
    let advisory = if gate.mode == GateMode::Advisory { " (advisory)" } else { "" };
    let [challenger, champion, difference, interval, allowed] =
        gate.in_figures().map(|figure| figure.map_or_else(|| "-".to_owned(), |figure| figure.replace('\u{a0}', " ")));
    [
        gate.name.clone(),
        gate.region.as_ref().map_or_else(|| "all".to_owned(), |name| name.escape_debug().to_string()),
        format!("{}{advisory}", gate.verdict),
        challenger,
        champion,
        difference,
        interval,
        allowed,
    ]
}

/// A column of slices: a row for each value, and how its gates went.
///
/// # Errors
/// The stream is closed.
pub fn slices(out: &mut impl Write, slices: &Slices) -> io::Result<()> {
    let head = ["records", "positives", "AUC", "recall", "false positives", "worse at"].map(str::to_owned);
    let head = [vec![slices.column.escape_debug().to_string()], head.to_vec()].concat();
    let rows = slices.regions.iter().map(|value| {
        let both = |show: fn(&ModelNumbers) -> String| {
            let show = |model: &Option<ModelNumbers>| model.as_ref().map_or_else(|| "-".to_owned(), show);
            let after = show(&value.challenger);
            // Both lack numbers where the records are of one class.
            if value.champion.is_some() { format!("{} -> {after}", show(&value.champion)) } else { after }
        };
        let here = slices.gates.iter().filter(|gate| gate.region.as_ref() == Some(&value.region));
        let failed: Vec<&str> =
            here.filter(|gate| gate.verdict == Verdict::Fail).map(|gate| gate.name.as_str()).collect();
        let worse = match failed.is_empty() {
            _ if slices.is_unjudged(value) => "too few to judge".to_owned(),
            true => "-".to_owned(),
            false => failed.join(", "),
        };
        vec![
            value.region.escape_debug().to_string(),
            value.rows.to_string(),
            value.positives.to_string(),
            both(|model| format!("{:.4}", model.auc)),
            both(|model| percent(model.recall)),
            both(|model| percent(model.fpr)),
            worse,
        ]
    });
    table(out, unstyled(), &columns(std::iter::once(head).chain(rows), Cells::Words))
}

/// What the alerts of models cost, as they are deployed and at the threshold that costs least.
///
/// # Errors
/// The stream is closed.
pub fn costs<'a>(
    out: &mut impl Write,
    models: impl IntoIterator<Item = (&'a str, &'a ModelCosts)>,
    note: &str,
) -> io::Result<()> {
    let head = ["cost of 1,000 records", "threshold", "cost", "recall", "false positives"].map(str::to_owned);
    let row = |name: String, CostPoint { threshold, cost, recall, fpr }: CostPoint| {
        [name, threshold.to_string(), format!("{cost:.2}"), percent(recall), percent(fpr)]
    };
    let rows = models.into_iter().flat_map(|(model, ModelCosts { operating, cheapest, .. })| {
        let model = model.escape_debug();
        [row(format!("{model}, as deployed"), *operating), row(format!("{model}, cheapest"), *cheapest)]
    });
    table(out, unstyled(), &columns(std::iter::once(head).chain(rows), Cells::Numbers))?;
    writeln!(out, "{note}")
}

/// The features that differ most from the reference's.
///
/// # Errors
/// The stream is closed.
pub fn drift(out: &mut impl Write, drift: &Drift) -> io::Result<()> {
    let head = ["feature", "PSI", "by chance, at most", "missing before", "missing now", "meaning"].map(str::to_owned);
    let row = |feature: &FeatureDrift| {
        [
            feature.feature.escape_debug().to_string(),
            format!("{:.4}", feature.psi),
            format!("{:.4}", feature.noise),
            percent(feature.missing_before),
            percent(feature.missing_after),
            feature.meaning().to_owned(),
        ]
    };
    if !drift.most.is_empty() {
        let moved =
            |feature: &FeatureDrift| if feature.is_moved() { terminal::style(Tone::Warn) } else { Style::new() };
        let lines = columns(std::iter::once(head).chain(drift.most.iter().map(row)), Cells::Words);
        table(out, drift.most.iter().map(moved), &lines)?;
    }
    writeln!(out, "{}", drift.note())
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn numbers(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
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
    let head = [String::new(), "challenger".to_owned(), champion.to_owned()];
    let rows = lines.iter().map(|(name, show)| {
        let champion = evaluation.champion.as_ref().map(show).unwrap_or_default();
        [(*name).to_owned(), show(&evaluation.challenger), champion]
    });
    table(out, unstyled(), &columns(std::iter::once(head).chain(rows), Cells::Numbers))
}
