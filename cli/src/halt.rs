//! `meridian halt`: a person stops the line.

use crate::operator::{self, CommandEffect, Operator};
use meridian_handlers::operator_commands::{OperatorCommandError, halt};
use meridian_messages::Voice;
use std::process::ExitCode;

/// Arguments of `meridian halt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian halt --who maria --why \"chargebacks rise\"\n  \
                        meridian halt --region JP --who maria --why \"home does not answer\" --dry-run\n\n\
                        No region starts until `meridian lift`, and a canary in progress is rolled back. What serves keeps \
                        serving, and a region can always go back alone.\n\nExit code: 0 the fleet is halted; 1 AWS did \
                        not take it; 2 wrong input.")]
pub struct Arguments {
    /// The chain that records it: home's, or a region's by its title or AWS's name. A halt in any chain stops every start: name a
    /// region if home does not answer.
    #[arg(long, value_name = "REGION|home", default_value = "home")]
    region: String,
    #[command(flatten)]
    operator: Operator,
}

/// Halts the fleet, and prints the result.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { region, operator } = arguments;
    let session = operator.session()?;
    let chain = operator::chain(&session.fleet, region)?;
    let (fleet, who) = (&session.fleet, &operator.who);
    operator.carry_out(&session, OperatorCommandError::is_input, |ports| {
        let (region, why) = (operator::region_of(&chain), operator.why.clone());
        let before = session.run(halt(ports, fleet, region, who, why))?;
        let changes = before.is_none();
        let words = Voice::of(fleet).halt_set(&chain, before.as_ref());
        Ok(CommandEffect { command: "halt", region, until: None, words, changes })
    })
}
