//! Endpoints, models and configurations, and the endpoints' data plane.

use super::DirectPorts;
use super::errors::{AwsOperation, Failure};
use crate::services::sagemaker::InvokeEndpoint;
use crate::services::sagemaker::{
    AdditionalModelDataSource, AutoRollbackConfig, BlueGreenUpdatePolicy, CapacitySize, ContainerDefinition,
    CreateEndpoint, CreateEndpointConfig, CreateModel, DataCaptureConfig, DeploymentConfig, DescribeEndpoint,
    EndpointStatus as Status, PendingDeploymentSummary, ProductionVariant, ProductionVariantSummary, RollbackAlarm,
    RollingUpdatePolicy, TrafficRoutingConfig, UpdateEndpoint, VariantProperty, VpcConfig,
};
use crate::services::{ApiError, Tag};
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::{
    ConfigSpec, EndpointStatus, EndpointView, ModelSpec, PendingDeployment, RegionName, ResourceName, Routing,
    UpdateSpec, VariantPhase,
};
use meridian_handlers::adapters::{CSV, update_failure};
use meridian_handlers::ports::{Answer, Endpoints, ErrorKind, FailureDetail, OperationName, Question, Scored};
use std::num::NonZeroU32;

impl Endpoints for DirectPorts {
    async fn describe(&self, region: &RegionName, endpoint: &ResourceName) -> Answer<Option<EndpointView>> {
        let shown = match self.call(region, DescribeEndpoint { endpoint_name: endpoint.to_string() }).await {
            Ok(shown) => shown,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let call = AwsOperation::new(region, OperationName::DescribeEndpoint);
        Ok(Some(EndpointView {
            status: status(shown.endpoint_status),
            config: name(&call, &shown.endpoint_config_name)?,
            instances: instances(&shown.production_variants),
            pending: shown.pending_deployment_summary.map(|summary| pending(&call, &summary)).transpose()?,
            failure: shown.failure_reason.map(update_failure),
        }))
    }

    async fn create_model(&self, region: &RegionName, model: &ModelSpec) -> Answer<()> {
        let environment = model.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = CreateModel {
            model_name: model.name.to_string(),
            primary_container: ContainerDefinition {
                image: Some(model.image.clone()),
                model_data_url: Some(model.model_data_url.clone()),
                additional_model_data_sources: model.feature_files.iter().map(AdditionalModelDataSource::of).collect(),
                environment,
            },
            execution_role_arn: Some(model.execution_role.clone()),
            enable_network_isolation: Some(model.network_isolation),
            vpc_config: model.vpc.as_ref().map(|vpc| VpcConfig {
                subnets: vpc.subnets.iter().map(ToString::to_string).collect(),
                security_group_ids: vpc.security_groups.iter().map(ToString::to_string).collect(),
            }),
            tags: self.tags(region),
        };
        self.call(region, request).await?;
        Ok(())
    }

    async fn create_config(&self, region: &RegionName, config: &ConfigSpec) -> Answer<()> {
        let variant = ProductionVariant {
            variant_name: config.variant.to_string(),
            model_name: Some(config.model.to_string()),
            initial_instance_count: Some(config.instances),
            instance_type: Some(config.instance_type.clone()),
            initial_variant_weight: Some(1.0),
        };
        let request = CreateEndpointConfig {
            endpoint_config_name: config.name.to_string(),
            production_variants: vec![variant],
            data_capture_config: config.capture.as_ref().map(|capture| {
                DataCaptureConfig::both_sides(capture.percent, capture.destination.clone(), capture.key.clone())
            }),
            tags: self.tags(region),
        };
        self.call(region, request).await?;
        Ok(())
    }

    async fn create_endpoint(&self, region: &RegionName, endpoint: &ResourceName, config: &ResourceName) -> Answer<()> {
        let request = CreateEndpoint {
            endpoint_name: endpoint.to_string(),
            endpoint_config_name: config.to_string(),
            tags: self.tags(region),
        };
        self.call(region, request).await?;
        Ok(())
    }

    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
        let request = UpdateEndpoint {
            endpoint_name: update.endpoint.to_string(),
            endpoint_config_name: update.config.to_string(),
            // Without it the new configuration's instance count would undo autoscaling.
            retain_all_variant_properties: Some(true),
            // What is captured is the configuration's to say: retained, it could be neither begun nor ended.
            exclude_retained_variant_properties: vec![VariantProperty {
                variant_property_type: "DataCaptureConfig".to_owned(),
            }],
            deployment_config: Some(deployment(update)),
        };
        self.call(region, request).await?;
        Ok(())
    }

    async fn invoke(
        &self,
        region: &RegionName,
        endpoint: &ResourceName,
        payload: &str,
        accept: &str,
    ) -> Answer<String> {
        let request = InvokeEndpoint {
            endpoint_name: endpoint.to_string(),
            content_type: Some(CSV.to_owned()),
            accept: Some(accept.to_owned()),
            target_variant: None,
            body: Bytes::copy_from_slice(payload.as_bytes()),
        };
        let answer = self.call(region, request).await?;
        let text = String::from_utf8(answer.body.into());
        text.map_err(|_| AwsOperation::new(region, OperationName::InvokeEndpoint).refused(FailureDetail::NotText))
    }

