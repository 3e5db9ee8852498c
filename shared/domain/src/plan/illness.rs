//! Regions that do not answer: patience, then leaving them behind. A regional fault never stops another region (I7).

use super::{Act, Diagnosis, Next, Plan, Signs, View, clock, diagnose};
use crate::alarms::{AlarmState, composite_name, green_names, guard_names};
use crate::endpoint::Seen;
use crate::fleet::Region;
use crate::history::{OpenUpdate, RegionHistory};
use crate::ledger::Record;
use crate::names::RegionName;
use crate::runbook::Runbook;
use crate::verdict::{Cause, Decision};
use jiff::Timestamp;

/// What to do about a region that does not answer.
const HEALTH: &str = "Check the region's service health; when it answers again";
/// What to do about a region that answers, with an update that has no end.
const OPEN_UPDATE: &str = "Describe its endpoint and read its ledger: who started the update, and why has nobody decided \
                           on it? When it has come to its end";

/// Why another region keeps this one from starting.
pub(super) enum Obstacle {
    /// It cannot be seen.
    Unseen(String),
    /// It answers; its update is open.
    MidShift(String),
}

impl Obstacle {
    fn why(&self) -> &str {
        match self {
            Obstacle::Unseen(why) | Obstacle::MidShift(why) => why,
        }
    }
}

