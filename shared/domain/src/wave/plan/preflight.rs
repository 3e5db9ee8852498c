//! What must hold before a region's update is asked for: its start gates, in one list, and what each of them checks.

use super::{Act, Plan, View, order_due};
use crate::fleet::alarms::{AlarmState, composite_name};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::fleet::names::{Actor, RegionName, Version};
use crate::fleet::{Frozen, Kind, NothingCaptured, Region, RegionalFail};
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory, Shadow};
use crate::ledger::overrides::Rule;
use crate::ledger::reason::{Gate, Reason, Refusal, Seen, Step, Stopped, Undecided, Unseen, Wait, WaveEnd};
use meridian_judge::CapturedVerdict;
use std::ops::ControlFlow::{self, Break, Continue};

/// Why a region cannot start.
enum Objection<'a> {
    /// It may pass: look again, for as long as policy is patient with the region.
    NotYet(Gate),
    /// Home itself cannot be seen: no region is to blame, and none can start. Look again.
    Home(Gate),
    /// Another region cannot be seen, or its update is open: it has policy's patience, then it is left behind.
    Neighbour(&'a Region, Gate),
    /// A region before this one is halted for what ails it alone: it is left behind, and this one goes on.
    HaltedBefore(&'a Region, Gate),
    /// Policy lets nothing start here now.
    Frozen(Frozen),
    /// Customers are moved to it or away from it: it is left behind, and nobody is paged for what a person ordered.
    InFailover(Gate),
    /// What ails the region alone: it is left behind, until a person has mended that.
    Alone(Gate),
    /// Somebody has taken its endpoint away: likewise.
    Gone(Gate),
    /// What its customers send says that it is to be left behind, and somebody is to look.
    Shadow(Gate),
    /// A newer release takes this one's place before it has moved anything.
    Superseded(String),
    /// Evidence in this region is against the release.
    Evidence(&'a Region, &'a Reason),
    /// Another wave holds the lease.
    Held(Wait),
    /// Its further try comes too late, or every try is used up.
    NoTry(Box<Undecided>),
    /// It does not pass by waiting: the wave stops.
    Never(Gate),
    /// AWS declines for good what the start needs: the wave stops.
    Refused(Refusal),
}

/// A step that comes before the next gate is asked, where it is still to be done.
fn first(step: Option<Plan>) -> ControlFlow<Plan> {
    step.map_or(Continue(()), Break)
}

/// Goes through a gate unless something is there to object to.
fn unless<'a>(objection: Option<Objection<'a>>) -> Result<(), Objection<'a>> {
    objection.map_or(Ok(()), Err)
}

impl<'a> View<'a> {
    /// Every start gate of a region (`checked`) and every step that comes before the next (`first`), in the order in which they are
    /// asked. Past them is the rollback target that the update starts with: none for the region's first release.
    pub(super) fn gates(
        &self,
        endpoint: Option<&EndpointView>,
        history: &RegionHistory,
    ) -> ControlFlow<Plan, Option<Target>> {
        first(self.ended_by_this_call())?;
        self.checked(self.not_refused())?;
        self.checked(self.not_superseded())?;
        self.checked(self.no_evidence_against())?;
        first(self.order_recorded())?;
        self.checked(self.lease_not_held())?;
        first(self.neighbours_well())?;
        self.checked(self.nothing_stopped())?;
        self.checked(self.no_freeze())?;
        self.checked(self.not_in_failover(history))?;
        self.checked(self.endpoint_there(endpoint, history))?;
        self.checked(self.earlier_regions_done())?;
        self.checked(self.evidence_to_rely_on(history))?;
        self.checked(self.nobody_mid_shift())?;
        self.checked(self.approved())?;
        self.checked(self.no_rollback_open(history))?;
        self.checked(self.bytes_known(history))?;
        self.checked(self.attested(history))?;
        self.checked(self.shadowed(history))?;
        self.checked(self.alarms_quiet())?;
        let back = self.checked(self.way_back(endpoint, history))?;
        self.checked(self.a_try_left(history))?;
        first(self.lease())?;
        first(self.skew(Some(self.sight.release)))?;
        first(self.judge_replaced(history))?;
        // Before the guards are armed: the heartbeat would ring while instances come.
        first(endpoint.and_then(|endpoint| self.ready_for_failover(endpoint, history)))?;
        first(self.once(Act::Prepare))?;
        self.checked(self.guards_quiet())?;
        first(self.neighbours_well_at_last())?;
        Continue(back)
    }

