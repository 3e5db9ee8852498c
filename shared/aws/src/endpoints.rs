//! SageMaker's endpoints, models and configurations, and the endpoints' data plane.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use crate::time::{from_sdk, seconds};
use aws_sdk_sagemaker::types::{
    AdditionalModelDataSource, Alarm, AutoRollbackConfig, BlueGreenUpdatePolicy, CapacitySize, CapacitySizeType,
    CaptureContentTypeHeader, CaptureMode, CaptureOption, ContainerDefinition, DataCaptureConfig, DeploymentConfig,
    EndpointStatus as SdkStatus, ModelCompressionType, PendingDeploymentSummary, ProductionVariant,
    ProductionVariantInstanceType, RollingUpdatePolicy, S3ModelDataSource, S3ModelDataType, Tag, TrafficRoutingConfig,
    TrafficRoutingConfigType, VariantProperty, VariantPropertyType, VariantStatus, VpcConfig,
};
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError;
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::builders::InvokeEndpointFluentBuilder;
use aws_sdk_sagemakerruntime::primitives::Blob;
use jiff::SignedDuration;
use meridian_domain::{
    CaptureSpec, ConfigSpec, EndpointStatus, EndpointView, FeatureFile, ModelSpec, PendingDeployment, RegionName,
    ResourceName, Routing, UpdateSpec, VariantPhase, Vpc,
};
use meridian_handlers::adapters::{CSV, update_failure};
use meridian_handlers::ports::{
    Answer, AnswerPart, Endpoints, ErrorKind, FailureDetail, OperationName, Question, Scored, StatusOwner,
};
use std::num::NonZeroU32;

/// Where a model's network interfaces stand.
fn vpc_config(vpc: &Vpc) -> VpcConfig {
    let subnets = vpc.subnets.iter().map(ToString::to_string).collect();
    let groups = vpc.security_groups.iter().map(ToString::to_string).collect();
    VpcConfig::builder().set_subnets(Some(subnets)).set_security_group_ids(Some(groups)).build()
}

/// Files beside the model, as they lie in the bucket.
fn beside(files: &[FeatureFile]) -> Option<Vec<AdditionalModelDataSource>> {
    let source = |file: &FeatureFile| {
        let object = S3ModelDataSource::builder()
            .s3_uri(&file.url)
            .s3_data_type(S3ModelDataType::S3Object)
            .compression_type(ModelCompressionType::None)
            .build();
        AdditionalModelDataSource::builder().channel_name(&file.name).s3_data_source(object).build()
    };
    (!files.is_empty()).then(|| files.iter().map(source).collect())
}

/// Requests and answers, as text: what is not listed as CSV would be captured as base64.
fn data_capture(capture: &CaptureSpec) -> DataCaptureConfig {
    let captured = |mode| CaptureOption::builder().capture_mode(mode).build();
    DataCaptureConfig::builder()
        .enable_capture(true)
        .initial_sampling_percentage(i32::try_from(capture.percent).unwrap_or(100))
        .destination_s3_uri(&capture.destination)
        .kms_key_id(&capture.key)
        .capture_options(captured(CaptureMode::Input))
        .capture_options(captured(CaptureMode::Output))
        .capture_content_type_header(CaptureContentTypeHeader::builder().csv_content_types(CSV).build())
        .build()
}

impl Endpoints for AwsPorts {
    async fn describe(&self, region: &RegionName, endpoint: &ResourceName) -> Answer<Option<EndpointView>> {
        let call = AwsOperation::new(region, OperationName::DescribeEndpoint);
        let client = self.clients.sagemaker(region).await?;
        let shown = match client.describe_endpoint().endpoint_name(endpoint.as_str()).send().await {
            Ok(shown) => shown,
            Err(error) => {
                let error = call.failed(error);
                return if error.kind == ErrorKind::NotFound { Ok(None) } else { Err(error) };
            }
        };
        Ok(Some(EndpointView {
            status: status(&call, shown.endpoint_status)?,
            config: name(&call, shown.endpoint_config_name)?,
            instances: instances(
                shown.production_variants.as_deref().and_then(<[_]>::first).and_then(|own| own.current_instance_count),
            ),
            pending: shown.pending_deployment_summary.map(|summary| pending(&call, summary)).transpose()?,
            failure: shown.failure_reason.map(update_failure),
        }))
    }

