//! What invokes `replication`.

use crate::events::{EventError, Fields, is_sweep, kind, other_kind, quoted};
use meridian_domain::reason::{EventKind, ExpectedField};
use meridian_domain::{BucketName, Region, ReleaseId, keys};
use serde_json::Value;

/// The kinds of event that it takes.
const TAKES: &[EventKind] = &[EventKind::ObjectCreated, EventKind::Replication, EventKind::Schedule];

const CREATED: &str = "S3 Object Created";
const NOTIFICATION: &str = "S3 replication notification";

/// What S3 says of its own replication, in a notification's `eventName`.
const SAID: [&str; 4] = [
    "OperationFailedReplication",
    "OperationMissedThreshold",
    "OperationNotTracked",
    "OperationReplicatedAfterThreshold",
];
/// The longest key that S3 takes, in bytes.
const LONGEST_KEY: usize = 1024;
/// What a page repeats of S3's reason; the documented ones are single words.
const LONGEST_REASON: usize = 100;

/// What invokes `replication`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationEvent {
    /// A manifest has arrived in this region's own bucket.
    ManifestCreated {
        /// The release that its key names.
        release: ReleaseId,
    },
    /// S3 says of its own replication that something is wrong, or was.
    ReplicationFailed(Vec<ReplicationTrouble>),
    /// The schedule's look at what events may have missed.
    Sweep,
}

/// One object that S3 did not replicate, or not in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationTrouble {
    /// `OperationFailedReplication`, `OperationMissedThreshold`, `OperationNotTracked` or
    /// `OperationReplicatedAfterThreshold`.
    pub what: String,
    /// The object's key, the same in both buckets.
    pub key: String,
    /// The bucket that it should have gone to.
    pub destination: String,
    /// S3's reason, where it gives one.
    pub reason: Option<String>,
}

impl ReplicationEvent {
    /// Reads an event that came to the function in a region.
    ///
    /// # Errors
    /// Another kind of event, another region's bucket, or the field that is missing or wrong.
    pub fn parse(event: &Value, own: &Region) -> Result<Self, EventError> {
        if is_sweep(event) {
            return Ok(Self::Sweep);
        }
        if kind(event) == ("aws.s3", "Object Created") {
            return manifest_created(event, own).map(|release| Self::ManifestCreated { release });
        }
        match event.pointer("/Records") {
            Some(Value::Array(records)) if !records.is_empty() => {
                records.iter().map(ReplicationTrouble::parse).collect::<Result<_, _>>().map(Self::ReplicationFailed)
            }
            _ => Err(other_kind("replication", TAKES, event)),
        }
    }
}

/// The release whose manifest has arrived in the region's own bucket, as S3 says through EventBridge.
pub(crate) fn manifest_created(event: &Value, own: &Region) -> Result<ReleaseId, EventError> {
    const EXPECTED: ExpectedField = ExpectedField::ManifestKey;
    let fields = Fields::new(CREATED, event);
    let bucket = fields.text("/detail/bucket/name", ExpectedField::Bucket)?;
    if bucket != own.bucket.as_str() {
        let expected = ExpectedField::OwnBucket(own.bucket.clone());
        return Err(fields.wrong("/detail/bucket/name", expected, quoted(bucket)));
    }
    let key = fields.text("/detail/object/key", EXPECTED)?;
    keys::release_of_manifest(key).ok_or_else(|| fields.wrong("/detail/object/key", EXPECTED, quoted(key)))
}

impl ReplicationTrouble {
    /// What it names goes into a page and into the ledger: each name is held against what S3 takes as one.
    fn parse(record: &Value) -> Result<Self, EventError> {
        let fields = Fields::new(NOTIFICATION, record);
        Ok(Self {
            what: said(&fields)?.to_owned(),
            key: key(&fields)?.to_owned(),
            destination: destination(&fields)?.to_owned(),
            reason: fields.optional("/replicationEventData/failureReason")?.map(one_line),
        })
    }

    /// True if the object is still not there, as far as S3 says.
    pub fn is_open(&self) -> bool {
        self.what != "OperationReplicatedAfterThreshold"
    }
}

fn said<'a>(fields: &Fields<'a>) -> Result<&'a str, EventError> {
    const EXPECTED: ExpectedField = ExpectedField::ReplicationEvent;
    let name = fields.text("/eventName", EXPECTED)?;
    let what = name.strip_prefix("s3:").unwrap_or(name).strip_prefix("Replication:");
    what.filter(|what| SAID.contains(what)).ok_or_else(|| fields.wrong("/eventName", EXPECTED, quoted(name)))
}

fn key<'a>(fields: &Fields<'a>) -> Result<&'a str, EventError> {
    const EXPECTED: ExpectedField = ExpectedField::ObjectKey;
    let key = fields.text("/s3/object/key", EXPECTED)?;
    if key.len() > LONGEST_KEY || key.chars().any(char::is_control) {
        return Err(fields.wrong("/s3/object/key", EXPECTED, quoted(key)));
    }
    Ok(key)
}

fn destination<'a>(fields: &Fields<'a>) -> Result<&'a str, EventError> {
    const FIELD: &str = "/replicationEventData/destinationBucket";
    const EXPECTED: ExpectedField = ExpectedField::DestinationArn;
    let arn = fields.text(FIELD, EXPECTED)?;
    let bucket = arn.strip_prefix("arn:aws:s3:::").unwrap_or(arn);
    if bucket.parse::<BucketName>().is_err() {
        return Err(fields.wrong(FIELD, EXPECTED, quoted(arn)));
    }
    Ok(bucket)
}

fn one_line(reason: &str) -> String {
    reason.chars().filter(|char| !char.is_control()).take(LONGEST_REASON).collect()
}
