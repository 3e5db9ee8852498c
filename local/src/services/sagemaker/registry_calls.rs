//! The model registry: the fleet's package group and its versions.

use crate::services::sagemaker::registry::Package;
use crate::services::sagemaker::types::{
    CreateModelPackage, CreateModelPackageOutput, DescribeModelPackage, DescribeModelPackageGroup,
    DescribeModelPackageGroupOutput, DescribeModelPackageOutput, ListModelPackages, ListModelPackagesOutput,
    ModelApprovalStatus, ModelPackageStatusDetails, ModelPackageSummary, UpdateModelPackage, UpdateModelPackageOutput,
    UserContext,
};
use crate::world::error::ApiError;
use crate::world::log::What;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::PackageGroup;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use std::collections::BTreeMap;

/// SageMaker's largest number of metadata entries.
const METADATA: usize = 50;

/// SageMaker's pattern `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` for keys and values, and its limits.
fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if metadata.len() > METADATA {
        return Err(ApiError::validation("CustomerMetadataProperties must have at most 50 entries"));
    }
    let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let fits = |text: &str, longest| (1..=longest).contains(&text.chars().count()) && text.chars().all(allowed);
    match metadata.iter().find(|(key, value)| !fits(key, 128) || !fits(value, 256)) {
        None => Ok(()),
        Some((key, _)) => Err(ApiError::validation(format!(
            "CustomerMetadataProperties: {key} and its value must have 1 to 128 and 1 to 256 letters, digits, spaces and _.:/=+-@"
        ))),
    }
}

