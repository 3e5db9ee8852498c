//! `meridian halt`: a person stops the line.

use crate::aws::{self, Operator, Session};
use crate::lift::{Which, chain};
use crate::terminal;
use meridian_handlers::operator_commands::halt;
use meridian_messages::Voice;
use std::process::ExitCode;

/// Arguments of `meridian halt`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "No region starts until `meridian lift`, and a canary in progress is rolled back. What serves keeps \
                        serving, and a region can always go back alone.\n\nExit code: 0 the fleet is halted; 1 AWS did \
                        not take it; 2 wrong input."
)]
pub struct Arguments {
    /// The chain that records it. A halt in any chain stops every start: name a region if home does not answer.
    #[arg(long, value_name = "REGION|home", value_parser = chain, default_value = "home")]
    region: Which,
    #[command(flatten)]
    operator: Operator,
}

/// Halts the fleet, and prints the result.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.operator.place)?;
    let Arguments { region, operator: Operator { why, who, .. } } = arguments;
    match session.run(halt(&session.ports, &session.fleet, region.region(), who, why.clone())) {
        Ok(before) => {
            let lift = format!("meridian lift --region {region} --why ...");
            let text = match before {
                None => format!("the fleet is halted: nothing starts until it is lifted ({lift})"),
                Some(why) => format!("the fleet was halted already: {} ({lift})", Voice::of(&session.fleet).why(&why)),
            };
            terminal::say(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
