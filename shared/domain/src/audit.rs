//! A second pair of eyes: every plan is held against the invariants before it is executed, in production too.
//!
//! The planner keeps these by construction; the audit does not trust it. It shares no code with the planner's choices,
//! only the facts that both look at.
//!
//! | invariant | what a plan could do against it |
//! |---|---|
//! | I1 | start a region while another is mid-shift |
//! | I2 | start bytes that are not attested and approved |
//! | I3 | start without the evidence of the regions before |
//! | I4 | record a success that no golden record proved |
//! | I5 | intend or start an update without a way back |
//! | I6 | nothing here: `rollback` is not audited, for it must act where nothing else can be trusted |
//! | I7 | start under a halt or for a condemned release; defer a model fault; condemn without a revert that says so |
//! | I8 | call an update that nobody intended on record |
//! | I9 | let a canary go on, or keep it alive, or disarm its heartbeat, without a passing verdict |
//! | I10 | act for a wave that has ended |
//! | I11 | act, decide or touch the lease without holding it |
//! | I12 | nothing: no plan carries a credential, a record or a feature value; its words come from counts and states |
//! | I13 | call a region well, settled or done that cannot be seen, or start where nobody knows what serves |

mod hub;

use crate::endpoint::{EndpointStatus, EndpointView, Seen, Target};
use crate::fleet::{Fleet, Inconclusive, Kind, OrderPolicy, Style};
use crate::history::{OpenUpdate, RegionHistory};
use crate::judge::{Judgement, MetricName};
use crate::ledger::Record;
use crate::names::RegionName;
use crate::overrides::Rule;
use crate::plan::{Act, Bake, Next, Plan, Sight};
use crate::verdict::{Decision, Verdict};
use jiff::Timestamp;
use std::fmt;

/// A plan that would break an invariant. It is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which invariant, `I1` to `I13`.
    pub invariant: &'static str,
    /// What would break it.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// Holds one step of a wave against the invariants. An empty answer lets it go.
pub fn audit(fleet: &Fleet, sight: &Sight, plan: &Plan, now: Timestamp) -> Vec<Note> {
    let audit = Audit { fleet, sight, now };
    match &plan.next {
        Next::Do(Act::Update, region, target) => audit.update(region, target),
        Next::Do(Act::Create, region, target) => audit.create(region, target),
        Next::Do(Act::Prepare, ..) => audit.lease(),
        Next::Do(Act::Scale, region, _) => audit.scaling(region),
        Next::Do(Act::Beat, region, _) => audit.beat(region),
        Next::Do(Act::Disarm, region, _) => audit.disarm(region),
        Next::TakeLease { epoch, .. } => audit.taking(*epoch),
        Next::TellHub(record) => audit.hub(record),
        Next::TellRegion(region, Record::Confirmed { target, .. }) => audit.confirmation(region, target),
        Next::TellRegion(region, Record::Settled { target, .. }) => audit.end(region, target),
        Next::TellRegion(region, Record::FullLoadJudged { target, judgement, .. }) => {
            audit.full_load(region, target, judgement.as_ref())
        }
        Next::TellRegion(region, Record::Decided { decision: Decision::Proceed, judgement, .. }) => {
            let passed = judgement.as_ref().is_some_and(|judgement| audit.lets_through(judgement));
            let rides = judgement.is_none() && audit.rides(region);
            let mut notes = note(passed || rides, "I9", "a canary would proceed without a passing verdict");
            let reverted = audit.decided(region, Decision::Revert);
            notes.extend(note(!reverted, "I9", format!("{region} would proceed after a revert was decided")));
            notes.extend(audit.lease());
            notes
        }
        Next::TellRegion(region, Record::UpdateIntended { back, epoch, bake, .. }) => {
            let way = back.is_some() || audit.is_new(region);
            let mut notes = note(way, "I5", "an update would start without a way back");
            let free = epoch.is_none() || audit.open(region).is_none_or(|open| open.epoch.is_some());
            notes.extend(note(free, "I6", format!("{region}'s own way back would be taken from its ledger")));
            let ours = *epoch == Some(audit.sight.hub.epoch);
            notes.extend(note(ours, "I11", "an update would be intended under another epoch than the lease's"));
            notes.extend(audit.lease());
            notes.extend(audit.bake(region, *bake));
            notes
        }
        Next::TellRegion(region, Record::CanaryStarted { from, ends, .. }) => {
            let planned = audit.open(region).and_then(|update| update.bake);
            let kept = planned.is_none_or(|bake| *ends == *from + bake.wait);
            note(kept, "I9", format!("{region}'s timer would be taken for another one than the one that was asked for"))
        }
        _ => Vec::new(),
    }
}

