//! What a scenario changes about customers' requests.

use crate::world::moment::Moment;
use meridian_domain::RegionName;
use serde::{Deserialize, Serialize};

/// A feature that customers' requests carry in another unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureChange {
    /// The feature's name.
    pub feature: String,
    /// Only in this region.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// From this moment on.
    #[serde(default)]
    pub from: Option<Moment>,
    /// By what the usual value is multiplied.
    pub factor: f64,
}
