//! Operations whose behaviour is still to come.

use super::World;
use crate::api::{ApiError, Operation, Service, cloudwatch, codepipeline, runtime, s3, sagemaker, sns};
use meridian_domain::RegionName;

macro_rules! stub {
    ($service:ident: $($module:ident :: $name:ident -> $output:ident),* $(,)?) => {$(
        impl Operation for $module::$name {
            const SERVICE: Service = Service::$service;
            const NAME: &'static str = stringify!($name);
            type Output = $module::$output;
            fn apply(self, _: &mut World, _: &RegionName) -> Result<Self::Output, ApiError> {
                Err(ApiError::internal())
            }
        }
    )*};
}

stub!(S3: s3::PutObject -> PutObjectOutput, s3::GetObject -> GetObjectOutput, s3::HeadObject -> HeadObjectOutput,
    s3::ListObjectsV2 -> ListObjectsV2Output);
stub!(SageMaker: sagemaker::CreateModel -> CreateModelOutput, sagemaker::DescribeModel -> DescribeModelOutput,
    sagemaker::CreateEndpointConfig -> CreateEndpointConfigOutput,
    sagemaker::DescribeEndpointConfig -> DescribeEndpointConfigOutput,
    sagemaker::CreateEndpoint -> CreateEndpointOutput, sagemaker::UpdateEndpoint -> UpdateEndpointOutput,
    sagemaker::DescribeEndpoint -> DescribeEndpointOutput,
    sagemaker::CreateModelPackage -> CreateModelPackageOutput,
    sagemaker::DescribeModelPackage -> DescribeModelPackageOutput,
    sagemaker::UpdateModelPackage -> UpdateModelPackageOutput,
    sagemaker::ListModelPackages -> ListModelPackagesOutput);
stub!(SageMakerRuntime: runtime::InvokeEndpoint -> InvokeEndpointOutput);
stub!(CloudWatch: cloudwatch::PutMetricData -> PutMetricDataOutput,
    cloudwatch::PutMetricAlarm -> PutMetricAlarmOutput, cloudwatch::DescribeAlarms -> DescribeAlarmsOutput,
    cloudwatch::GetMetricData -> GetMetricDataOutput);
stub!(CodePipeline: codepipeline::StartPipelineExecution -> StartPipelineExecutionOutput,
    codepipeline::PutJobSuccessResult -> PutJobSuccessResultOutput,
    codepipeline::PutJobFailureResult -> PutJobFailureResultOutput);
stub!(Sns: sns::Publish -> PublishOutput);
