//! `meridian evaluate`: what the pipeline will say of a model, at a data scientist's desk.

use crate::summary;
use crate::terminal::{self, Format, Leaving, Legible};
use meridian_desk::{Contest, Desk, Exam, Extras, Judged};
use meridian_domain::Verdict;
use meridian_evaluation::{html, json, junit, markdown};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit code of a challenger that is worse.
const FAIL: u8 = 1;
/// Exit code if the records are too few.
const INCONCLUSIVE: u8 = 3;

/// Arguments of `meridian evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian evaluate --challenger new.tar.gz --champion serving.tar.gz \\\n      \
    --holdout holdout.parquet --label label --region-column customer_region \\\n      \
    --ignore payment_id,booked_at --out report\n  \
    meridian evaluate --challenger new.tar.gz --champion serving.tar.gz \\\n      \
    --holdout holdout.csv.gz --label label --slice country \\\n      \
    --format junit > evaluation.xml\n  \
    meridian evaluate --challenger new.tar.gz --holdout holdout.csv.gz \\\n      \
    --label label --cost-miss 400 --cost-false-alarm 5\n\n\
    Exit code: 0 pass; 1 fail; 3 inconclusive; 2 wrong input, and nothing was evaluated.")]
pub struct Arguments {
    /// The model to be judged: model.tar.gz, or a bare model file (UBJSON, JSON or legacy binary).
    #[arg(long, value_name = "FILE")]
    challenger: PathBuf,
    /// The model that serves now; without one, the challenger is held to absolute bounds.
    #[arg(long, value_name = "FILE")]
    champion: Option<PathBuf>,
    #[command(flatten)]
    exam: Exam,
    #[command(flatten)]
    extras: Extras,
    /// SHA-256 of each row that the challenger was trained on, one a line, plain or gzip: none may be held out.
    /// docs/evaluating.md says how training makes it.
    #[arg(long, value_name = "FILE")]
    training_rows: Option<PathBuf>,
    /// Folder for evaluation.json and evaluation.html; made where it is missing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to print: a summary, evaluation.json, Markdown for a pull request, or JUnit for a CI.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// Evaluates; prints and writes what came of it.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let desk = Desk::open(&arguments.exam, terminal::progress(quiet))?;
    let judged = desk.judge(Contest {
        challengers: std::slice::from_ref(&arguments.challenger),
        champion: arguments.champion.as_deref(),
        training_rows: arguments.training_rows.as_slice(),
        prices: arguments.extras.prices(),
        slices: &arguments.extras.slice,
    })?;
    drop(desk);
    // One challenger has one evaluation.
    let Some(Judged { evaluation, provenance }) = judged.into_iter().next() else { return Ok(ExitCode::from(FAIL)) };
    let document = json(&evaluation, &provenance)?;
    if let Some(folder) = &arguments.out {
        write_reports(folder, &document, &html(&evaluation, &provenance))?;
    }
    match if arguments.json { Format::Json } else { arguments.format } {
        Format::Text if quiet => summary::verdict(&mut terminal::stdout(), &evaluation)?,
        Format::Text => summary::write(&mut terminal::stdout(), &evaluation, arguments.out.as_deref())?,
        Format::Json => terminal::text(&document)?,
        Format::Markdown => {
            let mut out = Legible(Leaving(std::io::stdout().lock()));
            out.write_all(markdown(&evaluation, &provenance).as_bytes())?;
            out.flush()?;
        }
        Format::Junit => terminal::text(&junit([(&evaluation, &provenance)]))?,
    }
    // The verdict first: what blocks nothing is told after it.
    if !quiet {
        evaluation.warnings().iter().for_each(|warning| terminal::warning(&warning.to_string()));
    }
    Ok(code(evaluation.verdict))
}

/// The exit code that tells a verdict.
pub fn code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Pass => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::from(FAIL),
        Verdict::Inconclusive => ExitCode::from(INCONCLUSIVE),
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}

/// Both files, each whole or not at all.
fn write_reports(folder: &Path, json: &str, html: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for (name, text) in [("evaluation.json", json), ("evaluation.html", html)] {
        let path = folder.join(name);
        let part = folder.join(format!(".{name}.{}.part", std::process::id()));
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, &path));
        if let Err(error) = written {
            // What is left of it helps nobody; that it cannot be removed either changes nothing.
            let _ = fs::remove_file(&part);
            return Err(unwritable(&path, &error).into());
        }
    }
    Ok(())
}
