//! SageMaker's models and endpoint configurations.

use super::World;
use super::endpoint::Endpoint;
use super::traffic::Serving;
use crate::api::sagemaker::{
    CreateEndpointConfig, CreateEndpointConfigOutput, CreateModel, CreateModelOutput, DescribeEndpointConfig,
    DescribeEndpointConfigOutput, DescribeModel, DescribeModelOutput,
};
use crate::api::{ApiError, Operation, Service};
use jiff::Timestamp;
use meridian_domain::RegionName;
use std::collections::BTreeMap;

/// Key of a model's environment that names its release's digest.
const RELEASE: &str = "MERIDIAN_RELEASE";
/// Keys of a model's environment that say which release it is.
const LABELS: [&str; 2] = [RELEASE, "MERIDIAN_VERSION"];

/// One region's SageMaker, without its registry.
#[derive(Debug, Default)]
pub(super) struct SageMaker {
    pub models: BTreeMap<String, Model>,
    pub configs: BTreeMap<String, Config>,
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// A model, as it was created.
#[derive(Debug)]
pub(super) struct Model {
    pub request: CreateModel,
    pub created: Timestamp,
}

/// An endpoint configuration, as it was created.
#[derive(Debug)]
pub(super) struct Config {
    pub request: CreateEndpointConfig,
    pub created: Timestamp,
}

impl SageMaker {
    /// The fleets that take an endpoint's traffic, blue first.
    pub fn serving(&self, endpoint: &str) -> Vec<Serving> {
        self.endpoints.get(endpoint).map(Endpoint::serving).unwrap_or_default()
    }

    /// The digest of the release that a configuration serves, as its container is told.
    pub fn release(&self, config: &Config) -> Option<String> {
        let models = config.request.production_variants.iter();
        let mut models = models.filter_map(|variant| self.models.get(variant.model_name.as_deref()?));
        models.find_map(|model| model.request.primary_container.environment.get(RELEASE).cloned())
    }

    /// The names of the release that a configuration serves, the configuration's own name among them.
    pub fn labels(&self, config: &Config) -> Vec<String> {
        let variants = config.request.production_variants.iter();
        let models = variants.filter_map(|variant| self.models.get(variant.model_name.as_deref()?));
        let environments: Vec<&BTreeMap<String, String>> =
            models.map(|model| &model.request.primary_container.environment).collect();
        let values = LABELS.iter().flat_map(|label| environments.iter().filter_map(|own| own.get(*label)));
        values.cloned().chain([config.request.endpoint_config_name.clone()]).collect()
    }
}

/// SageMaker's rule for names: 1 to 63 letters, digits and dashes, no dash at either end.
pub(super) fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
    let fits = (1..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fits {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{shown}' at '{member}' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}"
    )))
}

impl Operation for CreateModel {
    const SERVICE: Service = Service::SageMaker;
    const NAME: &'static str = "CreateModel";
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

impl Operation for DescribeModel {
    const SERVICE: Service = Service::SageMaker;
    const NAME: &'static str = "DescribeModel";
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
    const NAME: &'static str = "CreateEndpointConfig";
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

impl Operation for DescribeEndpointConfig {
    const SERVICE: Service = Service::SageMaker;
    const NAME: &'static str = "DescribeEndpointConfig";
    type Output = DescribeEndpointConfigOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeEndpointConfigOutput, ApiError> {
        let name = self.endpoint_config_name;
        let config = world.region(region)?.sagemaker.configs.get(&name);
        let config = config.ok_or_else(|| world.no_such_config(region, &name))?;
        Ok(DescribeEndpointConfigOutput {
            endpoint_config_arn: world.arn("sagemaker", region, &format!("endpoint-config/{name}")),
            endpoint_config_name: name,
            production_variants: config.request.production_variants.clone(),
            creation_time: config.created.into(),
        })
    }
}

impl World {
    pub(super) fn no_such_config(&self, region: &RegionName, name: &str) -> ApiError {
        let arn = self.arn("sagemaker", region, &format!("endpoint-config/{name}"));
        ApiError::validation(format!("Could not find endpoint configuration \"{arn}\"."))
    }
}

/// Bucket and key of `s3://bucket/key`.
pub(super) fn split_s3_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("s3://")?.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}
