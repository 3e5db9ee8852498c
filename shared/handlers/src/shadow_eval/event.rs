//! What invokes `shadow-eval` in a region, beside the pipeline's job in home.

use crate::events::{EventError, is_sweep, kind, other_kind};
use crate::replication::manifest_created;
use meridian_domain::reason::EventKind;
use meridian_domain::{Region, ReleaseId};
use serde_json::Value;

/// What invokes a region's shadow on captured requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShadowEvent {
    /// A manifest has arrived in this region's own bucket: its release is about to be attested.
    ManifestCreated {
        /// The release that its key names.
        release: ReleaseId,
    },
    /// The schedule's look at what events may have missed.
    Sweep,
}

impl ShadowEvent {
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
        let takes = &[EventKind::Job, EventKind::ObjectCreated, EventKind::Schedule];
        Err(other_kind("shadow-eval", takes, event))
    }
}
