//! `meridian quarantine`: a person takes a release, or a file of releases, out of consideration.

use crate::operator::{CommandEffect, Operator};
use meridian_handlers::quarantine::{Named, QuarantineError, lift_quarantine, quarantine};
use meridian_messages::operator as sentences;
use std::process::ExitCode;

/// Arguments of `meridian quarantine`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian quarantine v427 --who maria --why \"trained on leaked labels\"\n  \
                        meridian quarantine v427 --lift --who maria --why \"the labels were right\"\n\n\
                        No region starts a release in quarantine, a canary of it is rolled back, and it delays no other release. \
                        What a region serves already it keeps serving.\n\nExit code: 0 it is on record; 1 AWS did not \
                        take it; 2 wrong input, or nothing is in quarantine there.")]
pub struct Arguments {
    /// A release by its digest or its name, or a key of home's release bucket, such as an archive's: every release made of it.
    #[arg(value_name = "RELEASE|KEY")]
    named: String,
    /// End the quarantine.
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    operator: Operator,
}

/// Starts or ends a quarantine, and prints the releases.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { named, lift, operator } = arguments;
    let name: Named = named.parse()?;
    let session = operator.session()?;
    let (fleet, who) = (&session.fleet, &operator.who);
    operator.carry_out(&session, QuarantineError::is_input, |ports| {
        let (named, why) = (name.clone(), operator.why.clone());
        let words = if *lift {
            let done = session.run(lift_quarantine(ports, fleet, named, who, why))?;
            sentences::quarantine_lifted(&done.object, &done.releases)
        } else {
            let done = session.run(quarantine(ports, fleet, named, who, why))?;
            sentences::quarantined(&done.object, &done.releases)
        };
        Ok(CommandEffect { command: "quarantine", region: None, until: None, words, changes: true })
    })
}
