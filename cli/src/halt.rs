//! `meridian halt`: a person stops the line.

use crate::aws;
use crate::operator::{Operator, Told, Which};
use meridian_handlers::operator_commands::halt;
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
    let chain = Which::read(&session.fleet, region)?;
    let lift = format!("meridian lift --region {chain} --who ... --why ...");
    let told = |words| Told { command: "halt", region: chain.region(), until: None, words };
    let words = format!("the fleet is halted in {chain}'s chain: nothing starts until it is lifted ({lift})");
    if let Some(code) = operator.confirm(&told(words.clone()))? {
        return Ok(code);
    }
    match session.run(halt(&session.ports, &session.fleet, chain.region(), &operator.who, operator.why.clone())) {
        Ok(None) => Ok(operator.done(&told(words))?),
        Ok(Some(why)) => {
            let why = Voice::of(&session.fleet).why(&why);
            Ok(operator.done(&told(format!("the fleet was halted already: {why} ({lift})")))?)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
