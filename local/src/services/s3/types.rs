//! S3, as plain values: its REST-XML wire form is the HTTP door's business.

mod settings;

pub use settings::*;

use bytes::Bytes;
use jiff::Timestamp;

/// A SHA-256 as 32 raw bytes; S3's header carries it in base64.
pub type Digest = [u8; 32];

/// `PutObject`: writes a new version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObject {
    /// The bucket, which must be in the region that is called.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The whole object.
    pub body: Bytes,
    /// `If-None-Match: *`: only where no current object has this key (412 otherwise, 409 for a racing write).
    pub if_none_match: bool,
    /// `If-Match`: only over the object with this ETag (412 otherwise; 404 where there is none).
    pub if_match: Option<String>,
    /// `x-amz-checksum-sha256`: refused with `BadDigest` where the bytes do not have it.
    pub checksum_sha256: Option<Digest>,
}

impl PutObject {
    /// An unconditional write.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>, body: impl Into<Bytes>) -> Self {
        PutObject {
            bucket: bucket.into(),
            key: key.into(),
            body: body.into(),
            if_none_match: false,
            if_match: None,
            checksum_sha256: None,
        }
    }

    /// The same write, but only where the key is new.
    pub fn if_absent(self) -> Self {
        PutObject { if_none_match: true, ..self }
    }
}

/// What `PutObject` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObjectOutput {
    /// The new version.
    pub version_id: String,
    /// With its quotation marks; not a content hash.
    pub etag: String,
    /// Computed over the full object.
    pub checksum_sha256: Digest,
}

/// `GetObject`: a whole object; ranges are not modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObject {
    /// The bucket, which must be in the region that is called.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// A certain version; the current one where absent.
    pub version_id: Option<String>,
}

/// What `GetObject` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObjectOutput {
    /// Everything but the bytes.
    pub head: HeadObjectOutput,
    /// The whole object's bytes.
    pub body: Bytes,
}

/// `HeadObject`. Over HTTP its errors have no body: a missing key is a bare 404.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadObject {
    /// The bucket, which must be in the region that is called.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// A certain version; the current one where absent.
    pub version_id: Option<String>,
}

/// What `HeadObject` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadObjectOutput {
    /// Bytes in the object.
    pub content_length: u64,
    /// The version that was read.
    pub version_id: String,
    /// With its quotation marks; not a content hash.
    pub etag: String,
    /// When this version came to this bucket.
    pub last_modified: Timestamp,
    /// `x-amz-replication-status`, absent for objects that no rule covers.
    pub replication_status: Option<ReplicationStatus>,
    /// SHA-256 of the full object (`x-amz-checksum-type: FULL_OBJECT`).
    pub checksum_sha256: Digest,
}

/// How far an object's replication is: `x-amz-replication-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationStatus {
    /// At the source: not every destination has it yet.
    Pending,
    /// At the source: every destination has it.
    Completed,
    /// At the source: a destination will not get it.
    Failed,
    /// At a destination: this is a copy.
    Replica,
}

impl ReplicationStatus {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            ReplicationStatus::Pending => "PENDING",
            ReplicationStatus::Completed => "COMPLETED",
            ReplicationStatus::Failed => "FAILED",
            ReplicationStatus::Replica => "REPLICA",
        }
    }
}

/// `ListObjectsV2`: current objects in the order of their keys' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjectsV2 {
    /// The bucket, which must be in the region that is called.
    pub bucket: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Only keys after this one.
    pub start_after: Option<String>,
    /// Where the page before ended; wins over `start_after`.
    pub continuation_token: Option<String>,
    /// At most this many, 1000 where absent or above it.
    pub max_keys: Option<u32>,
}

/// What `ListObjectsV2` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListObjectsV2Output {
    /// The objects of this page.
    pub contents: Vec<ListedObject>,
    /// Whether there is a next page.
    pub is_truncated: bool,
    /// How to ask for the next page.
    pub next_continuation_token: Option<String>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// The object's key.
    pub key: String,
    /// With its quotation marks; not a content hash.
    pub etag: String,
    /// Bytes in the object.
    pub size: u64,
    /// When the current version came to this bucket.
    pub last_modified: Timestamp,
}
