//! `meridian status`: the whole fleet on one screen, and whether it needs a person.

use crate::aws::{Place, Session};
use crate::terminal;
use anstyle::{AnsiColor, Style};
use jiff::{Timestamp, tz::TimeZone};
use meridian_domain::account::{Account, State};
use meridian_domain::overview::{OpenPage, Overview, RegionRow};
use meridian_domain::{EndpointStatus, Fleet};
use meridian_handlers::overview::look;
use meridian_messages::Voice;
use meridian_messages::layout::{Cells, columns, paragraph};
use meridian_messages::operator as sentences;
use meridian_messages::pages::PageKind;
use serde::Serialize;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 1;
/// Something needs a person.
const NEEDS_YOU: u8 = 1;

/// Arguments of `meridian status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian status\n  \
                        meridian status --quiet && echo asleep\n\n\
                        Reads every chain from its beginning, asks each region's endpoint and alarms, and changes nothing.\n\n\
                        Exit code: 0 nothing needs you; 1 something does; 2 wrong input, or no credentials.")]
pub struct Arguments {
    /// One JSON document instead of the screen.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    needs_you: bool,
    #[serde(flatten)]
    overview: &'a Overview,
    pages: Vec<PageRow<'a>>,
    words: Vec<String>,
}

/// A page that is open, with what its reader looks for.
#[derive(Debug, Serialize)]
struct PageRow<'a> {
    kind: Option<PageKind>,
    #[serde(flatten)]
    page: &'a OpenPage,
    subject: String,
    runbook: Option<String>,
}

fn page_rows<'a>(voice: Voice<'_>, overview: &'a Overview) -> Vec<PageRow<'a>> {
    let rows = overview.pages.iter().map(|page| {
        let kind = PageKind::of_open(&page.cause);
        PageRow { kind, page, subject: voice.open_page(page), runbook: kind.map(PageKind::anchor) }
    });
    rows.collect()
}

/// Looks at the fleet, and tells it.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let session = Session::open(&arguments.place)?;
    session.with_credentials()?;
    let session = session.at_home();
    let fleet = &*session.fleet;
    let progress = terminal::progress(quiet);
    progress.say("asking every region");
    let overview = session.run(look(&session.ports, fleet, session.now()));
    drop(progress);
    let needs_you = !overview.needs.is_empty();
    if arguments.json {
        let voice = Voice::of(fleet);
        let needs = overview.needs.iter().map(|need| voice.need(need).0);
        let words = needs.chain(voice.interruptions(&overview)).chain(voice.next(&overview)).collect();
        let (pages, fleet) = (page_rows(voice, &overview), fleet.name.as_str());
        let document = Document { schema: SCHEMA, fleet, needs_you, overview: &overview, pages, words };
        terminal::document(&document)?;
    } else if quiet {
        answer(&mut terminal::stdout(), &overview)?;
    } else {
        screen(&mut terminal::stdout(), fleet, &overview)?;
    }
    if !needs_you {
        return Ok(ExitCode::SUCCESS);
    }
    session.tell_refused_credentials();
    Ok(ExitCode::from(NEEDS_YOU))
}

fn screen(out: &mut impl Write, fleet: &Fleet, overview: &Overview) -> io::Result<()> {
    let (bold, voice, width) = (Style::new().bold(), Voice::of(fleet), terminal::width());
    writeln!(out, "{bold}{}{bold:#} on {} UTC\n", fleet.name, day_and_time(overview.at))?;
    needs(out, voice, overview)?;
    let rows = overview.regions.iter().map(|row| cells(fleet, row));
    let head = ["", "serves", "since", "by", "endpoint", "alarm"].map(str::to_owned);
    let styles = std::iter::once(Style::new().dimmed()).chain(overview.regions.iter().map(style));
    terminal::styled(out, styles, &columns(std::iter::once(head).chain(rows), Cells::Words))?;
    for line in voice.interruptions(overview) {
        writeln!(out, "{}", paragraph(&line, width, 2))?;
    }
    writeln!(out)?;
    pages(out, voice, overview)?;
    for line in voice.next(overview) {
        writeln!(out, "{}", paragraph(&line, width, 2))?;
    }
    for row in &overview.condemned {
        writeln!(out, "{}", paragraph(&voice.condemned(row), width, 2))?;
    }
    for line in overview.failovers.iter().flat_map(|row| voice.failover_in_force(row)) {
        writeln!(out, "{}", paragraph(&line, width, 2))?;
    }
    for own in &overview.overrides {
        writeln!(out, "{}", paragraph(&voice.override_in_force(own), width, 2))?;
    }
    Ok(())
}

/// Whether the fleet needs a person.
fn answer(out: &mut impl Write, overview: &Overview) -> io::Result<()> {
    let colour = if overview.needs.is_empty() { AnsiColor::Green } else { AnsiColor::Red };
    let style = colour.on_default().bold();
    writeln!(out, "{style}{}{style:#}", sentences::needs(overview.needs.len()))
}