    async fn score(&self, region: &RegionName, endpoint: &ResourceName, question: &Question) -> Answer<Scored> {
        let request = InvokeEndpoint {
            endpoint_name: endpoint.to_string(),
            content_type: Some(CSV.to_owned()),
            accept: question.accept.clone(),
            target_variant: None,
            body: question.body.clone(),
        };
        match self.ask(region, request).await? {
            Ok(answer) => Ok(Scored::Answer { content_type: answer.content_type, body: answer.body }),
            Err(Failure::Said(ApiError { original: Some((status, words)), .. })) => {
                Ok(Scored::failed(Some(status.into()), Some(words)))
            }
            Err(failure) => Err(failure.of(AwsOperation::new(region, OperationName::InvokeEndpoint))),
        }
    }
}

impl DirectPorts {
    fn tags(&self, region: &RegionName) -> Vec<Tag> {
        self.fleet.cost_tags(region).map(|(key, value)| Tag { key, value }).into()
    }
}

/// The deployment as the update asks for it. Without alarms there is no automatic rollback, and none is pretended.
fn deployment(update: &UpdateSpec) -> DeploymentConfig {
    let alarms: Vec<RollbackAlarm> =
        update.rollback_alarms.iter().map(|name| RollbackAlarm { alarm_name: name.clone() }).collect();
    let limit = Some(update.max_execution.as_secs());
    let auto_rollback_configuration = (!alarms.is_empty()).then_some(AutoRollbackConfig { alarms });
    let mut config = DeploymentConfig { auto_rollback_configuration, ..DeploymentConfig::default() };
    if let Routing::Rolling { batch, wait } = update.routing {
        config.rolling_update_policy = Some(RollingUpdatePolicy {
            maximum_batch_size: CapacitySize { capacity_type: "CAPACITY_PERCENT".to_owned(), value: batch },
            wait_interval_in_seconds: wait.as_secs(),
            maximum_execution_timeout_in_seconds: limit,
            rollback_maximum_batch_size: None,
        });
    } else {
        config.blue_green_update_policy = Some(BlueGreenUpdatePolicy {
            traffic_routing_configuration: traffic(update.routing),
            termination_wait_in_seconds: Some(update.termination_wait.as_secs()),
            maximum_execution_timeout_in_seconds: limit,
        });
    }
    config
}

fn traffic(routing: Routing) -> TrafficRoutingConfig {
    let (kind, wait, canary_size, linear_step_size) = match routing {
        // A rolling update has no traffic switch.
        Routing::AllAtOnce | Routing::Rolling { .. } => ("ALL_AT_ONCE", SignedDuration::ZERO, None, None),
        Routing::AllAtOnceWatched { bake } => ("ALL_AT_ONCE", bake, None, None),
        Routing::Canary { instances, bake } => ("CANARY", bake, Some(whole(instances)), None),
        Routing::Linear { instances, wait } => ("LINEAR", wait, None, Some(whole(instances))),
    };
    let (routing_type, wait_interval_in_seconds) = (kind.to_owned(), wait.as_secs());
    TrafficRoutingConfig { routing_type, wait_interval_in_seconds, canary_size, linear_step_size }
}

fn whole(instances: u32) -> CapacitySize {
    CapacitySize { capacity_type: "INSTANCE_COUNT".to_owned(), value: instances }
}

fn status(status: Status) -> EndpointStatus {
    match status {
        Status::Creating => EndpointStatus::Creating,
        Status::Updating => EndpointStatus::Updating,
        Status::RollingBack => EndpointStatus::RollingBack,
        Status::InService => EndpointStatus::InService,
        Status::Failed => EndpointStatus::Failed,
        Status::UpdateRollbackFailed => EndpointStatus::UpdateRollbackFailed,
    }
}

fn pending(call: &AwsOperation<'_>, summary: &PendingDeploymentSummary) -> Answer<PendingDeployment> {
    let latest = summary.production_variants.first().and_then(|variant| variant.variant_status.last());
    Ok(PendingDeployment {
        config: name(call, &summary.endpoint_config_name)?,
        instances: instances(&summary.production_variants),
        phase: latest.and_then(|status| phase(&status.status)),
        phase_since: latest.and_then(|status| status.start_time).map(|at| at.timestamp()),
    })
}

/// Instances of an endpoint's one variant, where any serve.
fn instances(variants: &[ProductionVariantSummary]) -> Option<NonZeroU32> {
    NonZeroU32::new(variants.first()?.current_instance_count)
}

fn phase(status: &str) -> Option<VariantPhase> {
    match status {
        "Creating" => Some(VariantPhase::Creating),
        "Updating" => Some(VariantPhase::Updating),
        "Deleting" => Some(VariantPhase::Deleting),
        "ActivatingTraffic" => Some(VariantPhase::ActivatingTraffic),
        "Baking" => Some(VariantPhase::Baking),
        _ => None,
    }
}

fn name(call: &AwsOperation<'_>, name: &str) -> Answer<ResourceName> {
    name.parse().map_err(|_| call.refused(FailureDetail::ConfigName { found: name.to_owned() }))
}
