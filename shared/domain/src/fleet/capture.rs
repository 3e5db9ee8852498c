//! What a region's endpoint captures of its customers' requests, and where that lies.

use crate::fleet::names::ReleaseId;
use crate::fleet::{Fleet, Region, keys};
use jiff::Timestamp;

/// What SageMaker keeps of an endpoint's requests and answers (`DataCaptureConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureSpec {
    /// Share of the requests, per cent.
    pub percent: u32,
    /// `s3://` URL in the region's own bucket, without a slash at its end.
    pub destination: String,
    /// Alias ARN of the region's own key.
    pub key: String,
}

impl Fleet {
    /// What a region's endpoint configurations of a release say of capture: nothing where policy has no `[shadow]`.
    pub fn capture(&self, region: &Region, release: ReleaseId) -> Option<CaptureSpec> {
        let shadow = self.shadow.as_ref()?;
        Some(CaptureSpec {
            percent: shadow.capture_percent,
            destination: format!("s3://{}/{}", region.bucket, destination(self, release)),
            key: format!("arn:aws:kms:{}:{}:alias/meridian-{}", region.name, region.account, self.name),
        })
    }
}

/// Where a release's endpoint configurations let SageMaker keep what it captures. By release: a canary answers beside the champion, and
/// its answers are not the champion's. By endpoint first: instances may write under their own endpoint's prefix only.
fn destination(fleet: &Fleet, release: ReleaseId) -> String {
    format!("{}/{}/{release}", keys::CAPTURED, fleet.endpoint)
}

/// What SageMaker captured of the requests that a release answered in the hour of a moment: under the destination SageMaker's own
/// layout, in UTC.
pub fn captured(fleet: &Fleet, release: ReleaseId, at: Timestamp) -> String {
    let hour = at.strftime("%Y/%m/%d/%H");
    format!("{}/{}/{}/{hour}/", destination(fleet, release), fleet.endpoint, fleet.variant)
}
