//! Regions that do not answer: patience, then leaving them behind. A regional fault never stops another region (I7).

use super::{Act, Finish, Next, Plan, Signs, View, diagnose};
use crate::fleet::Region;
use crate::fleet::alarms::{AlarmState, composite_name, green_names, guard_names};
use crate::fleet::endpoint::Target;
use crate::fleet::names::{RegionName, Version};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{
    Fault, Gate, Reason, RegionState, Revert, Seen, Sign, SilentRegion, Step, Unseen, Wait, WaveEnd,
};
use crate::ledger::verdict::{Cause, Decision};
use jiff::Timestamp;
use std::sync::Arc;

impl View<'_> {
    /// Since when this wave has known the region to be ill.
    pub(super) fn ill_since(&self, region: &RegionName) -> Option<Timestamp> {
        let (wave, since) = self.sight.hub.ill.get(region)?;
        (*wave == self.sight.execution).then_some(*since)
    }

    pub(super) fn is_patient(&self, since: Timestamp) -> bool {
        self.now.duration_since(since) < self.fleet.wave.region_patience
    }

    /// On record: from now on policy's patience with the region runs.
    fn patience_begins(&self, region: &RegionName, why: Reason, step: Step) -> Plan {
        let execution = self.sight.execution.clone();
        self.tell_hub(Record::RegionIll { region: region.clone(), execution, why }, step)
    }

    fn fell_silent(&self, region: &RegionName, unseen: Unseen) -> Plan {
        let step = Step::FallsSilent { region: region.clone(), why: unseen.clone() };
        self.patience_begins(region, Fault::Unseen(unseen).into(), step)
    }

    /// A region that was ill is well once a look has come to its end, for what it was ill of may be what a step asks last, and once it
    /// has answered for a while: an illness that comes and goes would never end policy's patience.
    pub(super) fn once_well(&self, plan: Plan) -> Plan {
        let over = match plan.next {
            Next::Wait => self.has_answered_for_a_while(&self.region.name),
            Next::Finish(Finish::Done) => true,
            _ => false,
        };
        if over && self.ill_since(&self.region.name).is_some() { self.well(self.region) } else { plan }
    }

    /// False if the wave has lately waited for the region.
    fn has_answered_for_a_while(&self, region: &RegionName) -> bool {
        let last = self.sight.silence.as_ref().filter(|silence| silence.region == *region);
        last.is_none_or(|silence| silence.is_over(self.now))
    }

    fn well(&self, region: &Region) -> Plan {
        let record = Record::RegionWell { region: region.name.clone(), execution: self.sight.execution.clone() };
        self.tell_hub(record, Step::AnswersAgain { region: region.name.clone() })
    }

    /// The region's control plane does not answer. The judge still runs: until a decision is due, a short
    /// illness does not cost the canary. Then it is rolled back, and the region is left behind.
    pub(super) fn ill(&self, history: Option<&RegionHistory>, unseen: Unseen) -> Plan {
        // Darkness does not make a bad release a regional fault, and the others do not wait for it (I7).
        if let Some(bad) = history.and_then(|history| history.evidence_against(&self.sight.release)) {
            let tripped = history.and_then(|history| history.update.as_ref()).filter(|update| self.is_ours(update));
            let trip = tripped.and_then(|_| self.once_for(Act::Trip, bad.clone()));
            return trip.unwrap_or_else(|| self.condemn(bad));
        }
        let service = unseen.service();
        let Some(since) = self.ill_since(&self.region.name) else {
            return self.fell_silent(&self.region.name, unseen);
        };
        let silent = Fault::Silent { since, service };
        // What was told of a wave that has ended is not told again.
        if self.sight.hub.ended.contains_key(&self.sight.execution) {
            let decided = history.and_then(|history| history.update.as_ref()?.decision.as_ref());
            let why = decided.map_or_else(|| silent.into(), |(_, why)| why.clone());
            return self.fail(self.not_on(why));
        }
        if let Some(lease) = self.lease() {
            return lease;
        }
        let update = history.and_then(|history| history.update.as_ref()).filter(|update| self.is_ours(update));
        if self.is_patient(since) && !update.is_some_and(|update| self.must_decide(update)) {
            let running = update.filter(|update| !update.is_decided(Decision::Revert));
            let beat = running.and_then(|_| self.once(Act::Beat));
            return beat.unwrap_or_else(|| Plan::wait(Wait::Silent { region: self.name(), since }));
        }
        let why = Revert::Signs(self.silence(silent, update));
        let cause = why.cause();
        // What was let through stands, unless its own instances show the release bad since: the judge is done, and its silence
        // must not roll the region back.
        let stands = |update: &OpenUpdate| self.is_shifted(update) && cause != Cause::Release;
        if update.is_some_and(stands)
            && let Some(disarm) = self.once(Act::Disarm)
        {
            return disarm;
        }
        if let Some(update) = update.filter(|update| !stands(update)) {
            if !update.is_decided(Decision::Revert) {
                return self.revert(update, why, None);
            }
            if let Some(trip) = self.tripped(update) {
                return trip;
            }
        }
        match (update.and_then(|update| update.cause), cause) {
            // Counts that did not decide say nothing of a silence after them.
            (Some(Cause::Region), _) | (None | Some(Cause::Undecided), Cause::Region) => self.defer(why),
            (Some(Cause::Unclear), Cause::Region) => {
                let decided = update.and_then(|update| Some(&update.decision.as_ref()?.1));
                let both = decided.cloned().into_iter().chain([why.into()]).collect();
                self.unclear(decided, Reason::Several(both))
            }
            (Some(Cause::Release), _) => self.condemn(&why.into()),
            // What rings after counts did not decide is in no ledger: it stops the wave, and condemns nothing.
            _ => self.stop(why),
        }
    }

    fn tripped(&self, update: &OpenUpdate) -> Option<Plan> {
        let left = !update.is_decided(Decision::Proceed);
        self.once(Act::Trip).filter(|_| left)
    }

    /// Whose fault it is that a region does not answer.
    fn silence(&self, fault: Fault, update: Option<&OpenUpdate>) -> Vec<Sign> {
        // Guards speak of this wave's canary only where there is one.
        let signs = update.filter(|update| update.canary.is_some()).map(|_| self.signs()).unwrap_or_default();
        let silent = SilentRegion { region: self.name(), fault };
        let (silent, silent_too) = (Some(silent), self.silent_but(&self.region.name));
        // What rings beside the silence is its consequence, unless it watches green alone.
        diagnose(Signs { silent, silent_too, other_guard: None, endpoint_alarm: false, ..signs })
    }

    /// The regions that do not answer, this one left out: of those that were looked at.
    fn silent_but(&self, region: &RegionName) -> Vec<RegionName> {
        let unseen = |name: &RegionName| {
            let ledger = matches!(self.sight.regions.get(name), Some(Seen::Unknown(_)));
            ledger || matches!(self.sight.endpoints.get(name), Some(Seen::Unknown(_)))
        };
        let others = self.fleet.regions.iter().filter(|other| other.name != *region && unseen(&other.name));
        others.map(|other| other.name.clone()).collect()
    }

    /// What is seen of this region's update beside what the judge says.
    pub(super) fn signs(&self) -> Signs {
        let alarms = self.sight.alarms.known();
        let rings = |name: &String| {
            alarms.into_iter().flatten().any(|alarm| alarm.state == AlarmState::Alarm && alarm.name == *name)
        };
        let green = green_names(self.fleet);
        let others = guard_names(self.fleet).into_iter().filter(|name| !green.contains(name));
        let endpoint = self.sight.endpoints.get(&self.region.name).and_then(Seen::known);
        Signs {
            green_guard: green.iter().find(|name| rings(name)).cloned(),
            other_guard: others.into_iter().find(|name| rings(name)),
            endpoint_alarm: rings(&composite_name(self.fleet)),
            failure: endpoint.and_then(Option::as_ref).and_then(|endpoint| endpoint.failure.clone()),
            ..Signs::default()
        }
    }

    /// The canary's timer is about to run out and nobody has said `Proceed`.
    fn must_decide(&self, update: &OpenUpdate) -> bool {
        !update.is_decided(Decision::Proceed) && self.is_due(update.bakes_until(self.region))
    }

    /// Let through on evidence, and past its timer: darkness does not make that decision wrong, and a revert that comes
    /// now only tears at a fleet that serves. The next execution asks it which model answers.
    fn is_shifted(&self, update: &OpenUpdate) -> bool {
        update.is_decided(Decision::Proceed) && update.canary.is_some_and(|(_, ends)| self.now >= ends)
    }

    /// Leaves this region behind on record; the others go on.
    pub(super) fn defer(&self, why: impl Into<Reason>) -> Plan {
        let serves = self.serves_something();
        self.defer_for(why, |region, version| Advice::CheckHealth { region, version, serves })
    }

    /// The same where a person has to mend something there first.
    pub(super) fn defer_until_mended(&self, why: impl Into<Reason>) -> Plan {
        let serves = self.serves_something();
        self.defer_for(why, |region, version| Advice::MendRegion { region, version, serves })
    }

    fn serves_something(&self) -> bool {
        !self.history().is_some_and(RegionHistory::is_new)
    }

    /// The same where somebody has taken its endpoint away.
    pub(super) fn defer_without_endpoint(&self, gone: Gate) -> Plan {
        let advice = Advice::MendRegion { region: self.name(), version: self.version(), serves: false };
        self.defer_as(gone, RegionState::EndpointGone, advice)
    }

    pub(super) fn defer_for(&self, why: impl Into<Reason>, advice: impl Fn(RegionName, Version) -> Advice) -> Plan {
        let state = self.history().map_or(RegionState::Unknown, state);
        self.defer_as(why, state, advice(self.name(), self.version()))
    }

    fn defer_as(&self, why: impl Into<Reason>, state: RegionState, advice: Advice) -> Plan {
        // Whatever ails the region now: evidence against the release is no regional fault (I7).
        if let Some(bad) = self.history().and_then(|history| history.evidence_against(&self.sight.release)) {
            return self.condemn(bad);
        }
        self.leave(&self.region.name, Reason::LeftBehind { why: Box::new(why.into()), state }, advice)
    }

    /// Another region keeps this one from starting: it has the same patience, then it is left behind, not this one.
    pub(super) fn leave_behind(&self, neighbour: &Region, gate: Gate) -> Plan {
        let region = neighbour.name.clone();
        let Some(since) = self.ill_since(&region) else {
            return match gate {
                Gate::Unseen(unseen) => self.fell_silent(&region, unseen),
                gate => self.patience_begins(
                    &region,
                    gate.clone().into(),
                    Step::InTheWay { region: region.clone(), why: gate },
                ),
            };
        };
        if self.is_patient(since) {
            return Plan::wait(Wait::Gate { region: Some(region), gate });
        }
        self.lease().unwrap_or_else(|| self.give_up_on(region, gate))
    }

    pub(super) fn give_up_on(&self, region: RegionName, gate: Gate) -> Plan {
        let history = self.sight.regions.get(&region).and_then(Seen::known);
        let (version, serves) = (self.version(), !history.is_some_and(|history| history.is_new()));
        let silent_too = self.silent_but(&region);
        match gate {
            // Several at once are not a single-region fault: one page, and a person looks.
            Gate::Unseen(unseen) if !silent_too.is_empty() => {
                let silent = Some(SilentRegion { region, fault: Fault::Unseen(unseen) });
                self.stop(Revert::Signs(diagnose(Signs { silent, silent_too, ..Signs::default() })))
            }
            Gate::Unseen(_) => {
                let why = Reason::LeftBehind { why: Box::new(gate.into()), state: RegionState::UnknownUntilItAnswers };
                self.leave(&region, why, Advice::CheckHealth { region: region.clone(), version, serves })
            }
            gate => self.leave(&region, gate.into(), Advice::CloseUpdate { region: region.clone(), version, serves }),
        }
    }

    /// A region that this wave left behind answers again, and its ledger holds no word about the wave's update there: it gets the
    /// one that could not be written, so that its own rollback neither pages a second time nor halts the others.
    pub(super) fn late_word(&self) -> Option<Plan> {
        let wave = &self.sight.execution;
        if self.sight.hub.ended.contains_key(wave) {
            return None;
        }
        self.fleet.regions.iter().find_map(|region| {
            let why = self.sight.left_without_word(&region.name)?;
            // Decided by a look at the endpoint that is as new as the ledger's (I11).
            self.sight.endpoints.get(&region.name).and_then(Seen::known)?;
            let (execution, decision, cause) = (wave.clone(), Decision::Revert, Some(Cause::Region));
            let record = Record::Decided { execution, decision, why: why.clone(), judgement: None, cause };
            Some(Plan::new(Next::TellRegion(region.name.clone(), record), why.clone()))
        })
    }

    /// A neighbour that has answered again for a while is not counted ill any more.
    pub(super) fn neighbours_well(&self) -> Option<Plan> {
        self.neighbour_again(|region| self.has_answered_for_a_while(region))
    }

    /// Nor is one that answers as this region starts: the wave does not wait for it any more.
    pub(super) fn neighbours_well_at_last(&self) -> Option<Plan> {
        self.neighbour_again(|_| true)
    }

    fn neighbour_again(&self, is_well: impl Fn(&RegionName) -> bool) -> Option<Plan> {
        let others = self.fleet.regions.iter().filter(|other| other.name != self.region.name);
        let mut ill = others.filter(|other| self.ill_since(&other.name).is_some() && !self.is_deferred(&other.name));
        let quiet = |name: &RegionName| self.sight.regions.get(name).is_some_and(|seen| self.is_quiet(name, seen));
        let well = ill.find(|other| quiet(&other.name) && is_well(&other.name))?;
        Some(self.well(well))
    }

    fn leave(&self, region: &RegionName, why: Reason, advice: Advice) -> Plan {
        let end = WaveEnd::Deferred { region: region.clone(), why: Box::new(why.clone()) };
        // Whoever halted it has paged already, and so has its own watch that recorded its return, unless that page is overdue.
        let history = self.sight.regions.get(region).and_then(Seen::known);
        let (release, version, wave) = (&self.sight.release, &self.sight.version, &self.sight.execution);
        let has_told = |own: &RegionHistory| {
            own.halt.is_some() || own.told_of_return(release, version, wave) || own.is_about_to_tell(version, self.now)
        };
        let told = history.is_some_and(|own| has_told(own) && !own.owes_overdue(self.now));
        if let Some(page) = self.page_once(region, end.clone(), advice).filter(|_| !told) {
            return page;
        }
        let paged = !told && self.sight.paged.get(region).is_some_and(|page| page.is_same_as(&end.into()));
        self.note_deferral(region).unwrap_or_else(|| self.leave_on_record(region, why, paged))
    }

    /// Where the region's ledger cannot be told that it was left behind, that is noted beside its way back, so that its own rollback
    /// neither pages again nor halts the others. After the page: a wave that dies before it has told nobody.
    fn note_deferral(&self, region: &RegionName) -> Option<Plan> {
        let policy = self.fleet.region(region)?;
        let told = self.sight.regions.get(region).is_some_and(|seen| seen.known().is_some());
        // An ill CloudWatch would use the call's time up between the page and its entry.
        let unseen = *region == self.region.name && self.sight.alarms.known().is_none();
        let target = Target::of(self.fleet, policy, self.sight.release, &self.sight.version);
        let due = !told && !unseen && !self.sight.done.contains(&Act::NoteDeferral);
        due.then(|| Plan::act(Act::NoteDeferral, region.clone(), target))
    }

    /// The entry that says so; whether people were `paged` for it too.
    pub(super) fn leave_on_record(&self, region: &RegionName, why: Reason, paged: bool) -> Plan {
        let end = WaveEnd::Deferred { region: region.clone(), why: Box::new(why.clone()) };
        let (execution, release) = (self.sight.execution.clone(), self.sight.release);
        self.tell_hub(Record::Deferred { region: region.clone(), execution, release, why, paged }, end)
    }

    /// Seen, and not between an update and its confirmation.
    fn is_quiet(&self, region: &RegionName, seen: &Seen<Arc<RegionHistory>>) -> bool {
        let quiet =
            |history: &RegionHistory| history.update.as_ref().is_none_or(|open| !self.is_mid_shift(region, open));
        seen.known().map(Arc::as_ref).is_some_and(quiet)
    }
}

/// What a region's ledger says of a region that is left behind.
fn state(history: &RegionHistory) -> RegionState {
    let version = |target: &Target| target.version.clone();
    match (&history.serving, &history.update) {
        (Some(_), Some(update)) if update.confirmed && update.is_decided(Decision::Proceed) => {
            RegionState::WasProved { version: version(&update.target) }
        }
        (Some(_), Some(update)) if update.is_decided(Decision::Proceed) => {
            RegionState::WasMoving { version: version(&update.target) }
        }
        (Some(serving), Some(update)) if update.is_decided(Decision::Revert) => {
            RegionState::WasRollingBack { version: version(&serving.target) }
        }
        (Some(_), Some(update)) if update.was_taken() => RegionState::Undecided { version: version(&update.target) },
        (Some(serving), Some(update)) => {
            RegionState::NeverStarted { from: version(&serving.target), to: version(&update.target) }
        }
        (_, None) if history.unknown.is_some() => RegionState::BytesUnknown,
        (Some(serving), None) => RegionState::Stays { version: version(&serving.target) },
        (None, _) => RegionState::ServesNothing,
    }
}
