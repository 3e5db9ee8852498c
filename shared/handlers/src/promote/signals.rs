//! What a wave tells a region's alarms and metrics.

use super::observe::Look;
use crate::context::HandlerError;
use crate::ports::{Answer, MetricPoint, Ports};
use jiff::Timestamp;
use meridian_domain::alarms::{self, LeftBehind, WayBack};
use meridian_domain::{Fleet, Region, RegionName, Target};

impl Look {
    /// Writes the wave's deferral beside the way forward that it had taken. Where CloudWatch is ill too, or nothing was prepared,
    /// nothing is noted: a region that finds its update rolled back then says so itself, with a page of its own.
    pub(super) async fn note_deferral<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        target: &Target,
    ) -> Result<(), HandlerError> {
        let name = alarms::verdict_name(fleet);
        let described = ports.description(&region.name, &name).await;
        let described = described.inspect_err(|error| tracing::error!(%error, "the rollback target was not read"));
        let noted = described.ok().flatten().and_then(|description| WayBack::read(&description));
        let Some(way) = noted.filter(|way| way.target.release == target.release) else { return Ok(()) };
        let ill = self.sight.hub.ill.get(&region.name).map(|(_, since)| *since);
        let left = LeftBehind { wave: self.sight.execution.clone(), since: ill.unwrap_or_else(|| ports.now()) };
        self.fence(ports, fleet, &region.name).await?;
        if let Err(error) = ports.put_alarms(&region.name, &way.with_deferral(fleet, left)).await {
            tracing::error!(%error, "the deferral was not stored with the verdict alarm");
        }
        Ok(())
    }
}

/// Publishes the revert verdict. Where even that does not go through, the heartbeat's silence does the same, later.
pub(crate) async fn trip<P: Ports>(ports: &P, fleet: &Fleet, region: &RegionName) -> Result<(), HandlerError> {
    match publish(ports, fleet, region, alarms::VERDICT, 1.0, [ports.now()]).await {
        Err(error) if error.shuts_region() => {
            tracing::warn!(%error, "the verdict could not be published; the silent heartbeat takes its place");
            Ok(())
        }
        done => Ok(done?),
    }
}

pub(super) async fn publish<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &RegionName,
    name: &'static str,
    value: f64,
    at: impl IntoIterator<Item = Timestamp>,
) -> Answer<()> {
    let point = |at| MetricPoint { name, endpoint: fleet.endpoint.clone(), value, at };
    let points: Vec<MetricPoint> = at.into_iter().map(point).collect();
    ports.publish(region, &points).await
}
