//! An update on its way.

use super::{RegionHistory, Try};
use crate::fleet::endpoint::Target;
use crate::fleet::names::{Actor, Epoch, ReleaseId};
use crate::fleet::{Bake, Region};
use crate::ledger::reason::Reason;
use crate::ledger::verdict::{Cause, Decision};
use jiff::Timestamp;
use meridian_judge::Judgement;
use serde::{Deserialize, Serialize};

/// An update that was asked for and has not been seen to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenUpdate {
    /// What is to serve.
    pub target: Target,
    /// The rollback target; none for a first release.
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

    /// Whether a judge has looked at it from its canary's begin on, or from its intent where no canary was seen. One who began
    /// later may have been silent when SageMaker rolled back.
    pub fn was_watched_by(&self, judge: Option<Timestamp>) -> bool {
        let begun = self.canary.map_or(self.at, |(begun, _)| begun);
        judge.is_some_and(|since| since <= begun)
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
    pub fn rolls_back(&self, release: &ReleaseId) -> bool {
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

impl RegionHistory {
    pub(super) fn intended(&mut self, update: OpenUpdate) {
        let own_way_back = update.epoch.is_none();
        self.spares.take_if(|_| !own_way_back);
        let again = |open: &OpenUpdate| {
            open.target == update.target && open.back == update.back && open.execution == update.execution
        };
        if let Some(open) = self.update.as_mut().filter(|open| again(open)) {
            // Said again: its canary is planned again. One that began goes on as it was asked for.
            open.bake = update.bake.filter(|_| open.canary.is_none()).or(open.bake);
        } else {
            let leaves = self.now_there();
            // A way back goes on with what the wave's own update was rolled back for.
            let cause = self.update.as_ref().filter(|_| own_way_back).and_then(|open| open.cause);
            if let Some((left, _)) = &leaves {
                self.reshaped(left, &update.target);
            }
            self.update = Some(OpenUpdate { leaves, cause, ..update });
        }
    }

    pub(super) fn decided(
        &mut self,
        execution: &Actor,
        (decision, why): (Decision, &Reason),
        cause: Option<Cause>,
        judgement: Option<&Judgement>,
    ) {
        let update = self.update.as_mut().filter(|update| update.execution == *execution);
        // Whoever says revert first is heard, also by somebody who was about to say proceed.
        let Some(update) = update.filter(|update| !update.is_decided(Decision::Revert)) else { return };
        update.decision = Some((decision, why.clone()));
        update.cause = cause;
        if cause == Some(Cause::Undecided) {
            Try::keep(&mut self.tries, update, judgement);
        }
        if decision == Decision::Revert && cause == Some(Cause::Release) {
            self.blamed.entry(update.target.release).or_insert_with(|| why.clone());
        }
    }

    /// The target that is there or on its way, and the wave that brought it.
    fn now_there(&self) -> Option<(Target, Actor)> {
        let moving = self.update.as_ref().map(|update| (update.target.clone(), update.execution.clone()));
        moving.or_else(|| self.serving.as_ref().map(|serving| (serving.target.clone(), serving.by.clone())))
    }
}
