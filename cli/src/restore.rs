//! `meridian restore`: a chain of the ledger, put back from what another region keeps of it.

use crate::aws::{Place, Session};
use crate::operator::{self, Consent, DECLINED, Went};
use crate::terminal;
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::restore::restore;
use meridian_messages::Voice;
use meridian_messages::operator::{self as sentences, Restored};
use std::process::ExitCode;

/// Arguments of `meridian restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian restore --chain AU --dry-run\n  \
                        meridian restore --chain home\n\n\
                        Each region's sweep copies what is new in the chains of the region after it, every five minutes. Entries that the \
                        bucket has stay, and must be the copy's.\n\n\
                        Exit code: 0 it is restored; 1 AWS did not take it; 2 wrong input, no whole copy, or another chain in the bucket.")]
pub struct Arguments {
    /// The chain: home, or a region's by its title or AWS's name.
    #[arg(long, value_name = "CHAIN")]
    chain: String,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    place: Place,
}

/// Restores it, and says how far the copy goes.
pub fn run(Arguments { chain, consent, place }: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(place)?;
    session.with_credentials()?;
    let session = session.at_home();
    let chain = operator::chain(&session.fleet, chain)?;
    let words = |went: &Restored| Voice::of(&session.fleet).restored(&chain, went);
    let restored =
        |writes| session.run(restore(&OperatorPorts { ports: &session.ports, writes }, &session.fleet, &chain));
    let question = |will: &Restored| (will.written > 0).then(|| format!("{}. Go on?", words(will)));
    match consent.carry_out(restored, question)? {
        Ok(Went::Tried(will)) if will.written > 0 => terminal::say(&sentences::would_be_written(&words(&will)))?,
        Ok(Went::Tried(will) | Went::Done(will)) => terminal::say(&words(&will))?,
        Ok(Went::Declined(will)) => {
            terminal::say(&sentences::not_done(&words(&will)))?;
            return Ok(ExitCode::from(DECLINED));
        }
        Err(error) if error.is_input() => return Err(error.into()),
        Err(error) => return Ok(session.failed(&error)),
    }
    Ok(ExitCode::SUCCESS)
}
