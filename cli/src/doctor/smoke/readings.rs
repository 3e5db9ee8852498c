//! What AWS did where its documentation leaves it open, as the local world takes it.

use serde::Serialize;

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
}

impl Readings {
    /// The file that `meridian night --live-facts` reads.
    pub fn file(&self) -> String {
        let readings = toml::to_string(self).unwrap_or_default();
        format!("# What SageMaker did for meridian doctor --smoke. What is not here was not seen.\n{readings}")
    }
}
