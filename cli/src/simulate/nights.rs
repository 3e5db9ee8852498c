//! `meridian simulate nights`: equal releases through the whole system, beside what the streams of `delivery` say.

use super::streams;
use crate::interrupt::Interrupt;
use crate::terminal;
use meridian_desk::Progress;
use meridian_local::night::{self, Functions, NightError, Options, Report as Night, Scenario};
use meridian_local::world::Behaviour;
use meridian_proof::judging::report::{Cell, Report, Table, per_cent};
use meridian_proof::judging::share::Share;
use meridian_proof::judging::{Least, each};
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The delivered policy by night and by day, the seeds' own canary, and the order by traffic.
const SCENARIOS: [&str; 4] = ["good-night", "day-wave", "ten-percent", "by-traffic"];
/// Shares of 5xx, or of 4xx, that both releases answer beyond the usual.
const BEYOND: [f64; 5] = [0.0, 0.0002, 0.001, 0.002, 0.005];
/// What is promised of a row; so few nights show no more.
const PROMISED: f64 = 0.99;
/// How much longer than its scenario a night is watched: as long as a wave may try regions again.
const LONGER: jiff::SignedDuration = jiff::SignedDuration::from_hours(4);

/// Arguments of `meridian simulate nights`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::help!("meridian simulate nights --runs 20 --scenario good-night --beyond 0.001"))]
pub struct Arguments {
    /// Nights a row, of consecutive seeds. 299 without a miss show the promised 99 of 100.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    runs: u64,
    /// Seed of the first night.
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = terminal::whole_number)]
    seed: u64,
    /// Only this built-in scenario, or a scenario's file; may be repeated.
    #[arg(long = "scenario", value_name = "NAME|FILE", default_values = SCENARIOS)]
    scenarios: Vec<String>,
    /// Only this share of bad answers, of both releases, beyond the usual (0 to 0.1); may be repeated.
    #[arg(long = "beyond", value_name = "SHARE", value_parser = share, default_values_t = BEYOND)]
    beyond: Vec<f64>,
    #[command(flatten)]
    shown: streams::Shown,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=0.1).contains(share));
    share.ok_or_else(|| format!("{text:?} is no share from 0 to 0.1"))
}

/// Which answers of both releases are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Errors4xx,
    Errors5xx,
}

impl Family {
    const ALL: [Family; 2] = [Family::Errors5xx, Family::Errors4xx];

    fn name(self) -> &'static str {
        match self {
            Family::Errors4xx => "4xx",
            Family::Errors5xx => "5xx",
        }
    }

    /// Both releases, everywhere, answer so much of it beyond the usual.
    fn of_both(self, beyond: f64) -> Behaviour {
        match self {
            Family::Errors4xx => Behaviour { errors_4xx: beyond, ..Behaviour::of_every_release() },
            Family::Errors5xx => Behaviour { errors_5xx: beyond, ..Behaviour::of_every_release() },
        }
    }
}

/// Nothing beyond the usual is the same nights for every family.
fn is_row(family: Family, beyond: f64) -> bool {
    beyond != 0.0 || family == Family::Errors5xx
}

/// What one night came to.
#[derive(Clone, Copy, Debug)]
struct Ended {
    /// Every region serves the release, as its endpoint says too.
    arrived: bool,
    pages: usize,
    executions: usize,
}

impl Ended {
    fn of(night: &Night, release: &str) -> Self {
        let arrived =
            night.fleet.iter().all(|end| end.version.as_deref() == Some(release) && end.confirmed_by_endpoint);
        Ended { arrived, pages: night.pages.len(), executions: night.executions.len() }
    }
}

/// Runs the nights and prints what came of them.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let report = report(arguments, quiet)?;
    arguments.shown.print(&report, quiet)?;
    Ok(streams::exit_code(&report))
}

