//! What each operation asks of IAM.

use super::{Ask, Guarded};
use crate::api::account::{
    DescribeImages, DescribeKey, GetPublicKey, GetRole, ListAwsDefaultServiceQuotas, ListServiceQuotas, Sign,
};
use crate::api::bucket::{
    GetBucketEncryption, GetBucketNotificationConfiguration, GetBucketPolicy, GetBucketReplication,
    GetBucketVersioning, GetPublicAccessBlock,
};
use crate::api::cloudwatch::{
    DescribeAlarms, GetMetricData, PutCompositeAlarm, PutMetricAlarm, PutMetricData, SetAlarmState,
};
use crate::api::codepipeline::{
    GetPipeline, GetPipelineExecution, ListPipelineExecutions, ListPipelines, PutJobFailureResult, PutJobSuccessResult,
    StartPipelineExecution,
};
use crate::api::runtime::InvokeEndpoint;
use crate::api::s3::{GetObject, HeadObject, ListObjectsV2, PutObject};
use crate::api::sagemaker::{
    CreateEndpoint, CreateEndpointConfig, CreateModel, CreateModelPackage, DescribeEndpoint, DescribeEndpointConfig,
    DescribeModel, DescribeModelPackage, DescribeModelPackageGroup, ListModelPackages, UpdateEndpoint,
    UpdateModelPackage,
};
use crate::api::sns::{GetTopicAttributes, Publish};
use crate::api::sts::{AssumeRole, GetCallerIdentity};
use crate::api::{Operation, Tag};
use crate::world::World;
use meridian_domain::RegionName;

impl World {
    fn bucket_ask(&self, action: &'static str, bucket: &str) -> Ask {
        Ask::new(action, format!("arn:aws:s3:::{bucket}")).with("s3:ResourceAccount", &self.config.fleet.account)
    }

    fn object_ask(&self, action: &'static str, bucket: &str, key: &str) -> Ask {
        Ask::new(action, format!("arn:aws:s3:::{bucket}/{key}")).with("s3:ResourceAccount", &self.config.fleet.account)
    }

    fn sagemaker_ask(&self, action: &'static str, region: &RegionName, resource: &str) -> Ask {
        Ask::new(action, self.arn("sagemaker", region, resource))
    }

    /// An object's bytes need its key; one that is not there is told of only to those who may list.
    fn read_asks(&self, region: &RegionName, bucket: &str, key: &str) -> Vec<Ask> {
        let mut asks = vec![self.object_ask("s3:GetObject", bucket, key)];
        match self.bucket(region, bucket).map(|own| own.current(key)) {
            Ok(Some(_)) => asks.extend(self.bucket_key_ask("kms:Decrypt", bucket)),
            Ok(None) => asks.push(self.bucket_ask("s3:ListBucket", bucket)),
            // Another region's bucket, or nobody's: S3 says so itself.
            Err(_) => {}
        }
        asks
    }
}

impl Guarded for PutObject {
    fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
        let ask = world.object_ask("s3:PutObject", &self.bucket, &self.key).with("s3:ObjectCreationOperation", "true");
        let ask = if self.if_none_match { ask.with("s3:if-none-match", "*") } else { ask };
        [ask].into_iter().chain(world.bucket_key_ask("kms:GenerateDataKey", &self.bucket)).collect()
    }
}

impl Guarded for GetObject {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        world.read_asks(region, &self.bucket, &self.key)
    }
}

impl Guarded for HeadObject {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        world.read_asks(region, &self.bucket, &self.key)
    }
}

impl Guarded for ListObjectsV2 {
    fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
        vec![world.bucket_ask("s3:ListBucket", &self.bucket).with("s3:prefix", &self.prefix)]
    }
}

/// What S3 asks for a bucket's settings is not always called as the operation is (Service Authorization Reference).
macro_rules! bucket_asks {
    ($($operation:ty: $action:literal;)*) => {$(
        impl Guarded for $operation {
            fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
                vec![world.bucket_ask($action, &self.bucket)]
            }
        }
    )*};
}

