//! One region of a wave: preflight, update, canary, decision, shift, proof.

use super::preflight::Objection;
use super::{Act, Finish, Next, Plan, Sight, Stage, View};
use crate::endpoint::{EndpointView, Seen};
use crate::fleet::{Fleet, Region};
use crate::history::{OpenUpdate, RegionHistory};
use crate::judge::judge;
use crate::ledger::Record;
use crate::names::ReleaseId;
use crate::verdict::{Decision, Verdict};
use jiff::Timestamp;

/// What to do next to bring `region` to the wave's release.
pub fn promote(fleet: &Fleet, region: &Region, sight: &Sight, now: Timestamp) -> Plan {
    let view = View::new(fleet, region, sight, now);
    if let Some(why) = sight.hub.deferred.get(&(sight.execution.clone(), region.name.clone())) {
        return Plan::finish(Finish::Deferred, why.clone());
    }
    if let Some(why) = sight.hub.condemned.get(&sight.release) {
        return Plan::finish(Finish::Failed, format!("{} was condemned: {why}", sight.version));
    }
    let history = match sight.regions.get(&region.name) {
        Some(Seen::Known(history)) => history,
        Some(Seen::Unknown(why)) => return view.ill(None, why),
        None => return view.ill(None, "its ledger was not read"),
    };
    match sight.endpoints.get(&region.name) {
        Some(Seen::Known(Some(endpoint))) => view.seen(endpoint, history),
        Some(Seen::Known(None)) => Plan::finish(
            Finish::Failed,
            format!("{} has no endpoint {}; create it with its first model", region.title, fleet.endpoint),
        ),
        Some(Seen::Unknown(why)) => view.ill(Some(history), why),
        None => view.ill(Some(history), "its endpoint was not looked at"),
    }
}