fn report(arguments: &Arguments, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let runner = Runner::new(arguments, quiet)?;
    let claim =
        format!("at least {} of equal releases reach every region in the same night, unpaged", per_cent(PROMISED));
    let mut least = Least::of(claim, PROMISED);
    let (mut rows, mut titles) = (Vec::new(), Vec::new());
    for name in &arguments.scenarios {
        let mut scenario = Scenario::load(name)?;
        scenario.lasts += LONGER;
        titles.push(vec![Cell::text(&scenario.name), Cell::text(&scenario.title)]);
        for family in Family::ALL {
            for beyond in arguments.beyond.iter().copied() {
                if !is_row(family, beyond) {
                    continue;
                }
                let mut wider = scenario.clone();
                wider.behaviour.push(family.of_both(beyond));
                let nights = runner.run(&wider)?;
                let place = format!("{}, {} of {} beyond the usual", scenario.name, per_cent(beyond), family.name());
                let shares = Shares::of(&nights);
                least.add(shares.unpaged, &place);
                rows.push(shares.row(&scenario.name, family, beyond));
            }
        }
    }
    let fleet = Table {
        title: "The nights".to_owned(),
        note: "Each is watched four hours longer, in which regions are tried again.".to_owned(),
        columns: Table::names(["scenario", "what happens"]),
        rows: titles,
    };
    let table = Table {
        title: "Does an equal release arrive, by the whole system?".to_owned(),
        note: format!(
            "Nights in one process, {} a row. Both releases answer so many requests badly beyond the usual 0.4 % of 4xx and 0.002 % \
             of 5xx. Tried again: more than one execution of the pipeline.",
            arguments.runs
        ),
        columns: Table::names([
            "scenario",
            "bad answers",
            "beyond",
            "arrives unpaged",
            "arrives",
            "paged",
            "tried again",
        ]),
        rows,
    };
    Ok(Report {
        runs: arguments.runs,
        seed: arguments.seed,
        fleet,
        tables: vec![table],
        promises: vec![least.promise()],
    })
}

/// The shares of a row.
#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    unpaged: Share,
    arrived: Share,
    paged: Share,
    again: Share,
}

impl Shares {
    fn of(nights: &[Ended]) -> Self {
        let mut shares = Shares::default();
        for night in nights {
            shares.unpaged.add(night.arrived && night.pages == 0);
            shares.arrived.add(night.arrived);
            shares.paged.add(night.pages > 0);
            shares.again.add(night.executions > 1);
        }
        shares
    }

    fn row(self, scenario: &str, family: Family, beyond: f64) -> Vec<Cell> {
        let head = [Cell::text(scenario), Cell::text(family.name()), Cell::text(per_cent(beyond))];
        let shares = [self.unpaged, self.arrived, self.paged, self.again].map(Cell::share);
        head.into_iter().chain(shares).collect()
    }
}

/// What a scenario that cannot be asked lacks.
#[derive(Debug, thiserror::Error)]
#[error("{0}: no release is published in it, so none can arrive")]
struct NothingPublished(String);

/// Runs nights, and says how many it has run.
struct Runner<'a> {
    arguments: &'a Arguments,
    /// Pages go there. It goes with the last night.
    out: TempDir,
    interrupt: Interrupt,
    progress: Progress,
    done: AtomicU64,
    of: u64,
}

impl<'a> Runner<'a> {
    fn new(arguments: &'a Arguments, quiet: bool) -> Result<Self, Box<dyn Error>> {
        let own = |family| arguments.beyond.iter().filter(move |beyond| is_row(family, **beyond)).count();
        let rows = arguments.scenarios.len() * Family::ALL.map(own).iter().sum::<usize>();
        Ok(Runner {
            arguments,
            out: tempfile::tempdir()?,
            interrupt: Interrupt::catch()?,
            progress: terminal::progress(quiet),
            done: AtomicU64::new(0),
            of: rows as u64 * arguments.runs,
        })
    }

    fn run(&self, scenario: &Scenario) -> Result<Vec<Ended>, Box<dyn Error>> {
        let published = scenario.publish.last().ok_or_else(|| NothingPublished(scenario.name.clone()))?;
        let release = published.version.to_string();
        let nights: Vec<Option<Result<Ended, NightError>>> = each(self.arguments.runs, |number| {
            self.interrupt.check().ok()?;
            self.progress.share(&scenario.name, self.done.fetch_add(1, Ordering::Relaxed), self.of);
            let seed = self.arguments.seed.wrapping_add(number);
            let out = self.out.path().join(seed.to_string());
            let options = Options { seed, functions: Functions::InProcess, out, record: None };
            let night = night::run(scenario, &options, &mut |_| {});
            Some(night.map(|night| Ended::of(&night, &release)))
        });
        self.interrupt.check()?;
        Ok(nights.into_iter().flatten().collect::<Result<_, _>>()?)
    }
}
