//! Rolling a region back, with nothing but what that region has (I6).

mod failover;
mod light;
mod update;

use super::{Act, Finish, Golden, Next, Plan, Stage};
use crate::fleet::alarms::WayBack;
use crate::fleet::endpoint::{EndpointStatus, EndpointView, Target};
use crate::fleet::names::{Actor, RegionName};
use crate::fleet::{Fleet, Kind, Region};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::{Quiet, Reason, Return, Seen, Step, Unseen, WayBackReason};
use crate::wave::callers::Blame;
use crate::wave::probation::Probation;
use crate::wave::ringing::Ringing;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lambda ends every call after this time, at the latest.
const LONGEST_CALL: SignedDuration = SignedDuration::from_mins(15);

/// What `rollback` sees of its own region.
#[derive(Clone, Debug)]
pub struct RollbackSight {
    /// Whose name the records get.
    pub actor: Actor,
    /// The region's chain.
    pub history: Seen<Arc<RegionHistory>>,
    /// The rollback target stored with the verdict alarm: all that there is where the ledger cannot be read. Asked too where the
    /// ledger has an update about which a wave that is silent may have noted its last word there.
    pub way_back: Seen<Option<WayBack>>,
    /// Its endpoint as SageMaker shows it; none where there is no endpoint.
    pub endpoint: Seen<Option<EndpointView>>,
    /// What the days before say of the release that serves, where a look at it is due and nothing rings.
    pub probation: Seen<Option<Probation>>,
    /// The composite alarm, where it is in ALARM.
    pub alarm: Seen<Option<Ringing>>,
    /// Whose the region's 4xx are, where the alarm over them rings.
    pub client_errors: Seen<Option<Blame>>,
    /// Since when a judge looks without a gap: since when the heartbeat alarm is OK, if it is.
    pub judge: Seen<Option<Timestamp>>,
    /// What this call has already done outside the ledger.
    pub done: BTreeSet<Act>,
    /// The golden records asked in this call.
    pub golden: Option<Seen<Golden>>,
    /// Why the region's scaling could not be registered in this call.
    pub unscaled: Option<Unseen>,
    /// Whether this call has put a page on record as owed.
    pub owes: bool,
    /// Whether this call has already paged, or tried to.
    pub paged: bool,
    /// How many records of this call the ledger has not taken; the history holds them all the same.
    pub unwritten: usize,
}

impl RollbackSight {
    /// Takes over what the region's chain holds by now, with this call's own records.
    pub fn reads(&mut self, history: Arc<RegionHistory>) {
        let owed = |history: &RegionHistory| history.owed.len();
        self.owes |= owed(&history) > self.history.known().map_or(0, |before| owed(before));
        self.history = Seen::Known(history);
    }
}

/// What to do next in `region`.
pub fn rollback(fleet: &Fleet, region: &Region, sight: &RollbackSight, now: Timestamp) -> Plan {
    let view = RollbackView { fleet, region, sight, now };
    let plan = view.look();
    // The rollback comes first; pages that could not be sent before come last.
    let over = matches!(plan.next, Next::Wait | Next::Finish(_));
    if over { view.debt().unwrap_or(plan) } else { plan }
}

pub(super) struct RollbackView<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) region: &'a Region,
    pub(super) sight: &'a RollbackSight,
    pub(super) now: Timestamp,
}

