//! Models and endpoint configurations.

use crate::world::service::Tag;
use crate::world::time::EpochSeconds;
use meridian_domain::FeatureFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `CreateModel`: refused where the name is taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateModel {
    /// At most 63 characters of `[a-zA-Z0-9-]`.
    pub model_name: String,
    /// Image, archive and environment.
    pub primary_container: ContainerDefinition,
    /// The role that the instances take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<String>,
    /// Whether the container is cut off from every network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_network_isolation: Option<bool>,
    /// Where the instances' network interfaces stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_config: Option<VpcConfig>,
    /// With any, the caller needs the right to tag; the world stores them and never shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// Where a model's network interfaces stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VpcConfig {
    /// 1 to 16.
    pub subnets: Vec<String>,
    /// 1 to 5.
    pub security_group_ids: Vec<String>,
}

/// What runs on the instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerDefinition {
    /// Registry path with tag or digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// `s3://bucket/key` in the endpoint's own region. It has no version id, so keys must be immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_data_url: Option<String>,
    /// At most five, each with a channel of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_model_data_sources: Vec<AdditionalModelDataSource>,
    /// At most 100 entries of at most 1024 characters each. The world reads `MERIDIAN_RELEASE` and
    /// `MERIDIAN_VERSION` to know whose behaviour the instances have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// An object that instances fetch beside the model, to `/opt/ml/additional-model-data-sources/CHANNEL/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdditionalModelDataSource {
    /// Letters, digits, `.`, `-` and `_`; 1 to 64 of them.
    pub channel_name: String,
    /// Where it lies.
    pub s3_data_source: S3ModelDataSource,
}

/// Where model data lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3ModelDataSource {
    /// `s3://bucket/key` in the endpoint's own region.
    pub s3_uri: String,
    /// `S3Object`; this world knows no `S3Prefix`.
    pub s3_data_type: String,
    /// `None`; this world knows no `Gzip` here.
    pub compression_type: String,
}

impl AdditionalModelDataSource {
    /// The source that `promote` asks for.
    pub fn of(file: &FeatureFile) -> Self {
        Self {
            channel_name: file.name.clone(),
            s3_data_source: S3ModelDataSource {
                s3_uri: file.url.clone(),
                s3_data_type: "S3Object".to_owned(),
                compression_type: "None".to_owned(),
            },
        }
    }
}

/// What `CreateModel` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateModelOutput {
    /// The model's ARN.
    pub model_arn: String,
}

/// `DescribeModel`: `ValidationException` where there is no such model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModel {
    /// The model's name.
    pub model_name: String,
}

/// What `DescribeModel` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModelOutput {
    /// The model's name.
    pub model_name: String,
    /// The model's ARN.
    pub model_arn: String,
    /// As it was created.
    pub primary_container: ContainerDefinition,
    /// As it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<String>,
    /// As it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_network_isolation: Option<bool>,
    /// As it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_config: Option<VpcConfig>,
    /// When `CreateModel` was called.
    pub creation_time: EpochSeconds,
}

/// `CreateEndpointConfig`: refused where the name is taken or a variant's model is not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEndpointConfig {
    /// At most 63 characters of `[a-zA-Z0-9-]`.
    pub endpoint_config_name: String,
    /// 1 to 10; the world serves from the first.
    pub production_variants: Vec<ProductionVariant>,
    /// What is captured of the requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_capture_config: Option<DataCaptureConfig>,
    /// With any, the caller needs the right to tag; the world stores them and never shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What is captured of an endpoint's requests and answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataCaptureConfig {
    /// Nothing is captured where it is false or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_capture: Option<bool>,
    /// 0 to 100.
    pub initial_sampling_percentage: u32,
    /// `s3://bucket/prefix` in the endpoint's own region.
    pub destination_s3_uri: String,
    /// The key that what is captured is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// 1 to 32: input, output or both.
    pub capture_options: Vec<CaptureOption>,
    /// What is captured as text; anything else is base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_content_type_header: Option<CaptureContentTypeHeader>,
}

/// One side of the capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CaptureOption {
    /// `Input`, `Output` or `InputAndOutput`.
    pub capture_mode: String,
}

/// Content types that are captured as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CaptureContentTypeHeader {
    /// As comma-separated values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub csv_content_types: Vec<String>,
    /// As JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_content_types: Vec<String>,
}

impl DataCaptureConfig {
    /// Requests and answers with so much of the traffic, into a prefix, CSV as text.
    pub fn both_sides(percent: u32, destination: String, key: String) -> Self {
        let captured = |mode: &str| CaptureOption { capture_mode: mode.to_owned() };
        let csv_content_types = vec!["text/csv".to_owned()];
        Self {
            enable_capture: Some(true),
            initial_sampling_percentage: percent,
            destination_s3_uri: destination,
            kms_key_id: Some(key),
            capture_options: vec![captured("Input"), captured("Output")],
            capture_content_type_header: Some(CaptureContentTypeHeader {
                csv_content_types,
                ..CaptureContentTypeHeader::default()
            }),
        }
    }
}

/// One variant of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductionVariant {
    /// At most 63 characters.
    pub variant_name: String,
    /// A model of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    /// At least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_instance_count: Option<u32>,
    /// E.g. `ml.m6i.xlarge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Share of traffic among variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_variant_weight: Option<f64>,
}

/// What `CreateEndpointConfig` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEndpointConfigOutput {
    /// The configuration's ARN.
    pub endpoint_config_arn: String,
}

/// `DescribeEndpointConfig`: `ValidationException` where there is no such configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEndpointConfig {
    /// The configuration's name.
    pub endpoint_config_name: String,
}

/// What `DescribeEndpointConfig` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEndpointConfigOutput {
    /// The configuration's name.
    pub endpoint_config_name: String,
    /// The configuration's ARN.
    pub endpoint_config_arn: String,
    /// As it was created.
    pub production_variants: Vec<ProductionVariant>,
    /// As it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_capture_config: Option<DataCaptureConfig>,
    /// When `CreateEndpointConfig` was called.
    pub creation_time: EpochSeconds,
}

/// `DeleteModel`: the name alone; the model's bytes stay where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteModel {
    /// The model's name.
    pub model_name: String,
}

/// What `DeleteModel` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteModelOutput {}

/// `DeleteEndpointConfig`, also of one that serves *(AWS warns against it, and takes it)*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteEndpointConfig {
    /// The configuration's name.
    pub endpoint_config_name: String,
}

/// What `DeleteEndpointConfig` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteEndpointConfigOutput {}
