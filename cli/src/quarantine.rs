//! `meridian quarantine`: a person takes a release, or a file of releases, out of consideration.

use crate::aws::{self, Operator, Session};
use crate::terminal;
use meridian_handlers::quarantine::{Named, lift_quarantine, quarantine};
use std::process::ExitCode;

/// Arguments of `meridian quarantine`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "No region starts a release in quarantine, a canary of it is rolled back, and it delays no other release. \
                        What a region serves already it keeps serving.\n\nExit code: 0 it is on record; 1 AWS did not \
                        take it; 2 wrong input, or nothing is in quarantine there."
)]
pub struct Arguments {
    /// A release by its digest or its name, or a key of home's release bucket, such as an archive's: every release made of it.
    #[arg(value_name = "RELEASE|KEY")]
    named: Named,
    /// End the quarantine.
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    operator: Operator,
}

/// Starts or ends a quarantine, and prints the releases.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.operator.place)?;
    let Arguments { named, lift, operator: Operator { who, why, .. } } = arguments;
    let (ports, fleet, named, why) = (&session.ports, &session.fleet, named.clone(), why.clone());
    let done = match lift {
        true => session.run(lift_quarantine(ports, fleet, named, who, why)),
        false => session.run(quarantine(ports, fleet, named, who, why)),
    };
    match done {
        Ok(done) => {
            let state = if *lift { "is no longer in quarantine" } else { "is in quarantine" };
            terminal::say(&format!("{} {state}; releases that it concerns: {}", done.object, done.releases.len()))?;
            for release in &done.releases {
                terminal::say(&format!("  {release}"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
