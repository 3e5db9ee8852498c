//! The model registry.

use super::DirectPorts;
use super::errors::cut;
use crate::services::sagemaker::{
    CreateModelPackage, DescribeModelPackage, InferenceSpecification, MetricsSource, ModelApprovalStatus, ModelMetrics,
    ModelQuality, PackageContainer, UpdateModelPackage,
};
use meridian_domain::RegionName;
use meridian_handlers::ports::{Answer, Approval, PackageSpec, Registry};

/// Longest `ApprovalDescription`.
const LONGEST_REASON: usize = 1024;
/// `ClientToken` takes at most 36 characters; so many digits of a digest do not collide.
const TOKEN_DIGITS: usize = 32;
/// What the container takes and gives.
const CSV: &str = "text/csv";
/// What an evaluation's numbers are.
const JSON: &str = "application/json";

impl Registry for DirectPorts {
    async fn register(&self, region: &RegionName, package: &PackageSpec) -> Answer<String> {
        let container = PackageContainer {
            image: package.image.clone(),
            model_data_url: Some(package.model_data_url.clone()),
            ..PackageContainer::default()
        };
        let statistics = MetricsSource { content_type: JSON.to_owned(), s3_uri: package.evaluation.clone() };
        let request = CreateModelPackage {
            model_package_group_name: package.group.clone(),
            model_package_description: Some(package.description.clone()),
            inference_specification: Some(InferenceSpecification {
                containers: vec![container],
                supported_content_types: vec![CSV.to_owned()],
                supported_response_mime_types: vec![CSV.to_owned()],
            }),
            model_approval_status: Some(ModelApprovalStatus::PendingManualApproval),
            model_metrics: Some(ModelMetrics { model_quality: Some(ModelQuality { statistics: Some(statistics) }) }),
            customer_metadata_properties: package.metadata.iter().cloned().collect(),
            client_token: Some(package.release.to_string().chars().take(TOKEN_DIGITS).collect()),
            ..CreateModelPackage::default()
        };
        Ok(self.call(region, request).await?.model_package_arn)
    }

    async fn approval(&self, region: &RegionName, arn: &str) -> Answer<Approval> {
        let package = self.call(region, DescribeModelPackage { model_package_name: arn.to_owned() }).await?;
        Ok(match package.model_approval_status {
            ModelApprovalStatus::Approved => Approval::Approved,
            ModelApprovalStatus::Rejected => Approval::Rejected,
            ModelApprovalStatus::PendingManualApproval => Approval::Pending,
        })
    }

    async fn decide(
        &self,
        region: &RegionName,
        arn: &str,
        approval: Approval,
        why: &str,
        metadata: &[(String, String)],
    ) -> Answer<()> {
        let status = match approval {
            Approval::Pending => ModelApprovalStatus::PendingManualApproval,
            Approval::Approved => ModelApprovalStatus::Approved,
            Approval::Rejected => ModelApprovalStatus::Rejected,
        };
        let request = UpdateModelPackage {
            model_package_arn: arn.to_owned(),
            model_approval_status: Some(status),
            approval_description: Some(cut(why, LONGEST_REASON)),
            customer_metadata_properties: metadata.iter().cloned().collect(),
        };
        self.call(region, request).await?;
        Ok(())
    }
}
