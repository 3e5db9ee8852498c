//! Why a function could not do its work, where neither a service nor a release is at fault.

use super::{EvaluationReason, FileFault, HoldoutFault, ServiceFailure, Unseen};
use crate::fleet::names::{Epoch, FleetName, RegionName, ReleaseId, Version};
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
    /// The pipeline is a deputy's, and home is that other region.
    NotHome { region: RegionName, home: RegionName },
    /// The region is not one of the fleet, which has those.
    NoSuchRegion { region: RegionName, fleet: FleetName, regions: Vec<RegionName> },
    /// No region whose ledger can be read has attested the release: nobody is known to have signed it, and its manifest is not read.
    Unattested { release: ReleaseId },
    /// The pipeline has a stage for a place that the fleet's order does not have.
    NoSuchPlace { place: u64, regions: u64 },
    /// Evaluation comes to no ruling.
    NoRuling(EvaluationReason),
    /// No hold-out was approved by the time at which home attested the release.
    NoHoldout { version: Version, fleet: FleetName, published: Timestamp },
    /// The file of the approved hold-out is not what was approved.
    HoldoutUnusable { file: String, fault: Box<FileFault> },
    /// The approved hold-out cannot be read.
    HoldoutUnread { file: String, fault: HoldoutFault },
    /// The stream of the region's captured requests broke off, and not because S3 did not answer.
    CaptureUnread { region: RegionName },
    /// The champion's archive or model cannot be scored.
    ChampionNotScored { version: Version, why: Box<EvaluationReason> },
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
    /// CodePipeline answered this for the id of an execution.
    NoExecutionId { id: String },
}

/// What a region's own watch has left to do when its call ends: it fails, so that Lambda repeats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftUndone {
    /// The page was not sent.
    Page(ServiceFailure),
    /// The alarm cannot be read: it is not a quiet one (I13).
    Alarm(Unseen),
    /// The ledger cannot be read.
    Ledger(Unseen),
    /// The ledger did not take so many records.
    Records(u64),
    /// Its automatic scaling, which an update removed, could not be registered again.
    Scaling(Unseen),
}
