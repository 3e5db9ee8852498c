//! What AWS did where its documentation leaves it open, as the local world takes it.

use serde::Serialize;
use std::path::{Path, PathBuf};
use toml::Table;

/// What was seen; what was not seen is not said. The names are those of
/// [`LiveFacts`](meridian_local::world::LiveFacts).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Readings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarms_watched_during_termination_wait: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_shows_rolling_back: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_leaves_failure_reason: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak_shows_baking: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_configuration_refused: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_configuration_unknown_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_delay_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_complete_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_calls_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_bake_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_evaluation_periods: Option<u32>,
}

/// The file that `meridian night --live-facts` reads, with what it said before.
pub struct FactsFile {
    path: PathBuf,
    before: Table,
}

/// Why what AWS did cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}; expected what meridian doctor --smoke or --ping wrote: name another file with --facts")]
    Content { path: PathBuf, source: toml::de::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("what AWS did cannot be written as TOML: {0}")]
    Form(#[from] toml::ser::Error),
}

impl FactsFile {
    /// Reads the file, if there is one: before anything is tried, for what is tried takes hours.
    pub fn open(path: &Path) -> Result<Self, FactsError> {
        let path = path.to_owned();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(FactsError::Read { path, source }),
        };
        match text.parse() {
            Ok(before) => Ok(Self { path, before }),
            Err(source) => Err(FactsError::Content { path, source }),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what was seen over what it said.
    pub fn write(&self, seen: &Readings) -> Result<(), FactsError> {
        let mut all = self.before.clone();
        all.extend(Table::try_from(seen)?);
        let text = format!("# What AWS did for meridian doctor. What is not here was not seen.\n{all}");
        std::fs::write(&self.path, text).map_err(|source| FactsError::Write { path: self.path.clone(), source })
    }
}
