//! `meridian lift`: a person ends a halt.

use crate::aws::{self, Place, Session};
use crate::terminal;
use meridian_domain::{Actor, RegionName};
use meridian_handlers::lift::lift;
use meridian_messages::Voice;
use std::fmt;
use std::process::ExitCode;

/// Arguments of `meridian lift`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 the halt is lifted; 1 AWS refused it, or the ledger has changed meanwhile; \
                        2 wrong input, or nothing is halted there.")]
pub struct Arguments {
    /// The region whose own halt is meant, or home for the whole fleet's.
    #[arg(long, value_name = "REGION|home", value_parser = chain)]
    region: Which,
    /// The reason for lifting, for the ledger.
    #[arg(long, value_name = "TEXT", value_parser = terminal::why)]
    why: String,
    /// Who lifts it, for the ledger.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    who: Actor,
    #[command(flatten)]
    place: Place,
}

/// The chain: the hub's, or a region's.
#[derive(Clone, Debug)]
pub enum Which {
    Hub,
    Region(RegionName),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::Hub => f.write_str("home"),
            Which::Region(region) => f.write_str(region.as_str()),
        }
    }
}

impl Which {
    pub fn region(&self) -> Option<&RegionName> {
        match self {
            Which::Hub => None,
            Which::Region(region) => Some(region),
        }
    }
}

/// Reads `home` or a region's name.
pub fn chain(text: &str) -> Result<Which, String> {
    match text {
        "home" => Ok(Which::Hub),
        region => region.parse().map(Which::Region).map_err(|error: meridian_domain::NameError| error.to_string()),
    }
}

/// Lifts a halt, and prints it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.place)?;
    let region = arguments.region.region();
    match session.run(lift(&session.ports, &session.fleet, region, &arguments.who, arguments.why.clone())) {
        Ok(halt) => {
            terminal::say(&format!(
                "{}: the halt is lifted ({}). It had been set because: {}",
                arguments.region,
                arguments.why,
                Voice::of(&session.fleet).why(&halt)
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => Ok(aws::failed(&error)),
    }
}
