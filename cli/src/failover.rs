//! `meridian failover`: one region's customers are sent to another, once that one can carry them.

use crate::operator::{self, CommandEffect, Operator};
use crate::terminal;
use jiff::SignedDuration;
use meridian_handlers::failover::{Failover, FailoverError, Look, failover};
use meridian_handlers::ports::Clock;
use meridian_messages::Voice;
use meridian_messages::operator::FailoverStands;
use std::cell::Cell;
use std::process::ExitCode;

/// Between two looks at a region that makes itself ready.
const LOOK: SignedDuration = SignedDuration::from_secs(10);
/// So many of them: half an hour, which no instance should take.
const LOOKS: u32 = 180;
/// The region did not get ready in time.
const NOT_READY: u8 = 1;

/// Arguments of `meridian failover`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian failover --from EU --to AU --who maria --why \"the VPC is moved\"\n  \
                        meridian failover --from EU --to AU --who maria --why \"a drill\" --dry-run\n\n\
                        The region that is to carry them asks for its instances, waits for them, and proves by golden records what \
                        it serves; this command waits for that, for half an hour at most. Then the other's /health answers 503, and \
                        DNS leads its customers elsewhere: where, it decides by itself, so make that region ready. Given again, the \
                        command goes on where it was. No release starts in either region until meridian failback.\n\nExit code: 0 customers are sent away; 1 the region is not ready yet, or AWS did \
                        not take it; 2 wrong input.")]
pub struct Arguments {
    /// The region whose customers are sent away, by its title or AWS's name.
    #[arg(long, value_name = "REGION")]
    from: String,
    /// The region that is to carry them.
    #[arg(long, value_name = "REGION")]
    to: String,
    #[command(flatten)]
    operator: Operator,
}

/// Moves the customers, and prints how far that went.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { from, to, operator } = arguments;
    let session = operator.session()?;
    let (fleet, who) = (&session.fleet, &operator.who);
    let (from, to) = (operator::region(fleet, from)?, operator::region(fleet, to)?);
    let asked = Failover { from: from.clone(), to: to.clone(), why: operator.why.clone() };
    let in_vain = Cell::new(false);
    let code = operator.carry_out(&session, FailoverError::is_input, |ports| {
        let look = |look| session.run(failover(ports, fleet, who, &asked, look));
        let mut stands = look(Look::First)?;
        for waited in 0..LOOKS {
            if !ports.writes || !is_pending(stands) {
                break;
            }
            if waited == 0 {
                terminal::waiting(&Voice::of(fleet).failover(&from, &to, stands));
            }
            session.run(ports.sleep(LOOK));
            stands = look(Look::Later)?;
        }
        in_vain.set(ports.writes && is_pending(stands));
        let words = Voice::of(fleet).failover(&from, &to, stands);
        let changes = stands != FailoverStands::Stood;
        Ok(CommandEffect { command: "failover", region: Some(&from), until: None, words, changes })
    })?;
    Ok(if in_vain.get() { ExitCode::from(NOT_READY) } else { code })
}

/// Whether the region that is to carry them is not ready.
fn is_pending(stands: FailoverStands) -> bool {
    matches!(stands, FailoverStands::Asked { .. } | FailoverStands::Waits { .. })
}
