//! The operations of AWS that Meridian calls, each with the service whose it is.

use super::IllService;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One table, so that no operation is without its service.
macro_rules! operations {
    ($($service:ident: [$($name:ident),* $(,)?])*) => {
        /// An operation of AWS, by AWS's name: no other name can be written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "AWS's reference says what each operation does")]
        pub enum OperationName {
            $($($name,)*)*
        }

        impl OperationName {
            /// AWS's name, such as `UpdateEndpoint`.
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)*)*
                }
            }

            /// Which of a region's services is ill where the operation is not answered (Service Authorization Reference).
            pub fn service(self) -> IllService {
                match self {
                    $($(Self::$name)|* => IllService::$service,)*
                }
            }
        }
    };
}

operations! {
    Ledger: [
        PutObject,
        GetObject,
        HeadObject,
        ListObjectsV2,
        GetBucketVersioning,
        GetBucketEncryption,
        GetPublicAccessBlock,
        GetBucketPolicy,
        GetBucketNotificationConfiguration,
        GetBucketReplication,
        DeleteBucketReplication,
    ]
    ControlPlane: [
        CreateModel,
        DescribeModel,
        CreateEndpointConfig,
        DescribeEndpointConfig,
        CreateEndpoint,
        UpdateEndpoint,
        DescribeEndpoint,
        DeleteModel,
        DeleteEndpointConfig,
        DeleteEndpoint,
        CreateModelPackage,
        DescribeModelPackage,
        UpdateModelPackage,
        ListModelPackages,
        DescribeModelPackageGroup,
        // Of services that no region is deferred for.
        GetPipeline,
        ListPipelines,
        GetPipelineExecution,
        ListPipelineExecutions,
        ListActionExecutions,
        StartPipelineExecution,
        StopPipelineExecution,
        RetryStageExecution,
        PutJobSuccessResult,
        PutJobFailureResult,
        TestEventPattern,
        DescribeRule,
        ListRules,
        ListTargetsByRule,
        ListRuleNamesByTarget,
        Publish,
        GetTopicAttributes,
        DescribeKey,
        GetPublicKey,
        Sign,
        DescribeImages,
        GetRole,
        ListServiceQuotas,
        ListAWSDefaultServiceQuotas,
    ]
    Runtime: [InvokeEndpoint]
    Metrics: [
        PutMetricData,
        PutMetricAlarm,
        PutCompositeAlarm,
        SetAlarmState,
        DeleteAlarms,
        DescribeAlarms,
        GetMetricData,
    ]
    Roles: [AssumeRole, GetCallerIdentity]
    Scaling: [
        RegisterScalableTarget,
        DeregisterScalableTarget,
        PutScalingPolicy,
        PutScheduledAction,
        DeleteScheduledAction,
        DescribeScalableTargets,
        DescribeScalingPolicies,
        DescribeScheduledActions,
    ]
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
