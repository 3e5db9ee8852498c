//! Application Auto Scaling: how many instances an endpoint's variant has.

use crate::world::time::EpochSeconds;
use meridian_domain::ScalingSpec;
use serde::{Deserialize, Serialize};

/// `ServiceNamespace` of endpoints.
pub const NAMESPACE: &str = "sagemaker";
/// `ScalableDimension` of a variant's instances.
pub const DIMENSION: &str = "sagemaker:variant:DesiredInstanceCount";

/// What is scaled: every operation names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Scalable {
    /// [`NAMESPACE`]: the world knows no other.
    pub service_namespace: String,
    /// `endpoint/NAME/variant/NAME`.
    pub resource_id: String,
    /// [`DIMENSION`]: the world knows no other.
    pub scalable_dimension: String,
}

impl Scalable {
    /// The one variant of an endpoint, by its resource id.
    pub fn variant(resource_id: String) -> Self {
        let (service_namespace, scalable_dimension) = (NAMESPACE.to_owned(), DIMENSION.to_owned());
        Scalable { service_namespace, resource_id, scalable_dimension }
    }
}

/// `RegisterScalableTarget`: bounds, which hold from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegisterScalableTarget {
    /// The variant whose instances are bounded.
    #[serde(flatten)]
    pub scalable: Scalable,
    /// At least so many; required where nothing is registered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_capacity: Option<u32>,
    /// At most so many; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_capacity: Option<u32>,
}

/// What `RegisterScalableTarget` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterScalableTargetOutput {
    /// The scalable target's ARN.
    #[serde(rename = "ScalableTargetARN")]
    pub scalable_target_arn: String,
}

/// `DeregisterScalableTarget`: takes a variant out of automatic scaling, with its policies and its scheduled actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeregisterScalableTarget {
    /// The registered variant; `ObjectNotFoundException` where it is not registered.
    #[serde(flatten)]
    pub scalable: Scalable,
}

/// `PutScalingPolicy`, for target tracking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutScalingPolicy {
    /// The policy's name; one of the same variant and name is replaced.
    pub policy_name: String,
    /// The registered variant that is scaled; `ObjectNotFoundException` where it is not registered.
    #[serde(flatten)]
    pub scalable: Scalable,
    /// `TargetTrackingScaling`: the world knows no other.
    pub policy_type: String,
    /// What is kept to.
    pub target_tracking_scaling_policy_configuration: TargetTracking,
}

impl PutScalingPolicy {
    /// The target tracking that a fleet's policy asks for.
    pub fn of(spec: &ScalingSpec) -> Self {
        PutScalingPolicy {
            policy_name: spec.policy_name(),
            scalable: Scalable::variant(spec.resource_id()),
            policy_type: "TargetTrackingScaling".to_owned(),
            target_tracking_scaling_policy_configuration: TargetTracking {
                target_value: spec.invocations_per_instance,
                predefined_metric_specification: PredefinedMetric {
                    predefined_metric_type: "SageMakerVariantInvocationsPerInstance".to_owned(),
                },
                scale_out_cooldown: Some(spec.scale_out.as_secs()),
                scale_in_cooldown: Some(spec.scale_in.as_secs()),
            },
        }
    }
}

/// How `PutScalingPolicy` keeps a metric near a value: `TargetTrackingScalingPolicyConfiguration` of the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetTracking {
    /// The metric is kept near it.
    pub target_value: f64,
    /// The metric that is kept near `target_value`.
    pub predefined_metric_specification: PredefinedMetric,
    /// Seconds between two steps up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_out_cooldown: Option<i64>,
    /// Seconds between two steps down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_in_cooldown: Option<i64>,
}

/// The metric of a target tracking policy: `PredefinedMetricSpecification` of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PredefinedMetric {
    /// `SageMakerVariantInvocationsPerInstance`: requests a minute.
    pub predefined_metric_type: String,
}

/// What `PutScalingPolicy` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutScalingPolicyOutput {
    /// ARN of the new policy, or of the one that it replaces.
    #[serde(rename = "PolicyARN")]
    pub policy_arn: String,
}