    async fn create_model(&self, region: &RegionName, model: &ModelSpec) -> Answer<()> {
        let environment = model.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let container = ContainerDefinition::builder()
            .image(&model.image)
            .model_data_url(&model.model_data_url)
            .set_additional_model_data_sources(beside(&model.feature_files))
            .set_environment(Some(environment))
            .build();
        self.clients
            .sagemaker(region)
            .await?
            .create_model()
            .model_name(model.name.as_str())
            .primary_container(container)
            .execution_role_arn(&model.execution_role)
            .enable_network_isolation(model.network_isolation)
            .set_vpc_config(model.vpc.as_ref().map(vpc_config))
            .set_tags(Some(self.tags(region)))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::CreateModel).failed(error))?;
        Ok(())
    }

    async fn create_config(&self, region: &RegionName, config: &ConfigSpec) -> Answer<()> {
        let variant = ProductionVariant::builder()
            .variant_name(config.variant.as_str())
            .model_name(config.model.as_str())
            .instance_type(ProductionVariantInstanceType::from(config.instance_type.as_str()))
            .initial_instance_count(i32::try_from(config.instances).unwrap_or(i32::MAX))
            .initial_variant_weight(1.0)
            .build();
        self.clients
            .sagemaker(region)
            .await?
            .create_endpoint_config()
            .endpoint_config_name(config.name.as_str())
            .production_variants(variant)
            .set_data_capture_config(config.capture.as_ref().map(data_capture))
            .set_tags(Some(self.tags(region)))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::CreateEndpointConfig).failed(error))?;
        Ok(())
    }

    async fn create_endpoint(&self, region: &RegionName, endpoint: &ResourceName, config: &ResourceName) -> Answer<()> {
        self.clients
            .sagemaker(region)
            .await?
            .create_endpoint()
            .endpoint_name(endpoint.as_str())
            .endpoint_config_name(config.as_str())
            .set_tags(Some(self.tags(region)))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::CreateEndpoint).failed(error))?;
        Ok(())
    }

    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
        self.clients
            .sagemaker(region)
            .await?
            .update_endpoint()
            .endpoint_name(update.endpoint.as_str())
            .endpoint_config_name(update.config.as_str())
            // Without it the new configuration's instance count would undo autoscaling.
            .retain_all_variant_properties(true)
            // What is captured is the configuration's to say: retained, it could be neither begun nor ended.
            .exclude_retained_variant_properties(
                VariantProperty::builder().variant_property_type(VariantPropertyType::DataCaptureConfig).build(),
            )
            .deployment_config(deployment(update))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::UpdateEndpoint).failed(error))?;
        Ok(())
    }

    async fn invoke(
        &self,
        region: &RegionName,
        endpoint: &ResourceName,
        payload: &str,
        accept: &str,
    ) -> Answer<String> {
        let call = AwsOperation::new(region, OperationName::InvokeEndpoint);
        let question = self.question(region, endpoint, payload.as_bytes()).await?;
        let answer = question.accept(accept).send().await.map_err(|error| call.failed(error))?;
        let body = answer.body.map(Blob::into_inner).unwrap_or_default();
        String::from_utf8(body).map_err(|_| call.refused(FailureDetail::NotText))
    }

    async fn score(&self, region: &RegionName, endpoint: &ResourceName, question: &Question) -> Answer<Scored> {
        let answer = self
            .question(region, endpoint, &question.body)
            .await?
            .set_accept(question.accept.clone())
            .customize()
            .config_override(self.clients.question_limits())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Scored::Answer {
                content_type: answer.content_type.unwrap_or_else(|| CSV.to_owned()),
                body: answer.body.map(Blob::into_inner).unwrap_or_default().into(),
            }),
            Err(error) => match error.as_service_error() {
                Some(InvokeEndpointError::ModelError(own)) => {
                    Ok(Scored::failed(own.original_status_code, own.original_message.clone()))
                }
                _ => Err(AwsOperation::new(region, OperationName::InvokeEndpoint).failed(error)),
            },
        }
    }
}

impl AwsPorts {
    /// A question to the endpoint's data plane that is still to be sent.
    async fn question(
        &self,
        region: &RegionName,
        endpoint: &ResourceName,
        record: &[u8],
    ) -> Answer<InvokeEndpointFluentBuilder> {
        let question = self.clients.runtime(region).await?.invoke_endpoint().endpoint_name(endpoint.as_str());
        Ok(question.content_type(CSV).body(Blob::new(record)))
    }

    fn tags(&self, region: &RegionName) -> Vec<Tag> {
        self.fleet.cost_tags(region).map(|(key, value)| Tag::builder().key(key).value(value).build()).into()
    }
}

/// The deployment as the update asks for it. Without alarms there is no automatic rollback, and none is pretended.
fn deployment(update: &UpdateSpec) -> DeploymentConfig {
    let alarms: Vec<Alarm> =
        update.rollback_alarms.iter().map(|name| Alarm::builder().alarm_name(name).build()).collect();
    let rollback = AutoRollbackConfig::builder().set_alarms(Some(alarms)).build();
    let config = DeploymentConfig::builder()
        .set_auto_rollback_configuration((!update.rollback_alarms.is_empty()).then_some(rollback));
    match routing(update.routing) {
        Way::TwoFleets(traffic) => config.blue_green_update_policy(
            BlueGreenUpdatePolicy::builder()
                .traffic_routing_configuration(traffic)
                .termination_wait_in_seconds(seconds(update.termination_wait))
                .maximum_execution_timeout_in_seconds(seconds(update.max_execution))
                .build(),
        ),
        Way::Batches(size, wait) => config.rolling_update_policy(
            RollingUpdatePolicy::builder()
                .maximum_batch_size(size)
                .wait_interval_in_seconds(seconds(wait))
                .maximum_execution_timeout_in_seconds(seconds(update.max_execution))
                .build(),
        ),
    }
    .build()
}

