//! `meridian override`: a person sets one rule aside for a while.

use crate::operator::{self, CommandEffect, Operator};
use jiff::SignedDuration;
use meridian_domain::{Rule, edge};
use meridian_handlers::operator_commands::{OperatorCommandError, SetAside, set_aside};
use meridian_messages::operator as sentences;
use std::process::ExitCode;

/// Arguments of `meridian override`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian override freeze --region BR --for 4h \\\n      \
                        --who maria --why \"agreed with the acquirer\"\n  \
                        meridian override skew --for 3d --who maria --why \"BR waits for its quota\"\n\n\
                        Approval, checked bytes, proof by golden records, the rollback target, the decision before a canary's \
                        end and a condemnation cannot be overridden.\n\nExit code: 0 it is on record; 1 AWS did not take \
                        it; 2 wrong input.")]
pub struct Arguments {
    /// The rule to set aside.
    #[arg(value_enum)]
    what: What,
    /// The region, by its title or AWS's name [default: every region]. The order is overridden for one region only.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// How long, such as 4h or 3d; 0s ends an earlier override.
    #[arg(long = "for", value_name = "DURATION", value_parser = edge::duration)]
    lasts: SignedDuration,
    #[command(flatten)]
    operator: Operator,
}

/// A rule that can be overridden.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// A freeze: the region may start within it.
    Freeze,
    /// The bound on how far regions may be apart: nobody is paged.
    Skew,
    /// The order: the region may start without the evidence of the regions before it.
    Order,
}

impl From<What> for Rule {
    fn from(what: What) -> Self {
        match what {
            What::Freeze => Rule::Freeze,
            What::Skew => Rule::Skew,
            What::Order => Rule::Order,
        }
    }
}

/// Sets the rule aside, and prints the end.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Arguments { what, region, lasts, operator } = arguments;
    let session = operator.session()?;
    let what = Rule::from(*what);
    let region = region.as_deref().map(|asked| operator::region(&session.fleet, asked)).transpose()?;
    let until = session.now().checked_add(*lasts)?;
    let (fleet, who) = (&session.fleet, &operator.who);
    operator.carry_out(&session, OperatorCommandError::is_input, |ports| {
        let order = SetAside { what, region: region.clone(), why: operator.why.clone(), until };
        session.run(set_aside(ports, fleet, who, order))?;
        let words = match lasts.is_positive() {
            true => sentences::set_aside(what, region.as_ref(), until),
            false => sentences::holds_again(what, region.as_ref()),
        };
        Ok(CommandEffect { command: "override", region: region.as_ref(), until: Some(until), words, changes: true })
    })
}