/// `PutScheduledAction`: bounds that a schedule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutScheduledAction {
    /// The action's name; one of the same variant and name is replaced.
    pub scheduled_action_name: String,
    /// The registered variant that is scaled; `ObjectNotFoundException` where it is not registered.
    #[serde(flatten)]
    pub scalable: Scalable,
    /// `cron(minute hour day month weekday year)`.
    pub schedule: String,
    /// The zone whose clock counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The bounds that the schedule sets; the world stores them and never applies them.
    pub scalable_target_action: ScalableTargetAction,
}

/// The bounds that a scheduled action sets: `ScalableTargetAction` of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScalableTargetAction {
    /// At least so many from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_capacity: Option<u32>,
    /// At most so many from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_capacity: Option<u32>,
}

/// `DeleteScheduledAction`: `ObjectNotFoundException` where the variant has no such action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteScheduledAction {
    /// The action's name, as `PutScheduledAction` gave it.
    pub scheduled_action_name: String,
    /// The variant that the action belongs to.
    #[serde(flatten)]
    pub scalable: Scalable,
}

/// An answer that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// `DescribeScalableTargets`: those of the region, all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeScalableTargets {
    /// [`NAMESPACE`]; nothing is found under any other.
    pub service_namespace: String,
    /// Only these; all where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_ids: Vec<String>,
    /// Only of this dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scalable_dimension: Option<String>,
}

/// What `DescribeScalableTargets` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeScalableTargetsOutput {
    /// In the order of their ids.
    pub scalable_targets: Vec<ScalableTarget>,
}

/// One registered target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScalableTarget {
    /// The variant whose instances are bounded.
    #[serde(flatten)]
    pub scalable: Scalable,
    /// At least so many.
    pub min_capacity: u32,
    /// At most so many.
    pub max_capacity: u32,
    /// The service-linked role.
    #[serde(rename = "RoleARN")]
    pub role_arn: String,
    /// When it was registered first.
    pub creation_time: EpochSeconds,
    /// What of its scaling stands still.
    pub suspended_state: SuspendedState,
    /// The target's ARN; here all targets of a region have the same.
    #[serde(rename = "ScalableTargetARN")]
    pub scalable_target_arn: String,
}

/// What of a target's scaling stands still: nothing, for the world knows no way to suspend it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SuspendedState {
    /// By policies, down.
    pub dynamic_scaling_in_suspended: bool,
    /// By policies, up.
    pub dynamic_scaling_out_suspended: bool,
    /// By scheduled actions, either way.
    pub scheduled_scaling_suspended: bool,
}

/// `DescribeScalingPolicies`: those of the region, all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeScalingPolicies {
    /// [`NAMESPACE`]; nothing is found under any other.
    pub service_namespace: String,
    /// Only these; all where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_names: Vec<String>,
    /// Only those of one resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// Only of this dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scalable_dimension: Option<String>,
}

/// What `DescribeScalingPolicies` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeScalingPoliciesOutput {
    /// In the order of their targets' ids and their names.
    pub scaling_policies: Vec<ScalingPolicy>,
}

/// A scaling policy as `DescribeScalingPolicies` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScalingPolicy {
    /// As it was put.
    #[serde(flatten)]
    pub put: PutScalingPolicy,
    /// `arn:aws:autoscaling:REGION:ACCOUNT:scalingPolicy:ID:resource/sagemaker/RESOURCE:policyName/NAME`.
    #[serde(rename = "PolicyARN")]
    pub policy_arn: String,
    /// When it was put first.
    pub creation_time: EpochSeconds,
}

/// `DescribeScheduledActions`: those of the region, all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeScheduledActions {
    /// [`NAMESPACE`]; nothing is found under any other.
    pub service_namespace: String,
    /// Only these; all where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scheduled_action_names: Vec<String>,
    /// Only those of one resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// Only of this dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scalable_dimension: Option<String>,
}

/// What `DescribeScheduledActions` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeScheduledActionsOutput {
    /// In the order of their targets' ids and their names.
    pub scheduled_actions: Vec<ScheduledAction>,
}

/// One scheduled action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScheduledAction {
    /// As it was put.
    #[serde(flatten)]
    pub put: PutScheduledAction,
    /// `arn:aws:autoscaling:REGION:ACCOUNT:scheduledAction:ID:resource/sagemaker/RESOURCE:scheduledActionName/NAME`.
    #[serde(rename = "ScheduledActionARN")]
    pub scheduled_action_arn: String,
    /// When it was put first.
    pub creation_time: EpochSeconds,
}
