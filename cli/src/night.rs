//! `meridian night`.

mod serve;

use crate::terminal::{self, Leaving, Legible};
use anstyle::{AnsiColor, Style};
use jiff::{Timestamp, tz::TimeZone};
use meridian_local::night::{
    self, Functions, Line, NightError, Options, RegionEnd, Report, Scenario, ScenarioError, Session, Site,
};
use meridian_messages::interrupted;
use meridian_messages::layout::{Cells, columns};
use meridian_messages::ledger::who;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian night`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("door").args(["wire", "serve"]).multiple(true))]
#[command(after_help = "Exit code: 0 the fleet ended as the scenario expects; 1 it did not; 2 wrong input.")]
pub struct Arguments {
    /// A built-in scenario's name, or the path of a scenario file.
    #[arg(long, value_name = "NAME|FILE", default_value = "good-night")]
    scenario: String,
    /// Print the built-in scenarios, and run nothing.
    #[arg(long)]
    list: bool,
    /// Rehearse with this fleet: its regions play the scenario's, in the order of its waves.
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// The seed of everything that is random: equal seeds give equal nights, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// One JSON document on standard output; everything else goes to standard error.
    #[arg(long)]
    json: bool,
    /// Tell only how the night ended, and not its story.
    #[arg(long, short, conflicts_with = "serve")]
    quiet: bool,
    /// Run the functions as the real release binaries, over HTTP in AWS's own protocols.
    #[arg(long)]
    wire: bool,
    /// Folder of the function binaries, for --wire [default: beside this program].
    #[arg(long, value_name = "DIR", requires = "wire")]
    binaries: Option<PathBuf>,
    /// Folder for evaluation pages and the functions' logs [default: none is kept].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    serve: serve::Serve,
    /// Write every call to AWS and its answer to a file, with --wire or --serve: JSON lines.
    #[arg(long, value_name = "FILE", requires = "door")]
    record: Option<PathBuf>,
}

/// Why a night could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Night(#[from] NightError),
    #[error("{path}: {why}")]
    Fleet { path: String, why: String },
    #[error("cannot find this program's own folder: {0}; name the binaries with --binaries")]
    Folder(std::io::Error),
    #[error("cannot write the story: {0}")]
    Write(#[from] std::io::Error),
    #[error("cannot write the report: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs a night; exit code 0 where the fleet ended as the scenario expects, 1 where not.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    Ok(tell(arguments)?)
}

fn list() -> Result<ExitCode, Error> {
    let rows = night::names().into_iter().map(|name| Ok([name.to_owned(), Scenario::load(name)?.title]));
    let rows = rows.collect::<Result<Vec<_>, ScenarioError>>()?;
    let mut stdout = Leaving(anstream::stdout().lock());
    columns(rows, Cells::Words).iter().try_for_each(|line| writeln!(stdout, "{line}"))?;
    Ok(ExitCode::SUCCESS)
}

fn tell(arguments: &Arguments) -> Result<ExitCode, Error> {
    if arguments.list {
        return list();
    }
    let (site, scenario) = set(arguments)?;
    // Nothing is left behind where nobody asked for it.
    let passing = if arguments.out.is_none() { Some(tempfile::tempdir()?) } else { None };
    let out =
        arguments.out.clone().or_else(|| passing.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let functions = if arguments.wire { Functions::Binaries(binaries(arguments)?) } else { Functions::InProcess };
    let options = Options { seed: arguments.seed, functions, out: out.clone(), record: arguments.record.clone() };
    let story: Box<dyn Write> =
        if arguments.json { Box::new(Legible(anstream::stderr())) } else { Box::new(Legible(anstream::stdout())) };
    let mut story = Leaving(story);
    if !arguments.quiet {
        title(&mut story, &scenario, arguments)?;
    }
    let session = Session::begin(site, &scenario, &options)?;
    let quiet = arguments.quiet;
    let mut night = Night { scenario: &scenario, session, story: &mut story, quiet, failed: None };
    if arguments.serve.serve {
        serve::live(&mut night, &arguments.serve)?;
    } else {
        night.run_until(scenario.end())?;
    }
    let report = night.ended()?;
    summary(&mut night.story, &report, arguments.out.as_deref())?;
    if arguments.json {
        let mut stdout = Leaving(std::io::stdout().lock());
        serde_json::to_writer_pretty(&mut stdout, &report)?;
        writeln!(stdout)?;
    }
    if arguments.serve.serve && !arguments.serve.close {
        serve::linger(&mut night)?;
    }
    Ok(if report.as_expected { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The fleet, and what happens to it.
fn set(arguments: &Arguments) -> Result<(Site, Scenario), Error> {
    let scenario = Scenario::load(&arguments.scenario)?;
    let Some(path) = &arguments.fleet else { return Ok((Site::of_scenario(&scenario)?, scenario)) };
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Fleet { path: path.display().to_string(), why: source.to_string() })?;
    Site::of_fleet(&text, &scenario).map_err(|error| match error {
        NightError::Fleet(error) => {
            let line = error.line.map(|line| format!(" line {line}")).unwrap_or_default();
            Error::Fleet { path: format!("{}{line}", path.display()), why: error.message }
        }
        error => error.into(),
    })
}

/// A night in progress, and its outputs.
struct Night<'a, 'b> {
    scenario: &'a Scenario,
    session: Session<'a>,
    story: &'b mut Leaving<Box<dyn Write>>,
    quiet: bool,
    failed: Option<std::io::Error>,
}

impl Night<'_, '_> {
    fn run_until(&mut self, at: Timestamp) -> Result<(), NightError> {
        let (story, failed, columns) = (&mut self.story, &mut self.failed, terminal::columns());
        let quiet = self.quiet;
        self.session.run_until(at, &mut |line: &Line| {
            if quiet {
                return;
            }
            // A full disk is no reason to stop the night halfway; it is said at the end.
            if let Err(error) = terminal::line(story, line, columns) {
                failed.get_or_insert(error);
            }
        })
    }

    /// Prints a line outside of the story.
    fn say(&mut self, text: &str) -> std::io::Result<()> {
        writeln!(self.story, "{text}")?;
        self.story.flush()
    }

    fn ended(&mut self) -> Result<Report, Error> {
        let report = self.session.report()?;
        self.failed.take().map_or(Ok(report), |error| Err(error.into()))
    }
}

fn binaries(arguments: &Arguments) -> Result<PathBuf, Error> {
    if let Some(folder) = &arguments.binaries {
        return Ok(folder.clone());
    }
    let program = std::env::current_exe().map_err(Error::Folder)?;
    Ok(program.parent().map(PathBuf::from).unwrap_or_default())
}

fn title(out: &mut dyn Write, scenario: &Scenario, arguments: &Arguments) -> std::io::Result<()> {
    let bold = Style::new().bold();
    let how = if arguments.wire { "real binaries over HTTP" } else { "in one process" };
    writeln!(out, "{bold}{}{bold:#}: {}", scenario.name, scenario.title)?;
    if let Some(fleet) = &arguments.fleet {
        writeln!(
            out,
            "rehearsed by the regions of {}: home plays home, the others the others in the order of the wave",
            fleet.display()
        )?;
    }
    writeln!(out, "seed {}, {how}, virtual time, UTC\n", arguments.seed)
}

/// The region, its release, since when, and whose decision it was.
fn summary(out: &mut dyn Write, report: &Report, kept: Option<&Path>) -> std::io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "\n{bold}The fleet at {}{bold:#}", clock(report.to))?;
    for end in &report.fleet {
        region(out, end)?;
    }
    for execution in &report.executions {
        let at = execution.failed_at.as_ref().map(|action| format!(" at {action}")).unwrap_or_default();
        writeln!(out, "  {}: the pipeline {}{at}", who(&execution.execution), execution.ending)?;
    }
    writeln!(out, "  pages: {}", report.pages.len())?;
    for page in &report.evaluations {
        match kept {
            Some(folder) => writeln!(out, "  evaluation report: {}", folder.join(page).display())?,
            None => writeln!(out, "  evaluation report: not kept; --out DIR keeps it")?,
        }
    }
    let (green, red) = (AnsiColor::Green.on_default().bold(), AnsiColor::Red.on_default().bold());
    if report.as_expected {
        return writeln!(out, "{green}The night ended as expected.{green:#}");
    }
    writeln!(out, "{red}The night did not end as expected:{red:#}")?;
    report.unexpected.iter().try_for_each(|problem| writeln!(out, "  - {}", problem.words))
}

fn region(out: &mut dyn Write, end: &RegionEnd) -> std::io::Result<()> {
    let version = end.version.as_deref().unwrap_or("unknown");
    let since = end.since.map(clock).unwrap_or_else(|| "unknown".to_owned());
    let by = end.by.as_deref().map_or_else(|| "unknown".to_owned(), who);
    let halt = end.halt.as_ref().map(|_| ", halted").unwrap_or_default();
    let health = if end.health_changes == 0 { "in DNS throughout" } else { "left DNS meanwhile" };
    let title = Style::new().bold();
    writeln!(
        out,
        "  {title}{:<3}{title:#} {:<15} {version}  since {since}  by {by}  ({}, {health}{halt})",
        end.title, end.region, end.status
    )?;
    end.interrupted.iter().try_for_each(|own| writeln!(out, "      {}", interrupted(own)))
}

fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
