//! Buckets: how they encrypt, who may see them, and what they copy where.

use serde_json::Value;

/// The status of what is on.
pub(crate) const ENABLED: &str = "Enabled";

/// A bucket of S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `BucketName`, or what CloudFormation would make up.
    pub name: String,
    /// `Enabled` or `Suspended`; none where versions were never kept.
    pub versioning: Option<String>,
    /// The key and algorithm with which it encrypts new objects.
    pub encryption: Encryption,
    /// What of it can be public.
    pub public: PublicAccess,
    /// Its policy, a JSON document.
    pub policy: Option<Value>,
    /// Whether its events go to EventBridge.
    pub to_event_bridge: bool,
    /// Events that go straight to a function: their kind, and the function's ARN.
    pub to_functions: Vec<(String, String)>,
    /// The role that replicates.
    pub copy_role: Option<String>,
    /// Where its objects are copied to.
    pub replication: Vec<ReplicationRule>,
}

/// How a bucket encrypts what is written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// The ARN of the key of KMS.
    pub key: Option<String>,
    /// Whether objects share a key of the bucket's, for fewer calls of KMS.
    pub bucket_key: bool,
}

/// A bucket's public access block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAccess {
    /// New public access lists are refused.
    pub block_acls: bool,
    /// Public access lists count for nothing.
    pub ignore_acls: bool,
    /// Policies that make it public are refused.
    pub block_policy: bool,
    /// A public policy counts for nobody outside of the account.
    pub restrict: bool,
}

/// Which objects are copied, into which bucket and how fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationRule {
    /// `Id` of the template.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which of several rules for one object counts: the largest.
    pub priority: Option<u32>,
    /// Objects whose keys begin so.
    pub prefix: String,
    /// The other bucket's name.
    pub bucket: String,
    /// The key, by ARN or alias, that copies are encrypted with.
    pub key: Option<String>,
    /// `Enabled` or `Disabled`: whether delete markers are copied too.
    pub delete_markers: Option<String>,
    /// `Enabled` or `Disabled`: whether objects are copied that KMS encrypts. They are not where nothing is said.
    pub kms_objects: Option<String>,
    /// Replication time control: its status, and minutes by contract.
    pub time_control: Option<Clocked>,
    /// Metrics: their status, and after how many minutes a copy is late.
    pub metrics: Option<Clocked>,
}

/// Something of a replication rule that is on or off, and counts minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocked {
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// How many minutes it counts.
    pub minutes: Option<u32>,
}

impl Bucket {
    /// Whether it keeps every version.
    pub fn is_versioned(&self) -> bool {
        self.versioning.as_deref() == Some(ENABLED)
    }
}

impl ReplicationRule {
    /// Whether it copies an object of a bucket. What KMS encrypts is copied where the rule says so, and only there.
    pub fn copies(&self, from: &Bucket, key: &str) -> bool {
        let readable = from.encryption.key.is_none() || self.kms_objects.as_deref() == Some(ENABLED);
        self.enabled && readable && key.starts_with(&self.prefix)
    }
}
