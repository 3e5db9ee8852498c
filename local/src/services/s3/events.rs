//! What S3 says of objects: to EventBridge, and as notifications of a bucket.

use crate::services::eventbridge::envelope::Envelope;
use crate::services::s3::bucket::Version;
use crate::world::state::World;
use meridian_deployment::ReplicationRule;
use meridian_domain::RegionName;
use serde_json::{Value, json};

impl Envelope<'_> {
    /// S3's `Object Created`.
    pub fn object_created(&self, bucket: &str, key: &str, version: &Version) -> Value {
        let detail = json!({
            "version": "0",
            "bucket": { "name": bucket },
            "object": {
                "key": key,
                "size": version.body.len(),
                "etag": version.etag().trim_matches('"'),
                "version-id": version.id,
                "sequencer": sequencer(version),
            },
            "request-id": "LOCAL0WORLD00000",
            "requester": self.account,
            "source-ip-address": "192.0.2.10",
            "reason": "PutObject",
        });
        self.event("aws.s3", "Object Created", format!("arn:aws:s3:::{bucket}"), detail)
    }
}

impl World {
    /// An object came into a region's bucket.
    pub(crate) fn object_created(&mut self, region: &RegionName, key: &str, version: &Version) {
        let Some(bucket) = self.regions.get(region).map(|region| region.bucket.name.clone()) else { return };
        if self.stack(region).and_then(|stack| stack.buckets.get(&bucket)).is_none_or(|own| !own.to_event_bridge) {
            return;
        }
        let event = self.envelope(region).object_created(&bucket, key, version);
        self.publish(region, event);
    }
}

/// S3's `Replication:OperationFailedReplication`: a notification of the source bucket, not an event of EventBridge.
pub(crate) fn replication_failed(
    account: &str,
    home: &RegionName,
    source: &str,
    rule: &ReplicationRule,
    key: &str,
    version: &Version,
) -> Value {
    let time = version.modified.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    json!({ "Records": [{
        "eventVersion": "2.2",
        "eventSource": "aws:s3",
        "awsRegion": home.as_str(),
        "eventTime": time,
        "eventName": "Replication:OperationFailedReplication",
        "userIdentity": { "principalId": "s3.amazonaws.com" },
        "requestParameters": { "sourceIPAddress": "s3.amazonaws.com" },
        "responseElements": { "x-amz-request-id": "LOCAL0WORLD00000", "x-amz-id-2": "local" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "replication-failures",
            "bucket": {
                "name": source,
                "ownerIdentity": { "principalId": account },
                "arn": format!("arn:aws:s3:::{source}"),
            },
            "object": {
                "key": key,
                "size": version.body.len(),
                "eTag": version.etag().trim_matches('"'),
                "versionId": version.id,
                "sequencer": sequencer(version),
            },
        },
        "replicationEventData": {
            "replicationRuleId": rule.id,
            "destinationBucket": format!("arn:aws:s3:::{}", rule.bucket),
            "s3Operation": "OBJECT_PUT",
            "requestTime": time,
            "failureReason": "DstBucketNotFound",
        },
    }] })
}

/// Orders the events of one key.
fn sequencer(version: &Version) -> String {
    format!("{:016X}", version.modified.as_millisecond())
}
