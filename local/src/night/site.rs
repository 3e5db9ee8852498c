//! What a night takes place on: a fleet, and what is deployed for it.

use super::NightError;
use crate::world::{TEMPLATE, WorldError};
use meridian_deployment::{Deployment, Settings};
use meridian_domain::Fleet;
use std::sync::Arc;

/// The repository's own fleet, which the functions are built with.
const FLEET: &str = include_str!("../../../fleet.toml");
/// What it is deployed with.
const SAMCONFIG: &str = include_str!("../../../samconfig.toml");

/// A fleet, and the stacks of its regions.
#[derive(Clone, Debug)]
pub struct Site {
    /// `fleet.toml`, as the functions have it.
    pub(super) text: String,
    /// The same, read.
    pub(super) fleet: Arc<Fleet>,
    /// What stands in the regions.
    pub deployment: Deployment,
}

impl Site {
    /// The repository's own template, fleet and `samconfig.toml`.
    ///
    /// # Errors
    /// One of them cannot be read, or they contradict each other.
    pub fn repository() -> Result<Self, NightError> {
        Self::of(FLEET, SAMCONFIG)
    }

    /// The repository's fleet and settings, with another template: what there would be if that one were deployed.
    ///
    /// # Errors
    /// The template cannot be deployed.
    pub fn of_template(template: &str) -> Result<Self, NightError> {
        Self::deploy(FLEET, SAMCONFIG, template)
    }

    /// The repository's template, deployed for another fleet with other settings.
    ///
    /// # Errors
    /// As [`Site::repository`].
    pub fn of(fleet: &str, samconfig: &str) -> Result<Self, NightError> {
        Self::deploy(fleet, samconfig, TEMPLATE)
    }

    fn deploy(fleet: &str, samconfig: &str, template: &str) -> Result<Self, NightError> {
        let text = fleet.to_owned();
        let fleet = Arc::new(Fleet::parse(fleet)?);
        let settings = Settings::parse(samconfig, &fleet.account).map_err(WorldError::from)?;
        let deployment = Deployment::of(template, &settings).map_err(WorldError::from)?;
        Ok(Site { text, fleet, deployment })
    }

    /// Whether the functions' binaries must be told of the fleet.
    pub(super) fn is_repository(&self) -> bool {
        self.text == FLEET
    }
}
