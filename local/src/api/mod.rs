//! The operations of AWS that Meridian calls, in AWS's own member names, and how a call can end.
//!
//! The types here are the one vocabulary of both doors into the world: tests and the in-process engine build them
//! directly, the HTTP front reads them off the wire. What an operation *does* stands beside the state it touches,
//! in [`crate::world`].

use crate::world::{Guarded, World};
use meridian_domain::RegionName;
use serde::{Deserialize, Serialize};
use std::fmt;

pub mod account;
pub mod autoscaling;
pub mod bucket;
pub mod cloudwatch;
pub mod codepipeline;
mod error;
pub mod eventbridge;
pub mod runtime;
pub mod s3;
pub mod sagemaker;
pub mod sns;
pub mod sts;
mod time;

pub use error::ApiError;
pub use time::EpochSeconds;

/// The services that the world knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Object storage (REST-XML).
    S3,
    /// SageMaker's control plane (JSON 1.1).
    SageMaker,
    /// SageMaker's data plane: endpoint invocations (REST-JSON).
    SageMakerRuntime,
    /// Metrics and alarms (rpc-v2-cbor from the Rust SDK).
    CloudWatch,
    /// Pipelines and their jobs (JSON 1.1).
    CodePipeline,
    /// Rules and what they call (JSON 1.1).
    EventBridge,
    /// Notifications (query).
    Sns,
    /// Roles on loan (query).
    Sts,
    /// How many instances endpoints have (JSON 1.1).
    ApplicationAutoScaling,
    /// Keys (JSON 1.1).
    Kms,
    /// Registries of images (JSON 1.1).
    Ecr,
    /// Roles, the same in every region (query).
    Iam,
    /// How much of everything an account may have (JSON 1.1).
    ServiceQuotas,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Service::S3 => "s3",
            Service::SageMaker => "sagemaker",
            Service::SageMakerRuntime => "sagemaker-runtime",
            Service::CloudWatch => "cloudwatch",
            Service::CodePipeline => "codepipeline",
            Service::EventBridge => "events",
            Service::Sns => "sns",
            Service::Sts => "sts",
            Service::ApplicationAutoScaling => "application-autoscaling",
            Service::Kms => "kms",
            Service::Ecr => "ecr",
            Service::Iam => "iam",
            Service::ServiceQuotas => "service-quotas",
        })
    }
}

/// One operation of one service, as a value that holds its request.
pub trait Operation: Guarded {
    /// The service that offers it.
    const SERVICE: Service;
    /// AWS's name of the operation, e.g. `UpdateEndpoint`.
    const NAME: &'static str;
    /// What a successful call answers.
    type Output;

    /// Carries the operation out in one region, at the world's present time. Faults are not looked at here:
    /// [`World::call`] does that.
    fn apply(self, world: &mut World, region: &RegionName) -> Result<Self::Output, ApiError>;
}

/// How a call ends for the one who made it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// The service answered, if only with an error.
    Answer(Result<T, ApiError>),
    /// The call never returns: the caller's own time-out ends it.
    Hang,
    /// The caller is killed now, before or after the call took effect.
    Killed,
}

/// A SageMaker or CloudWatch tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The tag's name.
    pub key: String,
    /// The tag's value.
    pub value: String,
}

/// AWS's names of every operation that the world knows.
pub const OPERATIONS: [&str; 59] = [
    s3::PutObject::NAME,
    s3::GetObject::NAME,
    s3::HeadObject::NAME,
    s3::ListObjectsV2::NAME,
    bucket::GetBucketVersioning::NAME,
    bucket::GetBucketEncryption::NAME,
    bucket::GetPublicAccessBlock::NAME,
    bucket::GetBucketPolicy::NAME,
    bucket::GetBucketNotificationConfiguration::NAME,
    bucket::GetBucketReplication::NAME,
    sagemaker::CreateModel::NAME,
    sagemaker::DescribeModel::NAME,
    sagemaker::CreateEndpointConfig::NAME,
    sagemaker::DescribeEndpointConfig::NAME,
    sagemaker::CreateEndpoint::NAME,
    sagemaker::UpdateEndpoint::NAME,
    sagemaker::DescribeEndpoint::NAME,
    sagemaker::CreateModelPackage::NAME,
    sagemaker::DescribeModelPackage::NAME,
    sagemaker::UpdateModelPackage::NAME,
    sagemaker::ListModelPackages::NAME,
    sagemaker::DescribeModelPackageGroup::NAME,
    runtime::InvokeEndpoint::NAME,
    cloudwatch::PutMetricData::NAME,
    cloudwatch::PutMetricAlarm::NAME,
    cloudwatch::PutCompositeAlarm::NAME,
    cloudwatch::SetAlarmState::NAME,
    cloudwatch::DescribeAlarms::NAME,
    cloudwatch::GetMetricData::NAME,
    codepipeline::GetPipeline::NAME,
    codepipeline::ListPipelines::NAME,
    codepipeline::GetPipelineExecution::NAME,
    codepipeline::ListPipelineExecutions::NAME,
    codepipeline::StartPipelineExecution::NAME,
    codepipeline::PutJobSuccessResult::NAME,
    codepipeline::PutJobFailureResult::NAME,
    eventbridge::TestEventPattern::NAME,
    eventbridge::DescribeRule::NAME,
    eventbridge::ListRules::NAME,
    eventbridge::ListTargetsByRule::NAME,
    eventbridge::ListRuleNamesByTarget::NAME,
    sns::Publish::NAME,
    sns::GetTopicAttributes::NAME,
    sts::AssumeRole::NAME,
    sts::GetCallerIdentity::NAME,
    autoscaling::RegisterScalableTarget::NAME,
    autoscaling::PutScalingPolicy::NAME,
    autoscaling::PutScheduledAction::NAME,
    autoscaling::DeleteScheduledAction::NAME,
    autoscaling::DescribeScalableTargets::NAME,
    autoscaling::DescribeScalingPolicies::NAME,
    autoscaling::DescribeScheduledActions::NAME,
    account::DescribeKey::NAME,
    account::GetPublicKey::NAME,
    account::Sign::NAME,
    account::DescribeImages::NAME,
    account::GetRole::NAME,
    account::ListServiceQuotas::NAME,
    account::ListAwsDefaultServiceQuotas::NAME,
];

/// The operations that change something: between two of them a function that dies has done the same, wherever it dies.
pub const EFFECTS: [&str; 19] = [
    s3::PutObject::NAME,
    sagemaker::CreateModel::NAME,
    sagemaker::CreateEndpointConfig::NAME,
    sagemaker::CreateEndpoint::NAME,
    sagemaker::UpdateEndpoint::NAME,
    sagemaker::CreateModelPackage::NAME,
    sagemaker::UpdateModelPackage::NAME,
    cloudwatch::PutMetricData::NAME,
    cloudwatch::PutMetricAlarm::NAME,
    cloudwatch::PutCompositeAlarm::NAME,
    cloudwatch::SetAlarmState::NAME,
    codepipeline::StartPipelineExecution::NAME,
    codepipeline::PutJobSuccessResult::NAME,
    codepipeline::PutJobFailureResult::NAME,
    sns::Publish::NAME,
    autoscaling::RegisterScalableTarget::NAME,
    autoscaling::PutScalingPolicy::NAME,
    autoscaling::PutScheduledAction::NAME,
    autoscaling::DeleteScheduledAction::NAME,
];
