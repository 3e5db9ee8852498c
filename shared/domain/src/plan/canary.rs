//! An update in flight: provisioning, canary, decision, shift, proof.
//!
//! SageMaker's own timer shifts all traffic after silence (I9). So a judge who has not decided beats for the last time
//! `decide_before_end` before the timer's end; from then on only a recorded `Proceed` is followed by a heartbeat.
//! One look's beats reach as far ahead as Lambda takes to repeat a call that died ([`beats`]), so that one death costs no
//! canary; but never so far that a judge who is dead for good would be noticed only after the timer.

use super::{Act, Golden, Next, Plan, Signs, View, clock, diagnose};
use crate::alarms::{self, LONGEST_SILENCE};
use crate::endpoint::Seen;
use crate::fleet::{Inconclusive, Region};
use crate::history::{OpenUpdate, RegionHistory};
use crate::judge::Judgement;
use crate::ledger::Record;
use crate::quarantine::Barred;
use crate::runbook::Runbook;
use crate::telling::client_errors_alike;
use crate::verdict::{Cause, Decision, Verdict};
use jiff::Timestamp;

/// When the heartbeats of one look hold: now, and ahead for as long as Lambda takes to repeat a call that died. Before a
/// `Proceed` none comes later than [`LONGEST_SILENCE`] before SageMaker's own timer ends (I9): whoever dies then, and for
/// good, is noticed in time.
pub fn beats(region: &Region, update: Option<&OpenUpdate>, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let undecided = update.filter(|update| !update.is_decided(Decision::Proceed));
    let last = undecided.map(|update| update.bakes_until(region) - LONGEST_SILENCE);
    alarms::ahead(now).take_while(move |at| *at == now || last.is_none_or(|last| *at <= last))
}

