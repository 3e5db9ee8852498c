//! A region's first release: there is no champion, so there is nothing to compare with and no way back (I5: it says so).
//!
//! The endpoint is created whole, and takes no customer before it is proved: `/health` answers 503 until the ledger says
//! `Confirmed`. Absolute gates only: shadow evaluation's own, the endpoint-wide alarms, and golden records.

use super::{Act, Golden, Plan, View};
use crate::alarms::{AlarmState, composite_name};
use crate::endpoint::{EndpointView, Seen};
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::runbook::Runbook;

const ADVICE: &str = "Nothing serves there, and /health says 503. Delete the endpoint, find the cause, then start a new \
                      execution.";

impl View<'_> {
    /// There is no endpoint: the region is new, or its endpoint is being asked for, or somebody has taken it away.
    pub(super) fn without_endpoint(&self, history: &RegionHistory) -> Plan {
        if self.ill_since(&self.region.name).is_some() {
            return self.well(self.region);
        }
        if let Some(serving) = history.serving.as_ref() {
            let (endpoint, config) = (&self.fleet.endpoint, &serving.target.config);
            return self.refuse(&format!(
                "its ledger says that {} serves, and there is no endpoint {endpoint}: create it with configuration {config}",
                serving.target.version
            ));
        }
        // A region that served before has no first release, whatever became of its endpoint (I5).
        if !history.confirmed.is_empty() {
            let endpoint = &self.fleet.endpoint;
            return self.refuse(&format!("its ledger confirmed a release before, and there is no endpoint {endpoint}"));
        }
        let update = history.update.as_ref().filter(|update| self.is_ours(update));
        match update.filter(|update| update.was_taken()) {
            Some(update) if self.is_patient(update.at) => Plan::wait(format!("{}'s endpoint comes", self.title())),
            Some(_) => self.not_created("its endpoint was asked for and is not there"),
            None => self.start(None, history),
        }
    }

    /// The endpoint is being made.
    pub(super) fn creating(&self, update: &OpenUpdate, endpoint: &EndpointView) -> Plan {
        if endpoint.config != self.target.config {
            return Plan::wait(format!("{}'s endpoint is being created with {}", self.title(), endpoint.config));
        }
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, "found in creation after a lost answer");
        }
        if self.now.duration_since(update.at) > self.fleet.guardrail.max_execution {
            return self.not_created("its endpoint is being created without an end");
        }
        let wait = || Plan::wait(format!("{}'s first fleet is being provisioned", self.title()));
        self.lease().or_else(|| self.once(Act::Beat, "the heartbeat alarm is armed already")).unwrap_or_else(wait)
    }

    /// In service, and nobody has proved it: which model answers, and no alarm of the endpoint's own rings.
    pub(super) fn prove_first(&self, update: &OpenUpdate) -> Plan {
        let version = &self.sight.version;
        let why = match self.sight.golden.get(&self.region.name) {
            None => return self.act(Act::AskGolden, "which model answers"),
            Some(Seen::Known(golden)) if golden.proves() => match self.ringing() {
                None => {
                    let words = format!("all {} golden records were answered with {version}'s scores", golden.asked);
                    return self.once(Act::Disarm, "there is no canary").unwrap_or_else(|| {
                        let (target, execution) = (self.target.clone(), self.sight.execution.clone());
                        self.tell(Record::Confirmed { target, execution, golden: golden.asked }, words)
                    });
                }
                Some(why) => why,
            },
            // One fleet and no other: what answers wrong is this release.
            Some(Seen::Known(Golden { right, asked })) => {
                return self.not_created(&format!("{right} of {asked} golden records were answered as {version}"));
            }
            Some(Seen::Unknown(why)) => format!("golden records cannot be asked: {why}"),
        };
        let patient = self.now.duration_since(update.at) < self.fleet.guardrail.max_execution;
        if patient { Plan::wait(why) } else { self.not_created(&why) }
    }

    /// Why the endpoint's own absolute bounds do not let it be confirmed.
    fn ringing(&self) -> Option<String> {
        let name = composite_name(self.fleet);
        match &self.sight.alarms {
            Seen::Unknown(why) => Some(format!("the alarms cannot be read: {why}")),
            Seen::Known(alarms) => {
                let rings = |state: AlarmState| state == AlarmState::Alarm;
                let ringing = alarms.iter().find(|alarm| alarm.name == name && rings(alarm.state));
                ringing.map(|_| format!("the rollback alarm {name} rings on the first release"))
            }
        }
    }

    /// The first release came to nothing here. Where it serves elsewhere, this region is to blame and lags; else the wave
    /// stops.
    pub(super) fn not_created(&self, why: &str) -> Plan {
        let serves_elsewhere = self.sight.regions.values().filter_map(Seen::known).any(|history| {
            history.serves(&self.sight.release) // its own chain says no
        });
        if serves_elsewhere {
            return self.defer(why);
        }
        let words = format!("{} has no first release: {why}", self.title());
        self.fail_with_page(words, &Runbook::Pages.after(ADVICE))
    }
}
