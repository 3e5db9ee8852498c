//! `meridian simulate`: what the decisions are worth, over many seeded runs.

mod histories;
mod judge;

use clap::Subcommand;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Judge seeded streams of counts: wrong fails, power, minutes to detect, beside what users have today.
    Judge(judge::Arguments),
    /// Run random histories of waves with faults, deaths and repeats; hold every invariant after every step.
    Histories(histories::Arguments),
}

/// Simulates; prints what came of it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.what {
        What::Judge(arguments) => judge::run(arguments),
        What::Histories(arguments) => histories::run(arguments),
    }
}
