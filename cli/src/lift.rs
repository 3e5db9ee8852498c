//! `meridian lift`: a person ends a halt.

use crate::aws;
use crate::operator::{Operator, Told, Which};
use meridian_handlers::lift::lift;
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
    let chain = Which::read(&session.fleet, region)?;
    let told = |words| Told { command: "lift", region: chain.region(), until: None, words };
    let words = format!("{chain}: the halt is lifted ({})", operator.why);
    if let Some(code) = operator.confirm(&told(words.clone()))? {
        return Ok(code);
    }
    match session.run(lift(&session.ports, &session.fleet, chain.region(), &operator.who, operator.why.clone())) {
        Ok(halt) => {
            let halt = Voice::of(&session.fleet).why(&halt);
            Ok(operator.done(&told(format!("{words}. It had been set because: {halt}")))?)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
