//! `meridian simulate delivery`.

use super::streams::Streams;
use meridian_proof::judging::Way;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate delivery`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::help!("meridian simulate delivery --runs 100 --guardrail delivered"))]
pub struct Arguments {
    #[command(flatten)]
    streams: Streams,
    /// Simulate only this guardrail; may be repeated: delivered, seed (10 % for 30 min), signal (the order by traffic).
    #[arg(long = "guardrail", value_name = "NAME")]
    ways: Vec<Way>,
}

/// Simulates and prints.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let ways = if arguments.ways.is_empty() { &Way::ALL[..] } else { &arguments.ways };
    arguments.streams.report(quiet, |study, progress| {
        progress.say("simulating delivery");
        study.delivery(ways)
    })
}
