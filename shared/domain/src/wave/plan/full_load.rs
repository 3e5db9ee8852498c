//! After the shift: green's first minutes at full load against blue's last hour, before another region starts (I3).
//!
//! A canary's instances serve less than a champion's, so what load makes slow shows only here. The region is on the release
//! already, and blue still soaks: what fails rolls back by the guardrail where SageMaker watches its alarms in soak, else by
//! `rollback`'s own update when soak ends. Counts that do not come keep nobody waiting for ever: that they did not is
//! written down, and the rollback alarm stays the region's watch.

use super::{Act, Plan, View};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{AtFullLoad, Fault, FullLoad, Revert, Seen, Stopped, Wait, WaveEnd};
use crate::ledger::verdict::{Cause, Decision, Verdict};
use crate::wave::lookout::Lookout;
use jiff::Timestamp;
use meridian_judge::Judgement;

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
            Some((update, _)) if update.is_first() => self.tell_full_load(FullLoad::FirstRelease, None),
            Some((update, shifted)) => self.judge_full_load(update, shifted),
            None => self.tell_full_load(FullLoad::UpdateNotOnRecord, None),
        }
    }

    /// A wave that has ended says nothing more (I10), and one that was stopped lets nobody start: the verdict would be for
    /// nobody.
    fn no_time_to_judge(&self) -> Option<Plan> {
        if let Some(barred) = self.barred() {
            return Some(self.fail(WaveEnd::Stopped(barred)));
        }
        let not_judged = |stopped| WaveEnd::NotJudged { region: self.name(), version: self.version(), stopped };
        if let Some(halted) = self.halted() {
            return Some(self.fail_with_page(not_judged(halted), Advice::LiftFirst));
        }
        if let Some(halted) = self.halted_here() {
            return Some(self.defer(not_judged(halted)));
        }
        self.is_over().then(|| self.fail(not_judged(Stopped::WaveOver)))
    }

    fn judge_full_load(&self, update: &OpenUpdate, shifted: Timestamp) -> Plan {
        let due = Lookout::full_load_due(self.fleet, shifted);
        let wait = |seen| Plan::wait(Wait::FullLoad { region: self.name(), due, seen });
        if Lookout::on(self.fleet, update, self.now).is_none_or(|lookout| lookout.green.is_empty()) {
            return wait(AtFullLoad::Nothing);
        }
        // Counts may be late, but not for ever: policy is as patient with them as with a region.
        let late = self.now >= due && !self.is_patient(due);
        match &self.sight.judged {
            None => self.act(Act::Look),
            Some(Seen::Known(judgement)) if judgement.verdict == Verdict::Fail => {
                self.revert(update, Revert::WorseAtFullLoad(judgement.grounds()), Some(judgement))
            }
            Some(Seen::Known(judgement)) if late || (self.now >= due && !judgement.is_missing()) => {
                self.tell_full_load(FullLoad::Judged(judgement.grounds()), Some(judgement.clone()))
            }
            Some(Seen::Known(judgement)) => {
                wait(AtFullLoad::Judged { verdict: judgement.verdict, grounds: judgement.grounds() })
            }
            Some(Seen::Unknown(why)) if late => self.tell_full_load(FullLoad::Unseen { why: why.clone() }, None),
            Some(Seen::Unknown(why)) => wait(AtFullLoad::Unseen { why: why.clone() }),
        }
    }

    fn tell_full_load(&self, found: FullLoad, judgement: Option<Judgement>) -> Plan {
        let (target, execution) = (self.target.clone(), self.brought_by());
        let why = WaveEnd::FullLoad { region: self.name(), found: found.clone() };
        self.tell(Record::FullLoadJudged { target, execution, why: found.into(), judgement }, why)
    }

    /// It soaks, and was told to roll back: SageMaker is told too, and may listen.
    pub(super) fn trip_soaking(&self, update: &OpenUpdate) -> Plan {
        let trip = update.decision.as_ref().and_then(|(_, why)| self.once_for(Act::Trip, why.clone()));
        trip.unwrap_or_else(|| self.ordered_to_roll_back(update))
    }

    /// On the release, and told to roll back: `rollback` sees to it in the region, at the end of soak at the latest. A fault of
    /// the release stops the wave now (I7).
    pub(super) fn ordered_to_roll_back(&self, update: &OpenUpdate) -> Plan {
        match (&update.decision, update.cause) {
            (Some((Decision::Revert, why)), Some(Cause::Release)) => self.condemn(why),
            (Some((_, why)), _) => self.unclear(Some(why), Fault::ToldToGoBack(Box::new(why.clone()))),
            (None, _) => self.unclear(None, Fault::NobodyDecided),
        }
    }
}
