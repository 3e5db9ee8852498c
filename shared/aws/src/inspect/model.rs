//! What serves, as SageMaker was told to fetch it.

use super::{Said, said};
use crate::AwsPorts;
use aws_sdk_sagemaker::types::ContainerDefinition;
use meridian_domain::{RegionName, ResourceName};
use meridian_handlers::ports::OperationName;

/// Where instances fetch what they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// The containers' images.
    pub images: Vec<String>,
    /// The models' archives, `s3://bucket/key`.
    pub archives: Vec<String>,
}

impl AwsPorts {
    /// Asks where the instances of a configuration fetch their images and archives from.
    pub async fn inspect_model(&self, region: &RegionName, config: &ResourceName) -> Said<ModelFacts> {
        let client = self.clients.own_sagemaker(region).await;
        let answer = client.describe_endpoint_config().endpoint_config_name(config.as_str()).send().await;
        let variants = match said(region, OperationName::DescribeEndpointConfig, answer) {
            Said::Is(own) => own.production_variants.unwrap_or_default(),
            other => return other.map(|_| ModelFacts::default()),
        };
        let mut facts = ModelFacts::default();
        for model in variants.into_iter().filter_map(|variant| variant.model_name) {
            let answer = client.describe_model().model_name(model).send().await;
            match said(region, OperationName::DescribeModel, answer) {
                Said::Is(own) => {
                    facts.add(own.primary_container.into_iter().chain(own.containers.unwrap_or_default()));
                }
                other => return other.map(|_| facts),
            }
        }
        Said::Is(facts)
    }
}

impl ModelFacts {
    fn add(&mut self, containers: impl Iterator<Item = ContainerDefinition>) {
        for own in containers {
            let source =
                own.model_data_source.and_then(|source| source.s3_data_source).and_then(|source| source.s3_uri);
            self.images.extend(own.image);
            self.archives.extend(own.model_data_url.into_iter().chain(source));
        }
    }
}
