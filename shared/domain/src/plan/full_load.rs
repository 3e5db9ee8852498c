//! After the shift: green's first minutes at full load against blue's last hour, before another region starts (I3).
//!
//! A canary's instances serve less than a champion's, so what load makes slow shows only here. The region is on the release
//! already, and blue still soaks: what fails goes back by the guardrail where SageMaker watches its alarms in soak, else by
//! `rollback`'s own update when soak ends. Counts that do not come keep nobody waiting for ever: that they did not is
//! written down, and the rollback alarm stays the region's watch.

use super::{Act, Plan, View, clock};
use crate::endpoint::Seen;
use crate::history::{OpenUpdate, RegionHistory};
use crate::judge::Judgement;
use crate::ledger::Record;
use crate::lookout::Lookout;
use crate::runbook::Runbook;
use crate::verdict::{Cause, Decision, Verdict};
use jiff::Timestamp;

impl View<'_> {
    /// What is left to do where the release serves, proved: the check at full load, where policy has one, and the region's
    /// usual scaling.
    pub(super) fn proved(&self, history: &RegionHistory) -> Plan {
        if !self.region.is_judged_at_full_load(self.fleet) || history.full_load.contains(&self.sight.release) {
            return self.usual_scaling(history).unwrap_or_else(|| self.done());
        }
        if let Some(over) = self.no_time_to_judge() {
            return over;
        }
        if let Some(lease) = self.lease() {
            return lease;
        }
        let update = history.update.as_ref().filter(|update| update.target == self.target);
        match update.and_then(|update| Some((update, update.confirmed_at?))) {
            Some((update, _)) if update.is_first() => self.unjudged("a first release has no old fleet beside it"),
            Some((update, shifted)) => self.judge_full_load(update, shifted),
            None => self.unjudged("the update that brought it is not on record any more"),
        }
    }

    /// A wave that has ended says nothing more (I10), and one that was stopped lets nobody start: the verdict would be for
    /// nobody.
    fn no_time_to_judge(&self) -> Option<Plan> {
        let (title, version) = (self.title(), &self.sight.version);
        if let Some(barred) = self.sight.hub.barred(&self.sight.release) {
            return Some(self.fail(format!("{version} {barred}")));
        }
        let words = |why| format!("{title} serves {version} and was not judged at full load: {why}");
        let advice =
            "The wave stopped; regions after this one are as they were. Start a new execution once the halt is lifted.";
        if let Some(why) = self.halted() {
            return Some(self.fail_with_page(words(why), &Runbook::Pages.after(advice)));
        }
        let ended = self.sight.hub.ended.contains_key(&self.sight.execution);
        ended.then(|| self.fail(words("the wave has ended".to_owned())))
    }

    fn judge_full_load(&self, update: &OpenUpdate, shifted: Timestamp) -> Plan {
        let due = Lookout::full_load_due(self.fleet, shifted);
        let wait = |why: &str| Plan::wait(format!("{} at full load until {}: {why}", self.title(), clock(due)));
        if Lookout::on(self.fleet, update, self.now).is_none_or(|lookout| lookout.green.is_empty()) {
            return wait("no minute's counts have arrived");
        }
        // Counts may be late, but not for ever: policy is as patient with them as with a region.
        let late = self.now >= due && !self.is_patient(due);
        match &self.sight.judged {
            None => self.act(Act::Look, "what green serves at full load, and blue served"),
            Some(Seen::Known(judgement)) if judgement.verdict == Verdict::Fail => {
                self.revert(update, Cause::Release, format!("at full load: {}", judgement.why), Some(judgement.clone()))
            }
            Some(Seen::Known(judgement)) if late || (self.now >= due && !judgement.is_missing()) => {
                self.tell_full_load(judgement.why.clone(), Some(judgement.clone()))
            }
            Some(Seen::Known(judgement)) => wait(&judgement.to_string()),
            Some(Seen::Unknown(why)) if late => self.unjudged(&format!("the counts cannot be read: {why}")),
            Some(Seen::Unknown(why)) => wait(&format!("the counts cannot be read: {why}")),
        }
    }

    fn unjudged(&self, why: &str) -> Plan {
        self.tell_full_load(format!("not judged: {why}"), None)
    }

    fn tell_full_load(&self, why: String, judgement: Option<Judgement>) -> Plan {
        let (target, execution) = (self.target.clone(), self.brought_by());
        let words = format!("{} at full load: {why}", self.title());
        self.tell(Record::FullLoadJudged { target, execution, why, judgement }, words)
    }

    /// It soaks, and was told to go back: SageMaker is told too, and may listen.
    pub(super) fn trip_soaking(&self, update: &OpenUpdate) -> Plan {
        let why = update.decision.as_ref().map_or("", |(_, why)| why);
        self.once(Act::Trip, why).unwrap_or_else(|| self.takes_back(update))
    }

    /// On the release, and told to go back: `rollback` sees to it in the region, at the end of soak at the latest. A fault of
    /// the release stops the wave now (I7).
    pub(super) fn takes_back(&self, update: &OpenUpdate) -> Plan {
        match (&update.decision, update.cause) {
            (Some((Decision::Revert, why)), Some(Cause::Release)) => self.condemn(why),
            (Some((_, why)), _) => self.stop(&format!("it was told to go back: {why}")),
            (None, _) => self.stop("nobody decided on its update"),
        }
    }
}