impl View<'_> {
    fn seen(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        if self.sight.hub.ill.get(&self.region.name).is_some_and(|(wave, _)| *wave == self.sight.execution)
            && history.decided_revert(&self.sight.execution).is_none()
        {
            let execution = self.sight.execution.clone();
            let record = Record::RegionWell { region: self.region.name.clone(), execution };
            return self.tell_hub(record, format!("{} answers again", self.title()));
        }
        let stage = Stage::of(endpoint, &self.target, history, self.now);
        let ours = history.update.as_ref().filter(|update| self.is_ours(update));
        match (stage, ours) {
            (Stage::OnTarget, _) => self.on_target(history),
            (Stage::Elsewhere, _) => self.elsewhere(endpoint, history),
            (Stage::Broken, _) => self.broken(endpoint),
            (Stage::Busy, _) => Plan::wait(format!("another update of {} is running", self.title())),
            // Two executions of one release: the lease of the other one has run out, and its update is still in flight.
            (_, None) => Plan::wait(format!("an update of {} is running that this wave did not start", self.title())),
            (Stage::Provisioning, Some(update)) => self.provisioning(update),
            (Stage::Baking { since }, Some(update)) => self.baking(since, update),
            (Stage::Shifting, Some(update)) => self.shifting(update),
            (Stage::Shifted, Some(update)) => self.shifted(update),
            (Stage::GoingBack, Some(update)) => self.going_back(update),
        }
    }

    fn is_ours(&self, update: &OpenUpdate) -> bool {
        update.execution == self.sight.execution && update.target == self.target
    }

    /// `InService` on the target's configuration: proved already, or to be proved now (I4).
    fn on_target(&self, history: &RegionHistory) -> Plan {
        if history.confirmed.contains_key(&self.sight.release) {
            return Plan::finish(Finish::Done, format!("{} serves {}", self.title(), self.sight.version));
        }
        self.prove()
    }

    /// `InService` on another configuration: not started yet, or gone back.
    fn elsewhere(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        if let Some(why) = history.returned_in(&self.sight.release, &self.sight.execution) {
            return self.condemn(why);
        }
        match &history.update {
            // SageMaker took it, and the endpoint names the old configuration again: it went back.
            Some(update) if self.is_ours(update) && (update.started || update.decision.is_some()) => {
                self.record_return(update)
            }
            Some(update) if self.is_ours(update) => self.start(endpoint, history),
            // Another wave's, whose end nobody wrote down.
            Some(update) if update.back.as_ref().is_some_and(|back| back.config == endpoint.config) => {
                self.record_return(update)
            }
            Some(update) if update.target.config == endpoint.config && update.confirmed => {
                let record = Record::Settled { target: update.target.clone(), execution: update.execution.clone() };
                self.tell(record, format!("{}'s last update has ended", self.title()))
            }
            _ => self.start(endpoint, history),
        }
    }

    fn start(&self, endpoint: &EndpointView, history: &RegionHistory) -> Plan {
        let back = match self.preflight(endpoint, history) {
            Ok(back) => back,
            Err(Objection::Never(why)) => return self.refuse(&why),
            Err(Objection::NotYet(why)) => return self.not_yet(why),
        };
        if let Some(lease) = self.lease() {
            return lease;
        }
        let version = &self.sight.version;
        if let Some(prepare) = self.once(Act::Prepare, format!("alarms, model and configuration for {version}")) {
            return prepare;
        }
        if let Some(alarm) = self.ringing_guard() {
            return self.not_yet(format!("the guard {alarm} is still in ALARM from before"));
        }
        if !history.update.as_ref().is_some_and(|update| self.is_ours(update)) {
            let record = Record::UpdateIntended {
                target: self.target.clone(),
                back: Some(back),
                execution: self.sight.execution.clone(),
                epoch: Some(self.sight.hub.epoch),
            };
            return self.tell(record, format!("{} is ready for {version}", self.title()));
        }
        self.act(Act::Update, format!("{} goes to {version}", self.title()))
    }

    /// An objection that may pass, for as long as policy is patient with one region.
    fn not_yet(&self, why: String) -> Plan {
        if self.now.duration_since(self.sight.since) < self.fleet.wave.region_patience {
            return Plan::wait(why);
        }
        self.defer(&why)
    }

    fn refuse(&self, why: &str) -> Plan {
        let words = format!("{} is not promoted to {}: {why}", self.title(), self.sight.version);
        let known = self.sight.hub.halt.is_some() || why.contains("is halted");
        let page = self.page_once(words.clone(), "Nothing was changed. Mend the cause, then start a new execution.");
        // Whoever halted has paged already.
        page.filter(|_| !known).unwrap_or_else(|| Plan::finish(Finish::Failed, words))
    }

    fn provisioning(&self, update: &OpenUpdate) -> Plan {
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, "found running after a lost answer");
        }
        self.keep_watch().unwrap_or_else(|| Plan::wait(format!("{}'s new fleet is being provisioned", self.title())))
    }

    /// What every look at a running update does: hold the lease, and beat.
    fn keep_watch(&self) -> Option<Plan> {
        self.lease().or_else(|| self.once(Act::Beat, "the judge looks"))
    }

    fn baking(&self, since: Timestamp, update: &OpenUpdate) -> Plan {
        let Some((from, ends)) = update.canary else {
            let ends = since + self.region.bake;
            let record = Record::CanaryStarted { execution: update.execution.clone(), from: since, ends };
            let share = self.fleet.guardrail.canary_percent;
            return self.tell(record, format!("{share} % of {}'s traffic is on {}", self.title(), self.sight.version));
        };
        if let Some(watch) = self.keep_watch() {
            return watch;
        }
        match &update.decision {
            Some((Decision::Revert, why)) => self.trip(why),
            Some((Decision::Proceed, _)) => Plan::wait(format!("decided; SageMaker shifts at {ends}")),
            _ => self.decide(from, ends, update),
        }
    }

    /// I9: `Proceed` only on a `Pass`, and before the timer; anything else is a revert when the time is up.
    fn decide(&self, from: Timestamp, ends: Timestamp, update: &OpenUpdate) -> Plan {
        let due = self.now >= ends - self.fleet.guardrail.decide_before_end;
        let evidence = match &self.sight.evidence {
            None => return self.act(Act::Look, "what green and blue served"),
            Some(Seen::Known(evidence)) => *evidence,
            Some(Seen::Unknown(why)) if due => {
                return self.decided(update, Decision::Revert, format!("the counts cannot be read: {why}"), None);
            }
            Some(Seen::Unknown(why)) => return Plan::wait(format!("the counts cannot be read: {why}")),
        };
        let judgement = judge(&self.fleet.judge, evidence);
        let why = judgement.why.clone();
        match judgement.verdict {
            Verdict::Fail => self.decided(update, Decision::Revert, why, Some(judgement)),
            Verdict::Pass if due => self.decided(update, Decision::Proceed, why, Some(judgement)),
            Verdict::Inconclusive if due => self.decided(update, Decision::Revert, why, Some(judgement)),
            _ => Plan::wait(format!("canary since {from}: {judgement}")),
        }
    }

    fn decided(
        &self,
        update: &OpenUpdate,
        decision: Decision,
        why: String,
        judgement: Option<crate::Judgement>,
    ) -> Plan {
        let record = Record::Decided { execution: update.execution.clone(), decision, why: why.clone(), judgement };
        self.tell(record, why)
    }

    fn trip(&self, why: &str) -> Plan {
        self.once(Act::Trip, why.to_owned())
            .unwrap_or_else(|| Plan::wait(format!("{} is told to go back: {why}", self.title())))
    }

    fn shifting(&self, update: &OpenUpdate) -> Plan {
        if let Some(watch) = self.keep_watch() {
            return watch;
        }
        match &update.decision {
            Some((Decision::Proceed, _)) => {
                Plan::wait(format!("{}'s traffic moves to {}", self.title(), self.sight.version))
            }
            Some((_, why)) => self.trip(why),
            None => self.decided(update, Decision::Revert, "the timer ended before a decision".to_owned(), None),
        }
    }

    fn shifted(&self, update: &OpenUpdate) -> Plan {
        match &update.decision {
            Some((Decision::Proceed, _)) if update.confirmed => {
                Plan::finish(Finish::Done, format!("{} serves {}", self.title(), self.sight.version))
            }
            Some((Decision::Proceed, _)) => self.keep_watch().unwrap_or_else(|| self.prove()),
            _ => self.shifting(update),
        }
    }

    /// Asks the golden records, and believes them alone (I4).
    fn prove(&self) -> Plan {
        let Some(golden) = self.sight.golden.get(&self.region.name) else {
            return self.act(Act::AskGolden, "which model answers");
        };
        if !golden.proves() {
            let why =
                format!("{} of {} golden records were answered as {}", golden.right, golden.asked, self.sight.version);
            return Plan::wait(why);
        }
        // The judge has done its work: from here on its silence is no sign of death.
        if let Some(disarm) = self.once(Act::Disarm, "the canary is over") {
            return disarm;
        }
        let record = Record::Confirmed {
            target: self.target.clone(),
            execution: self.sight.execution.clone(),
            golden: golden.asked,
        };
        self.tell(
            record,
            format!("all {} golden records were answered with {}'s scores", golden.asked, self.sight.version),
        )
    }

    /// Blue is getting its traffic back: say why, while the evidence is fresh.
    fn going_back(&self, update: &OpenUpdate) -> Plan {
        if update.decision.as_ref().is_some_and(|(decision, _)| *decision != Decision::Proceed) {
            return Plan::wait(format!("{} is going back", self.title()));
        }
        match &self.sight.evidence {
            None if update.canary.is_some() => self.act(Act::Look, "what green and blue served"),
            Some(Seen::Known(evidence)) => {
                let judgement = judge(&self.fleet.judge, *evidence);
                let why = match (judgement.verdict, self.ringing_guard()) {
                    (Verdict::Fail, _) | (_, None) => judgement.why.clone(),
                    (_, Some(alarm)) => format!("the guardrail {alarm} tripped"),
                };
                self.decided(update, Decision::Revert, why, Some(judgement))
            }
            _ => {
                let alarm = self.ringing_guard().unwrap_or_else(|| "SageMaker".to_owned());
                self.decided(update, Decision::Revert, format!("the guardrail {alarm} tripped"), None)
            }
        }
    }

    fn record_return(&self, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.refuse("its update went back although it had no way back");
        };
        let why = match &update.decision {
            Some((Decision::Revert, why)) => why.clone(),
            _ => "SageMaker took the update back".to_owned(),
        };
        let words = format!("{} is back on {}", self.title(), back.version);
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, words)
    }

    /// Evidence against the release in one region: it stops everywhere (I7).
    fn condemn(&self, why: &str) -> Plan {
        let words = format!("{} took {} back: {why}", self.title(), self.sight.version);
        let advice = format!(
            "The wave stopped; regions after {} never saw {v}. Read the ledger's evidence, then retrain or publish anew; {v} is not promoted again.",
            self.title(),
            v = self.sight.version
        );
        if let Some(page) = self.page_once(words.clone(), advice) {
            return page;
        }
        let region = self.region.name.clone();
        self.tell_hub(Record::Condemned { release: self.sight.release, region, why: why.to_owned() }, words)
    }

    fn broken(&self, endpoint: &EndpointView) -> Plan {
        self.defer(&format!("its endpoint is {:?}: which bytes serve is unknown", endpoint.status))
    }

    /// The region's control plane does not answer: be patient, then leave it behind (a regional fault never stops another
    /// region, I7). No heartbeat is sent meanwhile: what nobody sees must not go on.
    fn ill(&self, history: Option<&RegionHistory>, why: &str) -> Plan {
        let execution = &self.sight.execution;
        let since = self.sight.hub.ill.get(&self.region.name).filter(|(wave, _)| wave == execution);
        let Some((_, since)) = since else {
            let region = self.region.name.clone();
            let record = Record::RegionIll { region, execution: execution.clone(), why: why.to_owned() };
            return self.tell_hub(record, format!("{} does not answer: {why}", self.title()));
        };
        if let Some(lease) = self.lease() {
            return lease;
        }
        let update = history.and_then(|history| history.update.as_ref()).filter(|update| self.is_ours(update));
        let patient = self.now.duration_since(*since) < self.fleet.wave.region_patience;
        if patient && !update.is_some_and(|update| self.must_decide(update)) {
            return Plan::wait(format!("{} does not answer since {since}", self.title()));
        }
        if let Some(update) = update {
            let reverted = update.decision.as_ref().is_some_and(|(decision, _)| *decision == Decision::Revert);
            if !reverted {
                let why = format!("{}'s control plane does not answer since {since}", self.title());
                return self.decided(update, Decision::Revert, why, None);
            }
            if let Some(trip) = self.once(Act::Trip, format!("{} is to go back when its plane returns", self.title())) {
                return trip;
            }
        }
        self.defer(&format!("its control plane does not answer since {since}"))
    }

    /// The canary's timer is about to run out and nobody has said `Proceed`.
    fn must_decide(&self, update: &OpenUpdate) -> bool {
        let proceed = update.decision.as_ref().is_some_and(|(decision, _)| *decision == Decision::Proceed);
        !proceed && update.canary.is_some_and(|(_, ends)| self.now >= ends - self.fleet.guardrail.decide_before_end)
    }

    /// Leaves the region behind on record; the others go on.
    fn defer(&self, why: &str) -> Plan {
        let history = self.history();
        let state = match history.map(|history| (&history.serving, &history.update)) {
            Some((Some(serving), Some(_))) => {
                format!(
                    "the update was told to go back to {}; its state is unknown until it answers",
                    serving.target.version
                )
            }
            Some((Some(serving), None)) => format!("it stays on {}", serving.target.version),
            _ => "what it serves is unknown".to_owned(),
        };
        let words = format!("{} is deferred: {why}; {state}", self.title());
        let advice = format!(
            "{} ({}) keeps serving; the other regions go on to {}. Check the region's service health; when it answers again, start a new execution of this release, or let the next night catch it up.",
            self.title(),
            self.region.name,
            self.sight.version
        );
        if let Some(page) = self.page_once(words.clone(), advice) {
            return page;
        }
        let record = Record::Deferred {
            region: self.region.name.clone(),
            execution: self.sight.execution.clone(),
            release: self.sight.release,
            why: format!("{why}; {state}"),
        };
        Plan::new(Next::TellHub(record), words)
    }
}

impl RegionHistory {
    /// Why this wave's update was taken back, if it was decided so.
    fn decided_revert(&self, execution: &crate::Actor) -> Option<&str> {
        let update = self.update.as_ref().filter(|update| update.execution == *execution)?;
        match &update.decision {
            Some((Decision::Revert, why)) => Some(why),
            _ => None,
        }
    }

    /// Why the region left `release` again in this wave, if it did.
    fn returned_in(&self, release: &ReleaseId, execution: &crate::Actor) -> Option<&str> {
        self.returned.get(release).filter(|(wave, _)| wave == execution).map(|(_, why)| why.as_str())
    }
}