fn note(holds: bool, invariant: &'static str, what: impl Into<String>) -> Vec<Note> {
    if holds { Vec::new() } else { vec![Note { invariant, what: what.into() }] }
}

struct Audit<'a> {
    fleet: &'a Fleet,
    sight: &'a Sight,
    now: Timestamp,
}

impl<'a> Audit<'a> {
    fn history(&self, region: &RegionName) -> Option<&'a RegionHistory> {
        self.sight.regions.get(region).and_then(Seen::known)
    }

    fn open(&self, region: &RegionName) -> Option<&'a OpenUpdate> {
        self.history(region)?.update.as_ref()
    }

    /// Golden records asked in this call, and every one answered right.
    fn proved(&self, region: &RegionName) -> bool {
        self.sight.golden.get(region).and_then(Seen::known).is_some_and(|golden| golden.proves())
    }

    fn decided(&self, region: &RegionName, decision: Decision) -> bool {
        self.open(region).and_then(|update| update.decision.as_ref()).is_some_and(|(last, _)| *last == decision)
    }

    /// A pass of the region, or a pass of the wave where policy carries it; never where a metric failed, a required one is
    /// not there, or one of its arms served nobody.
    fn lets_through(&self, judgement: &Judgement) -> bool {
        let policy = &self.fleet.judge;
        let carried = policy.inconclusive == Inconclusive::Carry && judgement.wave == Verdict::Pass;
        let own = match judgement.verdict {
            Verdict::Pass => judgement.wave != Verdict::Fail,
            Verdict::Inconclusive => carried,
            Verdict::Fail => false,
        };
        let required = policy.required();
        let judged = |name: &MetricName| judgement.metrics.iter().any(|metric| metric.metric == *name);
        let served = judgement
            .metrics
            .iter()
            .all(|metric| metric.green.total > 0 && metric.blue.total > 0 && metric.verdict != Verdict::Fail);
        own && served && required.iter().all(judged)
    }

    fn update(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let history = self.history(region);
        let open = self.open(region);
        let back = open.and_then(|update| update.back.as_ref());
        let serving = history.and_then(|history| history.serving.as_ref()).map(|serving| &serving.target);
        let endpoint = self.endpoint(region);
        let on_back = endpoint.zip(back).is_some_and(|(endpoint, back)| {
            endpoint.status == EndpointStatus::InService && endpoint.config == back.config && serving == Some(back)
        });
        let mut notes = self.start(region, target);
        notes.extend(note(on_back, "I5", format!("{region} does not serve, proved, what it would go back to")));
        notes
    }

    /// I5: only where nothing ever served is there nothing to go back to.
    fn create(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let mut notes = self.start(region, target);
        notes.extend(note(self.is_new(region), "I5", format!("{region} is not new, and would have no way back")));
        notes
    }

    /// No endpoint is there, and the ledger knows of none that was.
    fn is_new(&self, region: &RegionName) -> bool {
        let none = matches!(self.sight.endpoints.get(region), Some(Seen::Known(None)));
        none && self.history(region).is_some_and(|own| own.serving.is_none() && own.confirmed.is_empty())
    }

    /// What every start must keep.
    fn start(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let version = &target.version;
        let history = self.history(region);
        let attested = history.is_some_and(|history| history.attested.contains(&target.release));
        let approved = self.sight.hub.approved.contains(&target.release) && self.sight.approved == Seen::Known(true);
        let intended = self.open(region).is_some_and(|update| update.target == *target);
        let mut notes = note(!self.deferred(region), "I7", format!("{region} is deferred in this wave"));
        notes.extend(self.stopped());
        notes.extend(self.ground(region));
        notes.extend(self.freeze(region));
        notes.extend(self.skew());
        notes.extend(self.mid_shift(region));
        notes.extend(note(attested, "I2", format!("{region} has not attested {version}")));
        notes.extend(note(approved, "I2", format!("{version} is not approved")));
        notes.extend(self.order(region));
        notes.extend(self.bake(region, self.open(region).and_then(|update| update.bake)));
        notes.extend(note(intended, "I8", format!("no intent for {version} stands in {region}'s ledger")));
        notes.extend(self.lease());
        notes
    }

    /// A region that is not active has no canary: an active's evidence for the release, which stands, takes its place.
    fn rides(&self, region: &RegionName) -> bool {
        let kind = |name: &RegionName| self.fleet.region(name).map(|own| own.kind);
        let active = self.fleet.regions.iter().filter(|own| own.kind == Kind::Active).any(|own| self.serves(&own.name));
        kind(region).is_some_and(|kind| kind != Kind::Active) && active
    }

    fn serves(&self, region: &RegionName) -> bool {
        self.history(region).is_some_and(|history| {
            let serving = history.serving.as_ref().map(|serving| serving.target.release);
            let view = self.endpoint(region);
            let left = view.zip(history.serving.as_ref()).is_some_and(|(view, now)| !view.serves(&now.target));
            let told = history.update.as_ref().is_some_and(|update| {
                let back = update.decision.as_ref().is_some_and(|(last, _)| *last == Decision::Revert);
                (back && update.target.release == self.sight.release) || update.takes_back(&self.sight.release)
            });
            let proved = serving == Some(self.sight.release) && history.confirmed.contains_key(&self.sight.release);
            proved && !left && !told && self.judged_at_full_load(region, history)
        })
    }

    /// Evidence is whole once the region's first minutes at full load are judged, where policy asks for that.
    fn judged_at_full_load(&self, region: &RegionName, history: &RegionHistory) -> bool {
        let kind = self.fleet.region(region).map(|own| own.kind);
        let asked = kind == Some(Kind::Active) && self.fleet.guardrail.full_load.is_positive();
        !asked || history.full_load.contains(&self.sight.release)
    }

    /// I3: what fails at full load is no evidence, nor is what was never proved to serve. I9: nor what was told to go back.
    fn full_load(&self, region: &RegionName, target: &Target, judgement: Option<&Judgement>) -> Vec<Note> {
        let failed = judgement.is_some_and(|judgement| judgement.verdict == Verdict::Fail);
        let proved = self.history(region).is_some_and(|history| {
            let serving = history.serving.as_ref().map(|serving| &serving.target);
            serving == Some(target) && history.confirmed.contains_key(&target.release)
        });
        // Another release's way back says nothing of this one.
        let named = self.open(region).is_some_and(|open| open.target == *target);
        let reverted = named && self.decided(region, Decision::Revert);
        let mut notes = note(!failed, "I3", format!("{region} failed at full load and would be evidence"));
        notes.extend(note(proved, "I3", format!("{region} is not proved to serve {}", target.version)));
        notes.extend(note(!reverted, "I9", format!("{region} would be evidence after a revert was decided")));
        notes.extend(self.lease());
        notes
    }

    /// Nobody is left further behind than policy allows without having been told.
    fn skew(&self) -> Vec<Note> {
        let place = |release| self.sight.hub.line.iter().position(|(own, _)| *own == release).map_or(0, |at| at + 1);
        let newest = place(self.sight.release);
        let told = |region: &RegionName| {
            self.sight.hub.skew_told.iter().any(|(own, release)| own == region && place(*release) >= newest)
        };
        let behind = self.fleet.regions.iter().filter(|region| {
            let serving = self.history(&region.name).and_then(|history| history.serving.as_ref());
            let own = serving.map_or(newest, |serving| place(serving.target.release));
            let ahead = self.sight.hub.line.iter().take(newest).skip(own);
            let ahead = ahead.filter(|(release, _)| self.sight.hub.barred(release).is_none()).count();
            ahead > usize::try_from(self.fleet.wave.skew_releases).unwrap_or(usize::MAX)
        });
        let behind = behind.filter(|region| region.kind != Kind::Joining && !self.set_aside(Rule::Skew, &region.name));
        let behind = behind.filter(|region| !told(&region.name));
        behind
            .flat_map(|region| note(false, "I3", format!("{} would be too far behind, untold", region.name)))
            .collect()
    }

    /// The preflight of I3: a frozen region starts only on an override that still counts.
    fn freeze(&self, region: &RegionName) -> Vec<Note> {
        let frozen = self.fleet.frozen(region, self.now, self.now);
        let free = frozen.is_none() || self.set_aside(Rule::Freeze, region);
        note(free, "I3", format!("{region} is frozen, and nobody has overridden that"))
    }

    fn set_aside(&self, what: Rule, region: &RegionName) -> bool {
        self.sight.hub.overrides.iter().any(|own| own.counts(what, region, self.now))
    }

    /// I9: the canary that SageMaker is asked for is one that policy allows, so that its last decision falls in time.
    fn bake(&self, region: &RegionName, bake: Option<Bake>) -> Vec<Note> {
        let policy = self.fleet.regions.iter().find(|own| own.name == *region);
        let allowed = policy.zip(bake).is_some_and(|(own, bake)| {
            bake.wait >= own.shortest_bake.min(own.bake)
                && bake.wait <= own.bake
                && (own.style != Style::Canary
                    || (own.canary_percent.min..=own.canary_percent.max).contains(&bake.percent))
        });
        note(allowed, "I9", format!("{region}'s canary was not planned, or is outside of policy's bounds"))
    }

    /// I7: nothing starts in a halted fleet, for a condemned release, or for one in quarantine.
    fn stopped(&self) -> Vec<Note> {
        let hub = &self.sight.hub;
        let region_halted = self.fleet.regions.iter().any(|region| {
            let history = self.history(&region.name);
            history.is_some_and(|history| history.halt.is_some())
        });
        let barred = hub.barred(&self.sight.release);
        let mut notes = note(hub.halt.is_none() && !region_halted, "I7", "a halt stands");
        notes.extend(barred.iter().flat_map(|barred| note(false, "I7", format!("{} {barred}", self.sight.version))));
        let against = self.fleet.regions.iter().find(|region| {
            let history = self.history(&region.name);
            history.is_some_and(|history| history.evidence_against(&self.sight.release).is_some())
        });
        let words = || format!("{}'s evidence is against {}", against.map_or("", |r| &r.title), self.sight.version);
        notes.extend(note(against.is_none(), "I7", words()));
        notes
    }

    fn mid_shift(&self, region: &RegionName) -> Vec<Note> {
        let others = self.fleet.regions.iter().map(|other| &other.name).filter(|other| *other != region);
        others
            .filter(|other| !self.deferred(other))
            .flat_map(|other| match self.history(other) {
                Some(history) => {
                    let moving = history.update.as_ref().is_some_and(|update| {
                        let wave = (update.execution.clone(), other.clone());
                        let left = self.sight.hub.deferred.contains_key(&wave);
                        !update.confirmed && !left && !self.abandoned(other, update)
                    });
                    note(!moving, "I1", format!("{other} is mid-shift"))
                }
                None => note(false, "I13", format!("{other} cannot be seen and is not deferred")),
            })
            .collect()
    }

    /// Nobody is known to have called it, nobody may any more, and nothing moves there.
    fn abandoned(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        let lease = self.sight.hub.lease.as_ref();
        let held = lease.is_some_and(|lease| lease.holder == update.execution && lease.until > self.now);
        let called = update.started || update.decision.is_some();
        let still = match (self.endpoint(region), update.back.as_ref()) {
            (Some(endpoint), Some(back)) => {
                endpoint.status == EndpointStatus::InService && endpoint.config == back.config
            }
            (None, None) => self.is_new(region),
            _ => false,
        };
        !held && !called && still
    }

    fn order(&self, region: &RegionName) -> Vec<Note> {
        if self.set_aside(Rule::Order, region) {
            return Vec::new();
        }
        let listed: Vec<RegionName> = self.fleet.regions.iter().map(|region| region.name.clone()).collect();
        let recorded = self.sight.hub.orders.get(&self.sight.execution).map(|order| &order.regions);
        let order = recorded.unwrap_or(&listed);
        // An order by traffic is the wave's own: it cannot be read off the policy.
        let known = recorded.is_some() || self.fleet.order == OrderPolicy::Fixed;
        let named = listed.iter().all(|region| order.contains(region));
        let mut notes = note(known && named, "I3", "the wave's order is not on record, or leaves a region out");
        let joining = |name: &RegionName| self.fleet.region(name).is_some_and(|own| own.kind == Kind::Joining);
        let earlier = order.iter().take_while(|before| *before != region);
        for before in earlier.filter(|before| !self.deferred(before) && !joining(before)) {
            let holds = self.serves(before);
            notes.extend(note(holds, "I3", format!("{before} has no evidence for {}", self.sight.version)));
        }
        notes
    }

    fn deferred(&self, region: &RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(self.sight.execution.clone(), region.clone()))
    }

    fn endpoint(&self, region: &RegionName) -> Option<&'a EndpointView> {
        self.sight.endpoints.get(region).and_then(Seen::known)?.as_ref()
    }

    fn lease(&self) -> Vec<Note> {
        let held = self.sight.hub.lease.as_ref();
        let ours = held.is_some_and(|lease| lease.holder == self.sight.execution && lease.until > self.now);
        note(ours, "I11", "the fleet's lease is not held by this wave")
    }

    /// I8: registered is what stands in the region's ledger, by this wave's word.
    fn scaling(&self, region: &RegionName) -> Vec<Note> {
        let scaled = self.history(region).and_then(|history| history.scaled.as_ref());
        let intended = scaled.is_some_and(|own| own.execution == self.sight.execution);
        let mut notes = note(intended, "I8", format!("no intent for its scaling stands in {region}'s ledger"));
        notes.extend(self.lease());
        notes
    }

    /// I9: near the timer's end a heartbeat speaks only for a canary that was let through.
    fn beat(&self, region: &RegionName) -> Vec<Note> {
        let ends = self.open(region).and_then(|update| update.canary).map(|(_, ends)| ends);
        let late = ends.is_some_and(|ends| self.now >= ends - self.fleet.guardrail.decide_before_end);
        let alive = !self.decided(region, Decision::Revert) && (!late || self.decided(region, Decision::Proceed));
        note(alive, "I9", format!("a heartbeat would keep {region}'s canary alive that nobody let through"))
    }

    fn confirmation(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let proved = self.proved(region);
        let open = self.open(region).filter(|update| update.target == *target);
        // A first release has no canary, and nothing to be shifted from.
        let new = self.history(region).is_some_and(|history| history.serving.is_none());
        let first = new && open.is_some_and(|update| update.is_first() && update.decision.is_none());
        let let_through = first || (open.is_some() && self.decided(region, Decision::Proceed));
        let mut notes = note(proved, "I4", format!("{region}'s golden records were not all answered right"));
        notes.extend(note(let_through, "I9", format!("{region} was shifted without a decision to proceed")));
        notes
    }

    /// I4: `InService`, naming the target's configuration, and golden records answered: now, or when it was confirmed.
    fn end(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let named = self
            .endpoint(region)
            .is_some_and(|endpoint| endpoint.status == EndpointStatus::InService && endpoint.config == target.config);
        let now = self.proved(region);
        let confirmed = self.open(region).is_some_and(|update| update.target == *target && update.confirmed);
        let mut notes = note(named, "I4", format!("{region} is not in service on {}", target.config));
        notes.extend(note(now || confirmed, "I4", format!("{region} was not proved to answer as {}", target.version)));
        notes
    }
}
