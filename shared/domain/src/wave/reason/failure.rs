//! Why a function could not do its work, where neither a service nor a release is at fault.

use super::{EvaluationReason, FileFault};
use crate::names::{Epoch, FleetName, RegionName, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a call fails: a wrong pipeline, a fleet that lacks something, or a defect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the object, the release or the count that the variant is about")]
pub enum Failure {
    /// `shadow-eval` was given `promote`'s action.
    NotForShadowEval,
    /// `promote` was given `shadow-eval`'s action.
    NotForPromote,
    /// The pipeline has a stage for a place that the fleet's order does not have.
    NoSuchPlace { place: u64, regions: u64 },
    /// Evaluation comes to no ruling.
    NoRuling(EvaluationReason),
    /// No hold-out was approved by the time at which home attested the release.
    NoHoldout { version: Version, fleet: FleetName, published: Timestamp },
    /// The file of the approved hold-out is not what was approved.
    HoldoutUnusable { file: String, fault: Box<FileFault> },
    /// The approved hold-out cannot be read.
    HoldoutUnread { file: String, error: String },
    /// The champion's archive or model cannot be scored.
    ChampionNotScored { version: Version, error: String },
    /// Other golden records lie there than this build chooses.
    OtherGolden { file: String, region: RegionName, version: Version },
    /// The evaluation cannot be written as JSON.
    Unwritable { line: u64 },
    /// The planner did not come to an end within one call.
    TooManySteps { steps: u32 },
    /// A rollback was planned that needs another region (I6).
    NeedsOtherRegion,
    /// The region's ledger must be written and could not be read.
    LedgerNotRead { region: RegionName },
    /// Another wave has acquired the lease (I11).
    LeaseLost { epoch: Epoch, to: Epoch },
    /// CodePipeline's id of an execution is none.
    NoExecutionId { error: String },
}

/// What a region's own watch has left to do when its call ends: it fails, so that Lambda repeats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftUndone {
    /// The page was not sent.
    Page {
        /// What the pager answered.
        error: String,
    },
    /// The alarm cannot be read: it is not a quiet one (I13).
    Alarm {
        /// What was answered.
        error: String,
    },
    /// The ledger cannot be read.
    Ledger {
        /// What was answered.
        error: String,
    },
    /// The ledger did not take so many records.
    Records(u64),
}
