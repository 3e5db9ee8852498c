//! What the ledger's entries add up to: the projections that the planner reads.

use crate::endpoint::Target;
use crate::ledger::{Entry, Record};
use crate::names::{Actor, Epoch, RegionName, ReleaseId, Version};
use crate::verdict::Decision;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who holds the fleet, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// Generation.
    pub epoch: Epoch,
    /// The pipeline execution that holds it.
    pub holder: Actor,
    /// Until when, unless renewed.
    pub until: Timestamp,
}

/// The hub's chain, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HubHistory {
    /// The last generation that anyone held.
    pub epoch: Epoch,
    /// Who holds the fleet; may have expired.
    pub lease: Option<Lease>,
    /// Releases for which a wave was started, with the last execution.
    pub waves: BTreeMap<ReleaseId, Actor>,
    /// Human names of the releases met.
    pub versions: BTreeMap<ReleaseId, Version>,
    /// Model packages.
    pub packages: BTreeMap<ReleaseId, String>,
    /// Evaluated releases and whether they passed, in words.
    pub evaluated: BTreeMap<ReleaseId, String>,
    /// Approved releases.
    pub approved: BTreeSet<ReleaseId>,
    /// Rejected releases and why.
    pub rejected: BTreeMap<ReleaseId, String>,
    /// Releases that evidence condemned, and why.
    pub condemned: BTreeMap<ReleaseId, String>,
    /// Regions that do not answer: since when, in which wave.
    pub ill: BTreeMap<RegionName, (Actor, Timestamp)>,
    /// Regions that a wave left behind, and why.
    pub deferred: BTreeMap<(Actor, RegionName), String>,
    /// Ended waves and the regions that lag.
    pub ended: BTreeMap<Actor, Vec<RegionName>>,
    /// Why nothing may start.
    pub halt: Option<String>,
}

impl HubHistory {
    /// The projection after one more entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::WaveStarted { release, version, execution, late } => {
                self.waves.insert(*release, execution.clone());
                self.versions.insert(*release, version.clone());
                for region in late {
                    let why = "its replica did not arrive in time".to_owned();
                    self.deferred.insert((execution.clone(), region.clone()), why);
                }
            }
            Record::Registered { release, package } => {
                self.packages.insert(*release, package.clone());
            }
            Record::Evaluated { release, why, .. } => {
                self.evaluated.insert(*release, why.clone());
            }
            Record::Approved { release } => {
                self.approved.insert(*release);
            }
            Record::Rejected { release, why } => {
                self.rejected.insert(*release, why.clone());
            }
            Record::LeaseTaken { epoch, until } | Record::LeaseRenewed { epoch, until } => {
                self.epoch = self.epoch.max(*epoch);
                self.lease = Some(Lease { epoch: *epoch, holder: entry.actor.clone(), until: *until });
            }
            Record::LeaseReleased { epoch } => {
                self.lease = self.lease.take().filter(|lease| lease.epoch != *epoch);
            }
            Record::RegionIll { region, execution, .. } => {
                self.ill.insert(region.clone(), (execution.clone(), entry.at));
            }
            Record::RegionWell { region, .. } => {
                self.ill.remove(region);
            }
            Record::Deferred { region, execution, why, .. } => {
                self.deferred.insert((execution.clone(), region.clone()), why.clone());
            }
            Record::Condemned { release, why, .. } => {
                self.condemned.insert(*release, why.clone());
            }
            Record::WaveEnded { execution, lagging, .. } => {
                self.ended.insert(execution.clone(), lagging.clone());
            }
            Record::Halted { why } => self.halt = Some(why.clone()),
            Record::Lifted { .. } => self.halt = None,
            _ => {}
        }
    }
}