    /// Goes on unless a check objects; then with what the wave does about that.
    fn checked<T>(&self, check: Result<T, Objection<'a>>) -> ControlFlow<Plan, T> {
        check.map_or_else(|objection| Break(self.objected(objection)), Continue)
    }

    /// What the wave does about what keeps the region from starting.
    fn objected(&self, objection: Objection<'_>) -> Plan {
        match objection {
            Objection::Never(gate) => self.refuse(gate),
            Objection::Refused(refusal) => self.refuse(refusal),
            Objection::Alone(gate) => self.defer_until_mended(gate),
            Objection::Gone(gate) => self.defer_without_endpoint(gate),
            Objection::Shadow(gate) => {
                self.defer_for(gate, |region, version| Advice::CompareRequests { region, version })
            }
            Objection::Frozen(frozen) => self.frozen(&frozen),
            Objection::InFailover(gate) => self.left_by_policy(gate),
            Objection::NotYet(gate) => self.not_yet(gate),
            Objection::Home(gate) => Plan::wait(Wait::Gate { region: None, gate }),
            Objection::Neighbour(region, obstacle) => self.leave_behind(region, obstacle),
            Objection::HaltedBefore(region, obstacle) => self.give_up_on(region.name.clone(), obstacle),
            Objection::Superseded(newer) => self.superseded_by(newer),
            Objection::Evidence(region, why) => self.condemn_for(region, why),
            Objection::Held(wait) => Plan::wait(wait),
            Objection::NoTry(undecided) => self.leave_undecided(*undecided),
        }
    }

    /// This call has told people why its wave ends here: its action ends for the same reason, and not because the wave is over by now.
    fn ended_by_this_call(&self) -> Option<Plan> {
        let told = self.sight.paged.get(&self.region.name).filter(|_| self.is_over())?;
        let Reason::Wave(end @ WaveEnd::NotPromoted { .. }) = told else { return None };
        Some(self.fail(end.clone()))
    }

