//! `meridian compare`: several models against one champion, a row for each.

use crate::evaluate;
use crate::summary;
use crate::terminal::{self, Format, Leaving, Legible};
use anstyle::Style;
use meridian_desk::{Contest, Desk, Exam, Extras, Judged};
use meridian_domain::Verdict;
use meridian_evaluation::{
    Costs, Drift, Gate, ModelCosts, ModelNumbers, Named, SlicesInWords, junit, markdown_costs, markdown_drift,
    markdown_slices, markdown_table,
};
use meridian_messages::layout::{Cells, columns};
use serde::Serialize;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 1;

/// Arguments of `meridian compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Each challenger is judged as `meridian evaluate` judges it by itself, which tells why.\n\n\
    Example:\n  \
    meridian compare serving.tar.gz deeper.tar.gz more-data.tar.gz \\\n      \
    --holdout holdout.parquet --label label --region-column customer_region \\\n      \
    --ignore payment_id\n\n\
    Exit code: 0 at least one challenger passes; 3 none does, and at least one is inconclusive; 1 all fail; 2 wrong input, \
    and nothing was evaluated.")]
pub struct Arguments {
    /// The model that serves now: model.tar.gz, or a bare model file.
    #[arg(value_name = "CHAMPION")]
    champion: PathBuf,
    /// The models to be judged.
    #[arg(value_name = "CHALLENGER", required = true)]
    challengers: Vec<PathBuf>,
    #[command(flatten)]
    exam: Exam,
    #[command(flatten)]
    extras: Extras,
    /// SHA-256 of each row that the challengers were trained on, one a line, plain or gzip: none may be held out. Once for all
    /// challengers, or once for each in their order. docs/evaluating.md says how training makes it.
    #[arg(long, value_name = "FILE")]
    training_rows: Vec<PathBuf>,
    /// What to print: a table, one JSON document, Markdown for a pull request, or JUnit for a CI, a suite for each challenger.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    rows: u64,
    positives: u64,
    holdout: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Named>,
    /// Which features moved since the reference: the same for every challenger.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Drift>,
    champion: Model,
    challengers: Vec<Challenger<'a>>,
}

#[derive(Debug, Serialize)]
struct Model {
    #[serde(flatten)]
    file: Named,
    #[serde(flatten)]
    numbers: ModelNumbers,
}

#[derive(Debug, Serialize)]
struct Challenger<'a> {
    verdict: Verdict,
    #[serde(flatten)]
    model: Model,
    /// The gates that keep it from being approved.
    against: Vec<Against>,
    reasons: Vec<String>,
    /// Both models by the values of each column of --slice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slices: Vec<SlicesInWords<'a>>,
    /// What its alerts and the champion's cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<&'a Costs>,
    repeat: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Against {
    gate: String,
    region: Option<String>,
    verdict: Verdict,
    reason: String,
}

/// Judges every challenger; prints a row for each.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let desk = Desk::open(&arguments.exam, terminal::progress(quiet))?;
    let judged = desk.judge(Contest {
        challengers: &arguments.challengers,
        champion: Some(&arguments.champion),
        training_rows: &arguments.training_rows,
        prices: arguments.extras.prices(),
        slices: &arguments.extras.slice,
    })?;
    drop(desk);
    let mut warned: Vec<String> = Vec::new();
    for warning in judged.iter().flat_map(|one| one.evaluation.remarks.iter().map(ToString::to_string)) {
        if !quiet && !warned.contains(&warning) {
            terminal::warning(&warning);
            warned.push(warning);
        }
    }
    let Some(document) = document(&judged) else { return Err("a champion and a challenger are needed".into()) };
    match if arguments.json { Format::Json } else { arguments.format } {
        Format::Json => terminal::document(&document)?,
        Format::Text if quiet => verdicts(&mut terminal::stdout(), &document)?,
        Format::Text => text(&mut terminal::stdout(), &document, &judged)?,
        Format::Markdown => markdown(&mut Legible(Leaving(std::io::stdout().lock())), &document, &judged)?,
        Format::Junit => terminal::text(&junit(judged.iter().map(|one| (&one.evaluation, &one.provenance))))?,
    }
    Ok(evaluate::code(best(&document)))
}

/// The verdict of the challenger that came farthest.
fn best(document: &Document<'_>) -> Verdict {
    let any = |verdict| document.challengers.iter().any(|challenger| challenger.verdict == verdict);
    [Verdict::Pass, Verdict::Inconclusive].into_iter().find(|verdict| any(*verdict)).unwrap_or(Verdict::Fail)
}

/// What came of all; [`None`] of none.
fn document(judged: &[Judged]) -> Option<Document<'_>> {
    let first = judged.first()?;
    let inputs = &first.provenance.inputs;
    Some(Document {
        schema: SCHEMA,
        rows: first.evaluation.rows,
        positives: first.evaluation.positives,
        holdout: inputs.holdout.clone(),
        reference: inputs.reference.clone(),
        drift: first.evaluation.drift.clone(),
        champion: Model { file: inputs.champion.clone()?, numbers: first.evaluation.champion? },
        challengers: judged.iter().map(challenger).collect(),
    })
}

