//! The model registry.

use crate::world::service::Tag;
use crate::world::time::EpochSeconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a package may be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelApprovalStatus {
    /// It may be deployed.
    Approved,
    /// It may not be deployed.
    Rejected,
    /// Nobody has said yet.
    PendingManualApproval,
}

impl ModelApprovalStatus {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ModelApprovalStatus::Approved => "Approved",
            ModelApprovalStatus::Rejected => "Rejected",
            ModelApprovalStatus::PendingManualApproval => "PendingManualApproval",
        }
    }
}

/// `CreateModelPackage`: a new version in a group. Idempotent on its client token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateModelPackage {
    /// The group, which must exist.
    pub model_package_group_name: String,
    /// At most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_package_description: Option<String>,
    /// Image, archive and MIME types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_specification: Option<InferenceSpecification>,
    /// `PendingManualApproval` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_approval_status: Option<ModelApprovalStatus>,
    /// Where its metrics lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_metrics: Option<ModelMetrics>,
    /// At most 50 entries, of letters, digits, spaces and `_ . : / = + - @`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub customer_metadata_properties: BTreeMap<String, String>,
    /// At most 36 characters of `[a-zA-Z0-9-]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// The world reads none of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A package's metrics, of which Meridian uses one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ModelMetrics {
    /// How good the model is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_quality: Option<ModelQuality>,
}

/// How good a package's model is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ModelQuality {
    /// Where the document with the model's numbers lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<MetricsSource>,
}

/// A document with metrics. Whether it exists is not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricsSource {
    /// E.g. `application/json`.
    pub content_type: String,
    /// `s3://bucket/key`, or `https`.
    pub s3_uri: String,
}

/// How a package is served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InferenceSpecification {
    /// 1 to 15.
    pub containers: Vec<PackageContainer>,
    /// E.g. `text/csv`.
    #[serde(rename = "SupportedContentTypes", skip_serializing_if = "Vec::is_empty")]
    pub supported_content_types: Vec<String>,
    /// E.g. `text/csv`.
    #[serde(rename = "SupportedResponseMIMETypes", skip_serializing_if = "Vec::is_empty")]
    pub supported_response_mime_types: Vec<String>,
}

/// One container of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PackageContainer {
    /// Registry path with tag or digest.
    pub image: String,
    /// `sha256:...` of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    /// `s3://bucket/key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_data_url: Option<String>,
}

/// What `CreateModelPackage` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateModelPackageOutput {
    /// The version's ARN.
    pub model_package_arn: String,
}

/// `DescribeModelPackage`: one version of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModelPackage {
    /// The version's ARN (AWS calls it a name).
    pub model_package_name: String,
}

/// What `DescribeModelPackage` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModelPackageOutput {
    /// The version's ARN.
    pub model_package_arn: String,
    /// The group, as `CreateModelPackage` named it.
    pub model_package_group_name: String,
    /// 1, 2, ...
    pub model_package_version: u32,
    /// As it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_package_description: Option<String>,
    /// As it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_specification: Option<InferenceSpecification>,
    /// Always `Completed` here.
    pub model_package_status: String,
    /// Nothing is validated or scanned here.
    pub model_package_status_details: ModelPackageStatusDetails,
    /// Whether it may be deployed.
    pub model_approval_status: ModelApprovalStatus,
    /// Why the status is what it is, at most 1024 characters; absent until `UpdateModelPackage` gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_description: Option<String>,
    /// As it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_metrics: Option<ModelMetrics>,
    /// What `CreateModelPackage` gave, with what updates added or replaced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub customer_metadata_properties: BTreeMap<String, String>,
    /// When it was created.
    pub creation_time: EpochSeconds,
    /// When it last changed.
    pub last_modified_time: EpochSeconds,
}

/// What was found about a package while it was made, of which the world knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ModelPackageStatusDetails {
    /// Empty: only packages for the marketplace are validated.
    pub validation_statuses: Vec<serde_json::Value>,
    /// Empty: no image is scanned.
    pub image_scan_statuses: Vec<serde_json::Value>,
}

/// `UpdateModelPackage`: changes the approval status, or adds metadata. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdateModelPackage {
    /// The version's ARN.
    pub model_package_arn: String,
    /// The new approval status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_approval_status: Option<ModelApprovalStatus>,
    /// Why; at most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_description: Option<String>,
    /// Added to, or written over, what is there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub customer_metadata_properties: BTreeMap<String, String>,
}

/// What `UpdateModelPackage` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateModelPackageOutput {
    /// The version's ARN.
    pub model_package_arn: String,
}

/// `ListModelPackages`, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListModelPackages {
    /// Name or ARN of the group; where absent, every package is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_package_group_name: Option<String>,
    /// Only those with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_approval_status: Option<ModelApprovalStatus>,
    /// At most this many: 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<u32>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `CreationTime` is what the world sorts by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// `Ascending` or `Descending` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<String>,
}

/// What `ListModelPackages` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListModelPackagesOutput {
    /// The packages of this page, at most 100.
    pub model_package_summary_list: Vec<ModelPackageSummary>,
    /// How to ask for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModelPackageSummary {
    /// The version's ARN.
    pub model_package_arn: String,
    /// The group, as `CreateModelPackage` named it.
    pub model_package_group_name: String,
    /// 1, 2, ...
    pub model_package_version: u32,
    /// As it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_package_description: Option<String>,
    /// Always `Completed` here.
    pub model_package_status: String,
    /// Whether it may be deployed.
    pub model_approval_status: ModelApprovalStatus,
    /// When it was created.
    pub creation_time: EpochSeconds,
}

/// `DescribeModelPackageGroup`: `ValidationException` where the region's stack has no such group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModelPackageGroup {
    /// The group's name or ARN.
    pub model_package_group_name: String,
}

/// What `DescribeModelPackageGroup` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeModelPackageGroupOutput {
    /// The name, as the template declares it.
    pub model_package_group_name: String,
    /// `arn:aws:sagemaker:REGION:ACCOUNT:model-package-group/NAME`.
    pub model_package_group_arn: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_package_group_description: Option<String>,
    /// When it was created.
    pub creation_time: EpochSeconds,
    /// By whom: nothing is said of CloudFormation.
    pub created_by: UserContext,
    /// Always `Completed` here.
    pub model_package_group_status: String,
}

/// A user of SageMaker Studio, of whom there is none here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserContext {}
