//! How many instances an endpoint has, by Application Auto Scaling.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed, gone_is_fine};
use crate::time::seconds;
use aws_sdk_applicationautoscaling::Client;
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ScalableTargetAction, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use meridian_domain::{RegionName, ResourceName, ScalingSpec, Scheduled, scalable_variant};
use meridian_handlers::ports::{Answer, OperationName, Scaling};

const DIMENSION: ScalableDimension = ScalableDimension::SageMakerVariantDesiredInstanceCount;
const NAMESPACE: ServiceNamespace = ServiceNamespace::Sagemaker;

impl Scaling for AwsPorts {
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()> {
        let client = self.clients.autoscaling(region).await?;
        client
            .register_scalable_target()
            .service_namespace(NAMESPACE)
            .scalable_dimension(DIMENSION)
            .resource_id(scaling.resource_id())
            .min_capacity(count(scaling.least))
            .max_capacity(count(scaling.most))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::RegisterScalableTarget).failed(error))?;
        let call = AwsOperation::new(region, OperationName::PutScalingPolicy);
        client
            .put_scaling_policy()
            .service_namespace(NAMESPACE)
            .scalable_dimension(DIMENSION)
            .resource_id(scaling.resource_id())
            .policy_name(scaling.policy_name())
            .policy_type(PolicyType::TargetTrackingScaling)
            .target_tracking_scaling_policy_configuration(tracking(&call, scaling)?)
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        for scheduled in scaling.schedule() {
            schedule(&client, region, scaling, scheduled).await?;
        }
        Ok(())
    }

    async fn deregister(&self, region: &RegionName, endpoint: &ResourceName, variant: &ResourceName) -> Answer<()> {
        let gone = self
            .clients
            .autoscaling(region)
            .await?
            .deregister_scalable_target()
            .service_namespace(NAMESPACE)
            .scalable_dimension(DIMENSION)
            .resource_id(scalable_variant(endpoint, variant))
            .send()
            .await;
        gone_is_fine(
            gone.map(drop)
                .map_err(|error| AwsOperation::new(region, OperationName::DeregisterScalableTarget).failed(error)),
        )
    }
}

fn tracking(call: &AwsOperation<'_>, scaling: &ScalingSpec) -> Answer<TargetTrackingScalingPolicyConfiguration> {
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::SageMakerVariantInvocationsPerInstance)
        .build()
        .map_err(|error| call.unbuilt(&error))?;
    TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(scaling.invocations_per_instance)
        .predefined_metric_specification(metric)
        .scale_out_cooldown(seconds(scaling.scale_out))
        .scale_in_cooldown(seconds(scaling.scale_in))
        .build()
        .map_err(|error| call.unbuilt(&error))
}

/// A floor by the clock, or none any more.
async fn schedule(client: &Client, region: &RegionName, scaling: &ScalingSpec, scheduled: Scheduled) -> Answer<()> {
    let Some((expression, least)) = scheduled.floor else {
        let gone = client
            .delete_scheduled_action()
            .service_namespace(NAMESPACE)
            .scalable_dimension(DIMENSION)
            .resource_id(scaling.resource_id())
            .scheduled_action_name(scheduled.name)
            .send()
            .await;
        return gone_is_fine(
            gone.map(drop)
                .map_err(|error| AwsOperation::new(region, OperationName::DeleteScheduledAction).failed(error)),
        );
    };
    client
        .put_scheduled_action()
        .service_namespace(NAMESPACE)
        .scalable_dimension(DIMENSION)
        .resource_id(scaling.resource_id())
        .scheduled_action_name(scheduled.name)
        .schedule(expression)
        .set_timezone(scaling.nightly.as_ref().map(|nightly| nightly.zone.clone()))
        .scalable_target_action(
            ScalableTargetAction::builder().min_capacity(count(least)).max_capacity(count(scaling.most)).build(),
        )
        .send()
        .await
        .map_err(|error| AwsOperation::new(region, OperationName::PutScheduledAction).failed(error))?;
    Ok(())
}

fn count(instances: u32) -> i32 {
    i32::try_from(instances).unwrap_or(i32::MAX)
}