/// Blue and green with a traffic switch, or batches of the same instances.
enum Way {
    TwoFleets(TrafficRoutingConfig),
    Batches(CapacitySize, SignedDuration),
}

fn routing(routing: Routing) -> Way {
    let traffic = |kind, wait| TrafficRoutingConfig::builder().r#type(kind).wait_interval_in_seconds(seconds(wait));
    Way::TwoFleets(match routing {
        Routing::AllAtOnce => traffic(TrafficRoutingConfigType::AllAtOnce, SignedDuration::ZERO).build(),
        Routing::AllAtOnceWatched { bake } => traffic(TrafficRoutingConfigType::AllAtOnce, bake).build(),
        Routing::Canary { instances, bake } => {
            traffic(TrafficRoutingConfigType::Canary, bake).canary_size(whole(instances)).build()
        }
        Routing::Linear { instances, wait } => {
            traffic(TrafficRoutingConfigType::Linear, wait).linear_step_size(whole(instances)).build()
        }
        Routing::Rolling { batch, wait } => {
            return Way::Batches(capacity(CapacitySizeType::CapacityPercent, batch), wait);
        }
    })
}

fn whole(instances: u32) -> CapacitySize {
    capacity(CapacitySizeType::InstanceCount, instances)
}

fn capacity(kind: CapacitySizeType, value: u32) -> CapacitySize {
    CapacitySize::builder().r#type(kind).value(i32::try_from(value).unwrap_or(i32::MAX)).build()
}

fn status(call: &AwsOperation<'_>, status: Option<SdkStatus>) -> Answer<EndpointStatus> {
    Ok(match status {
        Some(SdkStatus::Creating) => EndpointStatus::Creating,
        Some(SdkStatus::Updating) => EndpointStatus::Updating,
        Some(SdkStatus::SystemUpdating) => EndpointStatus::SystemUpdating,
        Some(SdkStatus::RollingBack) => EndpointStatus::RollingBack,
        Some(SdkStatus::InService) => EndpointStatus::InService,
        Some(SdkStatus::OutOfService) => EndpointStatus::OutOfService,
        Some(SdkStatus::Deleting) => EndpointStatus::Deleting,
        Some(SdkStatus::Failed) => EndpointStatus::Failed,
        Some(SdkStatus::UpdateRollbackFailed) => EndpointStatus::UpdateRollbackFailed,
        // A status that this version does not know is not taken for one that it does.
        Some(other) => {
            let (of, status) = (StatusOwner::Endpoint, other.as_str().to_owned());
            return Err(call.refused(FailureDetail::UnknownStatus { of, status }));
        }
        None => return Err(call.refused(FailureDetail::Lacks(AnswerPart::EndpointStatus))),
    })
}

fn pending(call: &AwsOperation<'_>, summary: PendingDeploymentSummary) -> Answer<PendingDeployment> {
    let latest = summary
        .production_variants()
        .first()
        .and_then(|variant| variant.variant_status().last())
        .map(|status| (status.status().and_then(phase), status.start_time().and_then(from_sdk)));
    let (phase, phase_since) = latest.unwrap_or_default();
    let first = summary.production_variants().first().and_then(|own| own.current_instance_count);
    Ok(PendingDeployment {
        config: name(call, summary.endpoint_config_name)?,
        instances: instances(first),
        phase,
        phase_since,
    })
}

/// Instances of an endpoint's one variant, where any serve.
fn instances(count: Option<i32>) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(count?).ok()?)
}

fn phase(status: &VariantStatus) -> Option<VariantPhase> {
    match status {
        VariantStatus::Creating => Some(VariantPhase::Creating),
        VariantStatus::Updating => Some(VariantPhase::Updating),
        VariantStatus::Deleting => Some(VariantPhase::Deleting),
        VariantStatus::ActivatingTraffic => Some(VariantPhase::ActivatingTraffic),
        VariantStatus::Baking => Some(VariantPhase::Baking),
        _ => None,
    }
}

fn name(call: &AwsOperation<'_>, name: Option<String>) -> Answer<ResourceName> {
    let name = name.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::EndpointConfig)))?;
    name.parse().map_err(|_| call.refused(FailureDetail::ConfigName { found: name }))
}
