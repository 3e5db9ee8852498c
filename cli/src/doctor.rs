//! `meridian doctor`: what is wrong with an account before a wave finds it.

mod account;
mod facts;
mod findings;
mod fleet;
mod policy;
mod region;
mod services;
mod signing;
#[cfg(test)]
mod tests;

use crate::aws::{Place, Session};
use crate::terminal::{Leaving, Legible};
use anstyle::{AnsiColor, Style};
use findings::{Finding, Outcome, all_well};
use meridian_messages::layout::{Cells, columns};
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

/// The document.
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
        table(&mut out, &findings, arguments.all)?;
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

fn table(out: &mut impl Write, findings: &[Finding], all: bool) -> std::io::Result<()> {
    let shown = |finding: &&Finding| all || finding.outcome != Outcome::Fine;
    let (mut words, mut rows) = (Vec::new(), Vec::new());
    for (finding, places) in alike(findings.iter().filter(shown)) {
        words.push(word(finding.outcome));
        rows.push([places.join(" "), finding.check.to_owned(), finding.what.clone()]);
        if let Some(mend) = &finding.mend {
            words.push(("", Style::new()));
            rows.push([String::new(), String::new(), format!("mend: {mend}")]);
        }
    }
    for ((word, style), line) in words.into_iter().zip(columns(rows, Cells::Words)) {
        writeln!(out, "{style}{word:<11}{style:#}  {line}")?;
    }
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    writeln!(out, "\nDependencies in one region for all regions; a rollback needs none of them:")?;
    for own in &fleet::GLOBAL {
        writeln!(out, "  {}, in {}: {}. Goes on: {}.", own.service, own.region, own.in_one_region, own.goes_on)?;
    }
    writeln!(
        out,
        "\n{} fine, {} wrong, {} unknown, {} warnings, {} not checked",
        count(Outcome::Fine),
        count(Outcome::Wrong),
        count(Outcome::Unknown),
        count(Outcome::Warning),
        count(Outcome::NotChecked)
    )
}

fn word(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Fine => ("fine", AnsiColor::Green.on_default()),
        Outcome::Warning => ("warning", AnsiColor::Yellow.on_default()),
        Outcome::NotChecked => ("not checked", Style::new().dimmed()),
        Outcome::Unknown => ("UNKNOWN", AnsiColor::Red.on_default()),
        Outcome::Wrong => ("WRONG", AnsiColor::Red.on_default().bold()),
    }
}

/// Findings that read alike, once, with all their places.
fn alike<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(&'a Finding, Vec<&'a str>)> {
    let mut lines: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for finding in findings {
        let place = finding.place.as_deref().unwrap_or("all");
        let same = |line: &&mut (&Finding, Vec<&str>)| {
            let (own, _) = line;
            (own.check, own.outcome, &own.what, &own.mend)
                == (finding.check, finding.outcome, &finding.what, &finding.mend)
        };
        match lines.iter_mut().find(same) {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => lines.push((finding, vec![place])),
        }
    }
    lines
}
