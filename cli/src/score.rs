//! `meridian score`: margins, probabilities and reasons of every record.

use crate::features;
use crate::models::{ModelFile, Serving, open};
use crate::progress::Progress;
use crate::terminal::{self, Leaving};
use meridian_domain::edge::visible;
use meridian_evaluation::Records;
use meridian_xgboost::{Matrix, ModelFeatures, ShapForest, probability_of, top_reasons};
use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Records that are explained at a time.
const BATCH: usize = 1024;

/// Arguments of `meridian score`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian score --model v427.tar.gz --input holdout.csv.gz \\\n      \
                        --ignore label,customer_region --reasons 3\n\n\
                        Prints CSV: row,margin,probability and with --reasons K also reason_1,contribution_1 and so on. \
                        Rows count from 0. A margin reads back to the very f32 that XGBoost computes.\n\n\
                        Exit code: 0 scored; 2 wrong input.")]
pub struct Arguments {
    /// The model: model.tar.gz, or a bare model file (UBJSON, JSON or legacy binary).
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The records: CSV or Parquet, plain or gzip, columns in any order.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Columns that are no features, such as the label or a key.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Print the K features that moved each record's margin most, with what they added to it in log-odds.
    #[arg(long, value_name = "K", default_value_t = 0)]
    reasons: usize,
    #[command(flatten)]
    serving: Serving,
}

/// Scores every record; prints CSV.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let serving = &arguments.serving;
    let progress = Progress::new(quiet);
    let list = serving.features.as_deref().map(|path| features::read(path).map(|names| (path, names))).transpose()?;
    let file = ModelFile { path: &arguments.model, options: serving.options(serving.image), progress: &progress };
    let (served, _) = file.read(None)?;
    let (model, caveats) = (served.model, served.caveats);
    let callers = list.as_ref().map(|(path, names)| (*path, names.as_slice()));
    let names = file.features(&ModelFeatures::of(&model), callers)?;
    let warnings: Vec<String> = caveats.into_iter().map(|caveat| format!("{}: {caveat}", file.name())).collect();

    let input = progress.reading(&format!("reading {}", arguments.input.display()), open(&arguments.input)?);
    let records = Records::read(input, &names, &arguments.ignore)
        .map_err(|error| format!("{}: {error}{}", arguments.input.display(), ignore_hint(&error)))?;
    progress.say("scoring");
    let margins = model.matrix_margins(records.matrix(), serving.threads())?;
    drop(model);
    let explained = match arguments.reasons {
        0 => None,
        count => Some((read_shap(arguments, &progress)?, count.min(names.len()))),
    };
    drop(progress);
    if !quiet {
        warnings.iter().for_each(|warning| terminal::warning(warning));
    }
    let mut out = BufWriter::new(Leaving(std::io::stdout().lock()));
    write(&mut out, &names, &records, &margins, explained, serving.threads().get())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn ignore_hint(error: &meridian_evaluation::HoldoutError) -> &'static str {
    match error {
        meridian_evaluation::HoldoutError::Columns { extra, .. } if !extra.is_empty() => " (here: --ignore COL,COL)",
        _ => "",
    }
}

/// The model once more, in the form that explains.
fn read_shap(arguments: &Arguments, progress: &Progress) -> Result<ShapForest, Box<dyn Error>> {
    let path = &arguments.model;
    let file = progress.reading(&format!("reading {} to explain", path.display()), open(path)?);
    let serving = &arguments.serving;
    let forest = ShapForest::read(file, &serving.options(serving.image));
    forest.map_err(|error| format!("{}: {error}", path.display()).into())
}

fn write(
    out: &mut impl Write,
    names: &[String],
    records: &Records,
    margins: &[f32],
    explained: Option<(ShapForest, usize)>,
    threads: usize,
) -> Result<(), Box<dyn Error>> {
    let count = explained.as_ref().map_or(0, |(_, count)| *count);
    write!(out, "row,margin,probability")?;
    for place in 1..=count {
        write!(out, ",reason_{place},contribution_{place}")?;
    }
    writeln!(out)?;
    let width = names.len();
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let batches = records.matrix().values().chunks(BATCH * width);
    for ((batch, margins), first) in batches.zip(margins.chunks(BATCH)).zip((0..).step_by(BATCH)) {
        let contributions = match &explained {
            Some((forest, _)) => forest.contributions(Matrix::new(batch, width).unwrap_or(Matrix::EMPTY), threads)?,
            None => Vec::new(),
        };
        let mut rows = contributions.chunks_exact(width);
        for (margin, row) in margins.iter().zip(first..) {
            write!(out, "{row},{margin},{}", probability_of(*margin))?;
            write_reasons(out, &names, rows.next().unwrap_or_default(), count)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// `count` pairs; empty where fewer features moved the margin.
fn write_reasons(out: &mut impl Write, names: &[String], row: &[f32], count: usize) -> std::io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let reasons = top_reasons(row, count);
    for reason in &reasons {
        let name = names.get(reason.feature).map_or("", String::as_str);
        write!(out, ",{name},{}", reason.contribution)?;
    }
    (reasons.len()..count).try_for_each(|_| write!(out, ",,"))
}

/// A name as a field of CSV, without what a terminal would obey.
fn quoted(name: &str) -> String {
    let name = visible(name);
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.into_owned() }
}
