//! Taking a region back, with nothing but what that region has (I6).

use super::{Act, Finish, Golden, Next, Plan, Stage};
use crate::alarms::WayBack;
use crate::callers::Blame;
use crate::endpoint::{EndpointStatus, EndpointView, Seen, Target};
use crate::fleet::Region;
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::names::Actor;
use crate::runbook::Runbook;
use crate::telling::client_errors;
use crate::verdict::{Cause, Decision};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Why a region goes back whose alarm is quiet.
const UNEXPLAINED: &str = "its alarm rang, or it was shifted without a decision to proceed";
/// Why a region goes back that nobody had let through.
const UNDECIDED: &str = "it was shifted without a decision to proceed";

/// Why a region goes back whose 4xx are not shown to be its callers'.
const CLIENT_ERRORS: &str = "its 4xx rose with the release, or its callers began to send what it cannot read";

/// For so long after a return the rollback alarm may ring for what the region has left: it looks at five minutes, and the
/// last of them is shown a minute later.
const ECHO: SignedDuration = SignedDuration::from_mins(6);

/// Lambda ends every call after this time, at the latest.
const LONGEST_CALL: SignedDuration = SignedDuration::from_mins(15);

/// Why a region goes back that does not answer as what was let through.
const UNPROVED: &str = "its golden records are not answered with the release's scores";

/// What `rollback` sees of its own region.
#[derive(Clone, Debug)]
pub struct RollbackSight {
    /// Who acts.
    pub actor: Actor,
    /// The region's chain.
    pub history: Seen<RegionHistory>,
    /// The way back as it stands beside the region's alarms: all that there is where the ledger cannot be read.
    pub way_back: Seen<Option<WayBack>>,
    /// Its endpoint.
    pub endpoint: Seen<Option<EndpointView>>,
    /// Whether the composite alarm is in ALARM, and its reason.
    pub alarm: Seen<Option<String>>,
    /// Whose the region's 4xx are, where the alarm over them rings.
    pub client_errors: Seen<Option<Blame>>,
    /// Whether a judge looks at the region's update: the heartbeat alarm is there and does not ring.
    pub judge: Seen<bool>,
    /// What this call has already done outside the ledger.
    pub done: BTreeSet<Act>,
    /// The golden records asked in this call.
    pub golden: Option<Seen<Golden>>,
    /// Whether this call has already paged, or tried to.
    pub paged: bool,
    /// How many records of this call the ledger has not taken; the history holds them all the same.
    pub unwritten: usize,
}

/// What to do next in `region`.
pub fn rollback(region: &Region, sight: &RollbackSight, now: Timestamp) -> Plan {
    let view = RollbackView { region, sight, now };
    let plan = view.look();
    // Going back comes first, and telling people what they could not be told before comes last.
    let over = matches!(plan.next, Next::Wait | Next::Finish(_));
    if over { view.debt().unwrap_or(plan) } else { plan }
}

pub(super) struct RollbackView<'a> {
    pub(super) region: &'a Region,
    pub(super) sight: &'a RollbackSight,
    pub(super) now: Timestamp,
}

