//! What a step could break, as data: the crate `meridian-messages` says it in words.

use super::Invariant;
use crate::fleet::names::{Epoch, RegionName, ResourceName, Version};
use crate::ledger::reason::Barred;
use serde::{Deserialize, Serialize};

/// A fact for which a step is not executed. Each belongs to one invariant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Violation {
    // I1
    /// Another region is between two releases.
    MidShift {
        /// The other region.
        region: RegionName,
    },
    // I2
    /// The region has not attested the release's bytes.
    NotAttested {
        /// The region that would start.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// What the region's customers send does not suit the release, or too little was captured to say so, and policy does not let it start.
    ShadowNotPassed {
        /// The region that would start.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// The release is not approved, in the hub's ledger or in the registry.
    NotApproved {
        /// The wave's release.
        version: Version,
    },
    // I3
    /// The wave's order is not on record, or leaves a region out.
    OrderNotOnRecord,
    /// A region that comes earlier in the order has no evidence for the release.
    NoEvidence {
        /// The earlier region.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// The region failed at full load and would be called evidence.
    FailedAtFullLoad {
        /// The region whose failed counts would be called evidence.
        region: RegionName,
    },
    /// The region is not proved to serve what would be called evidence.
    NotProvedToServe {
        /// The region that would be evidence.
        region: RegionName,
        /// The release that it is said to serve.
        version: Version,
    },
    /// A region would be further behind than policy allows, and people were not told.
    TooFarBehind {
        /// The region that would be left behind.
        region: RegionName,
    },
    /// The region is frozen, and nobody has overridden that.
    Frozen {
        /// The region that would start.
        region: RegionName,
    },
    // I4
    /// The golden records were not all answered right.
    GoldenNotAnswered {
        /// The region that would be confirmed.
        region: RegionName,
    },
    /// The endpoint is not in service on the configuration.
    NotInService {
        /// The region that would be settled.
        region: RegionName,
        /// The configuration that it should serve.
        config: ResourceName,
    },
    /// Golden records have not shown that the region answers as the release.
    AnswersNotProved {
        /// The region that would be settled.
        region: RegionName,
        /// The release that it should answer as.
        version: Version,
    },
    /// The region would be counted as done, and does not serve the release.
    CountedAsDone {
        /// The region that would not be listed as lagging.
        region: RegionName,
    },
    // I5
    /// An update would start without a way back.
    NoWayBack,
    /// What the region would roll back to does not serve there, or is not proved to.
    WayBackNotServed {
        /// The region that would be updated.
        region: RegionName,
    },
    /// An endpoint would be created where a release has served: there would be no way back to it.
    NotNew {
        /// The region that would get the endpoint.
        region: RegionName,
    },
    // I6
    /// The region's own rollback would be replaced in its ledger.
    OwnRollbackReplaced {
        /// The region that rolls back.
        region: RegionName,
    },
    // I7
    /// The region is deferred in this wave.
    AlreadyDeferred {
        /// The region that would start.
        region: RegionName,
    },
    /// The fleet or one of its regions is halted.
    HaltStands,
    /// No region may start the release.
    Barred {
        /// The wave's release.
        version: Version,
        /// What bars it.
        by: Barred,
    },
    /// A region's evidence is against the release.
    EvidenceAgainst {
        /// The region with the evidence.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// The region would be deferred for a fault of the release.
    ReleaseFaultDeferred {
        /// The region that would be deferred.
        region: RegionName,
    },
    /// The release would be condemned, and no revert in the region says so.
    CondemnedWithoutRevert {
        /// The region that the condemnation names.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    // I8
    /// The region's ledger holds no intent for the update.
    NoIntent {
        /// The region that would start.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// The region's ledger holds no intent of this wave for the scaling.
    NoScalingIntent {
        /// The region whose instances would be registered.
        region: RegionName,
    },
    // I9
    /// A canary would proceed without a passing verdict.
    NoPass,
    /// The canary would proceed after a revert was decided.
    RevertOverruled {
        /// The region with the canary.
        region: RegionName,
    },
    /// The region would be evidence after a revert was decided.
    RevertedIsEvidence {
        /// The region that would be evidence.
        region: RegionName,
    },
    /// The timer on record would not be the one that SageMaker was asked for.
    OtherTimer {
        /// The region with the canary.
        region: RegionName,
    },
    /// The canary was not planned, or is outside of policy's bounds.
    CanaryNotAllowed {
        /// The region with the canary.
        region: RegionName,
    },
    /// The wave goes on after an earlier one, and the region has had as many canaries as policy splits its chances to err over.
    TriesUsedUp {
        /// The region that would start.
        region: RegionName,
    },
    /// A heartbeat would keep a canary alive that nobody let through.
    BeatWithoutDecision {
        /// The region with the canary.
        region: RegionName,
    },
    /// The region was shifted without a decision to proceed.
    ShiftedWithoutDecision {
        /// The region that would be confirmed.
        region: RegionName,
    },
    /// The heartbeat alarm would be disarmed, and nobody let the canary through.
    DisarmedWithoutDecision {
        /// The region with the canary.
        region: RegionName,
    },
    // I10
    /// The wave has ended.
    WaveOver,
    // I11
    /// This wave does not hold the fleet's lease.
    LeaseNotHeld,
    /// The fleet's lease would be taken from its holder.
    LeaseHeld,
    /// An update would be intended under another epoch than the lease's.
    OtherEpoch,
    /// The lease's epoch is not this wave's.
    EpochNotOurs {
        /// The epoch that would be renewed or released.
        epoch: Epoch,
    },
    /// The lease's epoch would not follow the last one.
    EpochOutOfTurn {
        /// The epoch that would be taken.
        epoch: Epoch,
        /// The last one on record.
        last: Epoch,
    },
    // I13
    /// Another region cannot be seen and is not deferred.
    UnseenNotDeferred {
        /// The other region.
        region: RegionName,
    },
    /// Which bytes the region serves is unknown.
    ServingUnknown {
        /// The region that would start.
        region: RegionName,
    },
    /// The region would be called well, and cannot be seen.
    UnseenCalledWell {
        /// The region that would be called well.
        region: RegionName,
    },
    /// The region would be counted as done, and cannot be seen.
    UnseenCountedAsDone {
        /// The region that would not be listed as lagging.
        region: RegionName,
    },
}

impl Violation {
    /// The invariant that the step would break.
    pub fn invariant(&self) -> Invariant {
        match self {
            Self::MidShift { .. } => Invariant::I1,
            Self::NotAttested { .. } | Self::NotApproved { .. } => Invariant::I2,
            Self::OrderNotOnRecord
            | Self::ShadowNotPassed { .. }
            | Self::NoEvidence { .. }
            | Self::FailedAtFullLoad { .. }
            | Self::NotProvedToServe { .. }
            | Self::TooFarBehind { .. }
            | Self::Frozen { .. } => Invariant::I3,
            Self::GoldenNotAnswered { .. }
            | Self::NotInService { .. }
            | Self::AnswersNotProved { .. }
            | Self::CountedAsDone { .. } => Invariant::I4,
            Self::NoWayBack | Self::WayBackNotServed { .. } | Self::NotNew { .. } => Invariant::I5,
            Self::OwnRollbackReplaced { .. } => Invariant::I6,
            Self::AlreadyDeferred { .. }
            | Self::HaltStands
            | Self::Barred { .. }
            | Self::EvidenceAgainst { .. }
            | Self::ReleaseFaultDeferred { .. }
            | Self::CondemnedWithoutRevert { .. } => Invariant::I7,
            Self::NoIntent { .. } | Self::NoScalingIntent { .. } => Invariant::I8,
            Self::NoPass
            | Self::RevertOverruled { .. }
            | Self::RevertedIsEvidence { .. }
            | Self::OtherTimer { .. }
            | Self::CanaryNotAllowed { .. }
            | Self::TriesUsedUp { .. }
            | Self::BeatWithoutDecision { .. }
            | Self::ShiftedWithoutDecision { .. }
            | Self::DisarmedWithoutDecision { .. } => Invariant::I9,
            Self::WaveOver => Invariant::I10,
            Self::LeaseNotHeld
            | Self::LeaseHeld
            | Self::OtherEpoch
            | Self::EpochNotOurs { .. }
            | Self::EpochOutOfTurn { .. } => Invariant::I11,
            Self::UnseenNotDeferred { .. }
            | Self::ServingUnknown { .. }
            | Self::UnseenCalledWell { .. }
            | Self::UnseenCountedAsDone { .. } => Invariant::I13,
        }
    }
}