fn challenger(Judged { evaluation, provenance }: &Judged) -> Challenger<'_> {
    let against = |gate: &Gate| Against {
        gate: gate.name.clone(),
        region: gate.region.clone(),
        verdict: gate.verdict,
        reason: gate.reason(),
    };
    Challenger {
        verdict: evaluation.verdict,
        reasons: evaluation.reasons().iter().map(ToString::to_string).collect(),
        against: evaluation.gates.iter().filter(|gate| gate.blocks()).map(against).collect(),
        model: Model { file: provenance.inputs.challenger.clone(), numbers: evaluation.challenger },
        slices: evaluation.slices.iter().map(SlicesInWords::from).collect(),
        costs: evaluation.costs.as_ref(),
        repeat: provenance.repeat.clone(),
    }
}

const HEADERS: [&str; 7] = ["model", "verdict", "AUC", "recall", "false positives", "Brier", "gates not passed"];

/// The champion's row, then one for each challenger.
fn rows(document: &Document<'_>) -> Vec<Vec<String>> {
    let champion = row(&document.champion, "champion".to_owned(), "-".to_owned());
    let challengers = document
        .challengers
        .iter()
        .map(|challenger| row(&challenger.model, challenger.verdict.to_string(), against(&challenger.against)));
    std::iter::once(champion).chain(challengers).collect()
}

fn row(Model { file, numbers }: &Model, verdict: String, against: String) -> Vec<String> {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    vec![
        file.name.escape_debug().to_string(),
        verdict,
        format!("{:.4}", numbers.auc),
        percent(numbers.recall),
        percent(numbers.fpr),
        numbers.brier.map_or_else(|| "-".to_owned(), |brier| format!("{brier:.5}")),
        against,
    ]
}

/// Gates that a row names.
const NAMED: usize = 3;

/// `auc, recall in japan and 2 more`.
fn against(gates: &[Against]) -> String {
    let name = |Against { gate, region, .. }: &Against| match region {
        Some(region) => format!("{gate} in {}", region.escape_debug()),
        None => gate.clone(),
    };
    let named: Vec<String> = gates.iter().take(NAMED).map(name).collect();
    match gates.len().saturating_sub(NAMED) {
        0 if named.is_empty() => "-".to_owned(),
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn records(Document { rows, positives, holdout, .. }: &Document<'_>) -> String {
    format!("{}: {rows} held-out records, {positives} of them positive", holdout.name.escape_debug())
}

/// Each challenger's verdict, and nothing of why.
fn verdicts(out: &mut impl Write, document: &Document<'_>) -> io::Result<()> {
    let rows = document
        .challengers
        .iter()
        .map(|own| [own.model.file.name.escape_debug().to_string(), own.verdict.to_string()]);
    let styles = document.challengers.iter().map(|challenger| terminal::verdict(challenger.verdict));
    terminal::styled(out, styles, &columns(rows, Cells::Words))
}

/// What the alerts of a model cost, by its file.
type Priced<'a> = (&'a str, &'a ModelCosts);

/// What each model's alerts cost, the champion's first, and how to read it; [`None`] where nobody asked.
fn costs<'a>(document: &'a Document<'_>) -> Option<(Vec<Priced<'a>>, String)> {
    let priced = document.challengers.iter().filter_map(|own| Some((own.model.file.name.as_str(), own.costs?)));
    let priced: Vec<(&str, &Costs)> = priced.collect();
    let (_, first) = priced.first()?;
    let champion = first.champion.as_ref().map(|costs| (document.champion.file.name.as_str(), costs));
    let challengers = priced.iter().map(|(name, costs)| (*name, &costs.challenger));
    Some((champion.into_iter().chain(challengers).collect(), first.note()))
}

/// The table for a pull request, and what was asked for below it.
fn markdown(out: &mut impl Write, document: &Document<'_>, judged: &[Judged]) -> io::Result<()> {
    writeln!(out, "{}\n\n{}", records(document), markdown_table(&HEADERS, rows(document).into_iter()))?;
    for Judged { evaluation, provenance } in judged {
        for slices in &evaluation.slices {
            writeln!(out, "\n{}", markdown_slices(Some(&provenance.inputs.challenger.name), slices))?;
        }
    }
    if let Some((models, note)) = costs(document) {
        writeln!(out, "\n{}", markdown_costs(models, &note))?;
    }
    if let Some(drift) = &document.drift {
        writeln!(out, "\n{}", markdown_drift(drift))?;
    }
    Ok(())
}

fn text(out: &mut impl Write, document: &Document<'_>, judged: &[Judged]) -> io::Result<()> {
    let head = HEADERS.map(str::to_owned).to_vec();
    let lines = columns(std::iter::once(head).chain(rows(document)), Cells::Words);
    let verdicts = document.challengers.iter().map(|challenger| terminal::verdict(challenger.verdict));
    terminal::styled(out, [Style::new().dimmed(), Style::new()].into_iter().chain(verdicts), &lines)?;
    writeln!(out)?;
    for challenger in document.challengers.iter().filter(|challenger| challenger.verdict != Verdict::Pass) {
        let why = challenger.reasons.first().map(String::as_str).unwrap_or_default();
        writeln!(out, "{}: {why}", challenger.model.file.name.escape_debug())?;
    }
    writeln!(out, "{}", records(document))?;
    for Judged { evaluation, provenance } in judged {
        for slices in &evaluation.slices {
            writeln!(out, "\n{}:", provenance.inputs.challenger.name.escape_debug())?;
            summary::slices(out, slices)?;
        }
    }
    if let Some((models, note)) = costs(document) {
        writeln!(out)?;
        summary::costs(out, models, &note)?;
    }
    let Some(drift) = &document.drift else { return Ok(()) };
    writeln!(out)?;
    summary::drift(out, drift)
}
