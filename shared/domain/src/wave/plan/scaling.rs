//! How many instances a region has. While it is updated it cannot scale, so before it starts it gets what it would need if
//! the customers of another region came to it too; once it is done it gets its usual floor, target tracking and its nights.
//!
//! Neither may keep a wave from going on for ever: a region that cannot be made ready is started all the same when
//! policy's patience is over, and people are told.

use super::bake::SLOWEST_PROVISIONING;
use super::rollback::RollbackView;
use super::{Act, Plan, View};
use crate::fleet::Floor;
use crate::fleet::endpoint::{EndpointView, Target};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{RegionHistory, Scaled};
use crate::ledger::reason::{Step, Wait};
use jiff::Timestamp;
use std::num::NonZeroU32;

impl View<'_> {
    /// Before a start: instances for another region's customers beside the own, or the step that brings them.
    pub(super) fn ready_for_failover(&self, endpoint: &EndpointView, history: &RegionHistory) -> Option<Plan> {
        let floor = self.fleet.scaling.as_ref()?.for_failover(self.fleet, self.region, self.now);
        // Past this step already: it is not gone through again for an update that is not taken at once.
        if history.update.as_ref().is_some_and(|update| self.is_ours(update)) {
            return None;
        }
        let asked = self.raised(history);
        let awaited = |there| Record::InstancesAwaited { execution: self.sight.execution.clone(), there };
        if asked.is_some_and(|own| own.awaited.is_some()) {
            return None;
        }
        if floor.is_met(endpoint.instances) || asked.is_some_and(|own| own.floor.is_met(endpoint.instances)) {
            return asked.map(|_| self.tell(awaited(true), Step::ReadyForFailover { region: self.name() }));
        }
        let (region, least) = (self.name(), floor.least);
        let has = endpoint.instances.map_or(0, NonZeroU32::get);
        // The hour may ask for more meanwhile: what was asked for once is waited for, not asked again.
        if let Some(step) = self.register(history, floor, Step::NeedsInstances { region: region.clone(), has, least }) {
            return Some(step);
        }
        if asked.is_some_and(|own| self.now < self.instances_due(own)) {
            return Some(Plan::wait(Wait::Instances { region, has, least }));
        }
        let advice = Advice::KeepCustomersAway { region: region.clone() };
        let step = Step::LacksInstances { region, has, least, why: self.sight.unscaled.clone() };
        let page = self.page_once(&self.region.name, step.clone(), advice);
        page.or_else(|| Some(self.tell(awaited(false), step)))
    }

    /// The floor that this wave has raised for the region's update.
    fn raised<'a>(&self, history: &'a RegionHistory) -> Option<&'a Scaled> {
        history.scaled.as_ref().filter(|own| own.floor.failover && own.execution == self.sight.execution)
    }

    /// Until when instances are waited for, or were.
    fn instances_due(&self, scaled: &Scaled) -> Timestamp {
        scaled.awaited.unwrap_or(scaled.at + SLOWEST_PROVISIONING + self.fleet.wave.region_patience)
    }

    /// Since when policy is patient with what keeps the region from starting: waiting for instances uses none of it up.
    pub(super) fn start_due_since(&self) -> Timestamp {
        let due = self.history().and_then(|history| self.raised(history)).map(|scaled| self.instances_due(scaled));
        due.map_or(self.sight.since, |due| due.max(self.sight.since))
    }

    /// Once the region serves the release, proved: the floor, the target and the nights that policy gives it, unless they
    /// are registered already.
    pub(super) fn usual_scaling(&self, history: &RegionHistory) -> Option<Plan> {
        // What a region carries for another is its own to register, and to take back.
        if history.carries.is_some() {
            return None;
        }
        let floor = self.fleet.scaling.as_ref()?.usual(self.fleet, self.region, self.now);
        let (set, hub) = (history.scaled.as_ref().filter(|own| own.set), &self.sight.hub);
        let over = hub.ended.contains_key(&self.sight.execution) || self.halted().is_some();
        if over || set.is_some_and(|own| own.floor.is_like(&floor)) {
            return None;
        }
        let (region, least, most) = (self.name(), floor.least, floor.most);
        if let Some(step) = self.register(history, floor, Step::UsualScaling { region, least, most }) {
            return Some(step);
        }
        let (region, why) = (self.name(), self.sight.unscaled.clone()?);
        if history.scaled.as_ref().is_some_and(|own| self.is_patient(own.at)) {
            return Some(Plan::wait(Wait::ScalingUnset { region, why }));
        }
        let step = Step::ScalingNotSet { region, version: self.version(), why };
        self.page_once(&self.region.name, step, Advice::WatchInstances)
    }

    /// Intent, call, outcome (I8); none where all of them are done, or the call was in vain.
    fn register(&self, history: &RegionHistory, floor: Floor, step: Step) -> Option<Plan> {
        let execution = self.sight.execution.clone();
        let intended = history.scaled.as_ref().filter(|own| own.execution == execution && own.floor.is_like(&floor));
        if intended.is_some_and(|own| own.set || self.sight.unscaled.is_some()) {
            return None;
        }
        if let Some(lease) = self.lease() {
            return Some(lease);
        }
        if intended.is_none() {
            return Some(self.tell(Record::ScalingIntended { execution, floor }, step));
        }
        let registered = || self.tell(Record::ScalingSet { execution }, Step::ScalingSet { region: self.name() });
        Some(self.once_for(Act::Scale, step).unwrap_or_else(registered))
    }
}

impl RollbackView<'_> {
    /// An update to another shape took the endpoint out of automatic scaling, and no wave has it registered again: the region came back.
    /// It does that itself.
    pub(super) fn scale_again(&self, history: &RegionHistory, target: &Target) -> Option<Plan> {
        if !history.deregistered || history.carries.is_some() {
            return None;
        }
        self.as_usual(history, target)
    }

    /// The floor, the target and the nights that policy gives the region.
    pub(super) fn as_usual(&self, history: &RegionHistory, target: &Target) -> Option<Plan> {
        let floor = self.fleet.scaling.as_ref()?.usual(self.fleet, self.region, self.now);
        let step = Step::UsualScaling { region: self.name(), least: floor.least, most: floor.most };
        self.register(history, target, (floor, true), step)
    }

    /// Intent, call, outcome (I8); none where all of them are done, or the call was in vain. `known`: whether what is on record may be
    /// this floor's.
    pub(super) fn register(
        &self,
        history: &RegionHistory,
        target: &Target,
        (floor, known): (Floor, bool),
        step: Step,
    ) -> Option<Plan> {
        let execution = self.sight.actor.clone();
        let ours = history.scaled.as_ref().filter(|own| known && own.execution == execution);
        let intended = ours.filter(|own| own.floor.is_like(&floor));
        if self.sight.unscaled.is_some() || intended.is_some_and(|own| own.set) {
            return None;
        }
        if intended.is_none() {
            return Some(self.tell(Record::ScalingIntended { execution, floor }, step));
        }
        let registered = || self.tell(Record::ScalingSet { execution }, Step::ScalingSet { region: self.name() });
        Some(self.once(Act::Scale, target, step).unwrap_or_else(registered))
    }
}
