//! `meridian simulate harm`.

use super::streams::Streams;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate harm`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::help!("meridian simulate harm --runs 50"))]
pub struct Arguments {
    #[command(flatten)]
    streams: Streams,
}

/// Simulates and prints.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    arguments.streams.report(quiet, |study, progress| {
        progress.say("simulating harm");
        study.harm()
    })
}
