//! KMS in AWS's member names.

use crate::world::time::EpochSeconds;
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
    /// The key that the id, ARN or alias names.
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
    /// Id of the account that owns the key.
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: String,
    /// The last part of its ARN.
    pub key_id: String,
    /// `arn:aws:kms:REGION:ACCOUNT:key/ID`.
    pub arn: String,
    /// When it was made.
    pub creation_date: EpochSeconds,
    /// Whether it can be used.
    pub enabled: bool,
    /// `Enabled` or `Disabled`.
    pub key_state: &'static str,
}
