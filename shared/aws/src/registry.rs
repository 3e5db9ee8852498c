//! The model registry, on SageMaker.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed, cut};
use aws_sdk_sagemaker::types::{
    InferenceSpecification, MetricsSource, ModelApprovalStatus, ModelMetrics, ModelPackageContainerDefinition,
    ModelQuality, ProductionVariantInstanceType,
};
use meridian_domain::RegionName;
use meridian_handlers::adapters::CSV;
use meridian_handlers::adapters::registry::{JSON, LONGEST_REASON, client_token};
use meridian_handlers::ports::{
    Answer, AnswerPart, Approval, FailureDetail, OperationName, PackageSpec, Registry, StatusOwner,
};

impl Registry for AwsPorts {
    async fn register(&self, region: &RegionName, package: &PackageSpec) -> Answer<String> {
        let call = AwsOperation::new(region, OperationName::CreateModelPackage);
        let container = ModelPackageContainerDefinition::builder()
            .image(&package.image)
            .model_data_url(&package.model_data_url)
            .build();
        let inference = InferenceSpecification::builder()
            .containers(container)
            .supported_content_types(CSV)
            .supported_response_mime_types(CSV)
            .supported_realtime_inference_instance_types(ProductionVariantInstanceType::from(
                self.fleet.instance_type.as_str(),
            ))
            .build();
        let statistics = MetricsSource::builder().content_type(JSON).s3_uri(&package.evaluation).build();
        let quality = ModelQuality::builder().statistics(statistics).build();
        let answer = self
            .clients
            .sagemaker(region)
            .await?
            .create_model_package()
            .model_package_group_name(&package.group)
            .model_package_description(&package.description)
            .inference_specification(inference)
            .model_approval_status(ModelApprovalStatus::PendingManualApproval)
            .model_metrics(ModelMetrics::builder().model_quality(quality).build())
            .set_customer_metadata_properties(Some(package.metadata.iter().cloned().collect()))
            .client_token(client_token(package.release))
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        answer.model_package_arn.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Package)))
    }

    async fn approval(&self, region: &RegionName, arn: &str) -> Answer<Approval> {
        let call = AwsOperation::new(region, OperationName::DescribeModelPackage);
        let client = self.clients.sagemaker(region).await?;
        let package =
            client.describe_model_package().model_package_name(arn).send().await.map_err(|error| call.failed(error))?;
        match package.model_approval_status {
            Some(ModelApprovalStatus::Approved) => Ok(Approval::Approved),
            Some(ModelApprovalStatus::Rejected) => Ok(Approval::Rejected),
            Some(ModelApprovalStatus::PendingManualApproval) | None => Ok(Approval::Pending),
            Some(other) => {
                let (of, status) = (StatusOwner::Approval, other.as_str().to_owned());
                Err(call.refused(FailureDetail::UnknownStatus { of, status }))
            }
        }
    }

    async fn decide(
        &self,
        region: &RegionName,
        arn: &str,
        approval: Approval,
        why: &str,
        metadata: &[(String, String)],
    ) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::UpdateModelPackage);
        let status = match approval {
            Approval::Pending => ModelApprovalStatus::PendingManualApproval,
            Approval::Approved => ModelApprovalStatus::Approved,
            Approval::Rejected => ModelApprovalStatus::Rejected,
        };
        self.clients
            .sagemaker(region)
            .await?
            .update_model_package()
            .model_package_arn(arn)
            .model_approval_status(status)
            .approval_description(cut(why, LONGEST_REASON))
            .set_customer_metadata_properties((!metadata.is_empty()).then(|| metadata.iter().cloned().collect()))
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        Ok(())
    }
}
