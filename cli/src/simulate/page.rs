//! A report for people: each table under its title, then the promises.

use crate::terminal;
use anstyle::Style;
use meridian_local::night::Tone;
use meridian_messages::layout::{self, Cells};
use meridian_proof::judging::report::{Cell, Report, Standing, Table};
use std::io::{self, Write};

/// Writes the report.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let (bold, width) = (Style::new().bold(), terminal::width());
    for table in std::iter::once(&report.fleet).chain(&report.tables) {
        writeln!(out, "{bold}{}{bold:#}\n{}\n", table.title, layout::paragraph(&table.note, width, 0))?;
        rows(out, table)?;
        writeln!(out)?;
    }
    writeln!(out, "{bold}Promises{bold:#}")?;
    for promise in &report.promises {
        let style = terminal::style(match promise.standing {
            Standing::Kept => Tone::Good,
            Standing::Open => Tone::Warn,
            Standing::Broken => Tone::Bad,
        });
        writeln!(out, "- {style}{}{style:#}", layout::paragraph(&promise.to_string(), width, 2))?;
    }
    Ok(())
}

fn rows(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let head: Vec<String> = table.columns.iter().map(|name| (*name).to_owned()).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(Cell::to_string).collect::<Vec<_>>());
    let lines = layout::columns(std::iter::once(head).chain(rows), Cells::Words);
    let styles = std::iter::once(Style::new().dimmed()).chain(std::iter::repeat(Style::new()));
    terminal::styled(out, styles, &lines)
}
