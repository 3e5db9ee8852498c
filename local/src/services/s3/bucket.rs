//! A region's bucket and the versions in it.

use crate::services::s3::types::{
    Digest, HeadObjectOutput, ListObjectsV2, ListObjectsV2Output, ListedObject, PutObject, ReplicationStatus,
};
use crate::world::error::ApiError;
use crate::world::random::Random;
use bytes::Bytes;
use jiff::Timestamp;

use meridian_domain::{RegionName, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// A copy on its way.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub key: String,
    pub to: RegionName,
    /// The source's version: its bytes and its id.
    pub version: Version,
}

/// S3's largest page of a listing.
pub(crate) const PAGE: usize = 1000;

/// One versioned bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub name: String,
    /// Versions of each key, the current one last.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// False once a person has deleted its replication rules.
    pub copies: bool,
}

/// One version of an object.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub id: String,
    pub body: Bytes,
    pub digest: Digest,
    pub modified: Timestamp,
    pub replication: Option<ReplicationStatus>,
    /// Regions that have no copy yet.
    pub awaited: BTreeSet<RegionName>,
}

impl Version {
    pub fn new(id: String, body: Bytes, modified: Timestamp) -> Self {
        let digest = *Sha256::of(&body).as_bytes();
        Version { id, body, digest, modified, replication: None, awaited: BTreeSet::new() }
    }

    /// Quoted, stable, and not a hash of the content: with KMS it would not be one either.
    pub fn etag(&self) -> String {
        let mut random = Random::labelled(0, ["etag", &self.id]);
        format!("\"{:016x}{:016x}\"", random.next_u64(), random.next_u64())
    }

    pub fn head(&self) -> HeadObjectOutput {
        HeadObjectOutput {
            content_length: self.body.len() as u64,
            version_id: self.id.clone(),
            etag: self.etag(),
            last_modified: self.modified,
            replication_status: self.replication,
            checksum_sha256: self.digest,
        }
    }
}

impl Bucket {
    pub fn new(name: &str) -> Self {
        Bucket { name: name.to_owned(), objects: BTreeMap::new(), copies: true }
    }

    /// Drops every version that is younger, and returns how many.
    pub fn restore(&mut self, to: Timestamp) -> usize {
        let mut gone = 0;
        self.objects.retain(|_, versions| {
            let before = versions.len();
            versions.retain(|version| version.modified <= to);
            gone += before - versions.len();
            !versions.is_empty()
        });
        gone
    }

    pub fn current(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last()
    }

    pub fn put(&mut self, key: &str, version: Version) {
        self.objects.entry(key.to_owned()).or_default().push(version);
    }

    pub fn version_mut(&mut self, key: &str, id: &str) -> Option<&mut Version> {
        self.objects.get_mut(key)?.iter_mut().find(|version| version.id == id)
    }

    pub fn find(&self, key: &str, id: Option<&str>) -> Result<&Version, ApiError> {
        let versions = self.objects.get(key).ok_or_else(no_such_key)?;
        match id {
            None => versions.last().ok_or_else(no_such_key),
            Some(id) => versions
                .iter()
                .find(|version| version.id == id)
                .ok_or_else(|| ApiError::new("NoSuchVersion", 404, "The specified version does not exist.")),
        }
    }

    /// Holds a write against its conditions (S3 User Guide, "Conditional writes").
    pub fn check(&self, put: &PutObject) -> Result<(), ApiError> {
        let failed = || {
            ApiError::new("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold")
        };
        let current = self.current(&put.key);
        if put.if_none_match && current.is_some() {
            return Err(failed());
        }
        match (&put.if_match, current) {
            (Some(_), None) => Err(no_such_key()),
            (Some(etag), Some(version)) if version.etag().trim_matches('"') != etag.trim_matches('"') => Err(failed()),
            _ => Ok(()),
        }
    }

    pub fn list(&self, request: &ListObjectsV2) -> ListObjectsV2Output {
        let after = request.continuation_token.as_ref().or(request.start_after.as_ref());
        // Whichever is later: where the prefix begins, or after the last key seen.
        let from = match after {
            Some(key) if key.as_str() >= request.prefix.as_str() => Bound::Excluded(key.as_str()),
            _ => Bound::Included(request.prefix.as_str()),
        };
        let limit = request.max_keys.map_or(PAGE, |keys| (keys as usize).min(PAGE));
        let mut page = self
            .objects
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(&request.prefix))
            .filter_map(|(key, versions)| Some((key, versions.last()?)));
        let contents: Vec<ListedObject> = page
            .by_ref()
            .take(limit)
            .map(|(key, version)| ListedObject {
                key: key.clone(),
                etag: version.etag(),
                size: version.body.len() as u64,
                last_modified: version.modified,
            })
            .collect();
        let is_truncated = limit > 0 && page.next().is_some();
        let last = contents.last().map(|object| object.key.clone());
        ListObjectsV2Output { contents, is_truncated, next_continuation_token: last.filter(|_| is_truncated) }
    }
}

pub(crate) fn no_such_key() -> ApiError {
    ApiError::new("NoSuchKey", 404, "The specified key does not exist.")
}

/// The error for a bucket that the called region does not have.
pub(crate) fn not_here(elsewhere: bool) -> ApiError {
    if elsewhere {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        return ApiError::new("PermanentRedirect", 301, message);
    }
    ApiError::new("NoSuchBucket", 404, "The specified bucket does not exist")
}
