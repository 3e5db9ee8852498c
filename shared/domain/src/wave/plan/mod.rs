//! The planner: what to do next, given what was seen. Pure, total, deterministic.
//!
//! One call of a function runs `observe, plan, audit, execute one step` until the plan says to wait or to finish. Every
//! plan names one step; the next one is planned again from a new look. So a repeated, lost or late event costs a look,
//! never a wrong step.

mod all_clear;
mod bake;
mod blind;
mod canary;
mod diagnosis;
mod dispersion;
mod ending;
mod first;
mod forecast;
mod freeze;
mod full_load;
mod illness;
mod lost;
mod order;
mod past;
mod preflight;
mod probation;
mod promote;
mod replaced;
mod rollback;
mod scaling;
mod silence;
mod skew;
mod stage;
mod standby;
mod start;
mod steps;
mod tries;
mod unknown;
mod verify;

pub use crate::fleet::{Bake, CanarySize};
pub use crate::ledger::{Act, Finish, OrderReason, RegionTraffic, WaveOrder};
pub use crate::wave::stakes::{PROVISIONING, SHIFT};
pub use bake::{BakePlan, BakeQuestion, Finding, HarmForecast, Hour, SLOWEST_PROVISIONING};
pub use canary::beats;
pub use diagnosis::{Signs, diagnose};
pub use dispersion::{Dispersion, dispersion};
pub use forecast::{Forecast, ForecastWarning, Left, Turn, Unfound, forecast};
pub use lost::{EndedExecution, ends_open, is_accounted_for, lost_wave, open_wave};
pub use order::{order_due, region_at, wave_order};
pub use past::{dispersions, last_hours};
pub use promote::promote;
pub use rollback::{RollbackSight, rollback};
pub use silence::Silence;
pub use stage::Stage;
pub use tries::RetryQuestion;
pub use verify::verify;

use crate::fleet::alarms::AlarmView;
use crate::fleet::endpoint::{EndpointView, Target};
use crate::fleet::names::{Actor, Epoch, RegionName, ReleaseId, Version};
use crate::fleet::{Fleet, Region};
use crate::ledger::advice::Advice;
use crate::ledger::history::{HubHistory, OpenUpdate, RegionHistory, Try};
use crate::ledger::reason::{Reason, Refusal, Seen, Step, Stopped, Unseen, Wait};
use crate::ledger::{Record, StepKind};
use jiff::Timestamp;
use meridian_judge::{Judgement, RegionEvidence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a step of a wave can see. What could not be seen says so, and is never assumed (I13).
#[derive(Clone, Debug)]
pub struct Sight {
    /// The wave's release.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// The pipeline execution that acts.
    pub execution: Actor,
    /// When the action was first called.
    pub since: Timestamp,
    /// The region that an earlier call of the action waited for last.
    pub silence: Option<Silence>,
    /// The state of the hub's chain: waves, lease, halts, quarantines.
    pub hub: Arc<HubHistory>,
    /// The state of every region's chain; unseen where it could not be read.
    pub regions: BTreeMap<RegionName, Seen<Arc<RegionHistory>>>,
    /// The endpoints that were looked at.
    pub endpoints: BTreeMap<RegionName, Seen<Option<EndpointView>>>,
    /// Whether the registry says `Approved`.
    pub approved: Seen<bool>,
    /// The region's alarms: the composite one and the guards.
    pub alarms: Seen<Vec<AlarmView>>,
    /// What the judge says of the update in flight, once it was asked in this call.
    pub judged: Option<Seen<Judgement>>,
    /// What the region served in the last hour, once it was asked in this call.
    pub hour: Option<Seen<Hour>>,
    /// Golden records asked in this call, by region; unknown where the endpoint did not answer them.
    pub golden: BTreeMap<RegionName, Seen<Golden>>,
    /// What AWS said to a step of this call that it will never take, in its words.
    pub refused: Option<Refusal>,
    /// Why a region's scaling could not be registered in this call.
    pub unscaled: Option<Unseen>,
    /// What this call has already done outside the ledger.
    pub done: BTreeSet<Act>,
    /// The regions about which this call has already paged, and what it said.
    pub paged: BTreeMap<RegionName, Reason>,
    /// Whether the advice of this call went out; none before it was sent.
    pub advised: Option<bool>,
}

impl Sight {
    /// The sight of a call that has not looked at anything yet.
    pub fn unlooked(release: ReleaseId, version: Version, execution: Actor, since: Timestamp) -> Self {
        Self {
            release,
            version,
            execution,
            since,
            silence: None,
            hub: Arc::default(),
            regions: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            approved: Seen::Unknown(Unseen::NotAsked),
            alarms: Seen::Unknown(Unseen::NotAsked),
            judged: None,
            hour: None,
            golden: BTreeMap::new(),
            refused: None,
            unscaled: None,
            done: BTreeSet::new(),
            paged: BTreeMap::new(),
            advised: None,
        }
    }

    /// True if a region's endpoint is seen to have left, or to be leaving, what its ledger says that it serves: it went
    /// back, and the entry follows later (I6). An endpoint that cannot be seen says nothing: the ledger's word stands.
    pub(crate) fn left(&self, region: &Region, history: &RegionHistory) -> bool {
        let endpoint = self.endpoints.get(&region.name).and_then(Seen::known).and_then(Option::as_ref);
        let serving = history.serving.as_ref().map(|serving| &serving.target);
        endpoint.zip(serving).is_some_and(|(endpoint, target)| !endpoint.serves(target))
    }

    /// Why this wave left a region behind whose ledger, which answers again, holds no word about the wave's update there.
    pub fn left_without_word(&self, region: &RegionName) -> Option<&Reason> {
        let undecided =
            |update: &OpenUpdate| update.execution == self.execution && update.decision.is_none() && !update.is_first();
        let update = self.regions.get(region).and_then(Seen::known)?.update.as_ref()?;
        self.hub.deferred.get(&(self.execution.clone(), region.clone())).filter(|_| undecided(update))
    }

    /// What other canaries showed of this release: the evidence that is pooled with that of `region`'s own in progress. Each try is
    /// by itself; a region that cannot be seen adds nothing.
    pub fn evidence_beside(&self, region: &RegionName) -> Vec<RegionEvidence> {
        let known = self.regions.iter().filter_map(|(name, seen)| Some((name, seen.known()?)));
        let shown = known.flat_map(|(name, history)| {
            // The canary in progress is no earlier try of its region.
            let earlier = move |own: &&Try| name != region || own.execution != self.execution;
            let tries = history.tries_of(&self.release).iter().filter(earlier);
            let through = history.evidence.get(&self.release).filter(|_| name != region);
            tries.map(|own| &own.evidence).chain(through)
        });
        shown.cloned().collect()
    }
}

/// How many golden records were asked, and how many were answered with the target's scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Golden {
    /// Golden records that were asked.
    pub asked: u32,
    /// Golden records answered with the target's scores.
    pub right: u32,
}

