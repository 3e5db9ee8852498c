//! What the operations of SageMaker ask of IAM.

use crate::services::iam::ask::{Ask, one_ask};
use crate::services::sagemaker::types::{
    CreateEndpoint, CreateEndpointConfig, CreateModel, CreateModelPackage, DeleteEndpoint, DeleteEndpointConfig,
    DeleteModel, DescribeEndpoint, DescribeEndpointConfig, DescribeModel, DescribeModelPackage,
    DescribeModelPackageGroup, InvokeEndpoint, ListModelPackages, UpdateEndpoint, UpdateModelPackage,
};
use crate::world::operation::{Guarded, Operation};
use crate::world::service::Tag;
use crate::world::state::World;
use meridian_domain::RegionName;

impl World {
    fn sagemaker_ask(&self, action: &'static str, region: &RegionName, resource: &str) -> Ask {
        Ask::new(action, self.arn("sagemaker", region, resource))
    }
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

impl Guarded for CreateModelPackage {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let group = &self.model_package_group_name;
        let ask = |resource: String| world.sagemaker_ask("sagemaker:CreateModelPackage", region, &resource);
        vec![ask(format!("model-package-group/{group}")), ask(format!("model-package/{group}/*"))]
    }
}

one_ask! {
    DeleteModel: "sagemaker:DeleteModel", |own, world, region|
        world.arn("sagemaker", region, &format!("model/{}", own.model_name));
    DeleteEndpointConfig: "sagemaker:DeleteEndpointConfig", |own, world, region|
        world.arn("sagemaker", region, &format!("endpoint-config/{}", own.endpoint_config_name));
    DeleteEndpoint: "sagemaker:DeleteEndpoint", |own, world, region|
        world.arn("sagemaker", region, &format!("endpoint/{}", own.endpoint_name));
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
    // No resource (Service Authorization Reference): composite alarms are shown to a permission on "*" only.
    ListModelPackages: "sagemaker:ListModelPackages", |_own, _world, _region| "*";
}
