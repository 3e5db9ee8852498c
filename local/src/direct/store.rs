//! The release buckets and, in them, the ledger.

use super::DirectPorts;
use super::errors::AwsOperation;
use crate::services::s3::{GetObject, ListObjectsV2, ListedObject, PutObject};
use crate::services::sts::GetCallerIdentity;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Caller, Chain, Entry, RegionName, Stored};
use meridian_handlers::adapters::ledger;
use meridian_handlers::ports::{
    Answer, Artifacts, FailureDetail, Ledger, Listed, ObjectVersion, OperationName, limits,
};

/// S3's listings have whole seconds.
fn in_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Bytes a second of the slowest upload that is waited for.
const SLOWEST_UPLOAD: usize = 1 << 20;

impl Artifacts for DirectPorts {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        let bucket = self.bucket(region, OperationName::GetObject)?;
        let request = GetObject { bucket, key: key.to_owned(), version_id: None };
        let body = self.call(region, request).await?.body;
        if body.len() as u64 > most {
            return Err(AwsOperation::new(region, OperationName::GetObject).too_large(key, body.len() as u64, most));
        }
        sink(&body);
        Ok(body.len() as u64)
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        let bucket = self.bucket(region, OperationName::PutObject)?;
        self.put(region, PutObject::new(bucket, key, body).if_absent()).await
    }

    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        let bucket = self.bucket(region, OperationName::PutObject)?;
        self.put(region, PutObject::new(bucket, key, body)).await
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        let request = ListObjectsV2 {
            bucket: self.bucket(region, OperationName::ListObjectsV2)?,
            prefix: prefix.to_owned(),
            start_after: after.map(str::to_owned),
            ..ListObjectsV2::default()
        };
        let page = self.call(region, request).await?;
        let listed = |object: ListedObject| Listed { key: object.key, modified: in_seconds(object.last_modified) };
        Ok(page.contents.into_iter().map(listed).collect())
    }
}

impl Ledger for DirectPorts {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        ledger::entries(self, &self.fleet.name, region, chain, from).await
    }

    async fn caller(&self) -> Caller {
        let ask = async || self.asked_once(limits::IDENTITY_ATTEMPT, &self.place, GetCallerIdentity {}).await;
        self.identity.of(self, async || Ok(ask().await?.arn)).await
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        ledger::append(self, &self.fleet.name, region, chain, entry).await
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        ledger::checkpoint(self, &self.fleet.name, region, chain).await
    }

    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        ledger::put_checkpoint(self, &self.fleet.name, region, chain, seq, checkpoint).await
    }
}

impl DirectPorts {
    /// The release bucket of `region`: the fleet policy's.
    fn bucket(&self, region: &RegionName, operation: OperationName) -> Answer<String> {
        let unknown = || AwsOperation::new(region, operation).refused(FailureDetail::NoSuchRegion);
        Ok(self.fleet.region(region).ok_or_else(unknown)?.bucket.to_string())
    }

    async fn put(&self, region: &RegionName, request: PutObject) -> Answer<ObjectVersion> {
        let upload = SignedDuration::from_secs((request.body.len() / SLOWEST_UPLOAD) as i64);
        let written = self.call_within(limits::ATTEMPT + upload, region, request).await?;
        Ok(ObjectVersion(written.version_id))
    }
}
