//! Where an endpoint's update stands.

use crate::fleet::endpoint::{EndpointStatus, EndpointView, Target, VariantPhase};
use crate::ledger::history::RegionHistory;
use jiff::Timestamp;

/// The region's state, from its endpoint's own words and the ledger's memory of the canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `InService`, naming the target's configuration.
    OnTarget,
    /// `InService`, naming another configuration.
    Elsewhere,
    /// Green's instances are being provisioned.
    Provisioning,
    /// The canary takes its share.
    Baking {
        /// Since when, where SageMaker says it.
        since: Option<Timestamp>,
    },
    /// All traffic is on its way to green.
    Shifting,
    /// Past the bake and past the shift, as far as SageMaker says: golden records can tell.
    Shifted,
    /// Traffic is on its way back to blue.
    RollingBack,
    /// Another update than the target's is running.
    Busy,
    /// A rollback failed: instances of both configurations may answer, and which bytes serve is unknown. A state of its own:
    /// neither old nor new (I13), and never a success (I4).
    UnknownBytes,
    /// The endpoint is `OutOfService`, `Deleting` or `Failed`.
    Broken,
}

impl Stage {
    /// Reads the stage.
    ///
    /// SageMaker does not say "shifted": after the bake it shows `ActivatingTraffic`, then `Baking` again until the
    /// termination wait is over *(live)*. The ledger knows when the first bake was to end, and tells the two apart.
    pub fn of(endpoint: &EndpointView, target: &Target, history: &RegionHistory, now: Timestamp) -> Self {
        match endpoint.status {
            EndpointStatus::InService if endpoint.config == target.config => Stage::OnTarget,
            EndpointStatus::InService => Stage::Elsewhere,
            EndpointStatus::RollingBack => Stage::RollingBack,
            EndpointStatus::Updating => Self::updating(endpoint, target, history, now),
            EndpointStatus::Creating | EndpointStatus::SystemUpdating => Stage::Busy,
            EndpointStatus::UpdateRollbackFailed => Stage::UnknownBytes,
            EndpointStatus::OutOfService | EndpointStatus::Deleting | EndpointStatus::Failed => Stage::Broken,
        }
    }

    fn updating(endpoint: &EndpointView, target: &Target, history: &RegionHistory, now: Timestamp) -> Self {
        let Some(pending) = endpoint.pending.as_ref().filter(|pending| pending.config == target.config) else {
            return Stage::Busy;
        };
        let canary = history.update.as_ref().filter(|update| update.target == *target).and_then(|update| update.canary);
        let past_bake = canary.is_some_and(|(_, ends)| now >= ends);
        match pending.phase {
            Some(VariantPhase::Baking) if past_bake => Stage::Shifted,
            Some(VariantPhase::Baking) => Stage::Baking { since: pending.phase_since },
            Some(VariantPhase::ActivatingTraffic) if canary.is_some() => Stage::Shifting,
            Some(VariantPhase::Deleting) => Stage::RollingBack,
            Some(_) => Stage::Provisioning,
            None if past_bake => Stage::Shifted,
            None => Stage::Provisioning,
        }
    }
}
