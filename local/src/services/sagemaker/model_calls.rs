//! SageMaker's models and endpoint configurations.

use crate::services::sagemaker::models::{Config, Model, check_name, split_s3_url};
use crate::services::sagemaker::types::{
    AdditionalModelDataSource, CaptureOption, CreateEndpointConfig, CreateEndpointConfigOutput, CreateModel,
    CreateModelOutput, DataCaptureConfig, DescribeEndpointConfig, DescribeEndpointConfigOutput, DescribeModel,
    DescribeModelOutput, S3ModelDataSource,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use std::collections::BTreeSet;

impl Operation for CreateModel {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::CreateModel;
    type Output = CreateModelOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<CreateModelOutput, ApiError> {
        check_name("modelName", &self.model_name)?;
        let model_arn = world.arn("sagemaker", region, &format!("model/{}", self.model_name));
        let environment = &self.primary_container.environment;
        if environment.len() > 100 || environment.iter().any(|(key, value)| key.len().max(value.len()) > 1024) {
            return Err(ApiError::validation("Environment: at most 100 entries of at most 1024 characters each"));
        }
        if let Some(url) = self.primary_container.model_data_url.as_deref() {
            split_s3_url(url).ok_or_else(|| ApiError::validation(format!("Could not parse the S3 URI {url}")))?;
        }
        check_beside(&self.primary_container.additional_model_data_sources)?;
        // A registry of another account may hold anything.
        let own = format!("{}.dkr.ecr.{region}.", world.account(region));
        let image = self.primary_container.image.as_deref().filter(|image| image.starts_with(&own));
        if let Some(image) = image.filter(|image| image.contains('@'))
            && !world.region(region)?.images.has(image)
        {
            return Err(ApiError::validation(format!("Requested image {image} not found.")));
        }
        if let Some(vpc) = &self.vpc_config
            && !((1..=16).contains(&vpc.subnets.len()) && (1..=5).contains(&vpc.security_group_ids.len()))
        {
            return Err(ApiError::validation("VpcConfig: 1 to 16 Subnets and 1 to 5 SecurityGroupIds"));
        }
        let created = world.now;
        let models = &mut world.region_mut(region)?.sagemaker.models;
        if models.contains_key(&self.model_name) {
            return Err(ApiError::validation(format!("Cannot create already existing model \"{model_arn}\".")));
        }
        models.insert(self.model_name.clone(), Model { request: self, created });
        Ok(CreateModelOutput { model_arn })
    }
}

/// The API reference's bounds (`AdditionalModelDataSource`), and that no two go to one folder.
fn check_beside(sources: &[AdditionalModelDataSource]) -> Result<(), ApiError> {
    let mut channels = BTreeSet::new();
    for source in sources {
        let (channel, S3ModelDataSource { s3_uri, s3_data_type, compression_type }) =
            (&source.channel_name, &source.s3_data_source);
        let known = |char: char| char.is_ascii_alphanumeric() || ".-_".contains(char);
        if !(1..=64).contains(&channel.len()) || !channel.chars().all(known) || !channels.insert(channel) {
            return Err(ApiError::validation(format!(
                "ChannelName {channel} is doubled, or not [A-Za-z0-9.-_]{{1,64}}"
            )));
        }
        if s3_data_type != "S3Object" || compression_type != "None" {
            return Err(ApiError::validation("this world knows S3DataType S3Object and CompressionType None alone"));
        }
        split_s3_url(s3_uri).ok_or_else(|| ApiError::validation(format!("Could not parse the S3 URI {s3_uri}")))?;
    }
    if sources.len() > 5 {
        return Err(ApiError::validation("AdditionalModelDataSources must have at most 5 members"));
    }
    Ok(())
}

impl Operation for DescribeModel {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DescribeModel;
    type Output = DescribeModelOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeModelOutput, ApiError> {
        let model_arn = world.arn("sagemaker", region, &format!("model/{}", self.model_name));
        let found = world.region(region)?.sagemaker.models.get(&self.model_name);
        let model = found.ok_or_else(|| ApiError::validation(format!("Could not find model \"{model_arn}\".")))?;
        Ok(DescribeModelOutput {
            model_name: self.model_name,
            model_arn,
            primary_container: model.request.primary_container.clone(),
            execution_role_arn: model.request.execution_role_arn.clone(),
            enable_network_isolation: model.request.enable_network_isolation,
            vpc_config: model.request.vpc_config.clone(),
            creation_time: model.created.into(),
        })
    }
}

impl Operation for CreateEndpointConfig {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::CreateEndpointConfig;
    type Output = CreateEndpointConfigOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<CreateEndpointConfigOutput, ApiError> {
        let name = self.endpoint_config_name.clone();
        check_name("endpointConfigName", &name)?;
        let endpoint_config_arn = world.arn("sagemaker", region, &format!("endpoint-config/{name}"));
        if self.production_variants.is_empty() || self.production_variants.len() > 10 {
            return Err(ApiError::validation("ProductionVariants must have 1 to 10 members"));
        }
        let model_arn = |model: &str| world.arn("sagemaker", region, &format!("model/{model}"));
        for variant in &self.production_variants {
            check_name("variantName", &variant.variant_name)?;
            let model = variant.model_name.as_deref().unwrap_or_default();
            if !world.region(region)?.sagemaker.models.contains_key(model) {
                return Err(ApiError::validation(format!("Could not find model \"{}\".", model_arn(model))));
            }
            if variant.initial_instance_count.is_none_or(|count| count == 0) || variant.instance_type.is_none() {
                return Err(ApiError::validation("A variant needs InitialInstanceCount (at least 1) and InstanceType"));
            }
        }
        if let Some(capture) = &self.data_capture_config {
            check_capture(capture)?;
        }
        let created = world.now;
        let configs = &mut world.region_mut(region)?.sagemaker.configs;
        if configs.contains_key(&name) {
            let message = format!("Cannot create already existing endpoint configuration \"{endpoint_config_arn}\".");
            return Err(ApiError::validation(message));
        }
        configs.insert(name, Config { request: self, created });
        Ok(CreateEndpointConfigOutput { endpoint_config_arn })
    }
}

/// The API reference's bounds (`DataCaptureConfig`).
fn check_capture(capture: &DataCaptureConfig) -> Result<(), ApiError> {
    if capture.initial_sampling_percentage > 100 {
        return Err(ApiError::validation("InitialSamplingPercentage must be 0 to 100"));
    }
    let known = |option: &CaptureOption| ["Input", "Output", "InputAndOutput"].contains(&option.capture_mode.as_str());
    if !(1..=32).contains(&capture.capture_options.len()) || !capture.capture_options.iter().all(known) {
        return Err(ApiError::validation(
            "CaptureOptions must have 1 to 32 members of Input, Output or InputAndOutput",
        ));
    }
    let url = &capture.destination_s3_uri;
    split_s3_url(url).map(|_| ()).ok_or_else(|| ApiError::validation(format!("Could not parse the S3 URI {url}")))
}

impl Operation for DescribeEndpointConfig {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DescribeEndpointConfig;
    type Output = DescribeEndpointConfigOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeEndpointConfigOutput, ApiError> {
        let name = self.endpoint_config_name;
        let config = world.region(region)?.sagemaker.configs.get(&name);
        let config = config.ok_or_else(|| world.no_such_config(region, &name))?;
        Ok(DescribeEndpointConfigOutput {
            endpoint_config_arn: world.arn("sagemaker", region, &format!("endpoint-config/{name}")),
            endpoint_config_name: name,
            production_variants: config.request.production_variants.clone(),
            data_capture_config: config.request.data_capture_config.clone(),
            creation_time: config.created.into(),
        })
    }
}

impl World {
    pub(crate) fn no_such_config(&self, region: &RegionName, name: &str) -> ApiError {
        let arn = self.arn("sagemaker", region, &format!("endpoint-config/{name}"));
        ApiError::validation(format!("Could not find endpoint configuration \"{arn}\"."))
    }
}
