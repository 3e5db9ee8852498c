//! `meridian simulate judge`.

use crate::terminal;
use meridian_domain::Fleet;
use meridian_proof::judging::report::Standing;
use meridian_proof::judging::{Question, Study};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `meridian simulate judge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 every promise is kept; 1 one is broken; 3 too few runs to say; 2 wrong input.")]
pub struct Arguments {
    /// Waves a row: 10,000 for the figures in docs/judge-table.md.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: u64,
    /// Seed of every stream: the same seed tells the same figures, on every machine.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The fleet whose policy, regions and traffic are simulated.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    fleet: PathBuf,
    /// Ask only this; may be repeated: wrong-fails, beyond, passes, power, night, latency, alerts, one-region, everywhere, order.
    #[arg(long = "question", value_name = "NAME")]
    questions: Vec<Question>,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

/// A promise is broken.
const BROKEN: u8 = 1;
/// None is broken, but so few runs cannot show every one kept.
const OPEN: u8 = 3;

/// Simulates and prints.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let path = arguments.fleet.display();
    let text = std::fs::read_to_string(&arguments.fleet)
        .map_err(|error| format!("{path}: {error}; name the fleet's file with --fleet"))?;
    let fleet = Fleet::parse(&text).map_err(|error| format!("{path}: {error}"))?;
    let questions = if arguments.questions.is_empty() { &Question::ALL[..] } else { &arguments.questions };
    let report = Study::new(&fleet, arguments.runs, arguments.seed).report(questions);
    let said = if arguments.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    terminal::say(said.trim_end())?;
    Ok(match report.standing() {
        Standing::Kept => ExitCode::SUCCESS,
        Standing::Broken => ExitCode::from(BROKEN),
        Standing::Open => ExitCode::from(OPEN),
    })
}