impl RollbackView<'_> {
    fn look(&self) -> Plan {
        match (&self.sight.history, &self.sight.endpoint) {
            (Seen::Known(history), Seen::Known(Some(endpoint))) => self.seen(history, endpoint),
            (Seen::Known(history), Seen::Known(None)) if self.region.kind == Kind::PilotLight => self.dark(history),
            (_, Seen::Known(None)) => self.nothing(Quiet::NoEndpoint),
            (Seen::Known(history), Seen::Unknown(why)) => self.unseen(Some(history), why),
            (Seen::Unknown(_), Seen::Unknown(why)) => self.unseen(None, why),
            (Seen::Unknown(why), Seen::Known(Some(endpoint))) => self.blind(endpoint, why),
        }
    }

    /// A page that this call or an earlier one could not send. It is sent once it is on record: else every look would send it again.
    /// What another call has just put there, that one is about to send.
    fn debt(&self) -> Option<Plan> {
        let owed = self.sight.history.known()?.owed.first()?;
        if !self.sight.owes && !owed.is_overdue(self.now) {
            return None;
        }
        let next = Next::Page { region: self.region.name.clone(), advice: owed.advice.clone() };
        (!self.sight.paged && self.sight.unwritten == 0).then(|| Plan::new(next, owed.why.clone()))
    }

    /// Why the region must roll back: the rollback alarm, or 4xx that are not shown to be the callers'.
    pub(super) fn alarm(&self) -> Option<WayBackReason> {
        let blamed = || self.client_errors().filter(|blame| blame.is_reason_to_roll_back());
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

    /// The update to `target`, and before it what an update to another shape needs. Where that fails SageMaker may take the update
    /// all the same: it is asked for.
    pub(super) fn update(&self, endpoint: &EndpointView, target: &Target, why: Return) -> Option<Plan> {
        let registered = !target.has_shape_of(&endpoint.config);
        let first = registered.then(|| self.once(Act::Deregister, target, why.clone())).flatten();
        first.or_else(|| self.once(Act::Update, target, why))
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
        // A person takes a pilot light's endpoint away once nobody needs it.
        if self.region.kind == Kind::PilotLight && endpoint.status == EndpointStatus::Deleting {
            return self.nothing(Quiet::Changing);
        }
        match (&history.update, &history.serving) {
            (Some(update), _) => self.with_update(history, endpoint, update),
            (None, Some(serving)) => match Stage::of(endpoint, &serving.target, history, self.now) {
                Stage::OnTarget => self.serving(history, endpoint, &serving.target),
                Stage::UnknownBytes => self.unknown_bytes(history, endpoint, Some(&serving.target)),
                Stage::Broken => self.broken(history, endpoint),
                Stage::Elsewhere => self.elsewhere(history, endpoint, &serving.target),
                // With nowhere to go, nobody waits for instances that are being added: people do not hear of it any sooner.
                Stage::Busy if self.rings_without_way(history) && endpoint.serves(&serving.target) => {
                    self.serving(history, endpoint, &serving.target)
                }
                _ => self.nothing(Quiet::Changing),
            },
            (None, None) => self.found_lit(history, endpoint),
        }
    }

    /// Nothing is in flight. Roll back if the alarm says so.
    fn serving(&self, history: &RegionHistory, endpoint: &EndpointView, target: &Target) -> Plan {
        let Some(reason) = self.alarm() else {
            let scaled = self.scale_again(history, target).or_else(|| self.carry(history, endpoint, target));
            // Whoever waits for instances looks at what serves all the same.
            let (waits, step) = scaled.map_or((None, None), |plan| match plan.next {
                Next::Finish(_) => (Some(plan), None),
                _ => (None, Some(plan)),
            });
            let looked = step.or_else(|| self.on_probation(history, target));
            return looked.or(waits).unwrap_or_else(|| self.quiet());
        };
        match &history.previous {
            Some(back) => self.leave(history, target, back, reason),
            None if self.is_echo(history) => self.nothing(Quiet::Echo),
            None => self.stuck(history, target, reason),
        }
    }

    fn rings_without_way(&self, history: &RegionHistory) -> bool {
        history.previous.is_none() && self.alarm().is_some()
    }

    fn is_echo(&self, history: &RegionHistory) -> bool {
        let rings = |at: Timestamp| self.composite().is_some_and(|ringing| ringing.is_echo(at, self.now));
        history.returned_at.is_some_and(rings)
    }

    /// In service, and not on what the ledger says. Back on what served before: it rolled back and nobody could write it down. On
    /// anything else: somebody changed it, whom nobody here asked.
    fn elsewhere(&self, history: &RegionHistory, endpoint: &EndpointView, from: &Target) -> Plan {
        let Some(back) = history.previous.as_ref().filter(|back| back.config == endpoint.config) else {
            return self.foreign(history, endpoint, from);
        };
        let (region, to) = (self.name(), back.version.clone());
        if let Some(why) = history.halt.clone() {
            let step = Step::IsBack { region, version: to };
            return self.tell(Record::Reverted { from: from.clone(), to: back.clone(), why }, step);
        }
        let why: Reason = Return::Unwritten { region, from: from.version.clone(), to }.into();
        self.halt_once_written(history, why, Advice::ReadRollbackLog)
    }

    /// Nobody here asked for the configuration that the endpoint names: people are told once. A halt of the whole fleet stays as it is.
    pub(super) fn foreign(&self, history: &RegionHistory, endpoint: &EndpointView, from: &Target) -> Plan {
        let (version, config) = (from.version.clone(), endpoint.config.clone());
        let told = Return::Foreign { region: self.name(), version, config };
        let why = Reason::Return(told.clone());
        let paged = || history.owes(&why) || history.pages.iter().any(|page| page.why.is_same_as(&why));
        match &history.halt {
            Some(halt) if *halt == why => self.nothing(Quiet::ForeignConfig),
            Some(halt) if halt.halts_fleet() && paged() => self.nothing(Quiet::ForeignConfig),
            Some(halt) if halt.halts_fleet() => {
                self.tell(Record::PageOwed { why: why.clone(), advice: Advice::UpdateByHand }, why)
            }
            _ => self.halt_and_page(told, Advice::UpdateByHand),
        }
    }

    /// Nothing need be done: people are told once the ledger has taken that. Until then the wave may tell them, whose word comes first.
    fn halt_once_written(&self, history: &RegionHistory, why: Reason, advice: Advice) -> Plan {
        match history.owed_return(&why) {
            Some(owed) => self.tell(Record::Halted { why: owed.why.clone() }, owed.why.clone()),
            None => self.tell(Record::PageOwed { why: why.clone(), advice }, why),
        }
    }

    pub(super) fn roll_back(&self, back: &Target, why: Reason) -> Plan {
        let record = Record::UpdateIntended {
            target: back.clone(),
            back: None,
            execution: self.sight.actor.clone(),
            epoch: None,
            bake: None,
        };
        let (region, to, why) = (self.name(), back.version.clone(), Some(Box::new(why)));
        self.tell(record, Return::RollsBack { region, to, why })
    }

    /// Rolls back for an alarm. Where callers may be what it rings for, that is on record first, with a page that is owed:
    /// nothing else is halted for it.
    fn leave(&self, history: &RegionHistory, from: &Target, back: &Target, why: WayBackReason) -> Plan {
        self.note_callers(history, from).unwrap_or_else(|| self.roll_back(back, why.into()))
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

    fn broken(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        if history.halt.is_some() {
            return self.nothing(Quiet::Halted);
        }
        let told = Return::Broken { region: self.name(), status: endpoint.status };
        self.halt_and_page(told, Advice::UpdateByHand)
    }
}
