//! `meridian doctor --smoke`: makes AWS do what a wave relies on, with an endpoint of its own, and takes it away again.

mod drills;
mod metrics;
mod throwaway;

use super::readings::{FactsFile, Readings};
use crate::aws::Session;
use crate::interrupt::Interrupt;
use crate::operator::{Consent, Went, region};
use crate::terminal;
use drills::DrillError;
use meridian_cost::{PriceKind, PriceTable};
use meridian_domain::RegionName;
use meridian_messages::smoke::{Drilled, will_make};
use serde::Serialize;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use throwaway::Throwaway;

/// Instance-hours of the whole: two instances for two hours, and two more in each of seven updates of a quarter of an hour.
const INSTANCE_HOURS: f64 = 8.0;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    region: &'a str,
    well: bool,
    drills: &'a [Drilled],
    readings: &'a Readings,
    left_behind: &'a [String],
}

/// What was tried, and what came of it.
struct Tried {
    drills: Vec<Drilled>,
    readings: Readings,
    left_behind: Vec<String>,
}

/// Asks, tries, tells, takes away, and writes what AWS did where its documentation leaves it open.
pub fn run(
    session: &Session,
    asked: &str,
    file: &Path,
    consent: &Consent,
    json: bool,
    quiet: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let (region, file) = (region(&session.fleet, asked)?, FactsFile::open(file)?);
    let own = session.run(Throwaway::prepare(session, &region))?;
    let kind = &session.fleet.instance_type;
    let table = PriceTable::built_in()?;
    let price = table.price(PriceKind::Hosting, region.as_str(), kind).map(|price| price.usd * INSTANCE_HOURS);
    let will = will_make(region.as_str(), own.version(), throwaway::INSTANCES, kind, own.name(), price);
    let work = |writes: bool| writes.then(|| attempt(session, &own, json, quiet)).transpose();
    match consent.carry_out(work, |_| Some(format!("{will}. Go on?")))? {
        Ok(Went::Done(Some(tried))) => told(&region, &file, json, &tried),
        Ok(Went::Declined(_)) => {
            terminal::say(&format!("Nothing was made. {will}"))?;
            Ok(ExitCode::from(crate::operator::DECLINED))
        }
        Ok(_) => {
            terminal::say(&format!("Nothing was made. {will}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(DrillError::Interrupted(by)) => Err(by.into()),
        Err(error) => Ok(session.failed(&error)),
    }
}

/// Tries everything, and takes it away whatever went wrong.
fn attempt(session: &Session, own: &Throwaway<'_>, json: bool, quiet: bool) -> Result<Tried, DrillError> {
    let progress = terminal::progress(quiet || json);
    let tell = |drilled: &Drilled| if !json && !quiet { terminal::say(&line(drilled)) } else { Ok(()) };
    // From here on there is something to take away.
    _ = own.interrupt.set(Interrupt::catch()?);
    let tried = session.run(drills::all(own, &progress, tell));
    if matches!(tried, Err(DrillError::Interrupted(_))) {
        terminal::error(
            "stopping: waits until its update has ended, then deletes it all; press again to leave it there",
        );
    }
    let left_behind = session.run(own.clean());
    match tried {
        Ok((drills, readings)) => Ok(Tried { drills, readings, left_behind }),
        Err(error) => {
            left_behind.iter().for_each(|line| terminal::error(line));
            Err(error)
        }
    }
}

/// Writes what AWS did, and says where; the exit code says whether a wave may rely on it.
fn told(region: &RegionName, file: &FactsFile, json: bool, tried: &Tried) -> Result<ExitCode, Box<dyn Error>> {
    let Tried { drills, readings, left_behind } = tried;
    let well = drills.iter().all(Drilled::is_well) && left_behind.is_empty();
    file.write(readings)?;
    if json {
        let region = region.as_str();
        terminal::document(&Document { schema: 1, region, well, drills, readings, left_behind })?;
    } else {
        left_behind.iter().for_each(|line| terminal::error(line));
        terminal::say(&format!("{}: what AWS did; meridian night --live-facts reads it", file.path().display()))?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn line(drilled: &Drilled) -> String {
    format!("  {:<6} {}", if drilled.is_well() { "ok" } else { "wrong" }, drilled.words())
}
