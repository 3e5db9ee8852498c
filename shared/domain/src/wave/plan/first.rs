//! A region's first release: there is no champion, so there is nothing to compare with and no way back (I5: it says so).
//!
//! The endpoint is created whole, and takes no customer before it is proved: `/health` answers 503 until the ledger says
//! `Confirmed`. Absolute gates only: shadow evaluation's own, the endpoint-wide alarms, and golden records.

use super::{Act, Plan, View};
use crate::fleet::Kind;
use crate::fleet::alarms::{AlarmState, composite_name};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Fault, Gate, Reason, Revert, Seen, Step, Wait, WaveEnd};

impl View<'_> {
    /// There is no endpoint: the region is new, or its endpoint is being asked for, or somebody has taken it away.
    pub(super) fn without_endpoint(&self, history: &RegionHistory) -> Plan {
        if self.region.kind == Kind::PilotLight {
            return self.keep(history);
        }
        if self.endpoint_gone(history).is_some() {
            return self.start(None, history);
        }
        let update = history.update.as_ref().filter(|update| self.is_ours(update));
        match update.filter(|update| update.was_taken()) {
            Some(update) if self.is_patient(update.at) => Plan::wait(Wait::Endpoint { region: self.name() }),
            Some(_) => self.not_created(Fault::EndpointNotThere),
            None => self.start(None, history),
        }
    }

    /// A region that served before has no first release, whatever became of its endpoint (I5). A pilot light needs none.
    pub(super) fn endpoint_gone(&self, history: &RegionHistory) -> Option<Gate> {
        if self.region.kind == Kind::PilotLight {
            return None;
        }
        let endpoint = self.fleet.endpoint.clone();
        match history.serving.as_ref().map(|serving| &serving.target) {
            Some(Target { version, config, .. }) => {
                Some(Gate::EndpointGone { version: version.clone(), endpoint, config: config.clone() })
            }
            None => (!history.confirmed.is_empty()).then_some(Gate::EndpointGoneSince { endpoint }),
        }
    }

    /// The endpoint is being made.
    pub(super) fn creating(&self, update: &OpenUpdate, endpoint: &EndpointView) -> Plan {
        if endpoint.config != self.target.config {
            return Plan::wait(Wait::EndpointOf { region: self.name(), config: endpoint.config.clone() });
        }
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, Step::FoundRunning);
        }
        if self.now.duration_since(update.at) > self.fleet.guardrail.max_execution {
            return self.not_created(Fault::CreationEndless);
        }
        let wait = || Plan::wait(Wait::FirstProvisioning { region: self.name() });
        self.lease().or_else(|| self.once(Act::Beat)).unwrap_or_else(wait)
    }

    /// In service, and nobody has proved it: which model answers, and no alarm of the endpoint's own rings.
    pub(super) fn prove_first(&self, update: &OpenUpdate) -> Plan {
        let why: Reason = match self.sight.golden.get(&self.region.name) {
            None => return self.act(Act::AskGolden),
            Some(Seen::Known(golden)) if golden.proves() => match self.ringing() {
                None => {
                    return self.once(Act::Disarm).unwrap_or_else(|| {
                        let (target, execution) = (self.target.clone(), self.sight.execution.clone());
                        let step = Step::Proved { golden: golden.asked, version: self.version() };
                        self.tell(Record::Confirmed { target, execution, golden: golden.asked }, step)
                    });
                }
                Some(why) => why,
            },
            // No other release is there: what answers wrong is this one.
            Some(wrong @ Seen::Known(_)) => return self.not_created(Revert::Unproved(self.unproved(wrong))),
            Some(unasked @ Seen::Unknown(_)) => Revert::Unproved(self.unproved(unasked)).into(),
        };
        let patient = self.now.duration_since(update.at) < self.fleet.guardrail.max_execution;
        if patient { Plan::wait(Wait::FirstProof(Box::new(why))) } else { self.not_created(why) }
    }

    /// Why the endpoint's own absolute bounds do not let it be confirmed.
    fn ringing(&self) -> Option<Reason> {
        let name = composite_name(self.fleet);
        match &self.sight.alarms {
            Seen::Unknown(why) => Some(Gate::AlarmsUnseen { why: why.clone() }.into()),
            Seen::Known(alarms) => {
                let rings = |state: AlarmState| state == AlarmState::Alarm;
                let ringing = alarms.iter().find(|alarm| alarm.name == name && rings(alarm.state));
                ringing.map(|own| Fault::FirstReleaseRings { alarm: own.name.clone() }.into())
            }
        }
    }

    /// The first release came to nothing here. Where it serves elsewhere, this region is to blame and lags; else the wave
    /// stops.
    pub(super) fn not_created(&self, why: impl Into<Reason>) -> Plan {
        let serves_elsewhere = self.sight.regions.values().filter_map(Seen::known).any(|history| {
            history.serves(&self.sight.release) // its own chain says no
        });
        if serves_elsewhere {
            return self.defer(why);
        }
        let end = WaveEnd::NoFirstRelease { region: self.name(), why: Box::new(why.into()) };
        self.fail_with_page(end, Advice::DeleteEndpoint)
    }
}