impl View<'_> {
    pub(super) fn provisioning(&self, update: &OpenUpdate) -> Plan {
        if !update.started {
            let record = Record::UpdateStarted { execution: update.execution.clone() };
            return self.tell(record, "found running after a lost answer");
        }
        let wait = || Plan::wait(format!("{}'s new fleet is being provisioned", self.title()));
        // A canary on record whose time is up is let through by nobody, whatever the endpoint shows now.
        let overdue = update.canary.is_some_and(|(_, ends)| self.is_due(ends)) && !update.is_decided(Decision::Proceed);
        let watch = || if overdue { self.lease() } else { self.keep_watch() };
        self.retreat(update).or_else(watch).unwrap_or_else(wait)
    }

    /// What every look at a healthy update does: hold the lease, and beat.
    pub(super) fn keep_watch(&self) -> Option<Plan> {
        self.lease().or_else(|| self.once(Act::Beat, "the judge looks"))
    }

    /// A revert that was decided is told to SageMaker at every look, without a heartbeat; one that is due because the wave
    /// was stopped is decided.
    pub(super) fn retreat(&self, update: &OpenUpdate) -> Option<Plan> {
        if let Some((Decision::Revert, why)) = &update.decision {
            return Some(self.trip(why));
        }
        let (cause, why) = self.stopped()?;
        Some(self.revert(update, cause, why, None))
    }

    /// Whether the wave was stopped while this region's canary was under way (I7), and by what.
    fn stopped(&self) -> Option<(Cause, String)> {
        let barred = self.sight.hub.barred(&self.sight.release).map(|barred| {
            let cause = if matches!(barred, Barred::Condemned { .. }) { Cause::Release } else { Cause::Unclear };
            (cause, format!("{} {barred}", self.sight.version))
        });
        barred.or_else(|| self.halted().map(|why| (Cause::Unclear, why)))
    }

    pub(super) fn baking(&self, since: Timestamp, update: &OpenUpdate) -> Plan {
        let Some((from, ends)) = update.canary else {
            let bake = update.bake(self.region);
            let ends = since + bake.wait;
            let record = Record::CanaryStarted { execution: update.execution.clone(), from: since, ends };
            return self.tell(
                record,
                format!("{} % of {}'s traffic is on {}", bake.percent, self.title(), self.sight.version),
            );
        };
        if let Some(retreat) = self.retreat(update) {
            return retreat;
        }
        if update.is_decided(Decision::Proceed) {
            let wait = || Plan::wait(format!("decided; SageMaker shifts at {}", clock(ends)));
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

    /// I9: `Proceed` only on a `Pass`, this region's or one that policy carries over from the wave's, and before the timer;
    /// anything else is a revert when the time is up.
    fn decide(&self, from: Timestamp, due: bool, update: &OpenUpdate) -> Plan {
        let judgement = match &self.sight.judged {
            None => return self.act(Act::Look, "what green and blue served"),
            Some(Seen::Known(judgement)) => judgement,
            Some(Seen::Unknown(why)) if due => {
                return self.revert(update, Cause::Unclear, format!("the counts cannot be read: {why}"), None);
            }
            Some(Seen::Unknown(why)) => return Plan::wait(format!("the counts cannot be read: {why}")),
        };
        let why = judgement.why.clone();
        match judgement.verdict {
            _ if fails(judgement) => self.revert(update, Cause::Release, why, Some(judgement.clone())),
            Verdict::Pass if due => self.proceed(update, why, judgement.clone()),
            _ if due && self.carries(judgement) => {
                let why = format!("carried by the regions before, where nothing is worse; here {why}");
                self.proceed(update, why, judgement.clone())
            }
            _ if due => self.revert(update, Cause::Unclear, why, Some(judgement.clone())),
            _ => self
                .told_of_callers(judgement)
                .unwrap_or_else(|| Plan::wait(format!("canary since {}: {judgement}", clock(from)))),
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
        let words = format!("{}: {}", self.title(), client_errors_alike(own.green, own.blue));
        if !self.sight.advised {
            let advice = "Find out which caller it is and limit it. The wave goes on: no release is at fault.";
            let next = Next::Advise { region: self.region.name.clone(), advice: Runbook::ModelFault.after(advice) };
            return Some(Plan::new(next, words));
        }
        let (execution, region) = (execution.clone(), self.region.name.clone());
        Some(self.tell_hub(Record::CallersTold { execution, region, green: own.green, blue: own.blue }, words))
    }

    /// Too little was seen here to say either: policy may let the wave's pooled evidence speak for it. Where something is
    /// missing nothing does.
    fn carries(&self, judgement: &Judgement) -> bool {
        self.fleet.judge.inconclusive == Inconclusive::Carry
            && judgement.verdict == Verdict::Inconclusive
            && judgement.wave == Verdict::Pass
            && !judgement.is_missing()
    }

    fn proceed(&self, update: &OpenUpdate, why: String, judgement: Judgement) -> Plan {
        let record = Record::Decided {
            execution: update.execution.clone(),
            decision: Decision::Proceed,
            why: why.clone(),
            judgement: Some(judgement),
            cause: None,
        };
        self.tell(record, why)
    }

    pub(super) fn revert(&self, update: &OpenUpdate, cause: Cause, why: String, judgement: Option<Judgement>) -> Plan {
        let record = Record::Decided {
            execution: update.execution.clone(),
            decision: Decision::Revert,
            why: why.clone(),
            judgement,
            cause: Some(cause),
        };
        self.tell(record, why)
    }

    fn trip(&self, why: &str) -> Plan {
        self.once(Act::Trip, why.to_owned())
            .unwrap_or_else(|| Plan::wait(format!("{} is told to go back: {why}", self.title())))
    }

    pub(super) fn shifting(&self, update: &OpenUpdate) -> Plan {
        match &update.decision {
            Some((Decision::Proceed, _)) => {
                let wait = || Plan::wait(format!("{}'s traffic moves to {}", self.title(), self.sight.version));
                self.keep_watch().unwrap_or_else(wait)
            }
            Some((Decision::Revert, why)) => self.trip(why),
            _ => self.revert(update, Cause::Unclear, "the timer ended before a decision".to_owned(), None),
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
        let version = &self.sight.version;
        let golden = match self.sight.golden.get(&self.region.name) {
            None => return self.act(Act::AskGolden, "which model answers"),
            Some(Seen::Known(golden)) if golden.proves() => golden,
            Some(unproved) => {
                let why = match unproved {
                    Seen::Known(Golden { right, asked }) => {
                        format!("{right} of {asked} golden records were answered as {version}")
                    }
                    Seen::Unknown(why) => format!("golden records cannot be asked: {why}"),
                };
                return self.bear_with(update, why);
            }
        };
        // The judge has done its work: from here on its silence is no sign of death.
        if let Some(disarm) = self.once(Act::Disarm, "the canary is over") {
            return disarm;
        }
        let record = Record::Confirmed {
            target: self.target.clone(),
            // Whose update it was: a wave that left the release here once has no more to say of it (`has_left`).
            execution: update.execution.clone(),
            golden: golden.asked,
        };
        self.tell(record, format!("all {} golden records were answered with {version}'s scores", golden.asked))
    }

    /// Traffic may still be moving: a model that is not proved is borne with for as long as policy is patient.
    fn bear_with(&self, update: &OpenUpdate, why: String) -> Plan {
        let since = self.shifted_at(update).map_or(self.sight.since, |shifted| shifted.max(self.sight.since));
        if self.is_patient(since) { Plan::wait(why) } else { self.revert(update, Cause::Unclear, why, None) }
    }

    /// Blue is getting its traffic back: say why, while the evidence is fresh.
    pub(super) fn going_back(&self, update: &OpenUpdate) -> Plan {
        if update.is_decided(Decision::Revert) {
            return Plan::wait(format!("{} is going back", self.title()));
        }
        self.explain(update)
    }

    /// Why SageMaker took an update back that nobody had told it to: what the counts say, or which guard rings.
    pub(super) fn explain(&self, update: &OpenUpdate) -> Plan {
        if update.canary.is_some() && self.sight.judged.is_none() {
            return self.act(Act::Look, "what green and blue served");
        }
        let judgement = self.sight.judged.as_ref().and_then(Seen::known).cloned();
        let verdict = |judgement: &Judgement| if fails(judgement) { Verdict::Fail } else { judgement.verdict };
        let judged = judgement.as_ref().map(|judgement| (verdict(judgement), judgement.why.clone()));
        let diagnosis = diagnose(&Signs { judged, ..self.signs() });
        let why = diagnosis.why("SageMaker took it back, and no guard rings any more");
        self.revert(update, diagnosis.cause, why, judgement)
    }
}

/// The release fails in one region as soon as it fails there, or pooled with the regions before.
fn fails(judgement: &Judgement) -> bool {
    judgement.verdict == Verdict::Fail || judgement.wave == Verdict::Fail
}
