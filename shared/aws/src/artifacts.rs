//! The release buckets, on S3.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use crate::time::from_sdk;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::types::{ChecksumAlgorithm, Object};
use bytes::Bytes;
use meridian_domain::RegionName;
use meridian_handlers::ports::{
    Answer, AnswerPart, Artifacts, FailureDetail, Listed, ObjectVersion, OperationName, limits,
};
use std::time::Duration;

/// The slowest upload that is waited for: a body of several mebibytes would not fit into the time of a small request.
const SLOWEST_UPLOAD: usize = 1 << 20;

impl Artifacts for AwsPorts {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        let call = AwsOperation::new(region, OperationName::GetObject);
        let bucket = self.bucket(&call, region)?;
        let client = self.clients.s3(region).await?;
        // The attempt's time-out ends with the head of the answer; the body is guarded by the SDK's stalled-stream
        // protection, so a long body is not cut and a dead one does not wait for ever.
        let answer = client.get_object().bucket(bucket).key(key).send().await.map_err(|error| call.failed(error))?;
        let promised = answer.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        if promised > most {
            return Err(call.too_large(key, promised, most));
        }
        let mut body = answer.body;
        let mut length = 0;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| call.unreachable(FailureDetail::BrokeOff { bytes: length }))?;
            length += chunk.len() as u64;
            if length > most {
                return Err(call.too_large(key, length, most));
            }
            sink(&chunk);
        }
        Ok(length)
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.put(region, key, body, Some("*")).await
    }

    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.put(region, key, body, None).await
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        let call = AwsOperation::new(region, OperationName::ListObjectsV2);
        let bucket = self.bucket(&call, region)?;
        let client = self.clients.s3(region).await?;
        let request = client.list_objects_v2().bucket(bucket).prefix(prefix).set_start_after(after.map(str::to_owned));
        let page = request.send().await.map_err(|error| call.failed(error))?;
        let listed = |object: Object| {
            let modified = object.last_modified.as_ref().and_then(from_sdk);
            Some(Listed { key: object.key?, modified: modified? })
        };
        // S3 names both of every object: without its time, whoever bounds what the object says would have nothing to go by.
        let all: Option<Vec<Listed>> = page.contents.unwrap_or_default().into_iter().map(listed).collect();
        all.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Listed)))
    }
}

/// What a browser that is sent to the object makes of it: S3's own default is a download.
fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "json")) => "application/json",
        Some((_, "gz")) => "application/gzip",
        _ => "application/octet-stream",
    }
}

impl AwsPorts {
    /// The release bucket of `region`: the fleet policy's.
    fn bucket(&self, call: &AwsOperation<'_>, region: &RegionName) -> Answer<&str> {
        let region = self.fleet.region(region).ok_or_else(|| call.refused(FailureDetail::NoSuchRegion))?;
        Ok(region.bucket.as_str())
    }

    async fn put(
        &self,
        region: &RegionName,
        key: &str,
        body: Bytes,
        if_none_match: Option<&str>,
    ) -> Answer<ObjectVersion> {
        let call = AwsOperation::new(region, OperationName::PutObject);
        let bucket = self.bucket(&call, region)?;
        let attempt = limits::ATTEMPT.unsigned_abs() + Duration::from_secs((body.len() / SLOWEST_UPLOAD) as u64);
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
        let answer = self
            .clients
            .s3(region)
            .await?
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body.into())
            .content_type(content_type(key))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_if_none_match(if_none_match.map(str::to_owned))
            .customize()
            .config_override(aws_sdk_s3::Config::builder().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        let version = answer.version_id;
        version.map(ObjectVersion).ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::ObjectVersion)))
    }
}
