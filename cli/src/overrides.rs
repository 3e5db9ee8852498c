//! `meridian override`: a person sets one rule aside for a while.

use crate::aws::{self, Place, Session};
use crate::terminal;
use jiff::SignedDuration;
use meridian_domain::{Actor, RegionName, Rule, edge};
use meridian_handlers::decrees::{SetAside, set_aside};
use std::process::ExitCode;

/// What `meridian override` is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Approval, checked bytes, proof by golden records, the way back, the decision before a canary's \
                        end and a condemnation cannot be overridden.\n\nExit code: 0 it is on record; 1 AWS did not take \
                        it; 2 wrong input."
)]
pub struct Arguments {
    /// Which rule.
    #[arg(value_enum)]
    what: What,
    /// For which region; for every one where none is named. The order is overridden for one region only.
    #[arg(long, value_name = "REGION")]
    region: Option<RegionName>,
    /// For how long, such as 4h; 0s ends an earlier one.
    #[arg(long = "for", value_name = "DURATION", value_parser = edge::duration)]
    lasts: SignedDuration,
    /// Why: plans, pages and the wave's end say it.
    #[arg(long, value_name = "TEXT", value_parser = terminal::why)]
    why: String,
    /// Who says so: the ledger keeps it.
    #[arg(long, value_name = "NAME")]
    who: Actor,
    #[command(flatten)]
    place: Place,
}

/// A rule, by the word for it.
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

/// Sets the rule aside; says until when.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.place)?;
    let what = Rule::from(arguments.what);
    let until = session.now().checked_add(arguments.lasts)?;
    let (region, why) = (arguments.region.clone(), arguments.why.clone());
    let order = SetAside { what, region, why, until };
    match session.run(set_aside(&session.ports, &session.fleet, &arguments.who, order)) {
        Ok(()) => {
            let place = arguments.region.as_ref().map_or_else(|| "every region".to_owned(), ToString::to_string);
            terminal::say(&match arguments.lasts.is_positive() {
                true => format!("the {what} is set aside for {place} until {until}"),
                false => format!("the {what} holds again for {place}"),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
