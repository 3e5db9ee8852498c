//! Why a scenario cannot be run.

use super::names;
use meridian_domain::FleetName;
use meridian_messages::or_rather;

/// A scenario that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No built-in scenario has the name, and no file does.
    #[error("no scenario is called {name:?}{} (meridian night --list names those that are built in; a file is given by its path)", or_rather(name, &names()))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("scenario {name}: {source}")]
    Read {
        /// Its name or path, as it was asked for.
        name: String,
        /// What the operating system answered.
        source: std::io::Error,
    },
    /// Not for so few regions.
    #[error(
        "scenario {name} needs {needed} regions, for something happens to each of them but home, and fleet {fleet} has {has}: \
             rehearse another (meridian night --list)"
    )]
    TooFewRegions {
        /// The scenario that was asked for.
        name: String,
        /// Whose regions would play it.
        fleet: FleetName,
        /// How many regions the scenario needs, home among them.
        needed: usize,
        /// How many the fleet has.
        has: usize,
    },
    /// Not a scenario.
    #[error("scenario {name}{}: {message}", line.map(|n| format!(" line {n}")).unwrap_or_default())]
    Malformed {
        /// The scenario that was asked for.
        name: String,
        /// 1-based line, where one can be named.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
}