/// The answer first, then what it needs.
fn needs(out: &mut impl Write, voice: Voice<'_>, overview: &Overview) -> io::Result<()> {
    let width = terminal::width();
    answer(out, overview)?;
    for need in &overview.needs {
        let (what, to_do) = voice.need(need);
        writeln!(out, "  {}\n    -> {}", paragraph(&what, width, 4), paragraph(&to_do, width, 7))?;
        for line in voice.need_commands(need) {
            // In one line where nobody lays it out: it is there to be copied.
            writeln!(out, "       {line}")?;
        }
    }
    writeln!(out)
}

/// Pages whose cause is not over, also those that need nobody tonight.
fn pages(out: &mut impl Write, voice: Voice<'_>, overview: &Overview) -> io::Result<()> {
    if overview.pages.is_empty() {
        return Ok(());
    }
    let cells = |row: PageRow<'_>| {
        let region = voice.title(&row.page.region).to_owned();
        [row.subject, region, day_and_time(row.page.since), row.runbook.unwrap_or_default()]
    };
    let head = ["open pages", "", "since", "read on in"].map(str::to_owned);
    let rows = page_rows(voice, overview).into_iter().map(cells);
    let lines = columns(std::iter::once(head).chain(rows), Cells::Words);
    let styles = std::iter::once(Style::new().dimmed()).chain(std::iter::repeat(Style::new()));
    terminal::styled(out, styles, &lines)?;
    writeln!(out)
}

fn cells(fleet: &Fleet, row: &RegionRow) -> [String; 6] {
    let (unknown, none) = (|| "unknown".to_owned(), || "-".to_owned());
    // What the ledger says is not what serves where the endpoint names something else.
    let account = row.account.as_ref().filter(|_| row.instead.is_none());
    let serving = match &row.instead {
        Some(instead) => instead.version.as_ref().map_or_else(|| "not on record".to_owned(), ToString::to_string),
        None => account.map_or_else(unknown, serves),
    };
    let since = account.and_then(Account::began).map(|(since, _)| day_and_time(since));
    let by = account.and_then(|account| Voice::of(fleet).by(account));
    let alarm = row.alarm.map_or_else(unknown, |rings| if rings { "ALARM" } else { "OK" }.to_owned());
    [
        fleet.title(&row.region).to_owned(),
        serving,
        since.unwrap_or_else(none),
        by.unwrap_or_else(none),
        row.status.map_or_else(unknown, |status| format!("{status:?}")),
        alarm,
    ]
}

fn serves(account: &Account) -> String {
    let names: Vec<String> = account.answers.iter().map(|answer| answer.target.version.to_string()).collect();
    match account.state {
        State::Nothing => "nothing yet".to_owned(),
        State::One => names.join(""),
        State::Two => names.join(" and "),
        State::Either => names.join(" or "),
        State::Unknown => "unknown".to_owned(),
    }
}

fn style(row: &RegionRow) -> Style {
    let account = row.account.as_ref().filter(|_| row.instead.is_none());
    let state = account.map(|account| account.state);
    let well = row.alarm == Some(false) && row.status.is_some_and(|status| !status.needs_a_person());
    match state {
        Some(State::One) if well => AnsiColor::Green.on_default(),
        Some(State::One | State::Two | State::Either) if row.status != Some(EndpointStatus::Failed) => {
            AnsiColor::Yellow.on_default()
        }
        Some(State::Nothing) => Style::new().dimmed(),
        _ => AnsiColor::Red.on_default(),
    }
}

fn day_and_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::account::account;
    use meridian_domain::overview::Instead;
    use meridian_domain::{Head, Record, ReleaseId, Sha256, Target};

    /// What somebody brought there by hand is not told as the ledger's release.
    #[test]
    fn a_row_says_what_the_endpoint_names_instead_of_the_ledgers_release() {
        let fleet = Fleet::parse(include_str!("../../local/fleets/reference/fleet.toml")).unwrap();
        let region = &fleet.regions[0];
        let at: Timestamp = "2026-11-20T03:00:00Z".parse().unwrap();
        let target = Target::of(&fleet, region, ReleaseId(Sha256::of(b"v427")), &"v427".parse().unwrap());
        let record = Record::Confirmed { target, execution: "installation".parse().unwrap(), golden: 200 };
        let entries = [Head::default().entry(at, "installation".parse().unwrap(), record)];
        let shown = |instead: Option<Instead>| {
            let account = Some(account(region, &entries, None, at));
            let (status, alarm) = (Some(EndpointStatus::InService), Some(false));
            let row = RegionRow { region: region.name.clone(), account, status, alarm, instead };
            let [_, serves, since, by, ..] = cells(&fleet, &row);
            [serves, since, by]
        };
        let instead = |version: Option<&str>| {
            let version = version.map(|version| version.parse().unwrap());
            Some(Instead { config: "by-hand".parse().unwrap(), version })
        };
        assert_eq!(shown(None), ["v427", "2026-11-20 03:00:00", "installation"]);
        assert_eq!(shown(instead(None)), ["not on record", "-", "-"]);
        assert_eq!(shown(instead(Some("v425"))), ["v425", "-", "-"]);
    }
}
