//! Why no region may start a release, whatever became of it before.

use super::Reason;
use crate::ledger::quarantine::Quarantine;
use serde::{Deserialize, Serialize};

/// Why no region may start a release, whatever became of it before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// It failed in a canary or at full load of a region.
    Condemned {
        /// What the evidence says.
        why: Box<Reason>,
    },
    /// A person took it out of consideration.
    Quarantined(Quarantine),
}
