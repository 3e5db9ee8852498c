//! Why a night could not be run.

use super::scenario::ScenarioError;
use crate::engine::EngineError;
use crate::host::in_process::Stalled;
use crate::host::wire::WireError;
use crate::http::RecordError;
use crate::world::{InstallError, WorldError};
use meridian_domain::{ChainError, FleetError, NameError};
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// Why a night could not be run. How it went is no error: that is the [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum NightError {
    /// The scenario contradicts the fleet.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The scenario names what there is not.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The fleet policy.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// What a scenario says of the policy.
    #[error("scenario {scenario}: with its {table} laid over it, {source}")]
    Policy {
        /// Name of the scenario.
        scenario: String,
        /// The table of the scenario that says it.
        table: &'static str,
        /// What is wrong; its lines count in the whole, as it was laid together.
        source: Box<FleetError>,
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
    /// A person's command waits for something other than time.
    #[error(transparent)]
    Stalled(#[from] Stalled),
    /// Time got stuck.
    #[error(transparent)]
    InProcess(#[from] EngineError<Infallible>),
    /// The door for others cannot be opened.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Door {
        /// The port that was asked for.
        port: u16,
        /// What the operating system answered.
        source: std::io::Error,
    },
    /// The calls could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the operating system answered.
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

/// Makes a folder, with those above it.
pub(super) fn create(folder: &Path) -> Result<(), NightError> {
    std::fs::create_dir_all(folder).map_err(|source| NightError::Write { path: folder.to_owned(), source })
}
