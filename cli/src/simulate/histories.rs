//! `meridian simulate histories`: random histories of waves, every invariant held after every step.

use crate::terminal;
use meridian_proof::histories::{Script, simulate, story};
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// Arguments of `meridian simulate histories`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian simulate histories --runs 1000\n  \
    meridian simulate histories --seed 1 --only 417\n\n\
    Exit code: 0 no invariant was broken; 1 one was, and the history is told; 2 wrong input.")]
pub struct Arguments {
    /// Histories to run.
    #[arg(long, default_value_t = 10_000, value_parser = terminal::whole_number)]
    runs: u64,
    /// Where randomness begins. The same seed gives the same histories on every machine.
    #[arg(long, default_value_t = 1, value_parser = terminal::whole_number)]
    seed: u64,
    /// Tell this history of the seed, and run no other.
    #[arg(long, value_name = "NUMBER", value_parser = terminal::whole_number)]
    only: Option<u64>,
}

/// Histories between two looks at how many are done.
const SHOWN: u64 = 100;

/// Runs the histories. One that breaks an invariant is told, as short as it gets, and the exit code is 1.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = terminal::stdout();
    if let Some(number) = arguments.only {
        return tell(&mut out, &Script::draw(arguments.seed, number));
    }
    #[allow(clippy::disallowed_methods, reason = "the rate that is printed is this machine's")]
    let began = Instant::now();
    let progress = terminal::progress(quiet);
    let summary = simulate(arguments.seed, arguments.runs, |done| {
        if done % SHOWN == 0 {
            progress.share("running histories", done, arguments.runs);
        }
    });
    drop(progress);
    if quiet {
        writeln!(out, "{}", summary.verdict())?;
    } else {
        let rate = summary.runs as f64 / began.elapsed().as_secs_f64();
        writeln!(out, "{summary}{rate:.0} histories a second by the clock")?;
    }
    Ok(if summary.failure.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(out: &mut impl Write, script: &Script) -> Result<ExitCode, Box<dyn Error>> {
    let told = story(script);
    for line in script.words().iter().chain(&told.lines) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "it ends: {}", told.ended.words())?;
    Ok(if told.ended.breach.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