impl Golden {
    /// True if every one of at least one was right.
    pub fn proves(self) -> bool {
        self.asked > 0 && self.right == self.asked
    }
}

/// The next step and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The one thing to do next.
    pub next: Next,
    /// Why it is to be done.
    pub why: Reason,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Take the fleet's lease, at this generation. Only one of two can.
    TakeLease {
        /// The generation after the last one.
        epoch: Epoch,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// Write to the hub's chain.
    TellHub(Record),
    /// Write to a region's chain.
    TellRegion(RegionName, Record),
    /// Do something outside the ledger, in a region, for a target.
    Do(Act, RegionName, Target),
    /// Page: the plan's `why` says what happened.
    Page {
        /// The region that the page is about.
        region: RegionName,
        /// What to do, for the person who reads it at night.
        advice: Advice,
    },
    /// Tell people what nobody need get up for: the plan's `why` says what happened.
    Advise {
        /// Where it was seen.
        region: RegionName,
        /// What to do, in the morning.
        advice: Advice,
    },
    /// Nothing more can be done now: call again in half a minute.
    Wait,
    /// The action is over.
    Finish(Finish),
}

impl From<&Next> for StepKind {
    fn from(next: &Next) -> Self {
        match next {
            Next::TakeLease { epoch, .. } => Self::TakeLease { epoch: *epoch },
            Next::TellHub(_) => Self::TellHub,
            Next::TellRegion(region, _) => Self::TellRegion { region: region.clone() },
            Next::Do(act, region, _) => Self::Act { act: *act, region: region.clone() },
            Next::Page { .. } => Self::Page,
            Next::Advise { .. } => Self::Advise,
            Next::Wait => Self::Wait,
            Next::Finish(how) => Self::Finish { how: *how },
        }
    }
}

impl Plan {
    fn new(next: Next, why: impl Into<Reason>) -> Self {
        Self { next, why: why.into() }
    }

    /// Does something outside the ledger because it comes next.
    fn act(act: Act, region: RegionName, target: Target) -> Self {
        let why = Step::Act { act, region: region.clone(), version: target.version.clone() };
        Self::new(Next::Do(act, region, target), why)
    }

    fn wait(why: impl Into<Reason>) -> Self {
        Self::new(Next::Wait, why)
    }

    fn finish(how: Finish, why: impl Into<Reason>) -> Self {
        Self::new(Next::Finish(how), why)
    }
}