    /// AWS has not declined for good, in this call, what a start needs.
    fn not_refused(&self) -> Result<(), Objection<'a>> {
        unless(self.sight.refused.clone().map(Objection::Refused))
    }

    fn not_superseded(&self) -> Result<(), Objection<'a>> {
        unless(self.newer_in_its_place().map(Objection::Superseded))
    }

    fn no_evidence_against(&self) -> Result<(), Objection<'a>> {
        unless(self.evidence_anywhere().map(|(region, why)| Objection::Evidence(region, why)))
    }

    fn lease_not_held(&self) -> Result<(), Objection<'a>> {
        unless(self.held_by_another().map(Objection::Held))
    }

    fn a_try_left(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        unless(self.no_try_left(history).map(|undecided| Objection::NoTry(Box::new(undecided))))
    }

    fn guards_quiet(&self) -> Result<(), Objection<'a>> {
        unless(self.ringing_guard().map(|alarm| Objection::NotYet(Gate::GuardRings { alarm })))
    }

    fn order_recorded(&self) -> Option<Plan> {
        let due = order_due(self.fleet, &self.sight.hub, &self.sight.execution, self.now);
        due.map(|record| self.tell_hub(record, Step::Order))
    }

    /// No halt, no condemnation, no quarantine; and this wave has not ended: what comes for it now is late, and another may have walked
    /// since (I10).
    fn nothing_stopped(&self) -> Result<(), Objection<'a>> {
        let ended = || self.is_over().then_some(Stopped::WaveOver);
        match self.halted().or_else(|| self.barred()).or_else(ended) {
            Some(stopped) => Err(Objection::Never(Gate::Stopped(Box::new(stopped)))),
            None => match self.halted_here().filter(|_| !self.history().is_some_and(|own| self.lost_its_judge(own))) {
                Some(stopped) => Err(Objection::Alone(Gate::Stopped(Box::new(stopped)))),
                None => Ok(()),
            },
        }
    }

    fn no_freeze(&self) -> Result<(), Objection<'a>> {
        self.freeze_of(self.region).map_or(Ok(()), |frozen| Err(Objection::Frozen(frozen)))
    }

    /// A region without customers shows nothing, and one that carries another's is not to be changed meanwhile.
    fn not_in_failover(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let moved = history.is_in_failover().then(|| Gate::InFailover { region: self.name() });
        unless(moved.map(Objection::InFailover))
    }

    /// There is an endpoint, or there never was one.
    fn endpoint_there(&self, endpoint: Option<&EndpointView>, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let gone = if endpoint.is_none() { self.endpoint_gone(history) } else { None };
        unless(gone.map(Objection::Gone))
    }

    /// I3: fresh evidence from every region before this one, or its recorded deferral.
    fn earlier_regions_done(&self) -> Result<(), Objection<'a>> {
        if self.sight.hub.overridden(Rule::Order, &self.region.name, self.now).is_some() {
            return Ok(());
        }
        let earlier = self.sight.before(self.fleet, &self.region.name);
        // Nobody waits for a region that is only being brought in, or where nothing runs.
        let counts = |before: &&Region| before.kind.is_waited_for() && !self.is_deferred(&before.name);
        for before in earlier.filter(counts) {
            let history = self.known(before)?;
            let missing = |gate: fn(RegionName, Version) -> Gate| {
                let gate = gate(before.name.clone(), self.version());
                let alone = history.halt.is_some() && !history.halts_fleet();
                Err(if alone { Objection::HaltedBefore(before, gate) } else { Objection::Never(gate) })
            };
            if !history.serves(&self.sight.release) {
                return missing(|before, version| Gate::NotConfirmed { before, version });
            }
            if !history.is_evidence(self.fleet, before, &self.sight.release) {
                return missing(|before, version| Gate::NotJudgedAtFullLoad { before, version });
            }
            if self.sight.left(before, history) {
                return missing(|before, version| Gate::LeftAgain { before, version });
            }
        }
        Ok(())
    }

    /// A region without evidence of its own starts on an active's: the deferral of every one of them is none (I3). Its first
    /// release moves no customer, and needs none; but for a pilot light, which nobody looks at any more before it carries customers.
    fn evidence_to_rely_on(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let first = history.is_new() && self.region.kind != Kind::PilotLight;
        if self.region.kind == Kind::Active || first || !self.shown_by().is_empty() {
            return Ok(());
        }
        Err(Objection::NotYet(Gate::NoEvidence { version: self.version() }))
    }

    /// I1: no other region that is not deferred is between its update and its confirmation.
    fn nobody_mid_shift(&self) -> Result<(), Objection<'a>> {
        let others = self.fleet.regions.iter().filter(|region| region.name != self.region.name);
        for other in others.filter(|region| !self.is_deferred(&region.name)) {
            let history = self.known(other)?;
            // An endpoint that a pilot light makes shifts nobody.
            let update = history.update.as_ref().filter(|_| history.lighting().is_none());
            let update = update.filter(|update| self.is_mid_shift(&other.name, update));
            // The wave that left it behind may be an earlier one.
            if let Some(update) = update.filter(|update| !self.left_behind(&update.execution, &other.name)) {
                let (version, wave) = (update.target.version.clone(), update.execution.clone());
                return Err(Objection::Neighbour(other, Gate::MidShift { version, wave }));
            }
        }
        Ok(())
    }

    /// Between the update and its confirmation. Soak does not count, nor does an intent that came to nothing.
    pub(super) fn is_mid_shift(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        !update.confirmed && !self.came_to_nothing(region, update)
    }

    /// An intent that its wave has given up: SageMaker is not known to have taken it, the wave does not hold the lease any
    /// more, and the endpoint is seen in service on what it would have left.
    fn came_to_nothing(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        let lease = self.sight.hub.lease.as_ref().filter(|lease| lease.until > self.now);
        let left = match self.sight.endpoints.get(region).and_then(Seen::known) {
            Some(Some(endpoint)) => update.back.as_ref().is_some_and(|back| endpoint.rests_on(back)),
            Some(None) => update.is_first(),
            None => false,
        };
        !update.was_taken() && lease.is_none_or(|lease| lease.holder != update.execution) && left
    }

    /// Another region's ledger; one that cannot be seen is in the way (I13).
    fn known(&self, other: &'a Region) -> Result<&'a RegionHistory, Objection<'a>> {
        let unseen = match self.sight.regions.get(&other.name) {
            Some(Seen::Known(history)) => return Ok(history),
            Some(Seen::Unknown(why)) => why.clone(),
            None => Unseen::LedgerNotRead,
        };
        Err(Objection::Neighbour(other, Gate::Unseen(unseen)))
    }

    fn approved(&self) -> Result<(), Objection<'a>> {
        let version = self.version();
        match &self.sight.approved {
            Seen::Known(true) if self.sight.hub.approved.contains(&self.sight.release) => Ok(()),
            Seen::Known(true) => Err(Objection::Never(Gate::ApprovedOutsideLedger { version })),
            Seen::Known(false) => Err(Objection::Never(Gate::NotApproved { version })),
            Seen::Unknown(why) => Err(Objection::Home(Gate::RegistryUnseen { why: why.clone() })),
        }
    }

    fn no_rollback_open(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let open = history.update.as_ref().is_some_and(|update| update.epoch.is_none());
        if open { Err(Objection::NotYet(Gate::RollbackOpen { region: self.name() })) } else { Ok(()) }
    }

    /// I13: nothing starts where it is unknown what serves.
    fn bytes_known(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let Some(unknown) = &history.unknown else { return Ok(()) };
        Err(Objection::NotYet(Gate::BytesUnknown { region: self.name(), why: unknown.why.clone() }))
    }

    /// I2: the release's bytes were proved in this region.
    fn attested(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        if history.attested.contains(&self.sight.release) {
            return Ok(());
        }
        Err(Objection::NotYet(Gate::NotAttested { region: self.name(), version: self.version() }))
    }

    /// What the region's own captured requests say, where policy asks for it. Where nothing serves there is no champion
    /// beside it, and no customer yet.
    fn shadowed(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        let Some(policy) = self.fleet.shadow.as_ref().filter(|_| history.serving.is_some()) else { return Ok(()) };
        let (region, version) = (self.name(), self.version());
        let without = |gate: Gate| match policy.nothing_captured {
            NothingCaptured::GoOn => Ok(()),
            NothingCaptured::Leave => Err(Objection::Shadow(gate)),
            NothingCaptured::Stop => Err(Objection::Never(gate)),
        };
        let Some(Shadow { verdict, records, failed, at: _ }) = history.shadowed.get(&self.sight.release) else {
            let gate = Gate::NotShadowed { region, version };
            return if self.is_patient(self.start_due_since()) { Err(Objection::NotYet(gate)) } else { without(gate) };
        };
        match verdict {
            CapturedVerdict::Pass => Ok(()),
            CapturedVerdict::TooFew | CapturedVerdict::NothingCaptured => {
                without(Gate::ShadowShort { region, version, verdict: *verdict, records: *records })
            }
            CapturedVerdict::Fail => {
                let gate = Gate::ShadowFailed { region, version, failed: failed.clone() };
                Err(match policy.on_regional_fail {
                    RegionalFail::Leave => Objection::Shadow(gate),
                    RegionalFail::Stop => Objection::Never(gate),
                })
            }
        }
    }

    fn alarms_quiet(&self) -> Result<(), Objection<'a>> {
        let alarm = composite_name(self.fleet);
        let alarms = match &self.sight.alarms {
            Seen::Unknown(why) => return Err(Objection::NotYet(Gate::AlarmsUnseen { why: why.clone() })),
            Seen::Known(alarms) => alarms,
        };
        match alarms.iter().find(|own| own.name == alarm) {
            None => Err(Objection::Alone(Gate::NoRollbackAlarm { alarm })),
            Some(own) if own.state == AlarmState::Alarm => Err(Objection::NotYet(Gate::RollbackAlarmRings { alarm })),
            Some(_) => Ok(()),
        }
    }

    /// I5: what the endpoint names now, if the ledger proved it; none where there is no endpoint yet.
    fn way_back(
        &self,
        endpoint: Option<&EndpointView>,
        history: &RegionHistory,
    ) -> Result<Option<Target>, Objection<'a>> {
        let Some(endpoint) = endpoint else { return Ok(None) };
        let serving = history.serving.as_ref().map(|serving| &serving.target);
        match serving.filter(|target| target.config == endpoint.config) {
            Some(target) => Ok(Some(target.clone())),
            None => {
                let (region, config) = (self.name(), endpoint.config.clone());
                Err(Objection::Alone(Gate::NoProvedWayBack { region, config }))
            }
        }
    }

    pub(super) fn is_deferred(&self, region: &RegionName) -> bool {
        self.left_behind(&self.sight.execution, region)
    }

    fn left_behind(&self, wave: &Actor, region: &RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(wave.clone(), region.clone()))
    }

    /// Guards that still ring once they were rewritten and primed for this target.
    pub(super) fn ringing_guard(&self) -> Option<String> {
        let guards = crate::fleet::alarms::guard_names(self.fleet);
        let alarms = self.sight.alarms.known()?;
        let ringing = alarms.iter().find(|alarm| alarm.state == AlarmState::Alarm && guards.contains(&alarm.name))?;
        Some(ringing.name.clone())
    }
}