impl RollbackView<'_> {
    fn look(&self) -> Plan {
        match (&self.sight.history, &self.sight.endpoint) {
            (Seen::Known(history), Seen::Known(Some(endpoint))) => self.seen(history, endpoint),
            (_, Seen::Known(None)) => self.nothing("there is no endpoint"),
            (Seen::Known(history), Seen::Unknown(why)) => self.unseen(Some(history), why),
            (Seen::Unknown(_), Seen::Unknown(why)) => self.unseen(None, why),
            (Seen::Unknown(why), Seen::Known(Some(endpoint))) => self.blind(endpoint, why),
        }
    }

    /// A page that an earlier call could not send. It is sent once it is on record: else every look would send it anew.
    fn debt(&self) -> Option<Plan> {
        let owed = self.sight.history.known()?.owed.first()?;
        let next = Next::Page { region: self.region.name.clone(), advice: owed.advice.clone() };
        (!self.sight.paged && self.sight.unwritten == 0).then(|| Plan::new(next, owed.why.clone()))
    }

    /// Why the region must go back: the rollback alarm, or 4xx that are not shown to be the callers'.
    pub(super) fn alarm(&self) -> Option<&str> {
        let blamed = || self.client_errors().filter(|blame| blame.is_reason_to_go_back());
        self.composite().or_else(|| blamed().map(|_| CLIENT_ERRORS))
    }

    fn composite(&self) -> Option<&str> {
        self.sight.alarm.known().and_then(Option::as_deref)
    }

    fn client_errors(&self) -> Option<&Blame> {
        self.sight.client_errors.known().and_then(Option::as_ref)
    }

    /// True where the only reason to go back is 4xx that callers may have caused: then nothing else is halted.
    fn spares_fleet(&self) -> bool {
        self.composite().is_none() && self.client_errors().is_some_and(|blame| !blame.is_certain())
    }

    /// Why nothing need be done.
    fn quiet(&self) -> Plan {
        match self.client_errors() {
            Some(Blame::Callers(compared)) => {
                let words = compared.map(|own| format!(": {}", client_errors(Some(&own)))).unwrap_or_default();
                self.nothing(&format!("its 4xx are its callers', and no release's{words}"))
            }
            _ => self.nothing("the rollback alarm is quiet"),
        }
    }

    pub(super) fn nothing(&self, why: &str) -> Plan {
        Plan::finish(Finish::Done, format!("nothing to do: {why}"))
    }

    pub(super) fn tell(&self, record: Record, why: impl Into<String>) -> Plan {
        Plan::new(Next::TellRegion(self.region.name.clone(), record), why)
    }

    pub(super) fn once(&self, act: Act, target: &Target, why: &str) -> Option<Plan> {
        let next = Next::Do(act, self.region.name.clone(), target.clone());
        (!self.sight.done.contains(&act)).then(|| Plan::new(next, why))
    }

    /// Where the endpoint cannot be seen, an alarm is still passed on to the guardrail of an update in flight, and written
    /// down: other regions must not rest on what rings here.
    fn unseen(&self, history: Option<&RegionHistory>, why: &str) -> Plan {
        let in_flight = history.and_then(|history| Some((history, history.update.as_ref()?)));
        if let Some((history, update)) = in_flight.filter(|(_, update)| update.epoch.is_some())
            && self.alarm().is_some()
        {
            return self.in_flight(history, update);
        }
        self.nothing(&format!("{} cannot be seen: {why}; the sweep looks again", self.region.title))
    }

    fn seen(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        match (&history.update, &history.serving) {
            (Some(update), _) => self.with_update(history, endpoint, update),
            (None, Some(serving)) => match Stage::of(endpoint, &serving.target, history, self.now) {
                Stage::OnTarget => self.serving(history, &serving.target),
                Stage::UnknownBytes => self.unknown_bytes(history, endpoint, Some(&serving.target)),
                Stage::Broken => self.broken(history, endpoint),
                Stage::Elsewhere => self.elsewhere(history, endpoint, &serving.target),
                _ => self.nothing("the endpoint is changing"),
            },
            (None, None) => self.nothing("the ledger does not know what serves"),
        }
    }

    /// Nothing is in flight. Go back if the alarm says so.
    fn serving(&self, history: &RegionHistory, target: &Target) -> Plan {
        let Some(reason) = self.alarm() else { return self.quiet() };
        match &history.previous {
            Some(back) => self.leave(history, target, back, reason),
            None if history.returned_at.is_some_and(|at| self.now.duration_since(at) < ECHO) => {
                self.nothing("the alarm still looks at minutes of the release that the region has just left")
            }
            None => self.stuck(history, target, reason),
        }
    }

    /// In service, and not on what the ledger says. Back on what served before: it went back and nobody could write it down.
    fn elsewhere(&self, history: &RegionHistory, endpoint: &EndpointView, from: &Target) -> Plan {
        let Some(back) = history.previous.as_ref().filter(|back| back.config == endpoint.config) else {
            return self.nothing("the endpoint names a configuration that the ledger does not know");
        };
        let (title, version) = (&self.region.title, &back.version);
        if let Some(why) = history.halt.clone() {
            let words = format!("{title} is back on {version}");
            return self.tell(Record::Reverted { from: from.clone(), to: back.clone(), why }, words);
        }
        let why = format!("{title} went back from {} to {version}: its ledger could not be written then", from.version);
        if history.owes(&why) {
            return self.tell(Record::Halted { why: why.clone() }, why);
        }
        let advice = "Read rollback's log for the reason. No wave starts until the halt is lifted; nothing else is needed to serve.";
        self.tell(Record::PageOwed { why: why.clone(), advice: Runbook::Pages.after(advice) }, why)
    }

    fn go_back(&self, back: &Target, reason: &str) -> Plan {
        let record = Record::UpdateIntended {
            target: back.clone(),
            back: None,
            execution: self.sight.actor.clone(),
            epoch: None,
            bake: None,
        };
        self.tell(record, format!("{} goes back to {}: {reason}", self.region.title, back.version))
    }

    /// Goes back for an alarm. Where callers may be what it rings for, that is on record first, with a page that is owed:
    /// nothing else is halted for it.
    fn leave(&self, history: &RegionHistory, from: &Target, back: &Target, reason: &str) -> Plan {
        self.note_callers(history, from).unwrap_or_else(|| self.go_back(back, reason))
    }

    fn note_callers(&self, history: &RegionHistory, from: &Target) -> Option<Plan> {
        if !self.spares_fleet() || history.spares == Some(from.release) {
            return None;
        }
        let why = format!("{} leaves {}: {CLIENT_ERRORS}", self.region.title, from.version);
        if history.owes(&why) {
            let compared = self.client_errors().and_then(Blame::compared);
            let words = format!("{why}: {}", client_errors(compared.as_ref()));
            return Some(self.tell(Record::ClientErrors { target: from.clone(), compared }, words));
        }
        let advice = "Nothing is halted. Where its 4xx go on on the release that it went back to, they are its callers'; else find \
                      out what the release refuses.";
        Some(self.tell(Record::PageOwed { why: why.clone(), advice: Runbook::ModelFault.after(advice) }, why))
    }

    /// The alarm rings and there is nowhere to go.
    fn stuck(&self, history: &RegionHistory, target: &Target, reason: &str) -> Plan {
        if history.halt.is_some() {
            return self.nothing("halted already, and there is no way back");
        }
        if self.spares_fleet() {
            let noted = self.note_callers(history, target);
            return noted.unwrap_or_else(|| self.nothing("its 4xx may be its callers', and there is no way back"));
        }
        let why = format!(
            "{}'s alarm rings on {} and there is no release to go back to: {reason}",
            self.region.title, target.version
        );
        self.halt_and_page(why, "Look at the endpoint: this is no fault of a new release.", Runbook::Pages)
    }

    fn halt_and_page(&self, why: String, advice: &str, runbook: Runbook) -> Plan {
        if self.sight.paged {
            return self.tell(Record::Halted { why: why.clone() }, why);
        }
        Plan::new(Next::Page { region: self.region.name.clone(), advice: runbook.after(advice) }, why)
    }

    fn with_update(&self, history: &RegionHistory, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        if endpoint.status == EndpointStatus::UpdateRollbackFailed && update.epoch.is_some() {
            return self.unknown_bytes(history, endpoint, update.back.as_ref());
        }
        let stage = Stage::of(endpoint, &update.target, history, self.now);
        if update.epoch.is_none() {
            return self.own_update(history, endpoint, &stage, update);
        }
        match stage {
            Stage::OnTarget => self.arrived(history, update),
            Stage::Elsewhere if update.was_taken() => self.guardrail_returned(history, update),
            Stage::Elsewhere => self.not_started(endpoint, update),
            // No customer came here yet; the wave that asked for it says so.
            Stage::Broken if history.first_update().is_some() => {
                self.nothing("the region's first fleet could not be made")
            }
            Stage::Broken => self.broken(history, endpoint),
            _ => self.in_flight(history, update),
        }
    }

    /// An intent and nothing after it. Once no call can be alive that would follow it, it has come to nothing.
    fn not_started(&self, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        let back = update.back.clone().filter(|back| endpoint.rests_on(back));
        match back.filter(|_| self.now.duration_since(update.at) > LONGEST_CALL) {
            None => self.nothing("the wave's update has not started"),
            Some(back) => {
                let words = format!("{} stays on {}", self.region.title, back.version);
                let why = "the update was intended and never seen to start".to_owned();
                self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, words)
            }
        }
    }

    /// The wave's update has ended on its target. That stands only on a decision to proceed (I9): SageMaker's timer may have
    /// run out on a judge who was dead, or on alarms that could not ring.
    fn arrived(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let back = update.back.as_ref().or(history.previous.as_ref());
        match (back, self.alarm()) {
            (Some(back), Some(reason)) => self.leave(history, &update.target, back, reason),
            (None, Some(reason)) => self.stuck(history, &update.target, reason),
            // The wave took its word back while the old fleet soaked, and SageMaker did not listen any more.
            (Some(back), None) if update.confirmed && update.is_decided(Decision::Revert) => {
                let why = update.decision.as_ref().map_or(UNEXPLAINED, |(_, why)| why);
                self.go_back(back, why)
            }
            (Some(back), None) if !update.confirmed && !update.is_decided(Decision::Proceed) => {
                self.go_back(back, UNDECIDED)
            }
            (back, None) if !update.confirmed && self.is_forsaken(update) => self.prove(back, update),
            (_, None) => self.nothing("the wave's update has ended well"),
        }
    }

    /// Whether the wave has had its time to prove what it let through: its region went dark, or it died.
    fn is_forsaken(&self, update: &OpenUpdate) -> bool {
        let ends = update.canary.map_or(update.at, |(_, ends)| ends);
        self.now.duration_since(ends) > LONGEST_CALL
    }

    /// Let through, and never proved (I4): the region asks its own golden records, and goes back where they are wrong.
    fn prove(&self, back: Option<&Target>, update: &OpenUpdate) -> Plan {
        let version = &update.target.version;
        match (&self.sight.golden, back) {
            (None, _) => {
                let next = Next::Do(Act::AskGolden, self.region.name.clone(), update.target.clone());
                Plan::new(next, format!("nobody has proved that {version} answers"))
            }
            (Some(Seen::Known(golden)), _) if golden.proves() => {
                let (target, execution) = (update.target.clone(), update.execution.clone());
                let record = Record::Confirmed { target, execution, golden: golden.asked };
                self.tell(record, format!("all {} golden records were answered with {version}'s scores", golden.asked))
            }
            (Some(Seen::Known(_)), Some(back)) => self.go_back(back, UNPROVED),
            (Some(Seen::Known(_)), None) => self.nothing("it answers wrong, and there is no way back"),
            (Some(Seen::Unknown(why)), _) => self.nothing(&format!("golden records cannot be asked: {why}")),
        }
    }

    /// Our own way back is under way, or has arrived.
    fn own_update(&self, history: &RegionHistory, endpoint: &EndpointView, stage: &Stage, update: &OpenUpdate) -> Plan {
        let left = update.leaves.as_ref().map(|(target, _)| target.clone());
        // Why, where the release was found bad after it was confirmed here.
        let found_bad = left.as_ref().filter(|left| history.confirmed.contains_key(&left.release));
        let found_bad = found_bad.and_then(|left| history.blamed.get(&left.release));
        let spared = left.as_ref().is_some_and(|left| history.spares == Some(left.release));
        match stage {
            Stage::OnTarget if history.unknown.is_some() && !self.golden_proves() => self.prove_return(update),
            Stage::OnTarget => {
                let why =
                    history.unknown.as_ref().map(|unknown| format!("{}; its golden records prove it now", unknown.why));
                let why = why.or_else(|| found_bad.cloned()).or_else(|| history.halt.clone());
                let why = why.or_else(|| spared.then(|| CLIENT_ERRORS.to_owned()));
                let why = why.unwrap_or_else(|| UNEXPLAINED.to_owned());
                let from = left.unwrap_or_else(|| update.target.clone());
                let words = format!("{} is back on {}", self.region.title, update.target.version);
                self.tell(Record::Reverted { from, to: update.target.clone(), why }, words)
            }
            Stage::UnknownBytes if history.unknown.is_none() => self.unknown_bytes(history, endpoint, None),
            Stage::Elsewhere | Stage::UnknownBytes => {
                let why = format!("{} goes back to {}", self.region.title, update.target.version);
                self.once(Act::Update, &update.target, &why)
                    .unwrap_or_else(|| self.nothing("the update was asked for; the sweep looks again"))
            }
            Stage::Busy => self.nothing("another update is running; the sweep looks again"),
            Stage::Broken => self.broken(history, endpoint),
            _ if !update.started => {
                self.tell(Record::UpdateStarted { execution: update.execution.clone() }, "the way back is under way")
            }
            // The wave has condemned it, and told people so: nothing else is halted.
            _ if found_bad.is_some() => self.nothing("the way back is under way, and the wave has said why"),
            _ if spared => self.nothing("the way back is under way, and nothing else is halted"),
            _ if history.halt.is_none() && history.unknown.is_none() => {
                let from = left.map(|target| target.version.to_string()).unwrap_or_default();
                let why = format!(
                    "{} goes back from {from} to {}: {}",
                    self.region.title,
                    update.target.version,
                    self.alarm().unwrap_or(UNEXPLAINED)
                );
                self.halt_and_page(
                    why,
                    "No wave starts until the halt is lifted. Nothing else is needed to serve: find out what the release does here.",
                    Runbook::ModelFault,
                )
            }
            _ => self.nothing("the way back is under way"),
        }
    }

    /// SageMaker took the wave's update back. Where nobody decided that, somebody must hear of it: from the wave, which knows
    /// what the canary showed, as long as its judge lives; else from here.
    fn guardrail_returned(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.nothing("the update went back although it had no way back");
        };
        let why = match &update.decision {
            Some((Decision::Revert, why)) => why.clone(),
            _ if history.spares == Some(update.target.release) => CLIENT_ERRORS.to_owned(),
            _ => {
                "the guardrail took it back and no judge had said so: the heartbeat was silent, or an alarm came first"
                    .to_owned()
            }
        };
        let decided = update.is_decided(Decision::Revert) || history.spares == Some(update.target.release);
        if !decided && history.halt.is_none() {
            let judged = self.sight.judge == Seen::Known(true) && !update.confirmed && !self.is_forsaken(update);
            if judged {
                return self.nothing("the wave's judge is at work, and says why it went back");
            }
            let words =
                format!("{} went back from {} to {}: {why}", self.region.title, update.target.version, back.version);
            return self.halt_and_page(
                words,
                "Look at promote's log and the pipeline's execution before lifting the halt.",
                Runbook::Pages,
            );
        }
        let words = format!("{} is back on {}", self.region.title, back.version);
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, words)
    }

    /// A wave's update is in flight: SageMaker refuses another one, but its own guardrail listens.
    fn in_flight(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        if history.first_update().is_some() {
            return self.nothing("the region's first fleet is being made: there is nothing to go back to");
        }
        let Some(reason) = self.alarm() else { return self.quiet() };
        if !update.is_decided(Decision::Revert) && !update.confirmed {
            let execution = update.execution.clone();
            let why = format!("the rollback alarm rang during the update: {reason}");
            let record = Record::Decided {
                execution,
                decision: Decision::Revert,
                why: why.clone(),
                judgement: None,
                // It watches the whole endpoint: green may be bad, or blue.
                cause: Some(Cause::Unclear),
            };
            return self.tell(record, why);
        }
        if let Some(trip) = self.once(Act::Trip, &update.target, reason) {
            return trip;
        }
        if update.confirmed && self.spares_fleet() {
            let noted = self.note_callers(history, &update.target);
            return noted.unwrap_or_else(|| self.nothing("the guardrail was told"));
        }
        if history.halt.is_none() && update.confirmed {
            let why =
                format!("{}'s rollback alarm rings while {} soaks: {reason}", self.region.title, update.target.version);
            return self.halt_and_page(
                why,
                "It goes back as soon as SageMaker lets it: at the end of soak at the latest.",
                Runbook::ModelFault,
            );
        }
        self.nothing("the guardrail was told")
    }

    fn broken(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        if history.halt.is_some() {
            return self.nothing("halted already");
        }
        let why = format!("{}'s endpoint is {:?}: which bytes serve is unknown", self.region.title, endpoint.status);
        self.halt_and_page(
            why,
            "Describe the endpoint, then update it by hand to the configuration that the ledger names.",
            Runbook::UpdateRollbackFailed,
        )
    }
}
