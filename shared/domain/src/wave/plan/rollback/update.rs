//! An update is on record: a wave's that is in flight, has ended or was rolled back, or the region's own way back.

use super::{LONGEST_CALL, RollbackView};
use crate::fleet::endpoint::{EndpointStatus, EndpointView, Target};
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Fault, Quiet, Reason, Return, Revert, Seen, Step, WayBackReason};
use crate::ledger::verdict::{Cause, Decision};
use crate::ledger::{Act, Record};
use crate::wave::plan::probation::acts_on;
use crate::wave::plan::{Plan, Stage};

impl RollbackView<'_> {
    /// By where the endpoint stands with it.
    pub(super) fn with_update(&self, history: &RegionHistory, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        let stage = Stage::of(endpoint, &update.target, history, self.now);
        if history.lighting().is_some() {
            return self.lighting(history, endpoint, &stage, update);
        }
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
            Stage::OnTarget => self.arrived(history, endpoint, update),
            Stage::Elsewhere if update.was_taken() => {
                match update.back.as_ref().filter(|b| b.config != endpoint.config) {
                    Some(back) => self.foreign(
                        history,
                        endpoint,
                        history.serving.as_ref().map_or(back, |serving| &serving.target),
                    ),
                    None => self.guardrail_returned(history, update),
                }
            }
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
    fn arrived(&self, history: &RegionHistory, endpoint: &EndpointView, update: &OpenUpdate) -> Plan {
        let back = update.back.as_ref().or(history.previous.as_ref());
        match (back, self.alarm()) {
            (Some(back), Some(why)) => self.leave(history, &update.target, back, why),
            (None, Some(why)) => self.stuck(history, &update.target, why),
            // The wave decided to revert during soak, when SageMaker no longer rolls back.
            (Some(back), None) if update.confirmed && update.is_decided(Decision::Revert) => {
                let decided = update.decision.as_ref().map(|(_, why)| why.clone());
                self.roll_back(back, decided.unwrap_or_else(|| WayBackReason::Unexplained.into()))
            }
            (Some(back), None) if !update.confirmed && !update.is_decided(Decision::Proceed) => {
                self.roll_back(back, WayBackReason::Undecided.into())
            }
            (back, None) if !update.confirmed && self.is_forsaken(update) => self.prove(back, update),
            // It is on record as open until its wave is at its end.
            (_, None) if update.confirmed => {
                self.carry(history, endpoint, &update.target).unwrap_or_else(|| self.nothing(Quiet::EndedWell))
            }
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
            (Some(Seen::Known(_)), Some(back)) => self.roll_back(back, WayBackReason::Unproved.into()),
            (Some(Seen::Known(_)), None) => self.nothing(Quiet::WrongWithoutWay),
            (Some(Seen::Unknown(why)), _) => self.nothing(Quiet::GoldenUnasked { why: why.clone() }),
        }
    }

    /// Our own way back is in progress, or has arrived.
    fn own_update(&self, history: &RegionHistory, endpoint: &EndpointView, stage: &Stage, update: &OpenUpdate) -> Plan {
        match stage {
            Stage::OnTarget if history.unknown.is_some() && !self.golden_proves() => self.prove_return(update),
            Stage::OnTarget => self.record_back(history, update),
            Stage::UnknownBytes if history.unknown.is_none() => self.unknown_bytes(history, endpoint, None),
            Stage::Elsewhere | Stage::UnknownBytes => {
                let why = Return::RollsBack { region: self.name(), to: update.target.version.clone(), why: None };
                self.update(endpoint, &update.target, why).unwrap_or_else(|| self.nothing(Quiet::Asked))
            }
            Stage::Busy => self.nothing(Quiet::OtherUpdate),
            Stage::Broken => self.broken(history, endpoint),
            _ if !update.started => {
                self.tell(Record::UpdateStarted { execution: update.execution.clone() }, Return::UnderWay)
            }
            _ => self.tell_under_way(history, update),
        }
    }

    /// Records the return, with the most certain reason that the ledger has for it.
    fn record_back(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let unknown = history.unknown.as_ref();
        let proved = unknown.map(|unknown| WayBackReason::ProvedAgain(unknown.why.clone()).into());
        let known = proved.or_else(|| found_bad(history, update).cloned()).or_else(|| history.halt.clone());
        let why = known.unwrap_or_else(|| match is_spared(history, update) {
            true => WayBackReason::ClientErrors.into(),
            false => WayBackReason::Unexplained.into(),
        });
        let from = left_target(update).unwrap_or(&update.target).clone();
        let step = Step::IsBack { region: self.name(), version: update.target.version.clone() };
        self.tell(Record::Reverted { from, to: update.target.clone(), why }, step)
    }

    /// People are told of a way back once, by whoever knows why.
    fn tell_under_way(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        if self.wave_has_told(history, update) {
            return self.nothing(Quiet::UnderWayToldByWave);
        }
        if is_spared(history, update) {
            return self.nothing(Quiet::UnderWayAlone);
        }
        if history.halt.is_some() || history.unknown.is_some() {
            return self.nothing(Quiet::UnderWay);
        }
        let worse = left_target(update).and_then(|left| acts_on(history, &left.release));
        let (from, to) = (left_target(update).map(|target| target.version.clone()), update.target.version.clone());
        let why = worse.or_else(|| self.alarm()).unwrap_or(WayBackReason::Unexplained);
        let told = Return::RollsBackFrom { region: self.name(), from, to, why };
        self.halt_and_page(told, Advice::FindOutWhatItDoes)
    }

    /// A wave that has condemned the release, left the region behind or did not know why has told people so; nothing else is halted.
    /// An alarm is the region's own to tell.
    fn wave_has_told(&self, history: &RegionHistory, update: &OpenUpdate) -> bool {
        let by_cause = match update.cause {
            Some(Cause::Region) => true,
            Some(Cause::Unclear) => self.alarm().is_none(),
            _ => false,
        };
        found_bad(history, update).is_some() || by_cause
    }

    /// SageMaker rolled back the wave's update. Where nobody decided that, somebody is paged: by the wave, which knows
    /// what the canary showed, as long as its judge runs; else from here.
    fn guardrail_returned(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.nothing(Quiet::RolledBackWithoutWay);
        };
        let guardrail = match self.sight.judge {
            Seen::Known(judge) if update.was_watched_by(judge) => WayBackReason::Guardrail,
            Seen::Known(_) => WayBackReason::JudgeSilent,
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
            let judged = self.sight.judge != Seen::Known(None) && !update.confirmed && !self.is_forsaken(update);
            if judged {
                return self.nothing(Quiet::JudgeAtWork);
            }
            let (from, to) = (update.target.version.clone(), back.version);
            let told = Return::RolledBack { region: self.name(), from, to, why: guardrail };
            return self.halt_once_written(history, told.into(), Advice::ReadPromoteLog);
        }
        let step = Step::IsBack { region: self.name(), version: back.version.clone() };
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, step)
    }

    /// A wave's update is in flight: SageMaker refuses another one, but its own guardrail listens.
    pub(super) fn in_flight(&self, history: &RegionHistory, update: &OpenUpdate) -> Plan {
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
}

/// What the region serves until its way back has arrived.
fn left_target(update: &OpenUpdate) -> Option<&Target> {
    update.leaves.as_ref().map(|(target, _)| target)
}

/// Why, where the release that a way back leaves was found bad after it was confirmed here.
fn found_bad<'a>(history: &'a RegionHistory, update: &OpenUpdate) -> Option<&'a Reason> {
    let left = left_target(update).filter(|left| history.confirmed.contains_key(&left.release))?;
    history.blamed.get(&left.release)
}

/// True if callers may be what a way back is for: it halts nothing else.
fn is_spared(history: &RegionHistory, update: &OpenUpdate) -> bool {
    left_target(update).is_some_and(|left| history.spares == Some(left.release))
}
