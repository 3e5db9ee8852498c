//! `meridian simulate harm`.

use super::streams::Streams;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate harm`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    streams: Streams,
}

/// Simulates and prints.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    arguments.streams.report(|study| study.harm())
}
