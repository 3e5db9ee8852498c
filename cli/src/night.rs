//! `meridian night`.

mod serve;

use crate::interrupt::{Interrupt, Interrupted};
use crate::terminal;
use anstyle::{AnsiColor, Style};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use meridian_domain::Record;
use meridian_local::night::{
    self, Functions, Line, NightError, Options, RegionEnd, Report, Scenario, ScenarioError, Session, Site, Tone,
};
use meridian_messages::interrupted;
use meridian_messages::layout::{Cells, columns, thousands};
use meridian_messages::ledger::who;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian night`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("door").args(["wire", "serve"]).multiple(true))]
#[command(after_help = "Examples:\n  \
    meridian night --scenario tokyo-dark\n  \
    meridian night --fleet my-fleet/fleet.toml --scenario bad-model --quiet\n  \
    meridian night --scenario tokyo-dark --serve --at 03:47 --port 4560\n\n\
    Exit code: 0 the fleet ended as the scenario expects; 1 it did not; 2 wrong input; 130 Ctrl-C closed it.")]
pub struct Arguments {
    /// A built-in scenario's name, or the path of a scenario file.
    #[arg(long, value_name = "NAME|FILE", default_value = "good-night")]
    scenario: String,
    /// Print the built-in scenarios, and run nothing; with --fleet also which of them that fleet cannot play.
    #[arg(long)]
    list: bool,
    /// Rehearse with this fleet: its regions play the scenario's, or it is said why they cannot.
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// What AWS does where its documentation leaves it open, as meridian doctor --smoke found it; the scenario's own readings give way.
    #[arg(long, value_name = "FILE")]
    live_facts: Option<PathBuf>,
    /// The seed of everything that is random: equal seeds give equal nights, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = terminal::whole_number)]
    seed: u64,
    /// One JSON document on standard output; everything else goes to standard error.
    #[arg(long)]
    json: bool,
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
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error("{path}: {why}")]
    Fleet { path: String, why: String },
    #[error("--live-facts {path}: {why}; expected what meridian doctor --smoke writes")]
    Facts { path: String, why: String },
    #[error("cannot find this program's own folder: {0}; name the binaries with --binaries")]
    Folder(std::io::Error),
    #[error("cannot write the story: {0}")]
    Write(#[from] std::io::Error),
    #[error("cannot write the report: {0}")]
    Report(std::io::Error),
}

/// Virtual time between two looks for Ctrl-C.
const SLICE: SignedDuration = SignedDuration::from_mins(1);

/// Runs a night; exit code 0 where the fleet ended as the scenario expects, 1 where not.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match tell(arguments, quiet) {
        Err(Error::Interrupted(by)) => Err(by.into()),
        told => Ok(told?),
    }
}

fn list(arguments: &Arguments) -> Result<ExitCode, Error> {
    let fleet = arguments.fleet.as_deref().map(|path| read_fleet(path).map(|text| (path, text))).transpose()?;
    let row = |name: &str| -> Result<[String; 2], Error> {
        let scenario = Scenario::load(name)?;
        let title = match &fleet {
            Some((path, text)) => title_in(path, text, &scenario)?,
            None => scenario.title,
        };
        Ok([name.to_owned(), title])
    };
    let rows = night::names().into_iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    let (mut stdout, lines) = (terminal::stdout(), columns(rows, Cells::Words));
    lines.iter().zip(night::names()).try_for_each(|(line, name)| writeln!(stdout, "{}", titled(line, name)))?;
    Ok(ExitCode::SUCCESS)
}

/// A table's row with its title bold: it stands first, whatever the columns' width.
fn titled(line: &str, title: &str) -> String {
    let bold = Style::new().bold();
    let (title, rest) = line.split_at_checked(title.len()).unwrap_or((line, ""));
    format!("{bold}{title}{bold:#}{rest}")
}

fn tell(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Error> {
    if arguments.list {
        return list(arguments);
    }
    let (site, scenario) = set(arguments)?;
    let interrupt = Interrupt::catch()?;
    // Nothing is left behind where nobody asked for it.
    let passing = if arguments.out.is_none() { Some(tempfile::tempdir()?) } else { None };
    let out =
        arguments.out.clone().or_else(|| passing.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let functions = if arguments.wire {
        Functions::Binaries(binaries(arguments.binaries.as_deref())?)
    } else {
        Functions::InProcess
    };
    let options = Options { seed: arguments.seed, functions, out: out.clone(), record: arguments.record.clone() };
    let (mut story, columns): (Box<dyn Write>, _) = match arguments.json {
        true => (Box::new(terminal::stderr()), terminal::columns_of(std::io::stderr())),
        false => (Box::new(terminal::stdout()), terminal::columns()),
    };
    if !quiet {
        title(&mut story, &scenario, arguments)?;
    }
    let session = Session::begin(site, &scenario, &options)?;
    let mut night = Night { scenario: &scenario, session, story: &mut story, columns, quiet, interrupt, failed: None };
    if arguments.serve.serve {
        serve::run(&mut night, &arguments.serve)?;
    } else {
        night.run_until(scenario.end())?;
    }
    let report = night.ended()?;
    summary(&mut night.story, &report, arguments.out.as_deref())?;
    if arguments.json {
        terminal::document(&report).map_err(Error::Report)?;
    }
    if arguments.serve.serve && !arguments.serve.close {
        serve::linger(&mut night)?;
    }
    Ok(if report.as_expected { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The fleet, and what happens to it.
fn set(arguments: &Arguments) -> Result<(Site, Scenario), Error> {
    let mut scenario = Scenario::load(&arguments.scenario)?;
    if let Some(path) = &arguments.live_facts {
        let wrong = |why: String| Error::Facts { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        scenario.live = scenario.live.under(&text).map_err(|error| wrong(error.message().to_owned()))?;
    }
    let Some(path) = &arguments.fleet else { return Ok((Site::of_scenario(&scenario)?, scenario)) };
    Site::of_fleet(&read_fleet(path)?, &scenario).map_err(|error| of_fleet(path, error))
}

fn read_fleet(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|source| Error::Fleet { path: path.display().to_string(), why: source.to_string() })
}

/// What is wrong with a fleet's file, by its path and line.
fn of_fleet(path: &Path, error: NightError) -> Error {
    match error {
        NightError::Fleet(error) => {
            let line = error.line.map(|line| format!(" line {line}")).unwrap_or_default();
            Error::Fleet { path: format!("{}{line}", path.display()), why: error.problem.to_string() }
        }
        error => error.into(),
    }
}

/// A scenario's title as a fleet plays it, or with the reason why it cannot.
fn title_in(path: &Path, fleet: &str, scenario: &Scenario) -> Result<String, Error> {
    match Site::translated(fleet, scenario) {
        Ok(played) => Ok(played.title),
        Err(NightError::Scenario(ScenarioError::Untranslatable { why, .. })) => {
            Ok(format!("{} (cannot be translated to this fleet: {why})", scenario.title))
        }
        Err(error) => Err(of_fleet(path, error)),
    }
}

/// A night in progress, and its outputs.
struct Night<'a, 'b> {
    scenario: &'a Scenario,
    session: Session<'a>,
    story: &'b mut Box<dyn Write>,
    /// Of the story's terminal.
    columns: Option<usize>,
    quiet: bool,
    interrupt: Interrupt,
    failed: Option<std::io::Error>,
}

impl Night<'_, '_> {
    /// Runs up to a moment, or until somebody stops it.
    fn run_until(&mut self, at: Timestamp) -> Result<(), Error> {
        loop {
            let next = self.session.now().saturating_add(SLICE).unwrap_or(at).min(at);
            let simulated = self.simulate(next);
            // A signal goes to the functions' processes too: that they died of it is no news.
            self.interrupt.check()?;
            simulated?;
            if next == at {
                return Ok(());
            }
        }
    }

    fn simulate(&mut self, to: Timestamp) -> Result<(), NightError> {
        let (story, failed, columns, quiet) = (&mut self.story, &mut self.failed, self.columns, self.quiet);
        self.session.run_until(to, &mut |line: &Line| {
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

/// Where the functions' binaries lie: where it is said, or beside this program.
///
/// # Errors
/// The system does not say where this program lies.
pub fn binaries(named: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let program = std::env::current_exe().map_err(Error::Folder)?;
    Ok(program.parent().map(PathBuf::from).unwrap_or_default())
}

fn title(out: &mut impl Write, scenario: &Scenario, arguments: &Arguments) -> std::io::Result<()> {
    let bold = Style::new().bold();
    let how = if arguments.wire { "real binaries over HTTP" } else { "in one process" };
    writeln!(out, "{bold}{}{bold:#}: {}", scenario.name, scenario.title)?;
    if let Some(fleet) = &arguments.fleet {
        writeln!(
            out,
            "rehearsed by the regions of {}: home plays home, the others the others in the order of the wave; where something \
             happens to the one with the least traffic alone, the one with the least plays it",
            fleet.display()
        )?;
    }
    writeln!(out, "seed {}, {how}, virtual time, UTC\n", arguments.seed)
}

/// The region, its release, since when, and whose decision it was.
fn summary(out: &mut impl Write, report: &Report, kept: Option<&Path>) -> std::io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "\n{bold}The fleet at {}{bold:#}", clock(report.to))?;
    for (line, end) in columns(report.fleet.iter().map(cells), Cells::Words).iter().zip(&report.fleet) {
        writeln!(out, "  {}", titled(line, &end.title))?;
        end.interrupted.iter().try_for_each(|own| writeln!(out, "      {}", interrupted(own)))?;
    }
    for execution in &report.executions {
        let at = execution.failed_at.as_ref().map(|action| format!(" at {action}")).unwrap_or_default();
        writeln!(out, "  {}: the pipeline {}{at}", who(&execution.execution), execution.ending)?;
    }
    let bad = terminal::style(Tone::Bad);
    for decision in report.decisions.iter().filter(|own| matches!(own.entry.record, Record::Condemned { .. })) {
        writeln!(out, "  {bad}{}{bad:#}", decision.words)?;
    }
    writeln!(out, "  pages: {}", report.pages.len())?;
    for (title, requests) in report.fleet.iter().filter_map(|end| Some((&end.title, end.requests?))) {
        let until = requests.many_lost_until.map(|at| format!(", more than one in a hundred until {}", clock(at)));
        writeln!(
            out,
            "  {title}: {} of customers' {} requests lost{}",
            thousands(requests.lost),
            thousands(requests.came),
            until.unwrap_or_default()
        )?;
    }
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

fn cells(end: &RegionEnd) -> [String; 6] {
    let since = end.since.map(clock).unwrap_or_else(|| "unknown".to_owned());
    let by = end.by.as_deref().map_or_else(|| "unknown".to_owned(), who);
    let halt = end.halt.as_ref().map(|_| ", halted").unwrap_or_default();
    let health = if end.health_changes == 0 { "in DNS throughout" } else { "left DNS meanwhile" };
    [
        end.title.clone(),
        end.region.to_string(),
        end.version.as_deref().unwrap_or("unknown").to_owned(),
        format!("since {since}"),
        format!("by {by}"),
        format!("({}, {health}{halt})", end.status),
    ]
}

fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
