//! How many instances an endpoint has.

use super::DirectPorts;
use crate::services::autoscaling::{
    DeleteScheduledAction, DeregisterScalableTarget, PutScalingPolicy, PutScheduledAction, RegisterScalableTarget,
    Scalable, ScalableTargetAction,
};
use meridian_domain::{RegionName, ResourceName, ScalingSpec, scalable_variant};
use meridian_handlers::ports::{Answer, ErrorKind, Scaling};

impl Scaling for DirectPorts {
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()> {
        let scalable = Scalable::variant(scaling.resource_id());
        let (min_capacity, max_capacity) = (Some(scaling.least), Some(scaling.most));
        self.call(region, RegisterScalableTarget { scalable: scalable.clone(), min_capacity, max_capacity }).await?;
        self.call(region, PutScalingPolicy::of(scaling)).await?;
        for scheduled in scaling.schedule() {
            let (scheduled_action_name, scalable) = (scheduled.name, scalable.clone());
            let Some((schedule, least)) = scheduled.floor else {
                match self.call(region, DeleteScheduledAction { scheduled_action_name, scalable }).await {
                    Err(error) if error.kind == ErrorKind::NotFound => continue,
                    gone => gone?,
                };
                continue;
            };
            let timezone = scaling.nightly.as_ref().map(|nightly| nightly.zone.clone());
            let scalable_target_action =
                ScalableTargetAction { min_capacity: Some(least), max_capacity: Some(scaling.most) };
            let action =
                PutScheduledAction { scheduled_action_name, scalable, schedule, timezone, scalable_target_action };
            self.call(region, action).await?;
        }
        Ok(())
    }

    async fn deregister(&self, region: &RegionName, endpoint: &ResourceName, variant: &ResourceName) -> Answer<()> {
        let scalable = Scalable::variant(scalable_variant(endpoint, variant));
        match self.call(region, DeregisterScalableTarget { scalable }).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
