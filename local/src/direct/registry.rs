//! The model registry.

use super::DirectPorts;
use super::errors::cut;
use crate::services::sagemaker::{
    CreateModelPackage, DescribeModelPackage, InferenceSpecification, MetricsSource, ModelApprovalStatus, ModelMetrics,
    ModelQuality, PackageContainer, UpdateModelPackage,
};
use meridian_domain::RegionName;
use meridian_handlers::adapters::CSV;
use meridian_handlers::adapters::registry::{JSON, LONGEST_REASON, client_token};
use meridian_handlers::ports::{Answer, Approval, PackageSpec, Registry};

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
            client_token: Some(client_token(package.release)),
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
