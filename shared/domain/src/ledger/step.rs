//! What a step does, as records and reasons name it.

use crate::fleet::names::{Epoch, RegionName};
use serde::{Deserialize, Serialize};

/// Effects outside the ledger. Each is idempotent and makes no choice of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Write the guards' alarms, prime them, create model and configuration.
    Prepare,
    /// Ask SageMaker for the update.
    Update,
    /// Ask SageMaker for the region's endpoint, which there is none of yet.
    Create,
    /// Tell the heartbeat alarm that a judge looks.
    Beat,
    /// Read the counts of green and blue, and judge them.
    Look,
    /// Read what the region served in the last hour.
    Measure,
    /// Ask the endpoint for the golden records.
    AskGolden,
    /// Publish the revert verdict: SageMaker itself shifts back.
    Trip,
    /// Tell the heartbeat alarm that silence is fine from now on.
    Disarm,
    /// Register how many instances the region is to have, as its ledger says.
    Scale,
    /// Take the endpoint's variant out of automatic scaling: SageMaker gives a registered one no other instance type.
    Deregister,
    /// Write beside the region's way back that the wave leaves it behind: its ledger does not take that.
    NoteDeferral,
}

/// How an action ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Done, or there was nothing to do.
    Done,
    /// The region was left behind on record; the next one may start.
    Deferred,
    /// Evidence or policy says no: the wave stops.
    Failed,
}

/// A step of a wave as a log line and the record of its refusal name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    /// Take the fleet's lease.
    TakeLease {
        /// The generation that the lease gets: one after the last.
        epoch: Epoch,
    },
    /// Write to the hub's chain.
    TellHub,
    /// Write to a region's chain.
    TellRegion {
        /// The region whose chain it is.
        region: RegionName,
    },
    /// Do something outside the ledger.
    Act {
        /// Which operation outside the ledger it is.
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
        /// Whether it is done, deferred or failed: what CodePipeline is answered.
        how: Finish,
    },
}
