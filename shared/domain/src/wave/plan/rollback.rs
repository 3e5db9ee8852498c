//! Taking a region back, with nothing but what that region has (I6).

use super::probation::acts_on;
use super::{Act, Finish, Golden, Next, Plan, Stage};
use crate::advice::Advice;
use crate::alarms::WayBack;
use crate::callers::Blame;
use crate::endpoint::{EndpointStatus, EndpointView, Seen, Target};
use crate::fleet::Region;
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::names::{Actor, RegionName};
use crate::probation::Probation;
use crate::reason::{Fault, Quiet, Reason, Return, Revert, Step, Unseen, WayBackReason};
use crate::ringing::Ringing;
use crate::verdict::{Cause, Decision};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lambda ends every call after this time, at the latest.
const LONGEST_CALL: SignedDuration = SignedDuration::from_mins(15);

/// What `rollback` sees of its own region.
#[derive(Clone, Debug)]
pub struct RollbackSight {
    /// Who acts.
    pub actor: Actor,
    /// The region's chain.
    pub history: Seen<Arc<RegionHistory>>,
    /// The way back as it stands beside the region's alarms: all that there is where the ledger cannot be read. Asked too where the
    /// ledger has an update about which a wave that is silent may have noted its last word there.
    pub way_back: Seen<Option<WayBack>>,
    /// Its endpoint.
    pub endpoint: Seen<Option<EndpointView>>,
    /// What the days before say of the release that serves, where a look at it is due and nothing rings.
    pub probation: Seen<Option<Probation>>,
    /// The composite alarm, where it is in ALARM.
    pub alarm: Seen<Option<Ringing>>,
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
            (_, Seen::Known(None)) => self.nothing(Quiet::NoEndpoint),
            (Seen::Known(history), Seen::Unknown(why)) => self.unseen(Some(history), why),
            (Seen::Unknown(_), Seen::Unknown(why)) => self.unseen(None, why),
            (Seen::Unknown(why), Seen::Known(Some(endpoint))) => self.blind(endpoint, why),
        }
    }

    /// A page that an earlier call could not send. It is sent once it is on record: else every look would send it again.
    fn debt(&self) -> Option<Plan> {
        let owed = self.sight.history.known()?.owed.first()?;
        let next = Next::Page { region: self.region.name.clone(), advice: owed.advice.clone() };
        (!self.sight.paged && self.sight.unwritten == 0).then(|| Plan::new(next, owed.why.clone()))
    }

    /// Why the region must roll back: the rollback alarm, or 4xx that are not shown to be the callers'.
    pub(super) fn alarm(&self) -> Option<WayBackReason> {
        let blamed = || self.client_errors().filter(|blame| blame.is_reason_to_go_back());
        let composite =
            self.composite().map(|ringing| WayBackReason::Alarm { alarm: ringing.alarm.clone(), alike: ringing.alike });
        composite.or_else(|| blamed().map(|_| WayBackReason::ClientErrors))
    }

    fn composite(&self) -> Option<&Ringing> {
        self.sight.alarm.known().and_then(Option::as_ref)
    }

    fn client_errors(&self) -> Option<&Blame> {
        self.sight.client_errors.known().and_then(Option::as_ref)
    }

    /// True if the only reason to roll back is 4xx that callers may have caused: then nothing else is halted.
    fn spares_fleet(&self) -> bool {
        self.composite().is_none() && self.client_errors().is_some_and(|blame| !blame.is_certain())
    }

    /// Why nothing need be done.
    fn quiet(&self) -> Plan {
        match self.client_errors() {
            Some(Blame::Callers(compared)) => self.nothing(Quiet::Callers { compared: *compared }),
            _ => self.nothing(Quiet::Alarm),
        }
    }

    pub(super) fn name(&self) -> RegionName {
        self.region.name.clone()
    }

    pub(super) fn nothing(&self, why: Quiet) -> Plan {
        Plan::finish(Finish::Done, why)
    }

    pub(super) fn tell(&self, record: Record, why: impl Into<Reason>) -> Plan {
        Plan::new(Next::TellRegion(self.name(), record), why)
    }

    pub(super) fn once(&self, act: Act, target: &Target, why: impl Into<Reason>) -> Option<Plan> {
        let next = Next::Do(act, self.region.name.clone(), target.clone());
        (!self.sight.done.contains(&act)).then(|| Plan::new(next, why))
    }

    /// Where the endpoint cannot be seen, an alarm is still passed on to the guardrail of an update in flight, and written
    /// down: other regions must not rest on what rings here.
    fn unseen(&self, history: Option<&RegionHistory>, why: &Unseen) -> Plan {
        let in_flight = history.and_then(|history| Some((history, history.update.as_ref()?)));
        if let Some((history, update)) = in_flight.filter(|(_, update)| update.epoch.is_some())
            && self.alarm().is_some()
        {
            return self.in_flight(history, update);
        }
        self.nothing(Quiet::Unseen { region: self.name(), why: why.clone() })
    }

    fn seen(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        match (&history.update, &history.serving) {
            (Some(update), _) => self.with_update(history, endpoint, update),
            (None, Some(serving)) => match Stage::of(endpoint, &serving.target, history, self.now) {
                Stage::OnTarget => self.serving(history, &serving.target),
                Stage::UnknownBytes => self.unknown_bytes(history, endpoint, Some(&serving.target)),
                Stage::Broken => self.broken(history, endpoint),
                Stage::Elsewhere => self.elsewhere(history, endpoint, &serving.target),
                _ => self.nothing(Quiet::Changing),
            },
            (None, None) => self.nothing(Quiet::NothingOnRecord),
        }
    }

    /// Nothing is in flight. Roll back if the alarm says so.
    fn serving(&self, history: &RegionHistory, target: &Target) -> Plan {
        let Some(reason) = self.alarm() else {
            return self.on_probation(history, target).unwrap_or_else(|| self.quiet());
        };
        match &history.previous {
            Some(back) => self.leave(history, target, back, reason),
            None if self.is_echo(history) => self.nothing(Quiet::Echo),
            None => self.stuck(history, target, reason),
        }
    }

    fn is_echo(&self, history: &RegionHistory) -> bool {
        let rings = |at: Timestamp| self.composite().is_some_and(|ringing| ringing.is_echo(at, self.now));
        history.returned_at.is_some_and(rings)
    }

    /// In service, and not on what the ledger says. Back on what served before: it rolled back and nobody could write it down.
    fn elsewhere(&self, history: &RegionHistory, endpoint: &EndpointView, from: &Target) -> Plan {
        let Some(back) = history.previous.as_ref().filter(|back| back.config == endpoint.config) else {
            return self.nothing(Quiet::ForeignConfig);
        };
        let (region, to) = (self.name(), back.version.clone());
        if let Some(why) = history.halt.clone() {
            let step = Step::IsBack { region, version: to };
            return self.tell(Record::Reverted { from: from.clone(), to: back.clone(), why }, step);
        }
        let why: Reason = Return::Unwritten { region, from: from.version.clone(), to }.into();
        self.halt_once_written(history, why, Advice::ReadRollbackLog)
    }

    /// Nothing need be done: people are told once the ledger has taken that. Until then the wave may tell them, whose word comes first.
    fn halt_once_written(&self, history: &RegionHistory, why: Reason, advice: Advice) -> Plan {
        let owed = history.owes(&why);
        let record =
            if owed { Record::Halted { why: why.clone() } } else { Record::PageOwed { why: why.clone(), advice } };
        self.tell(record, why)
    }

    pub(super) fn go_back(&self, back: &Target, why: Reason) -> Plan {
        let record = Record::UpdateIntended {
            target: back.clone(),
            back: None,
            execution: self.sight.actor.clone(),
            epoch: None,
            bake: None,
        };
        let (region, to, why) = (self.name(), back.version.clone(), Some(Box::new(why)));
        self.tell(record, Return::GoesBack { region, to, why })
    }

    /// Rolls back for an alarm. Where callers may be what it rings for, that is on record first, with a page that is owed:
    /// nothing else is halted for it.
    fn leave(&self, history: &RegionHistory, from: &Target, back: &Target, why: WayBackReason) -> Plan {
        self.note_callers(history, from).unwrap_or_else(|| self.go_back(back, why.into()))
    }

    fn note_callers(&self, history: &RegionHistory, from: &Target) -> Option<Plan> {
        if !self.spares_fleet() || history.spares == Some(from.release) {
            return None;
        }
        let (region, version) = (self.name(), from.version.clone());
        let why: Reason = Return::Leaves { region: region.clone(), version: version.clone() }.into();
        if history.owes(&why) {
            let compared = self.client_errors().and_then(Blame::compared);
            let told = Return::LeavesAfter { region, version, compared };
            return Some(self.tell(Record::ClientErrors { target: from.clone(), compared }, told));
        }
        Some(self.tell(Record::PageOwed { why: why.clone(), advice: Advice::CompareCallers }, why))
    }

    /// The alarm is in ALARM and there is nowhere to go.
    fn stuck(&self, history: &RegionHistory, target: &Target, why: WayBackReason) -> Plan {
        if history.halt.is_some() {
            return self.nothing(Quiet::HaltedWithoutWay);
        }
        if self.spares_fleet() {
            let noted = self.note_callers(history, target);
            return noted.unwrap_or_else(|| self.nothing(Quiet::CallersWithoutWay));
        }
        let (region, version) = (self.name(), target.version.clone());
        self.halt_and_page(Return::NowhereToGo { region, version, why }, Advice::LookAtEndpoint)
    }

    fn halt_and_page(&self, told: Return, advice: Advice) -> Plan {
        let why = Reason::Return(told);
        if self.sight.paged {
            return self.tell(Record::Halted { why: why.clone() }, why);
        }
        Plan::new(Next::Page { region: self.name(), advice }, why)
    }

    fn with_update(&self, history: &RegionHistory, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        let stage = Stage::of(endpoint, &update.target, history, self.now);
        if let Some(word) = self.deferral_of(update, &stage) {
            return word;
        }
        if endpoint.status == EndpointStatus::UpdateRollbackFailed && update.epoch.is_some() {
            return self.unknown_bytes(history, endpoint, update.back.as_ref());
        }
        if update.epoch.is_none() {
            return self.own_update(history, endpoint, &stage, update);
        }
        match stage {
            Stage::OnTarget => self.arrived(history, update),
            Stage::Elsewhere if update.was_taken() => self.guardrail_returned(history, update),
            Stage::Elsewhere => self.not_started(endpoint, update),
            // No customer came here yet; the wave that asked for it says so.
            Stage::Broken if history.first_update().is_some() => self.nothing(Quiet::FirstNotMade),
            Stage::Broken => self.broken(history, endpoint),
            _ => self.in_flight(history, update),
        }
    }

    /// An intent and nothing after it. Once no call can be alive that would follow it, it has come to nothing.
    fn not_started(&self, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        let back = update.back.clone().filter(|back| endpoint.rests_on(back));
        match back.filter(|_| self.now.duration_since(update.at) > LONGEST_CALL) {
            None => self.nothing(Quiet::NotStarted),
            Some(back) => {
                let told = Return::Stays { region: self.name(), version: back.version.clone() };
                let why = Fault::NeverStarted.into();
                self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, told)
            }
        }
    }

    /// The wave's update has ended on its target. That stands only on a decision to proceed (I9): SageMaker's timer may have
    /// run out on a judge who was dead, or on alarms that could not ring.
    fn arrived(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let back = update.back.as_ref().or(history.previous.as_ref());
        match (back, self.alarm()) {
            (Some(back), Some(why)) => self.leave(history, &update.target, back, why),
            (None, Some(why)) => self.stuck(history, &update.target, why),
            // The wave decided to revert during soak, when SageMaker no longer rolls back.
            (Some(back), None) if update.confirmed && update.is_decided(Decision::Revert) => {
                let decided = update.decision.as_ref().map(|(_, why)| why.clone());
                self.go_back(back, decided.unwrap_or_else(|| WayBackReason::Unexplained.into()))
            }
            (Some(back), None) if !update.confirmed && !update.is_decided(Decision::Proceed) => {
                self.go_back(back, WayBackReason::Undecided.into())
            }
            (back, None) if !update.confirmed && self.is_forsaken(update) => self.prove(back, update),
            (_, None) => self.nothing(Quiet::EndedWell),
        }
    }

    /// Whether the wave has had its time to prove what it let through: its region went dark, or it died.
    fn is_forsaken(&self, update: &OpenUpdate) -> bool {
        let ends = update.canary.map_or(update.at, |(_, ends)| ends);
        self.now.duration_since(ends) > LONGEST_CALL
    }

    /// Let through, and never proved (I4): the region asks its own golden records, and rolls back where they are wrong.
    fn prove(&self, back: Option<&Target>, update: &OpenUpdate) -> Plan {
        let version = update.target.version.clone();
        match (&self.sight.golden, back) {
            (None, _) => Plan::act(Act::AskGolden, self.name(), update.target.clone()),
            (Some(Seen::Known(golden)), _) if golden.proves() => {
                let (target, execution) = (update.target.clone(), update.execution.clone());
                let record = Record::Confirmed { target, execution, golden: golden.asked };
                self.tell(record, Step::Proved { golden: golden.asked, version })
            }
            (Some(Seen::Known(_)), Some(back)) => self.go_back(back, WayBackReason::Unproved.into()),
            (Some(Seen::Known(_)), None) => self.nothing(Quiet::WrongWithoutWay),
            (Some(Seen::Unknown(why)), _) => self.nothing(Quiet::GoldenUnasked { why: why.clone() }),
        }
    }

    /// Our own way back is in progress, or has arrived.
    fn own_update(&self, history: &RegionHistory, endpoint: &EndpointView, stage: &Stage, update: &OpenUpdate) -> Plan {
        let left = update.leaves.as_ref().map(|(target, _)| target.clone());
        // Why, where the release was found bad after it was confirmed here.
        let found_bad = left.as_ref().filter(|left| history.confirmed.contains_key(&left.release));
        let found_bad = found_bad.and_then(|left| history.blamed.get(&left.release));
        let spared = left.as_ref().is_some_and(|left| history.spares == Some(left.release));
        match stage {
            Stage::OnTarget if history.unknown.is_some() && !self.golden_proves() => self.prove_return(update),
            Stage::OnTarget => {
                let unknown = history.unknown.as_ref();
                let why = unknown.map(|unknown| WayBackReason::ProvedAgain(unknown.why.clone()).into());
                let why = why.or_else(|| found_bad.cloned()).or_else(|| history.halt.clone());
                let otherwise = if spared { WayBackReason::ClientErrors } else { WayBackReason::Unexplained };
                let from = left.unwrap_or_else(|| update.target.clone());
                let step = Step::IsBack { region: self.name(), version: update.target.version.clone() };
                let why = why.unwrap_or_else(|| otherwise.into());
                self.tell(Record::Reverted { from, to: update.target.clone(), why }, step)
            }
            Stage::UnknownBytes if history.unknown.is_none() => self.unknown_bytes(history, endpoint, None),
            Stage::Elsewhere | Stage::UnknownBytes => {
                let why = Return::GoesBack { region: self.name(), to: update.target.version.clone(), why: None };
                self.once(Act::Update, &update.target, why).unwrap_or_else(|| self.nothing(Quiet::Asked))
            }
            Stage::Busy => self.nothing(Quiet::OtherUpdate),
            Stage::Broken => self.broken(history, endpoint),
            _ if !update.started => {
                self.tell(Record::UpdateStarted { execution: update.execution.clone() }, Return::UnderWay)
            }
            // The wave has condemned it, and told people so: nothing else is halted.
            _ if found_bad.is_some() => self.nothing(Quiet::UnderWayToldByWave),
            // So has the wave that left the region behind.
            _ if update.cause == Some(Cause::Region) => self.nothing(Quiet::UnderWayToldByWave),
            // And the wave that did not know why; an alarm is the region's own to tell.
            _ if update.cause == Some(Cause::Unclear) && self.alarm().is_none() => {
                self.nothing(Quiet::UnderWayToldByWave)
            }
            _ if spared => self.nothing(Quiet::UnderWayAlone),
            _ if history.halt.is_none() && history.unknown.is_none() => {
                let worse = left.as_ref().and_then(|left| acts_on(history, &left.release));
                let (from, to) = (left.map(|target| target.version), update.target.version.clone());
                let why = worse.or_else(|| self.alarm()).unwrap_or(WayBackReason::Unexplained);
                let told = Return::GoesBackFrom { region: self.name(), from, to, why };
                self.halt_and_page(told, Advice::FindOutWhatItDoes)
            }
            _ => self.nothing(Quiet::UnderWay),
        }
    }

    /// SageMaker took the wave's update back. Where nobody decided that, somebody must hear of it: from the wave, which knows
    /// what the canary showed, as long as its judge lives; else from here.
    fn guardrail_returned(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.nothing(Quiet::WentBackWithoutWay);
        };
        let guardrail = match self.sight.judge {
            Seen::Known(true) => WayBackReason::Guardrail,
            Seen::Known(false) => WayBackReason::JudgeSilent,
            Seen::Unknown(_) => WayBackReason::JudgeUnseen,
        };
        let why = match &update.decision {
            Some((Decision::Revert, why)) => why.clone(),
            _ if history.spares == Some(update.target.release) => WayBackReason::ClientErrors.into(),
            _ => guardrail.clone().into(),
        };
        let decided = update.is_decided(Decision::Revert) || history.spares == Some(update.target.release);
        if !decided && history.halt.is_none() {
            // One that cannot be seen may live.
            let judged = self.sight.judge != Seen::Known(false) && !update.confirmed && !self.is_forsaken(update);
            if judged {
                return self.nothing(Quiet::JudgeAtWork);
            }
            let (from, to) = (update.target.version.clone(), back.version);
            let told = Return::WentBack { region: self.name(), from, to, why: guardrail };
            return self.halt_once_written(history, told.into(), Advice::ReadPromoteLog);
        }
        let step = Step::IsBack { region: self.name(), version: back.version.clone() };
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, step)
    }

    /// A wave's update is in flight: SageMaker refuses another one, but its own guardrail listens.
    fn in_flight(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        if history.first_update().is_some() {
            return self.nothing(Quiet::FirstInCreation);
        }
        let Some(reason) = self.alarm() else { return self.quiet() };
        if !update.is_decided(Decision::Revert) && !update.confirmed {
            let execution = update.execution.clone();
            let revert = Revert::AlarmRang(reason);
            let (decision, cause) = (Decision::Revert, Some(revert.cause()));
            let why = Reason::Revert(revert);
            let record = Record::Decided { execution, decision, why: why.clone(), judgement: None, cause };
            return self.tell(record, why);
        }
        if let Some(trip) = self.once(Act::Trip, &update.target, reason.clone()) {
            return trip;
        }
        if update.confirmed && self.spares_fleet() {
            let noted = self.note_callers(history, &update.target);
            return noted.unwrap_or_else(|| self.nothing(Quiet::GuardrailTold));
        }
        if history.halt.is_none() && update.confirmed {
            let (region, version) = (self.name(), update.target.version.clone());
            return self.halt_and_page(Return::RingsInSoak { region, version, why: reason }, Advice::WaitForSoak);
        }
        self.nothing(Quiet::GuardrailTold)
    }

    fn broken(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        if history.halt.is_some() {
            return self.nothing(Quiet::Halted);
        }
        let told = Return::Broken { region: self.name(), status: endpoint.status };
        self.halt_and_page(told, Advice::UpdateByHand)
    }
}
