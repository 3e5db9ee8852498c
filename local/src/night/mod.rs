//! A night on one machine: a scenario, run to its end, told as it happens.

mod keys;
mod models;
mod people;
mod report;
mod scenario;
mod session;
mod setup;
mod site;
mod story;
mod teller;

pub use meridian_messages::ledger::Tone;
pub use report::{Decision, ExecutionEnd, HubProjection, PageSent, REPORT_SCHEMA, RegionEnd, Report};
pub use scenario::{Ending, Expect, ModelName, Publish, Rerun, Scenario, ScenarioError, SetAside, SignedBy, names};
pub use session::Session;
pub use site::Site;
pub use story::{Line, Narrator};

use crate::engine::EngineError;
use crate::host::wire::WireError;
use crate::http::RecordError;
use crate::world::WorldError;
use crate::world::{InstallError, World};
use meridian_domain::{ChainError, Fleet, FleetError, NameError};
use std::convert::Infallible;
use std::path::PathBuf;

/// How to run a night.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of everything that is random.
    pub seed: u64,
    /// Where the functions run.
    pub functions: Functions,
    /// Where evaluation pages and the functions' logs go.
    pub out: PathBuf,
    /// A file for a record of every call that comes through a door.
    pub record: Option<PathBuf>,
}

/// Where the functions run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Functions {
    /// As futures in this process, on the ports directly.
    InProcess,
    /// As the real release binaries in this folder, over HTTP.
    Binaries(PathBuf),
    /// Nowhere here: who opened the night runs them, and calls the world through its door.
    Elsewhere,
}

/// Why a night could not be run. How it went is no error: that is the [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum NightError {
    /// The scenario contradicts the fleet.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The fleet policy.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// What a scenario says of the policy.
    #[error("scenario {scenario}: with its [policy] laid over it, {source}")]
    Policy {
        /// Which scenario.
        scenario: String,
        /// What is wrong; its lines count in the whole, as it was laid together.
        source: FleetError,
    },
    /// The champion could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The binaries could not be run.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The binaries, or time itself, got stuck.
    #[error(transparent)]
    Engine(#[from] EngineError<WireError>),
    /// Time got stuck.
    #[error(transparent)]
    InProcess(#[from] EngineError<Infallible>),
    /// The door for others cannot be opened.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Door {
        /// The port that was asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The calls could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What training or a person did in the scenario did not work.
    #[error("{what}: {why}")]
    Person {
        /// What was tried.
        what: String,
        /// Why it did not work.
        why: String,
    },
    /// What comes with Meridian is damaged.
    #[error("built-in data: {0}")]
    Data(String),
}

/// Errors of data that is compiled in: a damaged build, not a user's input.
macro_rules! damaged {
    ($($error:ty),*) => {$(
        impl From<$error> for NightError {
            fn from(error: $error) -> Self {
                NightError::Data(error.to_string())
            }
        }
    )*};
}
damaged!(
    NameError,
    ChainError,
    serde_json::Error,
    meridian_xgboost::ModelError,
    meridian_evaluation::HoldoutError,
    meridian_xgboost::ShapeError
);

/// Runs a night on the repository's own fleet, or what the scenario makes of it, telling each line as it happens.
///
/// # Errors
/// What kept the night from being run. A night that ends otherwise than its scenario expects is no error.
pub fn run(scenario: &Scenario, options: &Options, tell: &mut dyn FnMut(&Line)) -> Result<Report, NightError> {
    let mut night = Session::begin(Site::of_scenario(scenario)?, scenario, options)?;
    night.run_until(scenario.end(), tell)?;
    night.report()
}

/// Copies the evaluation pages out of home's bucket, named by version; returns their names below `out`.
fn write_evaluations(
    world: &mut World,
    fleet: &Fleet,
    keys: &[String],
    out: &std::path::Path,
) -> Result<Vec<String>, NightError> {
    let mut names = Vec::new();
    for key in keys {
        let Some(body) = teller::object(world, fleet, &fleet.home, key) else { continue };
        let release = key.split('/').nth(1).and_then(|release| release.get(..12)).unwrap_or("release");
        let name = format!("evaluation-{release}.html");
        create(out)?;
        let path = out.join(&name);
        std::fs::write(&path, body).map_err(|source| NightError::Write { path, source })?;
        names.push(name);
    }
    Ok(names)
}

fn create(folder: &std::path::Path) -> Result<(), NightError> {
    std::fs::create_dir_all(folder).map_err(|source| NightError::Write { path: folder.to_owned(), source })
}
