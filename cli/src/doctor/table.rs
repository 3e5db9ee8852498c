//! The findings as a person reads them.

use super::findings::{Finding, Outcome};
use super::fleet;
use anstyle::{AnsiColor, Style};
use meridian_messages::layout::{self, Cells};
use std::io::Write;

/// Columns of an outcome, with the space behind it.
const OUTCOME: usize = 13;
/// Spaces between two columns.
const GAP: usize = 2;
/// Columns below which a text is unreadable: then the terminal breaks the line.
const LEAST: usize = 30;

/// Writes the findings, for a terminal of so many columns.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, findings: &[Finding], all: bool, columns: Option<usize>) -> std::io::Result<()> {
    let shown = |finding: &&Finding| all || finding.outcome != Outcome::Fine;
    let (words, rows) = rows(&alike(findings.iter().filter(shown)), columns);
    for ((word, style), line) in words.into_iter().zip(layout::columns(rows, Cells::Words)) {
        writeln!(out, "{style}{word:<11}{style:#}  {line}")?;
    }
    writeln!(out, "\nDependencies in one region for all regions; a rollback needs none of them:")?;
    for own in &fleet::GLOBAL {
        let text = format!("{}, in {}: {}. Goes on: {}.", own.service, own.region, own.in_one_region, own.goes_on);
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
fn rows(alike: &[(&Finding, Vec<&str>)], columns: Option<usize>) -> (Vec<(&'static str, Style)>, Vec<[String; 3]>) {
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let places = width(&mut alike.iter().map(|(_, places)| places.join(" ").chars().count()));
    let checks = width(&mut alike.iter().map(|(finding, _)| finding.check.chars().count()));
    let taken = OUTCOME + places + GAP + checks + GAP;
    let room = columns.map(|columns| columns.saturating_sub(taken).max(LEAST));
    let wrapped = |text: &str| room.map_or_else(|| vec![text.to_owned()], |room| layout::lines(text, room));
    let (mut words, mut rows) = (Vec::new(), Vec::new());
    for (finding, places) in alike {
        let mut first = Some((word(finding.outcome), places.join(" "), finding.check.to_owned()));
        let mend = finding.mend.as_ref().map(|mend| format!("mend: {mend}"));
        let mend = mend.map(|mend| wrapped(&mend));
        for line in wrapped(&finding.what).into_iter().chain(mend.into_iter().flatten()) {
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
pub fn counts(out: &mut impl Write, findings: &[Finding]) -> std::io::Result<()> {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mend: &str, columns: Option<usize>) -> String {
        let what = "the bucket keeps no versions of its objects, and so what was overwritten is gone ".repeat(3);
        let finding = Finding::wrong("versioning", what.trim_end(), mend).at("EU");
        let mut out = Vec::new();
        write(&mut out, &[finding], false, columns).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in [80, 120] {
            let said = written(
                "Releases.VersioningConfiguration as template.yaml has it ".repeat(4).trim_end(),
                Some(columns),
            );
            let wide =
                said.lines().find(|line| anstream::adapter::strip_str(line).to_string().chars().count() > columns);
            assert_eq!(wide, None, "{columns}");
        }
    }

    #[test]
    fn a_command_stays_one_line_and_a_pipe_breaks_none() {
        let command = "aws kms enable-key --key-id arn:aws:kms:eu-west-1:111122223333:key/01234567 --region eu-west-1";
        assert!(written(command, Some(60)).contains(command));
        let prose = "the account's administrator has to confirm the subscription by the link in the mail from SNS";
        assert!(written(prose, None).lines().any(|line| line.ends_with(prose)));
    }
}