bucket_asks! {
    GetBucketVersioning: "s3:GetBucketVersioning";
    GetBucketEncryption: "s3:GetEncryptionConfiguration";
    GetPublicAccessBlock: "s3:GetBucketPublicAccessBlock";
    GetBucketPolicy: "s3:GetBucketPolicy";
    GetBucketNotificationConfiguration: "s3:GetBucketNotification";
    GetBucketReplication: "s3:GetReplicationConfiguration";
}

impl Guarded for CreateModel {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let model = world.sagemaker_ask("sagemaker:CreateModel", region, &format!("model/{}", self.model_name));
        // The role is handed on, which IAM asks about too.
        let role = self.execution_role_arn.as_ref();
        let pass =
            role.map(|role| Ask::new("iam:PassRole", role).with("iam:PassedToService", "sagemaker.amazonaws.com"));
        let tag = tag_ask(Self::NAME, &self.tags, &model);
        [model].into_iter().chain(pass).chain(tag).collect()
    }
}

impl Guarded for CreateEndpointConfig {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let config = format!("endpoint-config/{}", self.endpoint_config_name);
        let config = world.sagemaker_ask("sagemaker:CreateEndpointConfig", region, &config);
        let tag = tag_ask(Self::NAME, &self.tags, &config);
        [config].into_iter().chain(tag).collect()
    }
}

/// What is made with tags asks for tagging it too (SageMaker Developer Guide, "Provide permissions for tagging SageMaker AI
/// resources").
fn tag_ask(operation: &str, tags: &[Tag], made: &Ask) -> Option<Ask> {
    let ask = || Ask::new("sagemaker:AddTags", &made.resource).with("sagemaker:TaggingAction", operation);
    (!tags.is_empty()).then(ask)
}

/// An endpoint, and the configuration that it is to have.
fn endpoint_asks(world: &World, action: &'static str, region: &RegionName, endpoint: &str, config: &str) -> Vec<Ask> {
    vec![
        world.sagemaker_ask(action, region, &format!("endpoint/{endpoint}")),
        world.sagemaker_ask(action, region, &format!("endpoint-config/{config}")),
    ]
}

impl Guarded for CreateEndpoint {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let own =
            endpoint_asks(world, "sagemaker:CreateEndpoint", region, &self.endpoint_name, &self.endpoint_config_name);
        let tag = own.first().and_then(|endpoint| tag_ask(Self::NAME, &self.tags, endpoint));
        own.into_iter().chain(tag).collect()
    }
}

impl Guarded for UpdateEndpoint {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        endpoint_asks(world, "sagemaker:UpdateEndpoint", region, &self.endpoint_name, &self.endpoint_config_name)
    }
}

impl Guarded for StartPipelineExecution {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![Ask::new("codepipeline:StartPipelineExecution", world.arn("codepipeline", region, &self.name))]
    }
}

impl Guarded for CreateModelPackage {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let group = &self.model_package_group_name;
        let ask = |resource: String| world.sagemaker_ask("sagemaker:CreateModelPackage", region, &resource);
        vec![ask(format!("model-package-group/{group}")), ask(format!("model-package/{group}/*"))]
    }
}

impl Guarded for Publish {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let topic = world.stack(region).and_then(|stack| stack.topics.iter().find(|topic| topic.arn == self.topic_arn));
        let key = topic.and_then(|topic| topic.key.as_ref());
        // SNS User Guide, "Key management": a publisher to an encrypted topic needs both.
        let key = key
            .into_iter()
            .flat_map(|key| ["kms:GenerateDataKey", "kms:Decrypt"].map(|action| world.key_ask(action, key)));
        [Ask::new("sns:Publish", &self.topic_arn)].into_iter().chain(key).collect()
    }
}

impl Guarded for DescribeKey {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:DescribeKey", &world.key_arn(region, &self.key_id))]
    }
}

impl Guarded for GetPublicKey {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:GetPublicKey", &world.key_arn(region, &self.key_id))]
    }
}

impl Guarded for Sign {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:Sign", &world.key_arn(region, &self.key_id))]
    }
}

impl Guarded for AssumeRole {
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        let ask = Ask::new("sts:AssumeRole", &self.role_arn);
        vec![self.external_id.iter().fold(ask, |ask, id| ask.with("sts:ExternalId", id))]
    }
}

