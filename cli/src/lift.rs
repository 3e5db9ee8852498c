//! `meridian lift`: a person ends a halt.

use crate::operator::{self, CommandEffect, Operator};
use meridian_handlers::lift::{LiftError, lift};
use meridian_messages::Voice;
use std::process::ExitCode;

/// Arguments of `meridian lift`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian lift --region home --who maria --why \"the labels were wrong\"\n\n\
                        Exit code: 0 the halt is lifted; 1 AWS refused it, or the ledger has changed meanwhile; \
                        2 wrong input, or nothing is halted there.")]
pub struct Arguments {
    /// The region whose own halt is meant, by its title or AWS's name, or home for the whole fleet's.
    #[arg(long, value_name = "REGION|home")]
    region: String,
    #[command(flatten)]
    operator: Operator,
}

/// Lifts a halt, and prints it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { region, operator } = arguments;
    let session = operator.session()?;
    let chain = operator::chain(&session.fleet, region)?;
    let (fleet, who) = (&session.fleet, &operator.who);
    operator.carry_out(&session, LiftError::is_input, |ports| {
        let (region, why) = (operator::region_of(&chain), operator.why.clone());
        let halt = session.run(lift(ports, fleet, region, who, why))?;
        let words = Voice::of(fleet).halt_lifted(&chain, &operator.why, &halt);
        Ok(CommandEffect { command: "lift", region, until: None, words, changes: true })
    })
}
