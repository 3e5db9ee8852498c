//! The operations that can be called with plain values: every service but the two that speak REST.

use super::reply::{WireRequest, malformed, map, title, unknown};
use crate::services::{
    ApiError, Operation, Outcome, Service, autoscaling, cloudwatch, codepipeline, ecr, eventbridge, iam, kms, quotas,
    sagemaker, sns, sts,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// All of them; another one is another line.
const OPERATIONS: &[Entry] = &[
    entry::<sagemaker::CreateModel>(),
    entry::<sagemaker::DescribeModel>(),
    entry::<sagemaker::CreateEndpointConfig>(),
    entry::<sagemaker::DescribeEndpointConfig>(),
    entry::<sagemaker::CreateEndpoint>(),
    entry::<sagemaker::UpdateEndpoint>(),
    entry::<sagemaker::DescribeEndpoint>(),
    entry::<sagemaker::CreateModelPackage>(),
    entry::<sagemaker::DescribeModelPackage>(),
    entry::<sagemaker::UpdateModelPackage>(),
    entry::<sagemaker::ListModelPackages>(),
    entry::<sagemaker::DescribeModelPackageGroup>(),
    entry::<cloudwatch::PutMetricData>(),
    entry::<cloudwatch::PutMetricAlarm>(),
    entry::<cloudwatch::PutCompositeAlarm>(),
    entry::<cloudwatch::SetAlarmState>(),
    entry::<cloudwatch::DescribeAlarms>(),
    entry::<cloudwatch::GetMetricData>(),
    entry::<codepipeline::GetPipeline>(),
    entry::<codepipeline::ListPipelines>(),
    entry::<codepipeline::GetPipelineExecution>(),
    entry::<codepipeline::ListPipelineExecutions>(),
    entry::<codepipeline::StartPipelineExecution>(),
    entry::<codepipeline::PutJobSuccessResult>(),
    entry::<codepipeline::PutJobFailureResult>(),
    entry::<eventbridge::TestEventPattern>(),
    entry::<eventbridge::DescribeRule>(),
    entry::<eventbridge::ListRules>(),
    entry::<eventbridge::ListTargetsByRule>(),
    entry::<eventbridge::ListRuleNamesByTarget>(),
    entry::<sns::Publish>(),
    entry::<sns::GetTopicAttributes>(),
    entry::<sts::AssumeRole>(),
    entry::<sts::GetCallerIdentity>(),
    entry::<autoscaling::RegisterScalableTarget>(),
    entry::<autoscaling::PutScalingPolicy>(),
    entry::<autoscaling::PutScheduledAction>(),
    entry::<autoscaling::DeleteScheduledAction>(),
    entry::<autoscaling::DescribeScalableTargets>(),
    entry::<autoscaling::DescribeScalingPolicies>(),
    entry::<autoscaling::DescribeScheduledActions>(),
    entry::<kms::DescribeKey>(),
    entry::<kms::GetPublicKey>(),
    entry::<kms::Sign>(),
    entry::<ecr::DescribeImages>(),
    entry::<iam::GetRole>(),
    entry::<quotas::ListServiceQuotas>(),
    entry::<quotas::ListAwsDefaultServiceQuotas>(),
];

struct Entry {
    service: Service,
    name: &'static str,
    run: fn(&WireRequest<'_>, Value) -> Outcome<Value>,
}

const fn entry<O>() -> Entry
where
    O: Operation + DeserializeOwned,
    O::Output: Serialize,
{
    Entry { service: O::SERVICE, name: O::NAME, run: run::<O> }
}

fn run<O>(call: &WireRequest<'_>, input: Value) -> Outcome<Value>
where
    O: Operation + DeserializeOwned,
    O::Output: Serialize,
{
    match serde_json::from_value::<O>(input) {
        Ok(operation) => map(call.run(operation), |output| {
            serde_json::to_value(output).map_err(|error| ApiError::new("InternalFailure", 500, error.to_string()))
        }),
        Err(error) => Outcome::Answer(Err(malformed(format!("{}: {error}", O::NAME)))),
    }
}

/// Calls an operation by its name.
pub(super) fn call(call: &WireRequest<'_>, service: Service, operation: &str, input: Value) -> Outcome<Value> {
    match OPERATIONS.iter().find(|entry| entry.service == service && entry.name == operation) {
        Some(entry) => (entry.run)(call, input),
        None => Outcome::Answer(Err(unknown(title(service), operation))),
    }
}
