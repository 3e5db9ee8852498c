//! `meridian plan --failover`: what it costs to lose a region, before one is lost.

use crate::terminal;
use anstyle::Style;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::recovery::{Recovery, recoveries};
use meridian_domain::{Fleet, RegionName};
use meridian_messages::layout::{self, Cells, columns};
use meridian_messages::recovery as sentences;
use serde::Serialize;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 1;

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    /// The day by whose usual traffic is reckoned begins here.
    from: Timestamp,
    recoveries: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    recovery: &'a Recovery,
    /// From the loss until all customers can be answered: as a rule and at worst; none where that never comes.
    seconds: Option<[i64; 2]>,
    /// Requests that nobody answers until names lead elsewhere: likewise.
    unanswered: [u64; 2],
    /// Requests that come to too few instances after that, of which some are lost; none where enough never come.
    at_risk: Option<u64>,
}

impl<'a> Row<'a> {
    fn of(recovery: &'a Recovery) -> Self {
        let seconds = |span: SignedDuration| span.as_secs();
        Row {
            recovery,
            seconds: recovery.time().map(|span| [seconds(span.usual), seconds(span.worst)]),
            unanswered: recovery.unanswered(),
            at_risk: recovery.at_risk(),
        }
    }
}

/// Reckons for the loss of one region, or of each, and prints it.
pub fn run(fleet: &Fleet, from: Timestamp, lost: Option<&RegionName>, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut reckoned = recoveries(fleet, from);
    reckoned.retain(|own| lost.is_none_or(|lost| own.lost == *lost));
    if json {
        let recoveries = reckoned.iter().map(Row::of).collect();
        terminal::document(&Document { schema: SCHEMA, fleet: fleet.name.as_str(), from, recoveries })?;
    } else {
        page(&mut terminal::stdout(), fleet, from, &reckoned)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn page(out: &mut impl Write, fleet: &Fleet, from: Timestamp, reckoned: &[Recovery]) -> io::Result<()> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let day = from.strftime("%A %Y-%m-%d %H:%M UTC");
    writeln!(out, "{bold}What it costs {} to lose a region, on the day from {day}{bold:#}\n", fleet.name)?;
    let rows = reckoned.iter().map(|own| sentences::row(fleet, own));
    let lines = columns(std::iter::once(sentences::HEADS.map(str::to_owned)).chain(rows), Cells::Words);
    terminal::styled(out, std::iter::once(dim).chain(std::iter::repeat(Style::new())), &lines)?;
    writeln!(out, "\n{dim}{}{dim:#}", layout::paragraph(&sentences::meaning(fleet), terminal::width(), 0))
}