impl Guarded for GetCallerIdentity {
    /// STS answers whoever signs, and no policy denies it.
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        Vec::new()
    }
}

impl Guarded for PutMetricData {
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        vec![Ask::new("cloudwatch:PutMetricData", "*").with("cloudwatch:namespace", &self.namespace)]
    }
}

impl Guarded for PutMetricAlarm {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let alarm = world.arn("cloudwatch", region, &format!("alarm:{}", self.alarm_name));
        vec![Ask::new("cloudwatch:PutMetricAlarm", alarm)]
    }
}

/// Operations that ask one thing of one resource.
macro_rules! one_ask {
    ($($operation:ty: $action:literal, |$own:ident, $world:ident, $region:ident| $resource:expr;)*) => {$(
        impl Guarded for $operation {
            fn asks(&self, $world: &World, $region: &RegionName) -> Vec<Ask> {
                let $own = self;
                vec![Ask::new($action, $resource)]
            }
        }
    )*};
}
pub(in crate::world) use one_ask;

one_ask! {
    DescribeModel: "sagemaker:DescribeModel", |own, world, region|
        world.arn("sagemaker", region, &format!("model/{}", own.model_name));
    DescribeEndpointConfig: "sagemaker:DescribeEndpointConfig", |own, world, region|
        world.arn("sagemaker", region, &format!("endpoint-config/{}", own.endpoint_config_name));
    DescribeEndpoint: "sagemaker:DescribeEndpoint", |own, world, region|
        world.arn("sagemaker", region, &format!("endpoint/{}", own.endpoint_name));
    InvokeEndpoint: "sagemaker:InvokeEndpoint", |own, world, region|
        world.arn("sagemaker", region, &format!("endpoint/{}", own.endpoint_name));
    DescribeModelPackage: "sagemaker:DescribeModelPackage", |own, _world, _region| own.model_package_name.clone();
    UpdateModelPackage: "sagemaker:UpdateModelPackage", |own, _world, _region| own.model_package_arn.clone();
    DescribeModelPackageGroup: "sagemaker:DescribeModelPackageGroup", |own, world, region|
        world.arn("sagemaker", region, &format!("model-package-group/{}", own.model_package_group_name));
    GetPipeline: "codepipeline:GetPipeline", |own, world, region| world.arn("codepipeline", region, &own.name);
    ListPipelines: "codepipeline:ListPipelines", |_own, world, region| world.arn("codepipeline", region, "*");
    GetPipelineExecution: "codepipeline:GetPipelineExecution", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    ListPipelineExecutions: "codepipeline:ListPipelineExecutions", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    GetTopicAttributes: "sns:GetTopicAttributes", |own, _world, _region| own.topic_arn.clone();
    DescribeImages: "ecr:DescribeImages", |own, world, region|
        world.arn("ecr", region, &format!("repository/{}", own.repository_name));
    GetRole: "iam:GetRole", |own, world, _region|
        format!("arn:aws:iam::{}:role/{}", world.config.fleet.account, own.role_name);
    ListServiceQuotas: "servicequotas:ListServiceQuotas", |_own, _world, _region| "*";
    ListAwsDefaultServiceQuotas: "servicequotas:ListAWSDefaultServiceQuotas", |_own, _world, _region| "*";
    // No resource (Service Authorization Reference): composite alarms are shown to a permission on "*" only.
    ListModelPackages: "sagemaker:ListModelPackages", |_own, _world, _region| "*";
    // A permission of a narrower scope makes none (API reference of PutCompositeAlarm).
    PutCompositeAlarm: "cloudwatch:PutCompositeAlarm", |_own, _world, _region| "*";
    SetAlarmState: "cloudwatch:SetAlarmState", |own, world, region|
        world.arn("cloudwatch", region, &format!("alarm:{}", own.alarm_name));
    DescribeAlarms: "cloudwatch:DescribeAlarms", |_own, _world, _region| "*";
    GetMetricData: "cloudwatch:GetMetricData", |_own, _world, _region| "*";
    PutJobSuccessResult: "codepipeline:PutJobSuccessResult", |_own, _world, _region| "*";
    PutJobFailureResult: "codepipeline:PutJobFailureResult", |_own, _world, _region| "*";
}