/// One region of a wave as the planner handles it: policy, sight and target together.
struct View<'a> {
    fleet: &'a Fleet,
    region: &'a Region,
    sight: &'a Sight,
    target: Target,
    now: Timestamp,
}

impl<'a> View<'a> {
    fn new(fleet: &'a Fleet, region: &'a Region, sight: &'a Sight, now: Timestamp) -> Self {
        let serving = sight.regions.get(&region.name).and_then(Seen::known).and_then(|own| own.serving.as_ref());
        let serving = serving.map(|serving| &serving.target);
        let target = Target::beside(fleet, region, sight.release, &sight.version, serving);
        Self { fleet, region, sight, target, now }
    }

    fn history(&self) -> Option<&'a RegionHistory> {
        self.sight.regions.get(&self.region.name)?.known().map(Arc::as_ref)
    }

    fn act(&self, act: Act) -> Plan {
        Plan::act(act, self.name(), self.target.clone())
    }

    fn tell(&self, record: Record, why: impl Into<Reason>) -> Plan {
        Plan::new(Next::TellRegion(self.region.name.clone(), record), why)
    }

    fn tell_hub(&self, record: Record, why: impl Into<Reason>) -> Plan {
        Plan::new(Next::TellHub(record), why)
    }

    /// `act` unless this call has done it already.
    fn once(&self, act: Act) -> Option<Plan> {
        (!self.sight.done.contains(&act)).then(|| self.act(act))
    }

    /// The same for a reason of its own.
    fn once_for(&self, act: Act, why: impl Into<Reason>) -> Option<Plan> {
        self.once(act).map(|plan| Plan { why: why.into(), ..plan })
    }

    /// A page, unless this call has sent it already.
    fn page_once(&self, region: &RegionName, why: impl Into<Reason>, advice: Advice) -> Option<Plan> {
        let next = Next::Page { region: region.clone(), advice };
        (!self.sight.paged.contains_key(region)).then(|| Plan::new(next, why))
    }

    fn name(&self) -> RegionName {
        self.region.name.clone()
    }

    fn version(&self) -> Version {
        self.sight.version.clone()
    }

    /// What is waited for where another wave holds the lease.
    fn held_by_another(&self) -> Option<Wait> {
        let lease = self.sight.hub.lease.as_ref()?;
        let theirs = lease.until > self.now && lease.holder != self.sight.execution;
        theirs.then(|| Wait::LeaseHeld { holder: lease.holder.clone(), until: lease.until })
    }

    /// Why nothing may start anywhere: the hub's halt, or one of any region that can be seen, where it reaches beyond it.
    fn halted(&self) -> Option<Stopped> {
        if let Some(why) = &self.sight.hub.halt {
            return Some(Stopped::FleetHalted(Box::new(why.clone())));
        }
        let halted = |seen: &Seen<Arc<RegionHistory>>| seen.known().is_some_and(|history| history.halts_fleet());
        if !self.sight.regions.values().any(halted) {
            return None;
        }
        self.fleet.regions.iter().find_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known)?;
            let why = history.halt.clone().filter(Reason::halts_fleet)?;
            Some(Stopped::RegionHalted { region: region.name.clone(), why: Box::new(why) })
        })
    }

    /// Why nothing may start in this region: its own halt, whatever that rests on.
    fn halted_here(&self) -> Option<Stopped> {
        let why = self.history()?.halt.clone()?;
        Some(Stopped::RegionHalted { region: self.name(), why: Box::new(why) })
    }

    /// This wave has ended: a call for it comes late, and another may have walked since (I10).
    fn is_over(&self) -> bool {
        self.sight.hub.ended.contains_key(&self.sight.execution)
    }

    /// What bars this wave's release everywhere, if anything.
    fn barred(&self) -> Option<Stopped> {
        let by = self.sight.hub.barred(&self.sight.release)?;
        Some(Stopped::Barred { version: self.version(), by })
    }

    /// Takes or renews the lease where that is needed before going on.
    fn lease(&self) -> Option<Plan> {
        let until = self.now + self.fleet.wave.lease;
        let hub = &self.sight.hub;
        if let Some(wait) = self.held_by_another() {
            return Some(Plan::wait(wait));
        }
        match hub.lease.as_ref().filter(|lease| lease.until > self.now) {
            Some(lease) if lease.until.duration_since(self.now) * 2 < self.fleet.wave.lease => {
                Some(self.tell_hub(Record::LeaseRenewed { epoch: lease.epoch, until }, Step::LeaseHalfUsed))
            }
            Some(_) => None,
            None => {
                let epoch = hub.epoch.next();
                Some(Plan::new(Next::TakeLease { epoch, until }, Step::LeaseFree))
            }
        }
    }
}
