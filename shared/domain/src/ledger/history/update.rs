//! An update on its way.

use crate::endpoint::Target;
use crate::fleet::Region;
use crate::names::{Actor, Epoch, ReleaseId};
use crate::plan::Bake;
use crate::reason::Reason;
use crate::verdict::{Cause, Decision};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An update that was asked for and has not been seen to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenUpdate {
    /// Where to.
    pub target: Target,
    /// Where back to.
    pub back: Option<Target>,
    /// What was there when it was intended, and the wave that had brought it.
    pub leaves: Option<(Target, Actor)>,
    /// The wave, or the rollback.
    pub execution: Actor,
    /// The lease's generation; none for a rollback.
    pub epoch: Option<Epoch>,
    /// The canary's bake and share, as they were planned.
    pub bake: Option<Bake>,
    /// When it was intended.
    pub at: Timestamp,
    /// True once SageMaker is known to have accepted it.
    pub started: bool,
    /// Canary start and the end of SageMaker's own timer.
    pub canary: Option<(Timestamp, Timestamp)>,
    /// The decision and why. A revert stands: nothing that comes later rolls it back (I9).
    pub decision: Option<(Decision, Reason)>,
    /// What a revert is laid to.
    pub cause: Option<Cause>,
    /// True once golden records were answered with the target's scores.
    pub confirmed: bool,
    /// When that was first said.
    pub confirmed_at: Option<Timestamp>,
}

impl OpenUpdate {
    pub(super) fn new(
        target: &Target,
        back: Option<&Target>,
        execution: &Actor,
        epoch: Option<Epoch>,
        at: Timestamp,
    ) -> Self {
        Self {
            target: target.clone(),
            back: back.cloned(),
            leaves: None,
            execution: execution.clone(),
            epoch,
            bake: None,
            at,
            started: false,
            canary: None,
            decision: None,
            cause: None,
            confirmed: false,
            confirmed_at: None,
        }
    }

    /// True if the last word is `decision`.
    pub fn is_decided(&self, decision: Decision) -> bool {
        self.decision.as_ref().is_some_and(|(last, _)| *last == decision)
    }

    /// When SageMaker's own timer ends, as far as it is known: a canary that nobody has seen may have begun right after the
    /// intent.
    pub(crate) fn bakes_until(&self, region: &Region) -> Timestamp {
        self.canary.map_or(self.at + self.bake(region).wait, |(_, ends)| ends)
    }

    /// The canary's bake and share: as planned, or what policy says where nothing was.
    pub fn bake(&self, region: &Region) -> Bake {
        self.bake.unwrap_or_else(|| Bake::usual(region))
    }

    /// True for a rollback's own way back from a release.
    pub fn takes_back(&self, release: &ReleaseId) -> bool {
        let leaves = self.leaves.as_ref().is_some_and(|(target, _)| target.release == *release);
        self.epoch.is_none() && leaves && self.target.release != *release
    }

    /// True for a region's first release: nothing served there before, so there is no way back (I5).
    pub fn is_first(&self) -> bool {
        self.back.is_none() && self.epoch.is_some()
    }

    /// True if SageMaker has taken it, or somebody has decided about it as if it had: it is not asked for again.
    pub fn was_taken(&self) -> bool {
        self.started || self.decision.is_some()
    }
}
