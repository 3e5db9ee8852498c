//! One region of a wave: what is seen says which step is due.

use super::preflight::Objection;
use super::{Act, Finish, Plan, Sight, Stage, View, order_due};
use crate::advice::Advice;
use crate::endpoint::{EndpointView, Seen};
use crate::fleet::{Fleet, Kind, Region};
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::names::ReleaseId;
use crate::reason::{Fault, Gate, Step, Unseen, Wait, WaveEnd};
use crate::verdict::{Cause, Decision};
use jiff::Timestamp;
use std::sync::Arc;

/// What to do next to bring `region` to the wave's release.
pub fn promote(fleet: &Fleet, region: &Region, sight: &Sight, now: Timestamp) -> Plan {
    let view = View::new(fleet, region, sight, now);
    if let Some(why) = sight.hub.deferred.get(&(sight.execution.clone(), region.name.clone())) {
        return Plan::finish(Finish::Deferred, why.clone());
    }
    if let Some(word) = view.late_word() {
        return word;
    }
    // An update in flight is not left to itself: it is rolled back first.
    let in_flight = view.history().and_then(|history| history.update.as_ref()).is_some_and(|own| view.is_ours(own));
    if let Some(barred) = view.barred().filter(|_| !in_flight) {
        return view.fail(WaveEnd::Stopped(barred));
    }
    let history = match sight.regions.get(&region.name) {
        Some(Seen::Known(history)) => history,
        Some(Seen::Unknown(why)) => return view.ill(None, why.clone()),
        None => return view.ill(None, Unseen::LedgerNotRead),
    };
    match sight.endpoints.get(&region.name) {
        Some(Seen::Known(Some(endpoint))) => view.once_well(view.seen(endpoint, history)),
        Some(Seen::Known(None)) => view.once_well(view.without_endpoint(history)),
        Some(Seen::Unknown(why)) => view.unseen(history).unwrap_or_else(|| view.ill(Some(history), why.clone())),
        None => view.ill(Some(history), Unseen::EndpointNotRead),
    }
}

