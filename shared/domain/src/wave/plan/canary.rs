//! An update in flight: provisioning, canary, decision, shift, proof.
//!
//! SageMaker's own timer shifts all traffic after silence (I9). So a judge who has not decided looks for the last time
//! `decide_before_end` before the timer's end; from then on only a recorded `Proceed` is followed by a heartbeat.
//! One look's beats reach as far ahead as Lambda takes to repeat a call that died ([`beats`]), so that neither one death nor
//! calls every minute cost a canary; but never so far that a judge who is dead for good would be noticed too late.

use super::{Act, Golden, Next, Plan, Signs, View, diagnose};
use crate::fleet::alarms::LAST_BEAT;
use crate::fleet::{Region, alarms};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Proceed, Proof, Reason, Revert, Seen, Step, Wait};
use crate::ledger::verdict::{Cause, Decision, Verdict};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::Judgement;

/// When the heartbeats of one look hold: now, and ahead for as long as Lambda takes to repeat a call that died. Before a
/// `Proceed` none comes later than [`LAST_BEAT`] before SageMaker's own timer ends (I9): whoever dies then, and for good, is
/// noticed in time.
pub fn beats(region: &Region, update: Option<&OpenUpdate>, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let undecided = update.filter(|update| !update.is_decided(Decision::Proceed));
    let last = undecided.map(|update| update.bakes_until(region) - LAST_BEAT);
    alarms::ahead(now).take_while(move |at| *at == now || last.is_none_or(|last| *at <= last))
}

