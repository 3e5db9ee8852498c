//! Endpoints and their deployments.

use crate::world::service::Tag;
use crate::world::time::EpochSeconds;
use serde::{Deserialize, Serialize};

/// `CreateEndpoint`: refused where the name is taken or the configuration is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEndpoint {
    /// At most 63 characters of `[a-zA-Z0-9-]`.
    pub endpoint_name: String,
    /// A configuration of the region.
    pub endpoint_config_name: String,
    /// With any, the caller needs the right to tag; the world stores them and never shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What `CreateEndpoint` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEndpointOutput {
    /// The endpoint's ARN.
    pub endpoint_arn: String,
}

/// `UpdateEndpoint`: refused while the endpoint is not `InService`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateEndpoint {
    /// The endpoint's name; `ValidationException` where there is no such endpoint.
    pub endpoint_name: String,
    /// The configuration to go to.
    pub endpoint_config_name: String,
    /// Whether instance counts and weights of the running variants are kept; false where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_all_variant_properties: Option<bool>,
    /// What is not kept all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_retained_variant_properties: Vec<VariantProperty>,
    /// How traffic goes over; all at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_config: Option<DeploymentConfig>,
}

/// A property of a variant: `DesiredInstanceCount`, `DesiredWeight` or `DataCaptureConfig`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VariantProperty {
    /// `DesiredInstanceCount`, `DesiredWeight` or `DataCaptureConfig`; others are ignored.
    pub variant_property_type: String,
}

/// What `UpdateEndpoint` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateEndpointOutput {
    /// The endpoint's ARN.
    pub endpoint_arn: String,
}

/// How an update goes over, and what turns it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentConfig {
    /// Blue, green and a traffic switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blue_green_update_policy: Option<BlueGreenUpdatePolicy>,
    /// Instances are replaced in batches, instead of blue and green.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update_policy: Option<RollingUpdatePolicy>,
    /// Alarms that turn the update back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_rollback_configuration: Option<AutoRollbackConfig>,
}

/// Blue, green and a traffic switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlueGreenUpdatePolicy {
    /// Whether traffic moves at once, after a canary or in linear steps.
    pub traffic_routing_configuration: TrafficRoutingConfig,
    /// Seconds that blue stays after the full shift: 0 (default) to 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_wait_in_seconds: Option<i64>,
    /// Seconds after which the whole update is turned back: 600 to 28800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_execution_timeout_in_seconds: Option<i64>,
}

/// The same instances, replaced in batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RollingUpdatePolicy {
    /// A batch: 5 to 50 %.
    pub maximum_batch_size: CapacitySize,
    /// Seconds of the baking period after each batch: 0 to 3600.
    pub wait_interval_in_seconds: i64,
    /// Seconds after which the whole update is turned back: 600 to 28800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_execution_timeout_in_seconds: Option<i64>,
    /// A batch of the way back; one batch where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_maximum_batch_size: Option<CapacitySize>,
}

/// The steps of the traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrafficRoutingConfig {
    /// `ALL_AT_ONCE`, `CANARY` or `LINEAR`.
    #[serde(rename = "Type")]
    pub routing_type: String,
    /// Seconds of each baking period: 0 to 3600. SageMaker's own timer: silence is consent.
    pub wait_interval_in_seconds: i64,
    /// The canary: at most 50 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary_size: Option<CapacitySize>,
    /// A linear step: 10 to 50 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear_step_size: Option<CapacitySize>,
}

/// A share of the instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CapacitySize {
    /// `CAPACITY_PERCENT` or `INSTANCE_COUNT`.
    #[serde(rename = "Type")]
    pub capacity_type: String,
    /// Percent, or instances.
    pub value: u32,
}

/// Alarms that turn an update back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AutoRollbackConfig {
    /// 1 to 10; each must exist in the region.
    pub alarms: Vec<RollbackAlarm>,
}

/// One alarm by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RollbackAlarm {
    /// The alarm's name.
    pub alarm_name: String,
}

/// `DescribeEndpoint`: `ValidationException` where there is no such endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEndpoint {
    /// The endpoint's name.
    pub endpoint_name: String,
}

/// An endpoint's status, as far as the world knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointStatus {
    /// Its first instances are being made.
    Creating,
    /// An update runs, its termination wait included.
    Updating,
    /// An update is being turned back.
    RollingBack,
    /// It serves. Alone this proves nothing: a rollback ends here too.
    InService,
    /// Its first instances could not be made.
    Failed,
    /// Turning back failed: which bytes serve is unknown.
    UpdateRollbackFailed,
}

impl EndpointStatus {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointStatus::Creating => "Creating",
            EndpointStatus::Updating => "Updating",
            EndpointStatus::RollingBack => "RollingBack",
            EndpointStatus::InService => "InService",
            EndpointStatus::Failed => "Failed",
            EndpointStatus::UpdateRollbackFailed => "UpdateRollbackFailed",
        }
    }
}

/// What `DescribeEndpoint` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEndpointOutput {
    /// The endpoint's name.
    pub endpoint_name: String,
    /// The endpoint's ARN.
    pub endpoint_arn: String,
    /// The configuration that serves; during an update the old one.
    pub endpoint_config_name: String,
    /// The instances that serve; not there while there is none yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub production_variants: Vec<ProductionVariantSummary>,
    /// What the endpoint does now. A guardrail rollback ends `InService` too.
    pub endpoint_status: EndpointStatus,
    /// Why the last creation or update failed; may be absent even then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// When it was created.
    pub creation_time: EpochSeconds,
    /// When it last changed.
    pub last_modified_time: EpochSeconds,
    /// The deployment configuration of the last update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_deployment_config: Option<DeploymentConfig>,
    /// The update that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_deployment_summary: Option<PendingDeploymentSummary>,
}

/// A variant that serves, or is about to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductionVariantSummary {
    /// The variant's name.
    pub variant_name: String,
    /// Weight among variants.
    pub current_weight: f64,
    /// Weight asked for.
    pub desired_weight: f64,
    /// Instances that serve.
    pub current_instance_count: u32,
    /// Instances asked for.
    pub desired_instance_count: u32,
    /// What is going on, newest first; empty where nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variant_status: Vec<VariantStatus>,
}

/// What is going on with a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VariantStatus {
    /// `Creating`, `Updating`, `Deleting`, `ActivatingTraffic` or `Baking`.
    pub status: String,
    /// What is going on, in words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// When it began to do that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<EpochSeconds>,
}

/// The update that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PendingDeploymentSummary {
    /// The configuration that it goes to.
    pub endpoint_config_name: String,
    /// Green's instances, as one variant.
    #[serde(default)]
    pub production_variants: Vec<ProductionVariantSummary>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<EpochSeconds>,
}

/// `DeleteEndpoint`: refused while it is updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteEndpoint {
    /// The endpoint's name.
    pub endpoint_name: String,
}

/// What `DeleteEndpoint` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteEndpointOutput {}
