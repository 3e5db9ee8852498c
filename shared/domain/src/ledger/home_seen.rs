//! What a region sees of home.

use crate::fleet::names::RegionName;
use serde::{Deserialize, Serialize};

/// What another region's chain says of home's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum HomeSeen {
    /// It does not answer here.
    Silent,
    /// People were asked to move home to this region, a deputy.
    Asked {
        /// The other regions that it does not answer either.
        with: Vec<RegionName>,
    },
    /// It answers again.
    Answers,
}
