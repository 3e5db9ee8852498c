//! A region's automatic scaling, registered and removed. A failure here is not the release's or the endpoint's: the planner waits for it
//! by itself.

use crate::ports::Ports;
use meridian_domain::reason::Unseen;
use meridian_domain::{Fleet, Region, RegionHistory, RegionName};

/// Registers what the region's ledger says (I8), or says why not.
pub(crate) async fn register<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &Region,
    history: Option<&RegionHistory>,
) -> Option<Unseen> {
    let intended = fleet.scaling.as_ref().zip(history.and_then(|history| history.scaled.as_ref()));
    let Some((policy, scaled)) = intended else { return Some(Unseen::ScalingNotOnRecord) };
    let error = ports.scale(&region.name, &policy.spec(fleet, region, &scaled.floor)).await.err()?;
    tracing::error!(%error, "the region's scaling was not registered");
    Some(error.into())
}

/// Takes the region's endpoint out of automatic scaling, or says why not.
pub(crate) async fn deregister<P: Ports>(ports: &P, fleet: &Fleet, region: &RegionName) -> Option<Unseen> {
    let error = ports.deregister(region, &fleet.endpoint, &fleet.variant).await.err()?;
    tracing::error!(%error, "the region's scaling was not removed");
    Some(error.into())
}
