//! `meridian doctor`: what is wrong with an account before a wave finds it.

mod account;
mod facts;
mod findings;
mod fleet;
mod policy;
mod region;
mod services;
mod signing;
mod table;
#[cfg(test)]
mod tests;

use crate::aws::{Place, Session};
use crate::terminal::{self, Leaving, Legible};
use findings::{Finding, all_well};
use serde::Serialize;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 1;

/// Arguments of `meridian doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Reads, and changes nothing. Exit code: 0 nothing is wrong; 1 something is wrong, or was not \
                        answered; 2 wrong input, or no credentials. What is not checked is listed, and not counted.")]
pub struct Arguments {
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Show what is fine too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    well: bool,
    findings: &'a [Finding],
    global: &'a [fleet::Global],
}

/// Asks every region of the fleet, and says what is wrong and what mends it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let session = Session::open(&arguments.place)?;
    session.with_credentials()?;
    let findings = session.run(ask(&session, !arguments.place.is_elsewhere()));
    let well = all_well(&findings);
    let mut out = Legible(Leaving(anstream::stdout().lock()));
    if arguments.json {
        let name = session.fleet.name.as_str();
        let document = Document { schema: SCHEMA, fleet: name, well, findings: &findings, global: &fleet::GLOBAL };
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
    } else {
        table::write(&mut out, &findings, arguments.all, terminal::columns())?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn ask(session: &Session, clock: bool) -> Vec<Finding> {
    let (fleet, mut findings) = (&session.fleet, Vec::new());
    for region in &fleet.regions {
        let facts = facts::region(&session.ports, fleet, region).await;
        findings.extend(region::judge(fleet, region, &facts, clock));
        if region.name == fleet.home {
            findings.extend(fleet::judge(fleet, region, &facts, &facts::home(&session.ports).await));
        }
    }
    findings
}
