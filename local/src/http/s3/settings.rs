//! How a bucket is set up: one question for each of its subresources.

use super::super::reply::{Reply, WireRequest, map};
use super::super::xml::{element, flag};
use crate::services::Outcome;
use crate::services::s3::{
    DeleteBucketReplication, GetBucketEncryption, GetBucketEncryptionOutput, GetBucketNotificationConfiguration,
    GetBucketNotificationConfigurationOutput, GetBucketPolicy, GetBucketReplication, GetBucketReplicationOutput,
    GetBucketVersioning, GetBucketVersioningOutput, GetPublicAccessBlock, GetPublicAccessBlockOutput,
};
use meridian_deployment::{Clocked, ReplicationRule};

/// Serves one question; none where there is no such subresource here.
pub(super) fn serve(call: &WireRequest<'_>, bucket: &str, subresource: &str) -> Option<Outcome<Reply>> {
    let expected_bucket_owner = call.header("x-amz-expected-bucket-owner").map(str::to_owned);
    let bucket = bucket.to_owned();
    Some(match subresource {
        "versioning" => document(
            call.run(GetBucketVersioning { bucket, expected_bucket_owner }),
            "VersioningConfiguration",
            versioning,
        ),
        "encryption" => document(
            call.run(GetBucketEncryption { bucket, expected_bucket_owner }),
            "ServerSideEncryptionConfiguration",
            encryption,
        ),
        "publicAccessBlock" => document(
            call.run(GetPublicAccessBlock { bucket, expected_bucket_owner }),
            "PublicAccessBlockConfiguration",
            public,
        ),
        "policy" => map(call.run(GetBucketPolicy { bucket, expected_bucket_owner }), |output| {
            Ok(Reply::json(200, "application/json", &output.policy))
        }),
        "notification" => document(
            call.run(GetBucketNotificationConfiguration { bucket, expected_bucket_owner }),
            "NotificationConfiguration",
            notifications,
        ),
        "replication" => document(
            call.run(GetBucketReplication { bucket, expected_bucket_owner }),
            "ReplicationConfiguration",
            replication,
        ),
        _ => return None,
    })
}

/// S3 answers 204, and nothing else.
pub(super) fn delete_replication(call: &WireRequest<'_>, bucket: String) -> Outcome<Reply> {
    let expected_bucket_owner = call.header("x-amz-expected-bucket-owner").map(str::to_owned);
    let delete = DeleteBucketReplication { bucket, expected_bucket_owner };
    map(call.run(delete), |()| Ok(Reply::new(204, "application/xml", "")))
}

/// An answer in XML, of an output's members.
fn document<T>(outcome: Outcome<T>, root: &str, members: impl FnOnce(&T) -> String) -> Outcome<Reply> {
    map(outcome, |output| {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</{root}>",
            members(&output)
        );
        Ok(Reply::new(200, "application/xml", body))
    })
}

/// `<name>inner</name>`, of XML.
fn nested(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| element(name, text)).unwrap_or_default()
}

fn versioning(output: &GetBucketVersioningOutput) -> String {
    optional("Status", output.status.as_deref())
}

fn encryption(output: &GetBucketEncryptionOutput) -> String {
    let own = &output.by_default;
    let by_default = element("SSEAlgorithm", &own.algorithm) + &optional("KMSMasterKeyID", own.key.as_deref());
    let by_default = nested("ApplyServerSideEncryptionByDefault", &by_default);
    nested("Rule", &(by_default + &flag("BucketKeyEnabled", own.bucket_key)))
}

fn public(output: &GetPublicAccessBlockOutput) -> String {
    let own = &output.block;
    [
        flag("BlockPublicAcls", own.block_acls),
        flag("IgnorePublicAcls", own.ignore_acls),
        flag("BlockPublicPolicy", own.block_policy),
        flag("RestrictPublicBuckets", own.restrict),
    ]
    .concat()
}

fn notifications(output: &GetBucketNotificationConfigurationOutput) -> String {
    let told = output.functions.iter().map(|(id, event, function)| {
        let inner = element("Id", id) + &element("CloudFunction", function) + &element("Event", event);
        nested("CloudFunctionConfiguration", &inner)
    });
    let told: String = told.collect();
    told + if output.event_bridge { "<EventBridgeConfiguration/>" } else { "" }
}

fn replication(output: &GetBucketReplicationOutput) -> String {
    let rules: String = output.rules.iter().map(|own| nested("Rule", &rule(own))).collect();
    element("Role", &output.role) + &rules
}

fn rule(own: &ReplicationRule) -> String {
    let status = |text: &Option<String>| text.as_deref().map(|text| element("Status", text));
    let kms = status(&own.kms_objects).map(|status| nested("SseKmsEncryptedObjects", &status));
    let key = own.key.as_deref().map(|key| nested("EncryptionConfiguration", &element("ReplicaKmsKeyID", key)));
    let to = [
        element("Bucket", &format!("arn:aws:s3:::{}", own.bucket)),
        key.unwrap_or_default(),
        clocked("ReplicationTime", "Time", own.time_control.as_ref()),
        clocked("Metrics", "EventThreshold", own.metrics.as_ref()),
    ];
    [
        element("ID", &own.id),
        optional("Priority", own.priority.map(|priority| priority.to_string()).as_deref()),
        nested("Filter", &element("Prefix", &own.prefix)),
        element("Status", if own.enabled { "Enabled" } else { "Disabled" }),
        kms.map(|kms| nested("SourceSelectionCriteria", &kms)).unwrap_or_default(),
        nested("Destination", &to.concat()),
        status(&own.delete_markers).map(|status| nested("DeleteMarkerReplication", &status)).unwrap_or_default(),
    ]
    .concat()
}

fn clocked(name: &str, threshold: &str, own: Option<&Clocked>) -> String {
    let Some(own) = own else { return String::new() };
    let minutes = own.minutes.map(|minutes| nested(threshold, &element("Minutes", &minutes.to_string())));
    nested(name, &(element("Status", &own.status) + &minutes.unwrap_or_default()))
}