/// An update that was asked for and has not been seen to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenUpdate {
    /// Where to.
    pub target: Target,
    /// Where back to.
    pub back: Option<Target>,
    /// The wave, or the rollback.
    pub execution: Actor,
    /// The lease's generation; none for a rollback.
    pub epoch: Option<Epoch>,
    /// When it was intended.
    pub at: Timestamp,
    /// True once SageMaker is known to have accepted it.
    pub started: bool,
    /// Canary start and the end of SageMaker's own timer.
    pub canary: Option<(Timestamp, Timestamp)>,
    /// The last decision and why.
    pub decision: Option<(Decision, String)>,
    /// True once golden records were answered with the target's scores.
    pub confirmed: bool,
}

/// One region's chain, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RegionHistory {
    /// Releases whose every file lies here, digest-checked.
    pub attested: BTreeSet<ReleaseId>,
    /// What serves, as far as it was confirmed, since when and by whose decision.
    pub serving: Option<Serving>,
    /// What served before, to go back to.
    pub previous: Option<Target>,
    /// The update in flight, or one whose end nobody has recorded yet.
    pub update: Option<OpenUpdate>,
    /// Releases confirmed here, with the wave: the evidence that the next region asks for (I3).
    pub confirmed: BTreeMap<ReleaseId, Actor>,
    /// Releases that the region left again: in which wave, and why.
    pub returned: BTreeMap<ReleaseId, (Actor, String)>,
    /// Why nothing may start here.
    pub halt: Option<String>,
}

/// What serves in a region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Serving {
    /// Which release under which configuration.
    pub target: Target,
    /// Since when.
    pub since: Timestamp,
    /// By whose decision: a wave, a rollback, an installation.
    pub by: Actor,
}

impl RegionHistory {
    /// The projection after one more entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Attested { release, .. } => {
                self.attested.insert(*release);
            }
            Record::UpdateIntended { target, back, execution, epoch } => {
                self.update = Some(OpenUpdate {
                    target: target.clone(),
                    back: back.clone(),
                    execution: execution.clone(),
                    epoch: *epoch,
                    at: entry.at,
                    started: false,
                    canary: None,
                    decision: None,
                    confirmed: false,
                });
            }
            Record::UpdateStarted { execution } => self.on_update(execution, |update| update.started = true),
            Record::CanaryStarted { execution, from, ends } => {
                self.on_update(execution, |update| update.canary = Some((*from, *ends)));
            }
            Record::Decided { execution, decision, why, .. } => {
                self.on_update(execution, |update| update.decision = Some((*decision, why.clone())));
            }
            Record::Confirmed { target, execution, .. } => {
                self.confirmed.insert(target.release, execution.clone());
                self.on_update(execution, |update| update.confirmed = true);
                self.serve(target, entry.at, execution);
            }
            Record::Settled { target, execution } => {
                if self.update.as_ref().is_some_and(|update| update.target == *target) {
                    self.update = None;
                }
                self.serve(target, entry.at, execution);
            }
            Record::Reverted { from, to, why } => {
                let wave = self.update.take().map_or_else(|| entry.actor.clone(), |update| update.execution);
                self.returned.insert(from.release, (wave, why.clone()));
                self.confirmed.remove(&from.release);
                self.previous = None;
                if self.serving.as_ref().is_none_or(|serving| serving.target != *to) {
                    self.serving = Some(Serving { target: to.clone(), since: entry.at, by: entry.actor.clone() });
                }
            }
            Record::Halted { why } => self.halt = Some(why.clone()),
            Record::Lifted { .. } => self.halt = None,
            _ => {}
        }
    }

    fn on_update(&mut self, execution: &Actor, change: impl FnOnce(&mut OpenUpdate)) {
        if let Some(update) = self.update.as_mut().filter(|update| update.execution == *execution) {
            change(update);
        }
    }

    fn serve(&mut self, target: &Target, since: Timestamp, by: &Actor) {
        if self.serving.as_ref().is_some_and(|serving| serving.target == *target) {
            return;
        }
        let now = Serving { target: target.clone(), since, by: by.clone() };
        self.previous = self.serving.replace(now).map(|before| before.target);
    }
}
