//! What the preflight alone asks of an account: keys (KMS), images (ECR), roles (IAM), quotas (Service Quotas).

use super::EpochSeconds;
use serde::{Deserialize, Serialize};

/// `DescribeKey` of KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKey {
    /// A key's id, its ARN, an alias, or an alias's ARN.
    pub key_id: String,
}

/// What `DescribeKey` answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKeyOutput {
    /// The key.
    pub key_metadata: KeyMetadata,
}

/// `GetPublicKey` of KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPublicKey {
    /// As [`DescribeKey`]'s.
    pub key_id: String,
}

/// What `GetPublicKey` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPublicKeyOutput {
    /// The key's ARN.
    pub key_id: String,
    /// SPKI in DER, as base64.
    pub public_key: String,
    /// Such as `ECC_NIST_P256`.
    pub key_spec: String,
    /// `SIGN_VERIFY`.
    pub key_usage: &'static str,
    /// What it may sign with.
    pub signing_algorithms: Vec<&'static str>,
}

/// `Sign` of KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sign {
    /// As [`DescribeKey`]'s.
    pub key_id: String,
    /// What is signed, as base64.
    pub message: String,
    /// `RAW`, of up to 4096 bytes; digests are not modelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// Such as `ECDSA_SHA_256`.
    pub signing_algorithm: String,
}

/// What `Sign` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignOutput {
    /// The key's ARN.
    pub key_id: String,
    /// ASN.1 DER, as base64.
    pub signature: String,
    /// As it was asked.
    pub signing_algorithm: String,
}

/// A key of KMS.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    /// The account.
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: String,
    /// Its id.
    pub key_id: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub creation_date: EpochSeconds,
    /// Whether it can be used.
    pub enabled: bool,
    /// `Enabled` or `Disabled`.
    pub key_state: &'static str,
}

/// `DescribeImages` of ECR, whose members begin small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeImages {
    /// The account; the caller's own where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// The repository.
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
    /// The account.
    pub registry_id: String,
    /// The repository.
    pub repository_name: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub image_digest: String,
}

/// `GetRole` of IAM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRole {
    /// The role's name.
    pub role_name: String,
}

/// What `GetRole` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRoleOutput {
    /// The role.
    pub role: Role,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// `/`: none of the template's has another.
    pub path: &'static str,
    /// Its name.
    pub role_name: String,
    /// Begins with `AROA`.
    pub role_id: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub create_date: String,
    /// Who may take it on: percent-encoded JSON.
    pub assume_role_policy_document: String,
}

/// `ListServiceQuotas` of Service Quotas: those of which the account has a value of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListServiceQuotas {
    /// The service, as Service Quotas calls it.
    pub service_code: String,
    /// Where the page before ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `ListAWSDefaultServiceQuotas`: what every account has from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAwsDefaultServiceQuotas {
    /// The service, as Service Quotas calls it.
    pub service_code: String,
    /// Where the page before ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What both answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListServiceQuotasOutput {
    /// The quotas.
    pub quotas: Vec<ServiceQuota>,
    /// Where the next page begins; none on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// One quota.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceQuota {
    /// The service.
    pub service_code: String,
    /// The quota.
    pub quota_code: String,
    /// What people call it.
    pub quota_name: String,
    /// How much of it there is.
    pub value: f64,
    /// Whether more may be asked for.
    pub adjustable: bool,
}
