//! Which kind of step a plan takes next, without what the step carries.

use crate::names::{Epoch, RegionName};
use crate::plan::{Act, Finish, Next};
use serde::{Deserialize, Serialize};

/// A step of a wave as a log line and the record of its refusal name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    /// Take the fleet's lease.
    TakeLease {
        /// At this generation.
        epoch: Epoch,
    },
    /// Write to the hub's chain.
    TellHub,
    /// Write to a region's chain.
    TellRegion {
        /// Whose chain.
        region: RegionName,
    },
    /// Do something outside the ledger.
    Act {
        /// What is done.
        act: Act,
        /// The region in which it is done.
        region: RegionName,
    },
    /// Page the people on call.
    Page,
    /// Tell people what can wait until the morning.
    Advise,
    /// Ask to be called again.
    Wait,
    /// End the action.
    Finish {
        /// How it ends.
        how: Finish,
    },
}

impl From<&Next> for StepKind {
    fn from(next: &Next) -> Self {
        match next {
            Next::TakeLease { epoch, .. } => Self::TakeLease { epoch: *epoch },
            Next::TellHub(_) => Self::TellHub,
            Next::TellRegion(region, _) => Self::TellRegion { region: region.clone() },
            Next::Do(act, region, _) => Self::Act { act: *act, region: region.clone() },
            Next::Page { .. } => Self::Page,
            Next::Advise { .. } => Self::Advise,
            Next::Wait => Self::Wait,
            Next::Finish(how) => Self::Finish { how: *how },
        }
    }
}
