//! `meridian simulate`: what the decisions are worth, over many seeded runs.

mod delivery;
mod harm;
mod histories;
mod judge;
mod nights;
mod streams;

use clap::Subcommand;
use std::error::Error;
use std::process::ExitCode;

/// What the simulations of counts say by their exit code.
const EXIT_CODES: &str = "Exit code: 0 every promise is kept; 1 one is broken; 3 too few runs to say; 2 wrong input.";

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
    /// Whole nights of equal releases: how often they reach every region, and why not in the others.
    Delivery(delivery::Arguments),
    /// Equal releases through the whole system, night by night: whether they reach every region, unpaged.
    Nights(nights::Arguments),
    /// Whole days with a faulty release: what it costs under Meridian, and under what users have today.
    Harm(harm::Arguments),
    /// Run random histories of waves with faults, deaths and repeats; hold every invariant after every step.
    Histories(histories::Arguments),
}

/// Simulates; prints what came of it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.what {
        What::Judge(arguments) => judge::run(arguments),
        What::Delivery(arguments) => delivery::run(arguments),
        What::Nights(arguments) => nights::run(arguments),
        What::Harm(arguments) => harm::run(arguments),
        What::Histories(arguments) => histories::run(arguments),
    }
}