impl View<'_> {
    fn seen(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        let stage = Stage::of(endpoint, &self.target, history, self.now);
        let ours = history.update.as_ref().filter(|update| self.is_ours(update));
        if let Some(steps) = ours.and_then(|update| self.between_steps(&stage, update)) {
            return steps;
        }
        match (stage, ours) {
            (Stage::OnTarget, _) => self.on_target(history),
            (Stage::Elsewhere, _) => self.elsewhere(endpoint, history),
            (Stage::Broken, Some(_)) if history.first_update().is_some() => {
                self.not_created(Fault::EndpointIs(endpoint.status))
            }
            (Stage::Busy, Some(update)) if history.first_update().is_some() => self.creating(update, endpoint),
            (Stage::UnknownBytes, ours) => self.unknown_bytes(endpoint, history, ours),
            // A bad release stays one where taking it back failed (I7).
            (Stage::Broken, _) => match history.evidence_against(&self.sight.release) {
                Some(bad) => self.condemn(bad),
                None => self.defer(Fault::EndpointIs(endpoint.status)),
            },
            (Stage::Busy, _) if endpoint.is_scaling() => Plan::wait(Wait::Scaling { region: self.name() }),
            (Stage::Busy, _) => Plan::wait(Wait::OtherUpdate { region: self.name() }),
            // Two executions of one release: the lease of the other one has run out, and its update is still in flight.
            (_, None) => Plan::wait(Wait::ForeignUpdate { region: self.name() }),
            (stage, Some(update)) if self.region.kind != Kind::Active => self.without_canary(&stage, update),
            (Stage::Provisioning, Some(update)) => self.provisioning(update),
            (Stage::Baking { since }, Some(update)) => self.baking(since.unwrap_or(update.at), update),
            (Stage::Shifting, Some(update)) => self.shifting(update),
            (Stage::Shifted, Some(update)) => self.shifted(update, history),
            (Stage::GoingBack, Some(update)) => self.going_back(update),
        }
    }

    pub(super) fn is_ours(&self, update: &OpenUpdate) -> bool {
        update.execution == self.sight.execution && update.target == self.target
    }

    /// `InService` on the target's configuration: proved already, or to be proved now (I4). Another wave's update of the
    /// same release counts, if its canary was let through.
    fn on_target(&self, history: &RegionHistory) -> Plan {
        if history.serves(&self.sight.release) {
            return self.proved(history);
        }
        let update = history.update.as_ref().filter(|update| update.target == self.target);
        match update {
            Some(update) if update.is_decided(Decision::Revert) => self.takes_back(update),
            Some(update) if update.is_decided(Decision::Proceed) => self.prove(update),
            Some(update) if history.first_update().is_some() => self.prove_first(update),
            // I9: SageMaker shifted, but nobody had decided so. `rollback` rolls it back, in the region.
            _ => self.unclear(None, Fault::NotLetThrough { version: self.version() }),
        }
    }

    /// `InService` on another configuration: not started yet, or rolled back.
    fn elsewhere(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        let returned = history.returned.get(&self.sight.release);
        if let Some(left) = returned.filter(|left| left.wave == self.sight.execution) {
            return match left.cause {
                Some(Cause::Release) => self.condemn(&left.why),
                Some(Cause::Region) => self.defer(left.why.clone()),
                Some(Cause::Undecided) => self.undecided(&left.why, history),
                Some(Cause::Unclear) | None => self.unclear(Some(&left.why), left.why.clone()),
            };
        }
        match &history.update {
            // SageMaker took it, and the endpoint names the old configuration again: it rolled back.
            Some(update) if self.is_ours(update) && update.was_taken() => self.has_returned(update),
            Some(update) if self.is_ours(update) && self.sight.refused.is_some() => self.record_return(update),
            Some(update) if self.is_ours(update) => self.start(Some(endpoint), history),
            // The region is on its own way back, or is about to be (I6): a start now would take that from the ledger.
            Some(update) if update.epoch.is_none() || update.is_decided(Decision::Revert) && update.confirmed => {
                self.not_yet(Gate::OwnWayBack { region: self.name() })
            }
            // Another wave's, whose end nobody wrote down.
            // That wave may be about to call it: while somebody holds the lease, it is theirs to say.
            Some(update) if update.back.as_ref().is_some_and(|back| back.config == endpoint.config) => {
                self.held_by_another().unwrap_or_else(|| self.record_return(update))
            }
            Some(update) if update.target.config == endpoint.config && update.confirmed => {
                let record = Record::Settled { target: update.target.clone(), execution: update.execution.clone() };
                self.tell(record, Step::LastUpdateEnded { region: self.name() })
            }
            Some(update)
                if update.target.config == endpoint.config
                    && (update.is_decided(Decision::Proceed) || history.first_update().is_some()) =>
            {
                self.prove_leftover(update)
            }
            _ => self.start(Some(endpoint), history),
        }
    }

    /// An earlier wave let it through and never proved it (I4): that comes first, for it is this wave's way back.
    fn prove_leftover(&self, update: &OpenUpdate) -> Plan {
        let (target, execution) = (update.target.clone(), update.execution.clone());
        match self.sight.golden.get(&self.region.name) {
            None => Plan::act(Act::AskGolden, self.name(), target),
            Some(Seen::Known(golden)) if golden.proves() => {
                let why = Step::WasServing { region: self.name(), version: target.version.clone() };
                self.tell(Record::Confirmed { target, execution, golden: golden.asked }, why)
            }
            Some(Seen::Known(_)) => self.refuse(Gate::LeftoverUnproved { version: target.version }),
            Some(Seen::Unknown(why)) => self.not_yet(Gate::GoldenUnasked { why: why.clone() }),
        }
    }

    /// A newer release is approved before this wave has moved anything: it exits when its turn comes. A wave in progress goes on,
    /// and the newer one waits.
    pub(super) fn superseded(&self) -> Option<Plan> {
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
        let newer = hub.versions.get(&newer).map_or_else(|| newer.short(), ToString::to_string);
        Some(Plan::finish(Finish::Done, WaveEnd::Superseded { region: self.name(), version: self.version(), newer }))
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

    /// Towards the release, from what the endpoint serves; from nothing, where there is no endpoint yet.
    pub(super) fn start(&self, endpoint: Option<&EndpointView>, history: &RegionHistory) -> Plan {
        if let Some(refusal) = &self.sight.refused {
            return self.refuse(refusal.clone());
        }
        if let Some(exit) = self.superseded().or_else(|| self.condemn_on_evidence()) {
            return exit;
        }
        if let Some(record) = order_due(self.fleet, &self.sight.hub, &self.sight.execution, self.now) {
            return self.tell_hub(record, Step::Order);
        }
        if let Some(wait) = self.held_by_another().or_else(|| self.neighbours_well()) {
            return wait;
        }
        let back = match self.preflight(endpoint, history) {
            Ok(back) => back,
            Err(Objection::Never(gate)) => return self.refuse(gate),
            Err(Objection::Halted(gate)) => return self.defer(gate),
            Err(Objection::Shadow(gate)) => {
                return self.defer_for(gate, |region, version| Advice::CompareRequests { region, version });
            }
            Err(Objection::Frozen(frozen)) => return self.frozen(&frozen),
            Err(Objection::NotYet(gate)) => return self.not_yet(gate),
            Err(Objection::Home(gate)) => return Plan::wait(Wait::Gate { region: None, gate }),
            Err(Objection::Neighbour(region, obstacle)) => return self.leave_behind(region, obstacle),
            Err(Objection::HaltedBefore(region, obstacle)) => return self.give_up_on(region.name.clone(), obstacle),
        };
        if let Some(over) = self.no_try_left(history) {
            return over;
        }
        if let Some(lease) = self.lease() {
            return lease;
        }
        if let Some(tell) = self.skew(Some(self.sight.release)) {
            return tell;
        }
        // Before the guards are armed: the heartbeat would ring while instances come.
        if let Some(step) = endpoint.and_then(|endpoint| self.ready_for_failover(endpoint, history)) {
            return step;
        }
        if let Some(prepare) = self.once(Act::Prepare) {
            return prepare;
        }
        if let Some(alarm) = self.ringing_guard() {
            return self.not_yet(Gate::GuardRings { alarm });
        }
        // An intent whose canary policy does not allow any more, or that has none, is said again with one that it does.
        let allowed =
            |update: &OpenUpdate| update.bake.is_some_and(|bake| bake.is_within(self.region, self.instances()));
        let intended = |update: &&OpenUpdate| self.is_ours(update) && update.back == back && allowed(update);
        let Some(intent) = history.update.as_ref().filter(intended) else {
            if let Some(measure) = back.as_ref().and_then(|_| self.measure()) {
                return measure;
            }
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
            return self.tell(record, why);
        };
        let act = if endpoint.is_some() { Act::Update } else { Act::Create };
        self.once(act).unwrap_or_else(|| {
            let gate = Gate::NotTaken;
            let wait = self.is_patient(intent.at);
            if wait { Plan::wait(Wait::Gate { region: Some(self.name()), gate }) } else { self.defer(gate) }
        })
    }

    /// An objection that may pass, for as long as policy is patient with one region.
    fn not_yet(&self, gate: Gate) -> Plan {
        if self.is_patient(self.start_due_since()) {
            return Plan::wait(Wait::Gate { region: None, gate });
        }
        // A bad release is no region's fault (I7), and a halt is for every region: the next one may not be able to read it.
        let stopped = || self.halted().map(|stopped| self.refuse(Gate::Stopped(Box::new(stopped))));
        self.condemn_on_evidence().or_else(stopped).unwrap_or_else(|| self.defer(gate))
    }

    pub(super) fn done(&self) -> Plan {
        Plan::finish(Finish::Done, WaveEnd::Serves { region: self.name(), version: self.version() })
    }
}
