//! What a region's captured requests have said of each release, and when they are asked again.

use super::RegionHistory;
use crate::fleet::names::ReleaseId;
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{CapturedFinding, CapturedJudgement, CapturedVerdict};
use serde::{Deserialize, Serialize};

/// A shadow that had too few records looks again after so long.
const SHADOW_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What a region's captured requests say of a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    /// What all gates say together.
    pub verdict: CapturedVerdict,
    /// Records that were scored.
    pub records: u64,
    /// The gates that failed.
    pub failed: Vec<CapturedFinding>,
    /// When it was said.
    pub at: Timestamp,
}

impl Shadow {
    pub(super) fn of(judgement: &CapturedJudgement, at: Timestamp) -> Self {
        let failed = judgement.failed().cloned().collect();
        Self { verdict: judgement.verdict, records: judgement.counts.records, failed, at }
    }

    /// Whether it says what the release does with the region's requests: then it stands.
    pub(super) fn is_decided(&self) -> bool {
        matches!(self.verdict, CapturedVerdict::Pass | CapturedVerdict::Fail)
    }
}

impl RegionHistory {
    /// Whether captured requests are to be asked about a release: no verdict stands, or one for want of records that is an hour old. Not
    /// while the release answers customers here, or after: its canary says more.
    pub fn is_shadow_due(&self, release: &ReleaseId, now: Timestamp) -> bool {
        let old = |shadow: &Shadow| !shadow.is_decided() && now.duration_since(shadow.at) >= SHADOW_AGAIN;
        match self.shadowed.get(release) {
            None => true,
            Some(shadow) => old(shadow) && self.update.is_none() && !self.returned.contains_key(release),
        }
    }
}
