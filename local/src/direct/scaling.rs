//! How many instances an endpoint has.

use super::DirectPorts;
use crate::services::autoscaling::{
    DeleteScheduledAction, PredefinedMetric, PutScalingPolicy, PutScheduledAction, RegisterScalableTarget, Scalable,
    ScalableTargetAction, TargetTracking,
};
use meridian_domain::{RegionName, ScalingSpec};
use meridian_handlers::ports::{Answer, ErrorKind, Scaling};

impl Scaling for DirectPorts {
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()> {
        let scalable = Scalable::variant(scaling.resource_id());
        let (min_capacity, max_capacity) = (Some(scaling.least), Some(scaling.most));
        self.call(region, RegisterScalableTarget { scalable: scalable.clone(), min_capacity, max_capacity }).await?;
        let policy = PutScalingPolicy {
            policy_name: scaling.policy_name(),
            scalable: scalable.clone(),
            policy_type: "TargetTrackingScaling".to_owned(),
            target_tracking_scaling_policy_configuration: TargetTracking {
                target_value: scaling.invocations_per_instance,
                predefined_metric_specification: PredefinedMetric {
                    predefined_metric_type: "SageMakerVariantInvocationsPerInstance".to_owned(),
                },
                scale_out_cooldown: Some(scaling.scale_out.as_secs()),
                scale_in_cooldown: Some(scaling.scale_in.as_secs()),
            },
        };
        self.call(region, policy).await?;
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
}
