//! The findings as a person reads them.

use super::findings::{Finding, Outcome, Placed};
use anstyle::{AnsiColor, Style};
use meridian_messages::Voice;
use meridian_messages::doctor::GLOBAL;
use meridian_messages::layout::{self, Cells};
use std::io::Write;

/// Columns of an outcome, with the space behind it.
const OUTCOME: usize = 13;
/// Spaces between two columns.
const GAP: usize = 2;
/// Columns below which a text is unreadable: then the terminal breaks the line.
const LEAST: usize = 30;

/// What a row says of a finding.
#[derive(PartialEq, Eq)]
struct Row {
    outcome: Outcome,
    check: &'static str,
    what: String,
    mend: Option<String>,
}

impl Row {
    fn of(voice: Voice<'_>, Placed { place, finding }: &Placed) -> Self {
        let Finding { check, outcome, found, mend } = finding;
        let mend = mend.as_ref().map(|mend| format!("mend: {}", voice.mend(place, mend)));
        Self { outcome: *outcome, check: check.name(), what: voice.found(place, found), mend }
    }
}

/// Writes the findings, for a terminal of so many columns.
///
/// # Errors
/// The stream is closed.
pub fn write(
    out: &mut impl Write,
    voice: Voice<'_>,
    findings: &[Placed],
    all: bool,
    columns: Option<usize>,
) -> std::io::Result<()> {
    let shown = findings.iter().filter(|own| all || own.finding.outcome != Outcome::Fine);
    let (words, rows) = rows(alike(voice, shown), columns);
    for ((word, style), line) in words.into_iter().zip(layout::columns(rows, Cells::Words)) {
        writeln!(out, "{style}{word:<11}{style:#}  {line}")?;
    }
    writeln!(out, "\nDependencies in one region for all regions; a rollback needs none of them:")?;
    for own in &GLOBAL {
        let text = own.words();
        let text = match columns {
            Some(columns) => layout::paragraph(&text, columns, 4),
            None => text,
        };
        writeln!(out, "  {text}")?;
    }
    writeln!(out)?;
    counts(out, findings)
}

/// The first column's words with their styles, and the other columns: where, what was looked at, what was found and what mends it.
fn rows(alike: Vec<(Row, Vec<&str>)>, columns: Option<usize>) -> (Vec<(&'static str, Style)>, Vec<[String; 3]>) {
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let places = width(&mut alike.iter().map(|(_, places)| places.join(" ").chars().count()));
    let checks = width(&mut alike.iter().map(|(row, _)| row.check.chars().count()));
    let taken = OUTCOME + places + GAP + checks + GAP;
    let room = columns.map(|columns| columns.saturating_sub(taken).max(LEAST));
    let wrapped = |text: String| match room {
        Some(room) => layout::lines(&text, room),
        None => vec![text],
    };
    let (mut words, mut rows) = (Vec::new(), Vec::new());
    for (row, places) in alike {
        let mut first = Some((word(row.outcome), places.join(" "), row.check.to_owned()));
        for line in [Some(row.what), row.mend].into_iter().flatten().flat_map(wrapped) {
            let (word, places, check) = first.take().unwrap_or_default();
            words.push(word);
            rows.push([places, check, line]);
        }
    }
    (words, rows)
}

/// Writes how many came out how.
///
/// # Errors
/// The stream is closed.
pub fn counts(out: &mut impl Write, findings: &[Placed]) -> std::io::Result<()> {
    let count = |outcome| findings.iter().filter(|own| own.finding.outcome == outcome).count();
    writeln!(
        out,
        "{} fine, {} wrong, {} unknown, {} warnings, {} not checked",
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

/// Rows that read alike, once, with all their places.
fn alike<'a>(voice: Voice<'a>, findings: impl Iterator<Item = &'a Placed>) -> Vec<(Row, Vec<&'a str>)> {
    let mut rows: Vec<(Row, Vec<&str>)> = Vec::new();
    for own in findings {
        let (row, place) = (Row::of(voice, own), voice.title(&own.place));
        match rows.iter_mut().find(|(other, _)| *other == row) {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => rows.push((row, vec![place])),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::{Fleet, Reason};
    use meridian_messages::doctor::{Check, Command, Found, Ledger, Mend};

    fn written(found: impl Into<Found>, mend: Mend, columns: Option<usize>) -> String {
        let fleet = Fleet::parse(include_str!("../../../local/fleets/reference/fleet.toml")).unwrap();
        let finding = Finding::wrong(Check::RollbackAlarm, found, mend);
        let mut out = Vec::new();
        let placed = [Placed { place: fleet.home.clone(), finding }];
        write(&mut out, Voice::of(&fleet), &placed, false, columns).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in [80, 120] {
            let words = "the bucket keeps no versions of its objects, and so what was overwritten is gone ".repeat(3);
            let halted = Ledger::Halted(Reason::Said { words, by: None });
            let said = written(halted, Mend::IsolateContainers, Some(columns));
            let wide =
                said.lines().find(|line| anstream::adapter::strip_str(line).to_string().chars().count() > columns);
            assert_eq!(wide, None, "{columns}");
        }
    }

    #[test]
    fn a_command_stays_one_line_and_a_pipe_breaks_none() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/01234567".to_owned();
        let command = format!("aws kms enable-key --key-id {arn} --region eu-west-1");
        let said = written(Ledger::Whole, Mend::Run(Command::EnableKey { arn }), Some(60));
        assert!(said.contains(&command), "{said}");
        let prose = "meridian history, then docs/runbook.md: compare the entries with the bucket's object versions";
        assert!(written(Ledger::Whole, Mend::CompareEntries, None).lines().any(|line| line.ends_with(prose)));
    }
}
