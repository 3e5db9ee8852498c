//! S3's operations on objects.

use crate::services::s3::bucket::{Bucket, Version, not_here};
use crate::services::s3::types::{
    GetObject, GetObjectOutput, HeadObject, HeadObjectOutput, ListObjectsV2, ListObjectsV2Output, PutObject,
    PutObjectOutput,
};
use crate::world::error::ApiError;
use crate::world::log::What;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::reason::OperationName;
use meridian_domain::{RegionName, Sha256};

impl World {
    /// The bucket that a call names, which must be the called region's own.
    pub(crate) fn bucket(&self, region: &RegionName, bucket: &str) -> Result<&Bucket, ApiError> {
        let own = &self.region(region)?.bucket;
        if own.name == bucket {
            return Ok(own);
        }
        Err(not_here(self.regions.values().any(|other| other.bucket.name == bucket)))
    }

    /// A person makes a region's bucket anew from a backup of it: what is younger is gone.
    pub fn restore_bucket(&mut self, region: &RegionName, to: Timestamp) {
        let gone = self.regions.get_mut(region).map_or(0, |own| own.bucket.restore(to));
        self.record(region, What::BucketRestored { to, gone });
    }

    /// Writes a new version and lets the world know.
    pub(crate) fn write_object(&mut self, region: &RegionName, key: &str, body: Bytes) -> Result<Version, ApiError> {
        self.writes += 1;
        let number = self.writes.to_string();
        let id = Random::labelled(self.config.seed, ["version", region.as_str(), key, &number]).token(32);
        let version = self.replicate(region, key, Version::new(id, body, self.now));
        let bucket = &mut self.region_mut(region)?.bucket;
        bucket.put(key, version.clone());
        let created = What::ObjectCreated {
            bucket: bucket.name.clone(),
            key: key.to_owned(),
            version_id: version.id.clone(),
            size: version.body.len() as u64,
        };
        self.record(region, created);
        self.object_created(region, key, &version);
        Ok(version)
    }
}

impl Operation for PutObject {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::PutObject;
    type Output = PutObjectOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PutObjectOutput, ApiError> {
        if self.key.is_empty() || self.key.len() > 1024 {
            return Err(ApiError::new("KeyTooLongError", 400, "Your key is empty or too long"));
        }
        world.bucket(region, &self.bucket)?.check(&self)?;
        if self.checksum_sha256.is_some_and(|given| given != *Sha256::of(&self.body).as_bytes()) {
            let message = "The SHA256 you specified did not match the calculated checksum.";
            return Err(ApiError::new("BadDigest", 400, message));
        }
        let version = world.write_object(region, &self.key, self.body)?;
        Ok(PutObjectOutput { etag: version.etag(), checksum_sha256: version.digest, version_id: version.id })
    }
}

impl Operation for GetObject {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::GetObject;
    type Output = GetObjectOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetObjectOutput, ApiError> {
        let version = world.bucket(region, &self.bucket)?.find(&self.key, self.version_id.as_deref())?;
        Ok(GetObjectOutput { head: version.head(), body: version.body.clone() })
    }
}

impl Operation for HeadObject {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::HeadObject;
    type Output = HeadObjectOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<HeadObjectOutput, ApiError> {
        world.bucket(region, &self.bucket)?.find(&self.key, self.version_id.as_deref()).map(Version::head)
    }
}

impl Operation for ListObjectsV2 {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::ListObjectsV2;
    type Output = ListObjectsV2Output;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListObjectsV2Output, ApiError> {
        Ok(world.bucket(region, &self.bucket)?.list(&self))
    }
}