impl View<'_> {
    /// Since when this wave has known the region to be ill.
    pub(super) fn ill_since(&self, region: &RegionName) -> Option<Timestamp> {
        let (wave, since) = self.sight.hub.ill.get(region)?;
        (*wave == self.sight.execution).then_some(*since)
    }

    pub(super) fn is_patient(&self, since: Timestamp) -> bool {
        self.now.duration_since(since) < self.fleet.wave.region_patience
    }

    fn fell_ill(&self, region: &RegionName, why: &str) -> Plan {
        let title = self.fleet.title(region);
        self.patience_begins(region, why, format!("{title} does not answer: {why}"))
    }

    /// On record: from now on policy's patience with the region runs.
    fn patience_begins(&self, region: &RegionName, why: &str, words: String) -> Plan {
        let execution = self.sight.execution.clone();
        self.tell_hub(Record::RegionIll { region: region.clone(), execution, why: why.to_owned() }, words)
    }

    pub(super) fn well(&self, region: &Region) -> Plan {
        let record = Record::RegionWell { region: region.name.clone(), execution: self.sight.execution.clone() };
        self.tell_hub(record, format!("{} answers again", region.title))
    }

    /// The region's control plane does not answer. The judge lives, and is patient: until a decision is due, a short
    /// illness does not cost the canary. Then it is told to go back, and left behind.
    pub(super) fn ill(&self, history: Option<&RegionHistory>, why: &str) -> Plan {
        // Darkness does not make a bad release a regional fault, and the others do not wait for it (I7).
        if let Some(bad) = history.and_then(|history| history.evidence_against(&self.sight.release)) {
            let tripped = history.and_then(|history| history.update.as_ref()).filter(|update| self.is_ours(update));
            let trip = tripped.and_then(|_| self.once(Act::Trip, format!("{} is to go back: {bad}", self.title())));
            return trip.unwrap_or_else(|| self.condemn(bad));
        }
        let Some(since) = self.ill_since(&self.region.name) else {
            return self.fell_ill(&self.region.name, why);
        };
        // What was told of a wave that has ended is not told again.
        if self.sight.hub.ended.contains_key(&self.sight.execution) {
            let decided = history.and_then(|history| history.update.as_ref()?.decision.as_ref());
            let why = decided.map_or_else(|| format!("no answer since {}", clock(since)), |(_, why)| why.clone());
            return self.fail(format!("{} is not on {}: {why}", self.title(), self.sight.version));
        }
        if let Some(lease) = self.lease() {
            return lease;
        }
        let update = history.and_then(|history| history.update.as_ref()).filter(|update| self.is_ours(update));
        if self.is_patient(since) && !update.is_some_and(|update| self.must_decide(update)) {
            let running = update.filter(|update| !update.is_decided(Decision::Revert));
            let beat = running.and_then(|_| self.once(Act::Beat, "the judge is patient"));
            return beat
                .unwrap_or_else(|| Plan::wait(format!("{} does not answer since {}", self.title(), clock(since))));
        }
        let diagnosis = self.silence(since, update);
        let why = diagnosis.why("it does not answer");
        // What was let through stands, unless its own fleet shows the release bad since: the judge is done, and its silence
        // must not take the region back.
        let stands = |update: &OpenUpdate| self.is_shifted(update) && diagnosis.cause != Cause::Release;
        if update.is_some_and(stands)
            && let Some(disarm) = self.once(Act::Disarm, "the canary was let through and is over")
        {
            return disarm;
        }
        if let Some(update) = update.filter(|update| !stands(update)) {
            if !update.is_decided(Decision::Revert) {
                return self.revert(update, diagnosis.cause, why, None);
            }
            if let Some(trip) = self.tripped(update) {
                return trip;
            }
        }
        match update.and_then(|update| update.cause).unwrap_or(diagnosis.cause) {
            Cause::Region => self.defer(&why),
            Cause::Unclear => self.stop(&why),
            Cause::Release => self.condemn(&why),
        }
    }

    fn tripped(&self, update: &OpenUpdate) -> Option<Plan> {
        let left = !update.is_decided(Decision::Proceed);
        self.once(Act::Trip, format!("{} is to go back when its plane returns", self.title())).filter(|_| left)
    }

    /// Whose fault it is that a region does not answer.
    fn silence(&self, since: Timestamp, update: Option<&OpenUpdate>) -> Diagnosis {
        // Guards speak of this wave's canary only where there is one.
        let signs = update.filter(|update| update.canary.is_some()).map(|_| self.signs()).unwrap_or_default();
        let silent = format!("{}'s control plane does not answer since {}", self.title(), clock(since));
        let (silent, silent_too) = (Some(silent), self.silent_but(&self.region.name));
        // What rings beside the silence is its consequence, unless it watches the new fleet alone.
        diagnose(&Signs { silent, silent_too, other_guard: None, endpoint_alarm: false, ..signs })
    }

    /// What people call the regions that do not answer, this one left out: of those that were looked at.
    fn silent_but(&self, region: &RegionName) -> Vec<String> {
        let unseen = |name: &RegionName| {
            let ledger = matches!(self.sight.regions.get(name), Some(Seen::Unknown(_)));
            ledger || matches!(self.sight.endpoints.get(name), Some(Seen::Unknown(_)))
        };
        let others = self.fleet.regions.iter().filter(|other| other.name != *region && unseen(&other.name));
        others.map(|other| other.title.clone()).collect()
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
            failure: endpoint.and_then(Option::as_ref).and_then(|endpoint| endpoint.failure_reason.clone()),
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
    pub(super) fn defer(&self, why: &str) -> Plan {
        let history = self.history();
        // Whatever ails the region now: evidence against the release is no regional fault (I7).
        if let Some(bad) = history.and_then(|history| history.evidence_against(&self.sight.release)) {
            return self.condemn(bad);
        }
        let state = match history.map(|history| (&history.serving, &history.update)) {
            Some((Some(_), Some(update))) if update.confirmed && update.is_decided(Decision::Proceed) => {
                let version = &update.target.version;
                format!("it was proved to serve {version}; its state is unknown until it answers")
            }
            Some((Some(_), Some(update))) if update.is_decided(Decision::Proceed) => {
                format!("it was moving to {}; its state is unknown until it answers", update.target.version)
            }
            Some((Some(serving), Some(update))) if update.is_decided(Decision::Revert) => {
                let version = &serving.target.version;
                format!("the update was told to go back to {version}; its state is unknown until it answers")
            }
            Some((Some(_), Some(update))) if update.was_taken() => {
                let version = &update.target.version;
                format!("its update to {version} is under way and undecided; its state is unknown until it answers")
            }
            Some((Some(serving), Some(update))) => {
                let (from, to) = (&serving.target.version, &update.target.version);
                format!("it was on {from}, and its update to {to} was never seen to start")
            }
            Some((_, None)) if history.is_some_and(|history| history.unknown.is_some()) => {
                "which bytes it serves is unknown".to_owned()
            }
            Some((Some(serving), None)) => format!("it stays on {}", serving.target.version),
            Some((None, _)) => "it serves nothing yet".to_owned(),
            None => "what it serves is unknown".to_owned(),
        };
        self.leave(self.region, &format!("{why}; {state}"), HEALTH)
    }

    /// Another region keeps this one from starting: it has the same patience, then it is left behind, not this one.
    pub(super) fn leave_behind(&self, neighbour: &Region, obstacle: Obstacle) -> Plan {
        let why = obstacle.why();
        let Some(since) = self.ill_since(&neighbour.name) else {
            return match obstacle {
                Obstacle::Unseen(_) => self.fell_ill(&neighbour.name, why),
                Obstacle::MidShift(_) => {
                    self.patience_begins(&neighbour.name, why, format!("{} is in the way: {why}", neighbour.title))
                }
            };
        };
        if self.is_patient(since) {
            return Plan::wait(format!("{}: {why}", neighbour.title));
        }
        let silent_too = self.silent_but(&neighbour.name);
        self.lease().unwrap_or_else(|| match obstacle {
            // Several at once are no fault of one region: one page, and a person looks.
            Obstacle::Unseen(_) if !silent_too.is_empty() => {
                let silent = Some(format!("{}: {why}", neighbour.title));
                self.stop(&diagnose(&Signs { silent, silent_too, ..Signs::default() }).why(why))
            }
            Obstacle::Unseen(_) => {
                self.leave(neighbour, &format!("{why}; its state is unknown until it answers"), HEALTH)
            }
            Obstacle::MidShift(_) => self.leave(neighbour, why, OPEN_UPDATE),
        })
    }

    /// A neighbour that answers again is not counted ill any more.
    pub(super) fn neighbours_well(&self) -> Option<Plan> {
        let others = self.fleet.regions.iter().filter(|other| other.name != self.region.name);
        let mut ill = others.filter(|other| self.ill_since(&other.name).is_some() && !self.is_deferred(&other.name));
        let well =
            ill.find(|other| self.sight.regions.get(&other.name).is_some_and(|seen| self.is_quiet(&other.name, seen)))?;
        Some(self.well(well))
    }

    fn leave(&self, region: &Region, why: &str, what_to_do: &str) -> Plan {
        let (version, title) = (&self.sight.version, &region.title);
        let words = format!("{title} is deferred: {why}");
        let history = self.sight.regions.get(&region.name).and_then(Seen::known);
        let serves = if history.is_some_and(RegionHistory::is_new) { "takes no traffic yet" } else { "keeps serving" };
        let advice = format!(
            "{title} ({}) {serves}; the other regions go on to {version}. {what_to_do}, start a new execution of this release, or let the next night catch it up.",
            region.name
        );
        if let Some(page) = self.page_once(&region.name, words.clone(), Runbook::RegionalFault.after(advice)) {
            return page;
        }
        let record = Record::Deferred {
            region: region.name.clone(),
            execution: self.sight.execution.clone(),
            release: self.sight.release,
            why: why.to_owned(),
        };
        Plan::new(Next::TellHub(record), words)
    }

    /// Seen, and not between an update and its confirmation.
    fn is_quiet(&self, region: &RegionName, seen: &Seen<RegionHistory>) -> bool {
        let quiet =
            |history: &RegionHistory| history.update.as_ref().is_none_or(|open| !self.is_mid_shift(region, open));
        seen.known().is_some_and(quiet)
    }
}
