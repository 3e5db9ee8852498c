//! What the simulations of seeded streams of counts have in common: their arguments, and what becomes of their report.

use super::page;
use crate::terminal::{self, Leaving, Legible};
use meridian_desk::Progress;
use meridian_domain::Fleet;
use meridian_proof::judging::Study;
use meridian_proof::judging::report::{Report, Standing};
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// A promise is broken.
const BROKEN: u8 = 1;
/// None is broken, but so few runs cannot show every one kept.
const OPEN: u8 = 3;

/// How much is simulated, of which fleet.
#[derive(Debug, clap::Args)]
pub struct Streams {
    /// Waves a row: docs/judge-table.md says how many its figures have.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: u64,
    /// Seed of every stream: the same seed tells the same figures, on every machine.
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = terminal::whole_number)]
    seed: u64,
    /// The fleet whose policy, regions and traffic are simulated.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    fleet: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

impl Streams {
    /// Simulates, prints the report, and makes the exit code of its promises.
    pub fn report(
        &self,
        quiet: bool,
        simulate: impl FnOnce(&Study<'_>, &Progress) -> Report,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let path = self.fleet.display();
        let text = std::fs::read_to_string(&self.fleet)
            .map_err(|error| format!("{path}: {error}; name the fleet's file with --fleet"))?;
        let fleet = Fleet::parse(&text).map_err(|error| format!("{path}: {error}"))?;
        let report = simulate(&Study::new(&fleet, self.runs, self.seed), &terminal::progress(quiet));
        self.shown.print(&report, quiet)?;
        Ok(exit_code(&report))
    }
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Shown {
    /// What to print: tables, one JSON document, or Markdown as docs/judge-table.md has it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

impl Shown {
    /// Prints a report; of a text its promises alone where only the verdict is asked for.
    pub fn print(self, report: &Report, quiet: bool) -> io::Result<()> {
        match if self.json { Format::Json } else { self.format } {
            Format::Json => terminal::document(report),
            Format::Text if quiet => report.promises.iter().try_for_each(|promise| terminal::say(&promise.to_string())),
            Format::Text => page::write(&mut terminal::stdout(), report),
            Format::Markdown => {
                let mut out = Legible(Leaving(io::stdout().lock()));
                write!(out, "{report}")?;
                out.flush()
            }
        }
    }
}

/// What a report says by its exit code.
pub fn exit_code(report: &Report) -> ExitCode {
    match report.standing() {
        Standing::Kept => ExitCode::SUCCESS,
        Standing::Broken => ExitCode::from(BROKEN),
        Standing::Open => ExitCode::from(OPEN),
    }
}