impl Operation for CreateModelPackage {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::CreateModelPackage;
    type Output = CreateModelPackageOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<CreateModelPackageOutput, ApiError> {
        let group = self.model_package_group_name.clone();
        world.check_group(region, &group)?;
        let token_fits = |token: &String| {
            (1..=36).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !self.client_token.as_ref().is_none_or(token_fits) {
            return Err(ApiError::validation("ClientToken must have 1 to 36 letters, digits and dashes"));
        }
        check_metadata(&self.customer_metadata_properties)?;
        let quality = self.model_metrics.as_ref().and_then(|metrics| metrics.model_quality.as_ref());
        let source = quality.and_then(|quality| quality.statistics.as_ref());
        if !source.is_none_or(|source| ["s3://", "https://"].iter().any(|scheme| source.s3_uri.starts_with(scheme))) {
            return Err(ApiError::validation("S3Uri must match (https|s3)://([^/]+)/?(.*)"));
        }
        if self.model_package_description.as_ref().is_some_and(|text| text.chars().count() > 1024) {
            return Err(ApiError::validation("ModelPackageDescription must have at most 1024 characters"));
        }
        let packages = &world.region(region)?.registry.0;
        let repeated = |package: &&Package| self.client_token.is_some() && package.client_token == self.client_token;
        if let Some(package) = packages.iter().find(repeated) {
            return Ok(CreateModelPackageOutput { model_package_arn: package.described.model_package_arn.clone() });
        }
        let version = packages.len() as u32 + 1;
        let model_package_arn = world.arn("sagemaker", region, &format!("model-package/{group}/{version}"));
        let status = self.model_approval_status.unwrap_or(ModelApprovalStatus::PendingManualApproval);
        let described = DescribeModelPackageOutput {
            model_package_arn: model_package_arn.clone(),
            model_package_group_name: group,
            model_package_version: version,
            model_package_description: self.model_package_description,
            inference_specification: self.inference_specification,
            model_package_status: "Completed".to_owned(),
            model_package_status_details: ModelPackageStatusDetails::default(),
            model_approval_status: status,
            approval_description: None,
            model_metrics: self.model_metrics,
            customer_metadata_properties: self.customer_metadata_properties,
            creation_time: world.now.into(),
            last_modified_time: world.now.into(),
        };
        world.region_mut(region)?.registry.0.push(Package { client_token: self.client_token, described });
        world.record(region, What::ModelPackageCreated { package: model_package_arn.clone(), status });
        Ok(CreateModelPackageOutput { model_package_arn })
    }
}

impl Operation for DescribeModelPackage {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DescribeModelPackage;
    type Output = DescribeModelPackageOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeModelPackageOutput, ApiError> {
        world.region_mut(region)?.registry.find_mut(&self.model_package_name).cloned()
    }
}

impl Operation for UpdateModelPackage {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::UpdateModelPackage;
    type Output = UpdateModelPackageOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<UpdateModelPackageOutput, ApiError> {
        if self.approval_description.as_ref().is_some_and(|text| text.chars().count() > 1024) {
            return Err(ApiError::validation("ApprovalDescription must have at most 1024 characters"));
        }
        let now = world.now;
        let package = world.region_mut(region)?.registry.find_mut(&self.model_package_arn)?;
        let mut metadata = package.customer_metadata_properties.clone();
        metadata.extend(self.customer_metadata_properties);
        check_metadata(&metadata)?;
        package.customer_metadata_properties = metadata;
        package.last_modified_time = now.into();
        let before = package.model_approval_status;
        package.model_approval_status = self.model_approval_status.unwrap_or(before);
        if self.approval_description.is_some() {
            package.approval_description.clone_from(&self.approval_description);
        }
        let status = package.model_approval_status;
        if status != before {
            let package = self.model_package_arn.clone();
            world
                .record(region, What::ModelPackageStatusChanged { package, status, reason: self.approval_description });
        }
        Ok(UpdateModelPackageOutput { model_package_arn: self.model_package_arn })
    }
}

impl Operation for ListModelPackages {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::ListModelPackages;
    type Output = ListModelPackagesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListModelPackagesOutput, ApiError> {
        if let Some(group) = &self.model_package_group_name {
            world.check_group(region, group)?;
        }
        let skipped: usize = match self.next_token.as_deref() {
            None => 0,
            Some(token) => token.parse().map_err(|_| ApiError::validation("The NextToken is not valid."))?,
        };
        let limit = self.max_results.map_or(100, |results| (results as usize).clamp(1, 100));
        let packages = world.region(region)?.registry.0.iter().map(|package| &package.described);
        let mut wanted: Vec<&DescribeModelPackageOutput> = packages
            .filter(|package| self.model_approval_status.is_none_or(|status| package.model_approval_status == status))
            .collect();
        if self.sort_order.as_deref() != Some("Ascending") {
            wanted.reverse();
        }
        let page: Vec<ModelPackageSummary> = wanted.iter().skip(skipped).take(limit).map(|own| summary(own)).collect();
        let next = skipped.saturating_add(page.len());
        Ok(ListModelPackagesOutput {
            model_package_summary_list: page,
            next_token: (next < wanted.len()).then(|| next.to_string()),
        })
    }
}

impl Operation for DescribeModelPackageGroup {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DescribeModelPackageGroup;
    type Output = DescribeModelPackageGroupOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeModelPackageGroupOutput, ApiError> {
        let own = world.check_group(region, &self.model_package_group_name)?;
        Ok(DescribeModelPackageGroupOutput {
            model_package_group_name: own.name.clone(),
            model_package_group_arn: own.arn.clone(),
            model_package_group_description: own.description.clone(),
            creation_time: world.config.start.into(),
            created_by: UserContext {},
            model_package_group_status: "Completed".to_owned(),
        })
    }
}

fn summary(package: &DescribeModelPackageOutput) -> ModelPackageSummary {
    ModelPackageSummary {
        model_package_arn: package.model_package_arn.clone(),
        model_package_group_name: package.model_package_group_name.clone(),
        model_package_version: package.model_package_version,
        model_package_description: package.model_package_description.clone(),
        model_package_status: package.model_package_status.clone(),
        model_approval_status: package.model_approval_status,
        creation_time: package.creation_time,
    }
}

impl World {
    fn check_group(&self, region: &RegionName, group: &str) -> Result<&PackageGroup, ApiError> {
        let groups = self.stack(region).map(|stack| stack.package_groups.as_slice()).unwrap_or_default();
        groups.iter().find(|own| own.name == group || own.arn == group).ok_or_else(|| {
            let shown: String = group.chars().take(80).collect();
            ApiError::validation(format!("Model Package Group {shown} does not exist."))
        })
    }
}
