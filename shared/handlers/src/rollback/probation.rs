//! The counts of a region's probation: its own days, and nobody else's (I6).

use crate::ports::{Ports, SlotsQuery};
use meridian_domain::plan::RollbackSight;
use meridian_domain::probation::{Probation, ProbationLook, SLOT};
use meridian_domain::{Fleet, Region, Seen};

/// What the days before say of the release that serves here; nothing where no look is due. Where something rings nothing is asked:
/// a rollback waits for no counts.
pub(super) async fn look<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &Region,
    sight: &RollbackSight,
) -> Seen<Option<Probation>> {
    let due = match (&sight.history, &sight.alarm) {
        (Seen::Known(history), Seen::Known(None)) => ProbationLook::due(fleet, region, history, ports.now()),
        _ => None,
    };
    let Some(look) = due else { return Seen::Known(None) };
    let query = SlotsQuery {
        endpoint: fleet.endpoint.clone(),
        variant: fleet.variant.clone(),
        slot: SLOT,
        from: look.span.from,
        to: look.span.to,
        metrics: ProbationLook::metrics(&fleet.judge),
        releases: look.releases.iter().copied().collect(),
        roles: fleet.serving_roles().to_vec(),
    };
    match ports.slots(&region.name, &query).await {
        Ok(served) => Seen::Known(Some(look.judge(fleet, &served))),
        Err(error) => {
            tracing::error!(%error, "the days before cannot be read; the next quarter of an hour looks again");
            Seen::Unknown(error.into())
        }
    }
}
