//! Every operation that the world knows, by AWS's name.

use super::{autoscaling, cloudwatch, codepipeline, ecr, eventbridge, iam, kms, quotas, s3, sagemaker, sns, sts};
use crate::world::operation::Operation;

/// Hands every operation that the world knows to another macro, in groups: `plain` are called with plain values, `rest` are those of the
/// services that speak REST, and `named` those of them that people call with plain values by hand.
macro_rules! every_operation {
    ($then:ident) => {
        $then! {
            rest {
                s3::PutObject,
                s3::GetObject,
                s3::HeadObject,
                s3::ListObjectsV2,
                s3::GetBucketVersioning,
                s3::GetBucketEncryption,
                s3::GetPublicAccessBlock,
                s3::GetBucketPolicy,
                s3::GetBucketNotificationConfiguration,
                s3::GetBucketReplication,
            }
            named {
                s3::DeleteBucketReplication,
            }
            plain {
                sagemaker::CreateModel,
                sagemaker::DescribeModel,
                sagemaker::CreateEndpointConfig,
                sagemaker::DescribeEndpointConfig,
                sagemaker::CreateEndpoint,
                sagemaker::UpdateEndpoint,
                sagemaker::DescribeEndpoint,
                sagemaker::DeleteModel,
                sagemaker::DeleteEndpointConfig,
                sagemaker::DeleteEndpoint,
                sagemaker::CreateModelPackage,
                sagemaker::DescribeModelPackage,
                sagemaker::UpdateModelPackage,
                sagemaker::ListModelPackages,
                sagemaker::DescribeModelPackageGroup,
            }
            rest {
                sagemaker::InvokeEndpoint,
            }
            plain {
                cloudwatch::PutMetricData,
                cloudwatch::PutMetricAlarm,
                cloudwatch::PutCompositeAlarm,
                cloudwatch::SetAlarmState,
                cloudwatch::DeleteAlarms,
                cloudwatch::DescribeAlarms,
                cloudwatch::GetMetricData,
                codepipeline::GetPipeline,
                codepipeline::ListPipelines,
                codepipeline::GetPipelineExecution,
                codepipeline::ListPipelineExecutions,
                codepipeline::ListActionExecutions,
                codepipeline::StartPipelineExecution,
                codepipeline::StopPipelineExecution,
                codepipeline::RetryStageExecution,
                codepipeline::PutJobSuccessResult,
                codepipeline::PutJobFailureResult,
                eventbridge::TestEventPattern,
                eventbridge::DescribeRule,
                eventbridge::ListRules,
                eventbridge::ListTargetsByRule,
                eventbridge::ListRuleNamesByTarget,
                sns::Publish,
                sns::GetTopicAttributes,
                sts::AssumeRole,
                sts::GetCallerIdentity,
                autoscaling::RegisterScalableTarget,
                autoscaling::DeregisterScalableTarget,
                autoscaling::PutScalingPolicy,
                autoscaling::PutScheduledAction,
                autoscaling::DeleteScheduledAction,
                autoscaling::DescribeScalableTargets,
                autoscaling::DescribeScalingPolicies,
                autoscaling::DescribeScheduledActions,
                kms::DescribeKey,
                kms::GetPublicKey,
                kms::Sign,
                ecr::DescribeImages,
                iam::GetRole,
                quotas::ListServiceQuotas,
                quotas::ListAwsDefaultServiceQuotas,
            }
        }
    };
}
pub(crate) use every_operation;

macro_rules! names {
    ($($how:ident { $($operation:ty,)* })*) => {
        /// AWS's names of every operation that the world knows.
        pub const OPERATIONS: [&str; 68] = [$($(<$operation>::NAME,)*)*];
    };
}
every_operation!(names);

/// The operations that change something: between two of them a function that dies has done the same, wherever it dies.
pub const EFFECTS: [&str; 27] = [
    s3::PutObject::NAME,
    s3::DeleteBucketReplication::NAME,
    sagemaker::CreateModel::NAME,
    sagemaker::CreateEndpointConfig::NAME,
    sagemaker::CreateEndpoint::NAME,
    sagemaker::UpdateEndpoint::NAME,
    sagemaker::DeleteModel::NAME,
    sagemaker::DeleteEndpointConfig::NAME,
    sagemaker::DeleteEndpoint::NAME,
    sagemaker::CreateModelPackage::NAME,
    sagemaker::UpdateModelPackage::NAME,
    cloudwatch::PutMetricData::NAME,
    cloudwatch::PutMetricAlarm::NAME,
    cloudwatch::PutCompositeAlarm::NAME,
    cloudwatch::SetAlarmState::NAME,
    cloudwatch::DeleteAlarms::NAME,
    codepipeline::StartPipelineExecution::NAME,
    codepipeline::StopPipelineExecution::NAME,
    codepipeline::RetryStageExecution::NAME,
    codepipeline::PutJobSuccessResult::NAME,
    codepipeline::PutJobFailureResult::NAME,
    sns::Publish::NAME,
    autoscaling::RegisterScalableTarget::NAME,
    autoscaling::DeregisterScalableTarget::NAME,
    autoscaling::PutScalingPolicy::NAME,
    autoscaling::PutScheduledAction::NAME,
    autoscaling::DeleteScheduledAction::NAME,
];
