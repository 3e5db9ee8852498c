//! `meridian score`: margins, probabilities and reasons of every record.

use crate::terminal::{self, Leaving};
use meridian_desk::{Scorer, Serving, TopReasons};
use meridian_domain::edge::visible;
use meridian_evaluation::Records;
use meridian_xgboost::{Reason, probability_of};
use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

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
    let progress = terminal::progress(quiet);
    let scorer = Scorer::open(&arguments.model, &arguments.serving, &progress)?;
    let records = scorer.read(&arguments.input, &arguments.ignore)?;
    let margins = scorer.margins(records.matrix())?;
    let warnings = scorer.warnings().to_vec();
    let explained = match arguments.reasons {
        0 => None,
        count => Some(scorer.explain(count)?),
    };
    drop(progress);
    if !quiet {
        warnings.iter().for_each(|warning| terminal::warning(warning));
    }
    let mut out = BufWriter::new(Leaving(std::io::stdout().lock()));
    write(&mut out, &records, &margins, explained.as_ref())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write(
    out: &mut impl Write,
    records: &Records,
    margins: &[f32],
    explained: Option<&TopReasons>,
) -> Result<(), Box<dyn Error>> {
    let count = explained.map_or(0, TopReasons::count);
    write!(out, "row,margin,probability")?;
    for place in 1..=count {
        write!(out, ",reason_{place},contribution_{place}")?;
    }
    writeln!(out)?;
    let names: Vec<String> = records.features().iter().map(|name| quoted(name)).collect();
    let mut margins = (0..).zip(margins);
    let Some(explained) = explained else {
        return Ok(margins.try_for_each(|(row, margin)| writeln!(out, "{row},{margin},{}", probability_of(*margin)))?);
    };
    for batch in explained.batches(records.matrix()) {
        for (reasons, (row, margin)) in batch?.iter().zip(&mut margins) {
            write!(out, "{row},{margin},{}", probability_of(*margin))?;
            write_reasons(out, &names, reasons, count)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// `count` pairs; empty where fewer features moved the margin.
fn write_reasons(out: &mut impl Write, names: &[String], reasons: &[Reason], count: usize) -> std::io::Result<()> {
    for reason in reasons {
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
