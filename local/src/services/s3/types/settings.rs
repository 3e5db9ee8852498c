//! What S3 says of how a bucket is set up.

use meridian_deployment::{Encryption, PublicAccess, ReplicationRule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Questions about a bucket, each of its name and, where the caller says so, of whose it must be.
macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            /// The bucket, which must be in the region that is called.
            pub bucket: String,
            /// The account that must own it (403 otherwise).
            pub expected_bucket_owner: Option<String>,
        }
    )*};
}

questions! {
    /// `GetBucketVersioning`: whether it keeps versions.
    GetBucketVersioning;
    /// `GetBucketEncryption`: how it encrypts what is put without a choice.
    GetBucketEncryption;
    /// `GetPublicAccessBlock`: its switches against public access.
    GetPublicAccessBlock;
    /// `GetBucketPolicy`: 404 where it has none.
    GetBucketPolicy;
    /// `GetBucketNotificationConfiguration`: who is told of its events.
    GetBucketNotificationConfiguration;
    /// `GetBucketReplication`: 404 where nothing is configured.
    GetBucketReplication;
}

/// `DeleteBucketReplication`: nothing that is put from now on is copied. Copies on their way arrive, of which AWS says nothing *(live)*.
/// A bucket that has no rules is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeleteBucketReplication {
    /// The bucket, which must be in the region that is called.
    pub bucket: String,
    /// The account that must own it (403 otherwise).
    pub expected_bucket_owner: Option<String>,
}

/// What `GetBucketVersioning` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketVersioningOutput {
    /// `Enabled` or `Suspended`; none where versions were never kept.
    pub status: Option<String>,
}

/// What `GetBucketEncryption` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketEncryptionOutput {
    /// The encryption of new objects, where the call names none.
    pub by_default: Encryption,
}

/// What `GetPublicAccessBlock` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetPublicAccessBlockOutput {
    /// The four switches.
    pub block: PublicAccess,
}

/// What `GetBucketPolicy` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketPolicyOutput {
    /// The bucket's policy, a JSON document.
    pub policy: Value,
}

/// What `GetBucketNotificationConfiguration` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketNotificationConfigurationOutput {
    /// Whether events go to EventBridge.
    pub event_bridge: bool,
    /// An id, a kind of event, and the ARN of the function that is told.
    pub functions: Vec<(String, String, String)>,
}

/// What `GetBucketReplication` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketReplicationOutput {
    /// The ARN of the role that copies.
    pub role: String,
    /// The rules, at least one, in their order.
    pub rules: Vec<ReplicationRule>,
}
