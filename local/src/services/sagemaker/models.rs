//! What SageMaker knows in a region: models, endpoint configurations, endpoints.

use crate::services::sagemaker::endpoint::Endpoint;
use crate::services::sagemaker::types::{CreateEndpointConfig, CreateModel};
use crate::world::customers::traffic::Serving;
use crate::world::error::ApiError;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Key of a model's environment that names its release's digest.
pub(crate) const RELEASE: &str = "MERIDIAN_RELEASE";
/// Keys of a model's environment that say which release it is.
pub(crate) const LABELS: [&str; 2] = [RELEASE, "MERIDIAN_VERSION"];

/// One region's SageMaker, without its registry.
#[derive(Debug, Default)]
pub(crate) struct SageMaker {
    pub models: BTreeMap<String, Model>,
    pub configs: BTreeMap<String, Config>,
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// A model, as it was created.
#[derive(Debug)]
pub(crate) struct Model {
    pub request: CreateModel,
    pub created: Timestamp,
}

/// An endpoint configuration, as it was created.
#[derive(Debug)]
pub(crate) struct Config {
    pub request: CreateEndpointConfig,
    pub created: Timestamp,
}

impl SageMaker {
    /// The capacities that take an endpoint's traffic, blue first.
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
pub(crate) fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
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

/// Bucket and key of `s3://bucket/key`.
pub(crate) fn split_s3_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("s3://")?.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}
