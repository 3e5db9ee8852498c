//! What wakes `replication`.

use super::fields::{EventError, Fields, is_sweep, kind, other_kind};
use meridian_domain::{ReleaseId, keys};
use serde_json::Value;

const TAKES: &str = "S3 \"Object Created\" through EventBridge, S3 replication notifications, or a scheduled event";
const CREATED: &str = "S3 Object Created";
const NOTIFICATION: &str = "S3 replication notification";

/// What wakes `replication`.
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
    /// The object's key.
    pub key: String,
    /// The bucket that it should have gone to.
    pub destination: String,
    /// S3's reason, where it gives one.
    pub reason: Option<String>,
}

impl ReplicationEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Another kind of event, or the field that is missing or wrong.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        if is_sweep(event) {
            return Ok(Self::Sweep);
        }
        if kind(event) == ("aws.s3", "Object Created") {
            return Self::created(Fields::new(CREATED, event));
        }
        match event.pointer("/Records") {
            Some(Value::Array(records)) if !records.is_empty() => {
                records.iter().map(ReplicationTrouble::parse).collect::<Result<_, _>>().map(Self::ReplicationFailed)
            }
            _ => Err(other_kind("replication", TAKES, event)),
        }
    }

    fn created(fields: Fields<'_>) -> Result<Self, EventError> {
        const EXPECTED: &str = "a manifest's key, releases/manifests/<64 hexadecimal digits>.json";
        let key = fields.text("/detail/object/key", EXPECTED)?;
        match keys::release_of_manifest(key) {
            Some(release) => Ok(Self::ManifestCreated { release }),
            None => Err(fields.wrong("/detail/object/key", EXPECTED, super::fields::quoted(key))),
        }
    }
}

impl ReplicationTrouble {
    fn parse(record: &Value) -> Result<Self, EventError> {
        const EXPECTED: &str = "a name such as Replication:OperationFailedReplication";
        let fields = Fields::new(NOTIFICATION, record);
        let name = fields.text("/eventName", EXPECTED)?;
        let name = name.strip_prefix("s3:").unwrap_or(name);
        let Some(what) = name.strip_prefix("Replication:") else {
            return Err(fields.wrong("/eventName", EXPECTED, super::fields::quoted(name)));
        };
        let destination = fields.text("/replicationEventData/destinationBucket", "the destination bucket's ARN")?;
        Ok(Self {
            what: what.to_owned(),
            key: fields.text("/s3/object/key", "the object's key")?.to_owned(),
            destination: destination.trim_start_matches("arn:aws:s3:::").to_owned(),
            reason: fields.optional("/replicationEventData/failureReason")?.map(str::to_owned),
        })
    }

    /// True where the object is still not there, as far as S3 says.
    pub fn is_open(&self) -> bool {
        self.what != "OperationReplicatedAfterThreshold"
    }
}
