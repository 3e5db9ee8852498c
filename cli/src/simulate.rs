//! `meridian simulate`: what the decisions are worth, over many seeded runs.

mod delivery;
mod harm;
mod histories;
mod judge;
mod nights;
mod page;
mod streams;

use clap::Subcommand;
use std::error::Error;
use std::process::ExitCode;

/// Help behind the options: an example, and what the simulations of counts say by their exit code.
macro_rules! help {
    ($example:literal) => {
        concat!(
            "Example:\n  ",
            $example,
            "\n\nExit code: 0 every promise is kept; 1 one is broken; 3 too few runs to say; 2 wrong input."
        )
    };
}
use help;

/// Arguments of `meridian simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian simulate histories --runs 1000\n  \
    meridian simulate judge --runs 200 --question latency")]
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
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.what {
        What::Judge(arguments) => judge::run(arguments, quiet),
        What::Delivery(arguments) => delivery::run(arguments, quiet),
        What::Nights(arguments) => nights::run(arguments, quiet),
        What::Harm(arguments) => harm::run(arguments, quiet),
        What::Histories(arguments) => histories::run(arguments, quiet),
    }
}
