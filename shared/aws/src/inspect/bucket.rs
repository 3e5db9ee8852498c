//! A region's release bucket.

use super::{Said, said};
use crate::AwsPorts;
use aws_sdk_s3::types::{
    BucketVersioningStatus, MetricsStatus, PublicAccessBlockConfiguration, ReplicationRule, ReplicationRuleStatus,
    ReplicationTimeStatus, ServerSideEncryption, SseKmsEncryptedObjectsStatus,
};
use meridian_domain::Region;
use meridian_handlers::ports::OperationName;

/// How a bucket is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketFacts {
    /// `Enabled`, `Suspended` or nothing: whether it keeps versions. Absent where the account has no such bucket in this region.
    pub versioning: Said<String>,
    /// Whether it encrypts with KMS.
    pub kms: Said<bool>,
    /// What of it may be public.
    pub public: Said<PublicAccess>,
    /// Its policy, a JSON document.
    pub policy: Said<String>,
    /// Whether its events go to EventBridge.
    pub events: Said<bool>,
    /// Its replication rules.
    pub replication: Said<Vec<Rule>>,
}

/// A bucket's public access block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicAccess {
    /// Those of its four switches that are off.
    pub off: Vec<&'static str>,
}

/// One replication rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The id that the bucket has it under.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which keys it copies.
    pub prefix: String,
    /// The bucket that it copies to, without `arn:aws:s3:::`.
    pub to: String,
    /// Whether replication time control is on.
    pub time_control: bool,
    /// Whether it reports what is late.
    pub metrics: bool,
    /// The key that copies are encrypted with, by its ARN.
    pub key: Option<String>,
    /// Whether it copies what KMS encrypts: S3 leaves that out unless it is told.
    pub kms_objects: bool,
}

impl AwsPorts {
    /// Asks how a region's release bucket is set up. The account is named: a bucket of somebody else's is refused.
    pub async fn inspect_bucket(&self, region: &Region) -> BucketFacts {
        let (name, bucket, owner) = (&region.name, region.bucket.to_string(), &region.account);
        let s3 = self.clients.own_s3(name).await;
        let versioning = s3.get_bucket_versioning().bucket(&bucket).expected_bucket_owner(owner).send().await;
        let encryption = s3.get_bucket_encryption().bucket(&bucket).expected_bucket_owner(owner).send().await;
        let public = s3.get_public_access_block().bucket(&bucket).expected_bucket_owner(owner).send().await;
        let policy = s3.get_bucket_policy().bucket(&bucket).expected_bucket_owner(owner).send().await;
        let events =
            s3.get_bucket_notification_configuration().bucket(&bucket).expected_bucket_owner(owner).send().await;
        let rules = s3.get_bucket_replication().bucket(&bucket).expected_bucket_owner(owner).send().await;
        BucketFacts {
            versioning: said(name, OperationName::GetBucketVersioning, versioning)
                .map(|own| own.status.as_ref().map(BucketVersioningStatus::as_str).unwrap_or_default().to_owned()),
            kms: said(name, OperationName::GetBucketEncryption, encryption).map(|own| {
                let rules = own.server_side_encryption_configuration.map(|all| all.rules).unwrap_or_default();
                let mut used = rules.iter().filter_map(|rule| rule.apply_server_side_encryption_by_default());
                used.any(|by| {
                    matches!(by.sse_algorithm, ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse)
                })
            }),
            public: said(name, OperationName::GetPublicAccessBlock, public)
                .map(|own| switches(own.public_access_block_configuration.as_ref())),
            policy: said(name, OperationName::GetBucketPolicy, policy).map(|own| own.policy.unwrap_or_default()),
            events: said(name, OperationName::GetBucketNotificationConfiguration, events)
                .map(|own| own.event_bridge_configuration.is_some()),
            replication: said(name, OperationName::GetBucketReplication, rules).map(|own| {
                let rules = own.replication_configuration.map(|all| all.rules).unwrap_or_default();
                rules.into_iter().map(rule).collect()
            }),
        }
    }
}

fn switches(own: Option<&PublicAccessBlockConfiguration>) -> PublicAccess {
    let of = |get: fn(&PublicAccessBlockConfiguration) -> Option<bool>| own.and_then(get);
    let switches = [
        ("BlockPublicAcls", of(|own| own.block_public_acls)),
        ("IgnorePublicAcls", of(|own| own.ignore_public_acls)),
        ("BlockPublicPolicy", of(|own| own.block_public_policy)),
        ("RestrictPublicBuckets", of(|own| own.restrict_public_buckets)),
    ];
    PublicAccess { off: switches.into_iter().filter(|(_, on)| *on != Some(true)).map(|(name, _)| name).collect() }
}

fn rule(rule: ReplicationRule) -> Rule {
    let kms = rule.source_selection_criteria.and_then(|own| own.sse_kms_encrypted_objects).map(|own| own.status);
    let prefix = rule.filter.and_then(|filter| filter.prefix);
    let to = rule.destination;
    let time = to.as_ref().and_then(|to| to.replication_time.as_ref()).map(|time| time.status.clone());
    let metrics = to.as_ref().and_then(|to| to.metrics.as_ref()).map(|metrics| metrics.status.clone());
    let key = to.as_ref().and_then(|to| to.encryption_configuration.as_ref());
    let bucket = to.as_ref().map(|to| to.bucket.as_str()).unwrap_or_default();
    Rule {
        id: rule.id.unwrap_or_default(),
        enabled: rule.status == ReplicationRuleStatus::Enabled,
        prefix: prefix.unwrap_or_default(),
        to: bucket.trim_start_matches("arn:aws:s3:::").to_owned(),
        time_control: time == Some(ReplicationTimeStatus::Enabled),
        metrics: metrics == Some(MetricsStatus::Enabled),
        key: key.and_then(|key| key.replica_kms_key_id.clone()),
        kms_objects: kms == Some(SseKmsEncryptedObjectsStatus::Enabled),
    }
}
