//! A region's start once every gate of the preflight is open, and what becomes of one that waits.

use super::{Act, Finish, Plan, View};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::fleet::names::ReleaseId;
use crate::ledger::Record;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Gate, Seen, Step, Wait, WaveEnd};
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

impl View<'_> {
    /// Towards the release, from what the endpoint serves; from nothing, where there is no endpoint yet.
    pub(super) fn start(&self, endpoint: Option<&EndpointView>, history: &RegionHistory) -> Plan {
        match self.gates(endpoint, history) {
            Break(instead) => instead,
            Continue(back) => self.update(endpoint, history, back),
        }
    }

    /// Every gate is open: the intent first (I8), then the call.
    fn update(&self, endpoint: Option<&EndpointView>, history: &RegionHistory, back: Option<Target>) -> Plan {
        // An intent whose canary policy does not allow any more, or that has none, is said again with one that it does.
        let allowed =
            |update: &OpenUpdate| update.bake.is_some_and(|bake| bake.is_within(self.region, self.instances()));
        let intended = |update: &&OpenUpdate| self.is_ours(update) && update.back == back && allowed(update);
        let Some(intent) = history.update.as_ref().filter(intended) else {
            return back.as_ref().and_then(|_| self.measure()).unwrap_or_else(|| self.intend(back));
        };
        let unready = endpoint.filter(|endpoint| !self.target.has_shape_of(&endpoint.config));
        if let Some(first) = unready.and_then(|_| self.deregister(intent)) {
            return first;
        }
        let act = if endpoint.is_some() { Act::Update } else { Act::Create };
        self.once(act).unwrap_or_else(|| self.not_asked_yet(intent, Gate::NotTaken))
    }

    /// Before an update to another shape, which may be another instance type: SageMaker refuses that for a variant that is
    /// registered for automatic scaling (developer guide, "Update endpoints that use automatic scaling").
    fn deregister(&self, intent: &OpenUpdate) -> Option<Plan> {
        let failed = || self.sight.unscaled.clone().map(|why| Gate::StillRegistered { why });
        self.once(Act::Deregister).or_else(|| failed().map(|gate| self.not_asked_yet(intent, gate)))
    }

    /// An update that was intended and does not begin, for as long as policy is patient with it.
    fn not_asked_yet(&self, intent: &OpenUpdate, gate: Gate) -> Plan {
        let wait = self.is_patient(intent.at);
        if wait { Plan::wait(Wait::Gate { region: Some(self.name()), gate }) } else { self.defer(gate) }
    }

    fn intend(&self, back: Option<Target>) -> Plan {
        let bake = self.bake();
        let why = Step::Ready {
            region: self.name(),
            version: self.version(),
            first: back.is_none(),
            canary: self.chosen(bake),
            overrides: self.set_aside(),
        };
        let record = Record::UpdateIntended {
            target: self.target.clone(),
            back,
            execution: self.sight.execution.clone(),
            epoch: Some(self.sight.hub.epoch),
            bake: Some(bake),
        };
        self.tell(record, why)
    }

    /// A newer release is approved before this wave has moved anything: it exits when its turn comes.
    pub(super) fn superseded(&self) -> Option<Plan> {
        self.newer_in_its_place().map(|newer| self.superseded_by(newer))
    }

    pub(super) fn superseded_by(&self, newer: String) -> Plan {
        Plan::finish(Finish::Done, WaveEnd::Superseded { region: self.name(), version: self.version(), newer })
    }

    /// The newer release, as it is called, that takes the place of this wave's: a wave in progress goes on, and the newer one waits.
    pub(super) fn newer_in_its_place(&self) -> Option<String> {
        let (sight, hub) = (self.sight, &self.sight.hub);
        let newer = self.newer()?;
        let histories = sight.regions.values().filter_map(Seen::known);
        let moved = |history: &Arc<RegionHistory>| {
            history.confirmed.get(&sight.release) == Some(&sight.execution)
                || history.update.as_ref().is_some_and(|update| update.execution == sight.execution)
        };
        if histories.into_iter().any(moved) {
            return None;
        }
        Some(hub.versions.get(&newer).map_or_else(|| newer.short(), ToString::to_string))
    }

    /// The newest approved release that came after this one and takes its place: one that is barred takes nobody's, nor
    /// does one whose wave is over and which serves nowhere.
    fn newer(&self) -> Option<ReleaseId> {
        let hub = &self.sight.hub;
        let own = hub.line.iter().position(|approval| approval.release == self.sight.release)?;
        let comes = |release: &&ReleaseId| {
            let over = hub.waves.get(release).is_some_and(|wave| hub.ended.contains_key(wave));
            let mut histories = self.sight.regions.values().filter_map(Seen::known);
            hub.barred(release).is_none() && (!over || histories.any(|history| history.serves(release)))
        };
        hub.line.iter().skip(own + 1).rev().map(|approval| &approval.release).find(comes).copied()
    }

    /// An objection that may pass, for as long as policy is patient with one region.
    pub(super) fn not_yet(&self, gate: Gate) -> Plan {
        if self.is_patient(self.start_due_since()) {
            return Plan::wait(Wait::Gate { region: None, gate });
        }
        // A bad release is no region's fault (I7), and a halt is for every region: the next one may not be able to read it.
        let stopped = || self.halted().map(|stopped| self.refuse(Gate::Stopped(Box::new(stopped))));
        self.condemn_on_evidence().or_else(stopped).unwrap_or_else(|| self.defer(gate))
    }
}