impl View<'_> {
    pub(super) fn provisioning(&self, update: &OpenUpdate) -> Plan {
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, Step::FoundRunning);
        }
        let wait = || Plan::wait(Wait::Provisioning { region: self.name() });
        // A canary on record whose time is up is let through by nobody, whatever the endpoint shows now.
        let overdue = update.canary.is_some_and(|(_, ends)| self.is_due(ends)) && !update.is_decided(Decision::Proceed);
        let watch = || if overdue { self.lease() } else { self.keep_watch() };
        self.retreat(update).or_else(watch).unwrap_or_else(wait)
    }

    /// What every look at a healthy update does: hold the lease, and beat.
    pub(super) fn keep_watch(&self) -> Option<Plan> {
        self.lease().or_else(|| self.once(Act::Beat))
    }

    /// A revert that was decided is told to SageMaker at every look, without a heartbeat; one that is due because the wave
    /// was stopped is decided.
    pub(super) fn retreat(&self, update: &OpenUpdate) -> Option<Plan> {
        if let Some((Decision::Revert, why)) = &update.decision {
            return Some(self.trip(why));
        }
        let stopped = self.barred().or_else(|| self.halted()).or_else(|| self.halted_here())?;
        Some(self.revert(update, Revert::Stopped(stopped), None))
    }

    pub(super) fn baking(&self, since: Timestamp, update: &OpenUpdate) -> Plan {
        let Some((from, ends)) = update.canary else {
            let bake = update.bake(self.region);
            let ends = since + bake.wait;
            let record = Record::CanaryStarted { execution: update.execution.clone(), from: since, ends };
            let (region, version, percent) = (self.name(), self.version(), bake.percent);
            return self.tell(record, Step::CanaryTakesTraffic { region, version, percent });
        };
        if let Some(retreat) = self.retreat(update) {
            return retreat;
        }
        if update.is_decided(Decision::Proceed) {
            let wait = || Plan::wait(Wait::Shift { at: ends });
            return self.keep_watch().unwrap_or_else(wait);
        }
        let due = self.is_due(ends);
        let watch = if due { self.lease() } else { self.keep_watch() };
        watch.unwrap_or_else(|| self.decide(from, due, update))
    }

    /// True once the last decision is due: SageMaker's timer ends soon.
    pub(super) fn is_due(&self, ends: Timestamp) -> bool {
        self.now >= ends - self.fleet.guardrail.decide_before_end
    }

    /// I9: `Proceed` only on this region's own `Pass`, and before the timer; anything else is a revert when the time is up.
    fn decide(&self, from: Timestamp, due: bool, update: &OpenUpdate) -> Plan {
        let judgement = match &self.sight.judged {
            None => return self.act(Act::Look),
            Some(Seen::Known(judgement)) => judgement,
            Some(Seen::Unknown(why)) if due => {
                return self.revert(update, Revert::CountsUnseen { why: why.clone() }, None);
            }
            Some(Seen::Unknown(why)) => return Plan::wait(Wait::Counts { why: why.clone() }),
        };
        let grounds = judgement.grounds();
        match judgement.verdict {
            _ if fails(judgement) => self.revert(update, Revert::Worse(grounds), Some(judgement)),
            Verdict::Pass if due => self.proceed(update, Proceed::Passes(grounds), Some(judgement)),
            _ if due => self.revert(update, Revert::Undecided(grounds), Some(judgement)),
            verdict => self
                .told_of_callers(judgement)
                .unwrap_or_else(|| Plan::wait(Wait::Canary { since: from, verdict, grounds })),
        }
    }

    /// Said once in a wave: the champion's own 4xx are over the bound, and the challenger's are no worse. Nobody need get up
    /// for what a caller sends.
    fn told_of_callers(&self, judgement: &Judgement) -> Option<Plan> {
        let (hub, execution) = (&self.sight.hub, &self.sight.execution);
        let own = judgement.metrics.iter().find(|own| own.metric.is_client_errors())?;
        let ill = own.blue.rate()? > self.fleet.judge.max_4xx && own.verdict != Verdict::Fail;
        if !ill || hub.callers_told.contains(execution) {
            return None;
        }
        let why = Reason::CallersAlike { region: self.name(), green: own.green, blue: own.blue };
        if self.sight.advised.is_none() {
            return Some(Plan::new(Next::Advise { region: self.name(), advice: Advice::LimitCaller }, why));
        }
        let (execution, region) = (execution.clone(), self.name());
        Some(self.tell_hub(Record::CallersTold { execution, region, green: own.green, blue: own.blue }, why))
    }

    pub(super) fn proceed(&self, update: &OpenUpdate, why: Proceed, judgement: Option<&Judgement>) -> Plan {
        self.decided(update, Decision::Proceed, None, why.into(), judgement)
    }

    pub(super) fn revert(&self, update: &OpenUpdate, why: Revert, judgement: Option<&Judgement>) -> Plan {
        self.decided(update, Decision::Revert, Some(why.cause()), why.into(), judgement)
    }

    fn decided(
        &self,
        update: &OpenUpdate,
        decision: Decision,
        cause: Option<Cause>,
        why: Reason,
        judgement: Option<&Judgement>,
    ) -> Plan {
        let (execution, judgement) = (update.execution.clone(), judgement.cloned());
        self.tell(Record::Decided { execution, decision, why: why.clone(), judgement, cause }, why)
    }

    fn trip(&self, why: &Reason) -> Plan {
        let wait = || Plan::wait(Wait::Return { region: self.name(), why: Some(Box::new(why.clone())) });
        self.once_for(Act::Trip, why.clone()).unwrap_or_else(wait)
    }

    pub(super) fn shifting(&self, update: &OpenUpdate) -> Plan {
        match &update.decision {
            Some((Decision::Proceed, _)) => {
                let wait = || Plan::wait(Wait::Traffic { region: self.name(), version: self.version() });
                self.keep_watch().unwrap_or_else(wait)
            }
            Some((Decision::Revert, why)) => self.trip(why),
            _ => self.revert(update, Revert::TimerEnded, None),
        }
    }

    pub(super) fn shifted(&self, update: &OpenUpdate, history: &RegionHistory) -> Plan {
        if update.confirmed && update.is_decided(Decision::Revert) {
            return self.trip_soaking(update);
        }
        if !update.is_decided(Decision::Proceed) {
            return self.shifting(update);
        }
        if update.confirmed {
            return self.proved(history);
        }
        self.keep_watch().unwrap_or_else(|| self.prove(update))
    }

    /// Asks the golden records, and believes them alone (I4).
    pub(super) fn prove(&self, update: &OpenUpdate) -> Plan {
        let golden = match self.sight.golden.get(&self.region.name) {
            None => return self.act(Act::AskGolden),
            Some(Seen::Known(golden)) if golden.proves() => golden,
            Some(unproved) => return self.bear_with(update, self.unproved(unproved)),
        };
        // The judge has done its work: from here on its silence is no sign of death.
        if let Some(disarm) = self.once(Act::Disarm) {
            return disarm;
        }
        let record = Record::Confirmed {
            target: self.target.clone(),
            // Whose update it was: a wave that left the release here once has no more to say of it (`has_left`).
            execution: update.execution.clone(),
            golden: golden.asked,
        };
        self.tell(record, Step::Proved { golden: golden.asked, version: self.version() })
    }

    /// What the golden records said that do not prove the wave's release.
    pub(super) fn unproved(&self, seen: &Seen<Golden>) -> Proof {
        match seen {
            Seen::Known(Golden { right, asked }) => {
                Proof::Wrong { right: *right, asked: *asked, version: self.version() }
            }
            Seen::Unknown(why) => Proof::Unasked { why: why.clone() },
        }
    }

    /// Traffic may still be moving: a model that is not proved is borne with for as long as policy is patient. A timer that stood
    /// still while the control plane was dark shifts late, and by no more than that patience, or the region were left behind.
    fn bear_with(&self, update: &OpenUpdate, proof: Proof) -> Plan {
        // Without a canary nothing but SageMaker says when traffic moved.
        let shifted = self.shifted_at(update).or_else(|| self.shown_since());
        let since = shifted.map_or(self.sight.since, |shifted| shifted.max(self.sight.since));
        let late = if self.still_bakes(update) { self.fleet.wave.region_patience } else { SignedDuration::ZERO };
        if self.is_patient(since + late) {
            Plan::wait(Wait::Proof(proof))
        } else {
            self.revert(update, Revert::Unproved(proof), None)
        }
    }

    /// SageMaker dates the phase that it shows at the canary's beginning, though the bake's time is up.
    fn still_bakes(&self, update: &OpenUpdate) -> bool {
        self.shown_since().zip(update.canary).is_some_and(|(shown, (from, _))| shown <= from)
    }

    /// Since when the update is in the phase that SageMaker shows.
    fn shown_since(&self) -> Option<Timestamp> {
        let endpoint = self.sight.endpoints.get(&self.region.name).and_then(Seen::known).and_then(Option::as_ref);
        endpoint?.pending.as_ref()?.phase_since
    }

    /// Blue is getting its traffic back: say why, while the evidence is fresh.
    pub(super) fn rolling_back(&self, update: &OpenUpdate) -> Plan {
        if update.is_decided(Decision::Revert) {
            return Plan::wait(Wait::Return { region: self.name(), why: None });
        }
        self.explain(update)
    }

    /// Why SageMaker rolled an update back that nobody had told it to: what the counts say, or which guard is in ALARM.
    pub(super) fn explain(&self, update: &OpenUpdate) -> Plan {
        if update.canary.is_some() && self.sight.judged.is_none() {
            return self.act(Act::Look);
        }
        let judgement = self.sight.judged.as_ref().and_then(Seen::known);
        let failed = judgement.filter(|judgement| fails(judgement)).map(|judgement| judgement.grounds());
        self.revert(update, Revert::Signs(diagnose(Signs { failed, ..self.signs() })), judgement)
    }
}

/// The release fails in one region as soon as it fails there, or pooled with the regions before.
fn fails(judgement: &Judgement) -> bool {
    judgement.verdict == Verdict::Fail || judgement.wave == Verdict::Fail
}
