//! One region of a wave: what is seen says which step is due.

use super::{Act, Finish, Plan, Sight, Stage, View};
use crate::fleet::endpoint::{EndpointStatus, EndpointView};
use crate::fleet::{Fleet, Kind, Region};
use crate::ledger::Record;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Fault, Gate, Seen, Step, Stopped, Unseen, Wait, WaveEnd};
use crate::ledger::verdict::{Cause, Decision};
use jiff::Timestamp;

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
    // What a pilot light makes for another region's customers is its own.
    if history.lighting().is_some() {
        return view.left_by_policy(Gate::Lights { region: region.name.clone() });
    }
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
            (Stage::Broken, None)
                if self.region.kind == Kind::PilotLight && endpoint.status == EndpointStatus::Deleting =>
            {
                Plan::wait(Wait::OtherUpdate { region: self.name() })
            }
            // A bad release stays one where its rollback failed (I7).
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
            (Stage::RollingBack, Some(update)) => self.rolling_back(update),
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
            Some(update) if update.is_decided(Decision::Revert) => self.ordered_to_roll_back(update),
            Some(update) if update.is_decided(Decision::Proceed) => self.prove(update),
            Some(update) if history.first_update().is_some() => self.prove_first(update),
            // I9: SageMaker shifted, but nobody had decided so. `rollback` rolls it back, in the region.
            _ => self.unclear(None, Fault::NotLetThrough { version: self.version() }),
        }
    }

    /// `InService` on another configuration: not started yet, or rolled back.
    fn elsewhere(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        if let Some(left) = history.return_of(&self.sight.release, &self.sight.execution) {
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
            Some(update) if update.back.as_ref().is_some_and(|back| back.config == endpoint.config) => {
                self.record_another_return(update)
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

    /// Another wave's update, whose end nobody wrote down. That wave may be about to ask for it: only the lease's holder says that
    /// nobody will, for a look at a free lease may be older than the intent (I11). A wave that will start nothing leaves it to
    /// the next one.
    fn record_another_return(&self, update: &OpenUpdate) -> Plan {
        let over = || self.is_over().then(|| self.refuse(Gate::Stopped(Box::new(Stopped::WaveOver))));
        let first = self.superseded().or_else(over).or_else(|| self.lease());
        first.unwrap_or_else(|| self.record_return(update))
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

    pub(super) fn done(&self) -> Plan {
        Plan::finish(Finish::Done, WaveEnd::Serves { region: self.name(), version: self.version() })
    }
}
