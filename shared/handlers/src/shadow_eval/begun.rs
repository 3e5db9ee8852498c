//! What a call leaves before it reads files that others wrote: that it began. A function that runs out of memory or time, or that
//! crashes, says nothing; Lambda delivers the same event again a minute later, and that call finds what it left, answers the job and has
//! people paged, instead of dying of the same file.

use super::pace::Pace;
use crate::ports::{Artifacts, Clock, ErrorKind};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::EvaluationReason;
use meridian_domain::{RegionName, ReleaseId, Version, keys};
use serde::{Deserialize, Serialize};

/// A call that began more recently may be alive: the same event can be delivered twice at once. Lambda repeats one that died after a
/// minute at the earliest.
const ALIVE: SignedDuration = SignedDuration::from_secs(45);

/// What the object says.
#[derive(Serialize, Deserialize)]
struct Note {
    at: Timestamp,
    ended: bool,
}

/// A call's work in progress.
pub(super) struct Begun<'a> {
    home: &'a RegionName,
    key: String,
    at: Timestamp,
}

impl<'a> Begun<'a> {
    /// Leaves word that this call of the job begins to evaluate. Where no word can be left, the work goes on without.
    ///
    /// # Errors
    /// [`EvaluationReason::CallDied`]: a call before this one began the same, and never ended.
    pub async fn begin(
        ports: &(impl Artifacts + Clock),
        home: &'a RegionName,
        (release, version): (ReleaseId, &Version),
        job: &str,
        pace: &Pace,
    ) -> Result<Self, EvaluationReason> {
        let (key, at) = (keys::begun(release, job, pace.call()), ports.now());
        let begun = Self { home, key, at };
        match ports.create(home, &begun.key, begun.note(false)).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            Err(error) => {
                tracing::warn!(%error, "the start of this call was not recorded");
                return Ok(begun);
            }
            Ok(_) => return Ok(begun),
        }
        let left = ports.get(home, &begun.key).await.ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        match left.filter(|note| !note.ended && at.duration_since(note.at) >= ALIVE) {
            Some(note) => Err(EvaluationReason::CallDied { release, version: version.clone(), at: note.at }),
            None => Ok(begun),
        }
    }

    /// The work ended, well or badly. Where this is not written, a repeated delivery of the same event takes the call for dead.
    pub async fn end(self, ports: &impl Artifacts) {
        if let Err(error) = ports.replace(self.home, &self.key, self.note(true)).await {
            tracing::warn!(%error, "the end of this call was not recorded");
        }
    }

    fn note(&self, ended: bool) -> Bytes {
        // Two plain values: they always serialise.
        Bytes::from(serde_json::to_vec(&Note { at: self.at, ended }).unwrap_or_default())
    }
}
