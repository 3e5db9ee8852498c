//! ECR in AWS's member names.

use serde::{Deserialize, Serialize};

/// `DescribeImages` of ECR, whose members begin small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeImages {
    /// The account; the caller's own where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// Name of the repository; `RepositoryNotFoundException` where the registry has no such one.
    pub repository_name: String,
    /// Which images; all where nothing is said.
    #[serde(default)]
    pub image_ids: Vec<ImageIdentifier>,
}

/// An image, by its digest: tags are not modelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageIdentifier {
    /// `sha256:` and 64 hexadecimal digits.
    pub image_digest: String,
}

/// What `DescribeImages` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeImagesOutput {
    /// Those that are there.
    pub image_details: Vec<ImageDetail>,
}

/// One image of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDetail {
    /// Id of the account whose registry it is.
    pub registry_id: String,
    /// Name of the repository that was asked for.
    pub repository_name: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub image_digest: String,
}
