//! `meridian history`: which bytes served a region at a moment, and why, by the ledger.

mod document;
mod moment;
mod page;

use crate::aws::{Place, Session};
use crate::operator::{UnknownRegion, region};
use crate::terminal;
use jiff::Timestamp;
use meridian_domain::{Chain, Entry, Fleet, Region};
use meridian_handlers::history::{Held, Read, RegionTold, between, held, read, tell};
use moment::{Since, moment};
use std::error::Error;
use std::process::ExitCode;

/// Something could not be read, or was altered; the rest is printed.
const NOT_WHOLE: u8 = 1;

/// Arguments of `meridian history`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian history --region JP --at 2026-11-20T03:47Z\n  \
                        meridian history --since 2h\n  \
                        meridian history --at 2026-11-20T03:47Z --quiet\n\n\
                        Reads every chain from its beginning and checks each entry's hash; writes nothing, and asks no \
                        endpoint: what SageMaker says now is the doctor's to tell.\n\nExit code: 0 all was told and \
                        verified; 1 something could not be read or is altered, the rest was told; 2 wrong input.")]
pub struct Arguments {
    /// A region of the fleet, by its title or AWS's name, such as JP or ap-northeast-1; may be repeated [default: all].
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// The moment to report, such as 2026-11-20T03:47Z or "2026-11-20 03:47" (UTC); the end, with --since
    /// [default: now].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    /// List every entry since a moment, or since a time before the end, such as 2h.
    #[arg(long, value_name = "TIME|DURATION")]
    since: Option<Since>,
    /// Print the document for machines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Arguments that contradict each other.
#[derive(Debug, thiserror::Error)]
enum AskedError {
    #[error("--since {since:.0} is not before the end, {until:.0}: give an earlier --since, or a later --at")]
    Order { since: Timestamp, until: Timestamp },
    #[error("--at {at:.0} lies after now ({now:.0}): the ledger says nothing of a time to come")]
    Future { at: Timestamp, now: Timestamp },
}

/// What was read and found, to be told to people or machines.
struct Told<'a> {
    fleet: &'a Fleet,
    at: Timestamp,
    since: Option<Timestamp>,
    chains: &'a [Read],
    /// What other regions keep of them.
    held: &'a [Held],
    /// What each region serves, told without `--since`.
    regions: &'a [RegionTold],
    /// What was written, told with `--since`.
    entries: &'a [(&'a Chain, &'a Entry)],
}

impl Told<'_> {
    fn is_whole(&self) -> bool {
        let as_held = self.held.iter().all(|held| held.departure().is_none());
        as_held && self.chains.iter().all(|read| read.head.is_ok()) && self.regions.iter().all(RegionTold::is_whole)
    }
}

/// Reads the ledger, and prints it.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let session = Session::open(&arguments.place)?;
    let policy = session.fleet.clone();
    let regions = chosen(&policy, &arguments.regions)?;
    let until = arguments.at.unwrap_or_else(|| session.now());
    let since = arguments.since.map(|since| since.before(until)).transpose()?;
    if let Some(since) = since.filter(|since| *since >= until) {
        return Err(AskedError::Order { since, until }.into());
    }
    session.with_credentials()?;
    let session = session.at_home();
    let fleet = &*session.fleet;
    let progress = terminal::progress(quiet);
    progress.say("reading the ledger");
    let chains = session.run(read(&session.ports, fleet, &regions));
    let now = present(session.now(), &chains);
    let at = arguments.at.unwrap_or(now);
    if at > now {
        return Err(AskedError::Future { at, now }.into());
    }
    let (mut told, mut entries) = (Vec::new(), Vec::new());
    match since {
        None => told = session.run(tell(&session.ports, &regions, &chains, at)),
        Some(since) => entries = about(&regions, between(&chains, since, at)),
    }
    let held = session.run(held(&session.ports, fleet, &chains));
    drop(progress);
    let told = Told { fleet, at, since, chains: &chains, held: &held, regions: &told, entries: &entries };
    if arguments.json {
        terminal::document(&document::Document::of(&told))?;
    } else if quiet {
        page::brief(&mut terminal::stdout(), &told, terminal::columns())?;
    } else {
        page::write(&mut terminal::stdout(), &told, terminal::columns())?;
    }
    if told.is_whole() {
        return Ok(ExitCode::SUCCESS);
    }
    session.tell_refused_credentials();
    Ok(ExitCode::from(NOT_WHOLE))
}

/// The regions that were asked for, in the fleet's order; all where none was.
fn chosen<'a>(fleet: &'a Fleet, asked: &[String]) -> Result<Vec<&'a Region>, UnknownRegion> {
    let wanted = asked.iter().map(|asked| region(fleet, asked)).collect::<Result<Vec<_>, _>>()?;
    Ok(fleet.regions.iter().filter(|region| wanted.is_empty() || wanted.contains(&region.name)).collect())
}

/// The clock's time, or the newest entry's: the machine's clock may be behind it, and a local world's is another.
fn present(clock: Timestamp, chains: &[Read]) -> Timestamp {
    chains.iter().flat_map(|read| &read.entries).map(|entry| entry.at).fold(clock, Timestamp::max)
}

/// Of the hub's entries those that are about the regions, or about the whole fleet.
fn about<'a>(regions: &[&Region], entries: Vec<(&'a Chain, &'a Entry)>) -> Vec<(&'a Chain, &'a Entry)> {
    let is_about = |(_, entry): &(&Chain, &Entry)| {
        let subject = meridian_messages::ledger::subject(&entry.record);
        subject.is_none_or(|subject| regions.iter().any(|region| region.name == *subject))
    };
    entries.into_iter().filter(is_about).collect()
}
