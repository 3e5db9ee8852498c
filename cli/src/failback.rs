//! `meridian failback`: a region's customers come back after a failover.

use crate::operator::{self, CommandEffect, Operator};
use meridian_handlers::failover::{FailoverError, failback};
use meridian_messages::Voice;
use std::cell::Cell;
use std::process::ExitCode;

/// A region's ledger did not answer.
const IN_PART: u8 = 1;

/// Arguments of `meridian failback`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian failback --region EU --who maria --why \"the VPC is moved\"\n\n\
                        Its /health answers 200 within a minute, where it serves; Route 53 sends its customers back after two \
                        minutes more. The region that carried them keeps its instances until target tracking takes them away.\n\n\
                        Exit code: 0 it is on record; 1 AWS did not take it, or a region does not answer; 2 wrong input, or no failover of it is on record.")]
pub struct Arguments {
    /// The region whose customers come back, by its title or AWS's name.
    #[arg(long, value_name = "REGION")]
    region: String,
    #[command(flatten)]
    operator: Operator,
}

/// Ends the failover, and prints it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { region, operator } = arguments;
    let session = operator.session()?;
    let region = operator::region(&session.fleet, region)?;
    let (fleet, who) = (&session.fleet, &operator.who);
    let in_part = Cell::new(false);
    let code = operator.carry_out(&session, FailoverError::is_input, |ports| {
        let ended = session.run(failback(ports, fleet, &region, who, &operator.why))?;
        in_part.set(ports.writes && !ended.unread.is_empty());
        let words = Voice::of(fleet).failed_back(&region, &ended.carried, &ended.unread);
        Ok(CommandEffect { command: "failback", region: Some(&region), until: None, words, changes: true })
    })?;
    Ok(if in_part.get() { ExitCode::from(IN_PART) } else { code })
}
