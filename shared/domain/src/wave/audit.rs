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
//! | I6 | replace a region's own rollback in its ledger. `rollback` itself is not audited: it must act where nothing else can be trusted |
//! | I7 | start under a halt or for a condemned release; defer a model fault; condemn without a revert that says so |
//! | I8 | call an update that nobody intended on record |
//! | I9 | let a canary go on, or keep it alive, or disarm its heartbeat, without a passing verdict |
//! | I10 | act for a wave that has ended |
//! | I11 | act, decide or touch the lease without holding it |
//! | I12 | nothing: no plan carries a credential, a record or a feature value; its words come from counts and states |
//! | I13 | call a region well, settled or done that cannot be seen, or start where it is unknown what serves |

mod hub;
mod start;

use crate::fleet::endpoint::{EndpointStatus, EndpointView, Target};
use crate::fleet::names::RegionName;
use crate::fleet::{Bake, Bounds, CanarySize, Fleet, Kind, Region, Style};
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Reason, Return, Seen, WayBackReason};
use crate::ledger::verdict::{Decision, Verdict};
use crate::ledger::{Act, Record, Violation};
use crate::wave::plan::{Next, Plan, Sight};
use jiff::Timestamp;
use meridian_judge::{Judgement, MetricName};
use std::sync::Arc;

/// Holds one step of a wave against the invariants. An empty answer lets it go.
pub fn audit(fleet: &Fleet, sight: &Sight, plan: &Plan, now: Timestamp) -> Vec<Violation> {
    let audit = Audit { fleet, sight, now };
    match &plan.next {
        Next::Do(Act::Update, region, target) => audit.update(region, target),
        Next::Do(Act::Create, region, target) => audit.create(region, target),
        Next::Do(Act::Prepare | Act::NoteDeferral, ..) => audit.lease(),
        Next::Do(Act::Scale, region, _) => audit.scaling(region),
        Next::Do(Act::Deregister, region, target) => audit.deregistration(region, target),
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
            let carried = judgement.is_none() && audit.is_carried(region);
            let mut broken = require(passed || carried, Violation::NoPass);
            let reverted = audit.decided(region, Decision::Revert);
            broken.extend(require(!reverted, Violation::RevertOverruled { region: region.clone() }));
            broken.extend(audit.lease());
            broken
        }
        Next::TellRegion(region, Record::UpdateIntended { back, epoch, bake, .. }) => {
            let way = back.is_some() || audit.is_new(region);
            let mut broken = require(way, Violation::NoWayBack);
            let free = epoch.is_none() || audit.open(region).is_none_or(|open| open.epoch.is_some());
            broken.extend(require(free, Violation::OwnRollbackReplaced { region: region.clone() }));
            let ours = *epoch == Some(audit.sight.hub.epoch);
            broken.extend(require(ours, Violation::OtherEpoch));
            broken.extend(audit.lease());
            broken.extend(audit.bake(region, *bake));
            broken
        }
        Next::TellRegion(region, Record::Kept { target, .. }) => audit.keeping(region, target),
        Next::TellRegion(region, Record::JudgeReplaced { .. }) => {
            let hub = &audit.sight.hub;
            let mut broken = require(audit.lost_its_judge(region) && hub.halt.is_none(), Violation::HaltStands);
            broken.extend(audit.ground(region));
            broken.extend(audit.freeze(region));
            broken.extend(audit.lease());
            broken
        }
        // That wave may still ask for it: only the lease's holder knows that it will not.
        Next::TellRegion(region, Record::Reverted { .. }) if audit.is_of_another(region) => audit.lease(),
        Next::TellRegion(region, Record::CanaryStarted { from, ends, .. }) => {
            let planned = audit.open(region).and_then(|update| update.bake);
            let kept = planned.is_none_or(|bake| *ends == *from + bake.wait);
            require(kept, Violation::OtherTimer { region: region.clone() })
        }
        _ => Vec::new(),
    }
}

fn require(holds: bool, otherwise: Violation) -> Vec<Violation> {
    if holds { Vec::new() } else { vec![otherwise] }
}

struct Audit<'a> {
    fleet: &'a Fleet,
    sight: &'a Sight,
    now: Timestamp,
}

impl<'a> Audit<'a> {
    fn history(&self, region: &RegionName) -> Option<&'a RegionHistory> {
        self.sight.regions.get(region)?.known().map(Arc::as_ref)
    }

    fn open(&self, region: &RegionName) -> Option<&'a OpenUpdate> {
        self.history(region)?.update.as_ref()
    }

    /// True if the region's open update is another wave's.
    fn is_of_another(&self, region: &RegionName) -> bool {
        self.open(region).is_some_and(|update| update.epoch.is_some() && update.execution != self.sight.execution)
    }

    /// Golden records asked in this call, and every one answered right.
    fn proved(&self, region: &RegionName) -> bool {
        self.sight.golden.get(region).and_then(Seen::known).is_some_and(|golden| golden.proves())
    }

    fn decided(&self, region: &RegionName, decision: Decision) -> bool {
        self.open(region).and_then(|update| update.decision.as_ref()).is_some_and(|(last, _)| *last == decision)
    }

    /// The region's own pass, while the regions together do not fail; never where a metric failed, a required one is not there,
    /// or one of its arms served nobody.
    fn lets_through(&self, judgement: &Judgement) -> bool {
        let own = judgement.verdict == Verdict::Pass && judgement.wave != Verdict::Fail;
        let required = self.fleet.judge.required();
        let judged = |name: &MetricName| judgement.metrics.iter().any(|metric| metric.metric == *name);
        let served = judgement
            .metrics
            .iter()
            .all(|metric| metric.green.total > 0 && metric.blue.total > 0 && metric.verdict != Verdict::Fail);
        own && served && required.iter().all(judged)
    }

    /// No endpoint is there, and the ledger knows of none that was.
    fn is_new(&self, region: &RegionName) -> bool {
        let none = matches!(self.sight.endpoints.get(region), Some(Seen::Known(None)));
        none && self.history(region).is_some_and(|own| own.serving.is_none() && own.confirmed.is_empty())
    }

    /// A region that is not active has no canary: an active's evidence for the release, which stands, takes its place.
    fn is_carried(&self, region: &RegionName) -> bool {
        let kind = |name: &RegionName| self.fleet.region(name).map(|own| own.kind);
        let active = self.fleet.regions.iter().filter(|own| own.kind == Kind::Active).any(|own| self.serves(&own.name));
        kind(region).is_some_and(|kind| kind != Kind::Active) && active
    }

    /// The region went back, and halted, for a judge that was silent, before home moved here for the loss of another.
    fn lost_its_judge(&self, region: &RegionName) -> bool {
        let moved = self.sight.hub.moved.as_ref().filter(|moved| moved.lost && moved.to == self.fleet.home);
        moved.zip(self.history(region)).is_some_and(|(moved, own)| {
            let silent = |why: &Reason| {
                matches!(why, Reason::Return(Return::RolledBack { why: WayBackReason::JudgeSilent, .. }))
            };
            own.halt.as_ref().is_some_and(silent) && own.returned_at.is_some_and(|at| at <= moved.since)
        })
    }

    /// No instance is to run there, and none does.
    fn is_dark(&self, region: &RegionName) -> bool {
        let none = matches!(self.sight.endpoints.get(region), Some(Seen::Known(None)));
        none && self.is_pilot_light(region)
    }

    fn is_pilot_light(&self, region: &RegionName) -> bool {
        self.fleet.region(region).is_some_and(|own| own.kind == Kind::PilotLight)
    }

    fn serves(&self, region: &RegionName) -> bool {
        self.history(region).is_some_and(|history| {
            let serving = history.serving.as_ref().map(|serving| serving.target.release);
            let view = self.endpoint(region);
            let left = view.zip(history.serving.as_ref()).is_some_and(|(view, now)| !view.serves(&now.target));
            let told = history.update.as_ref().is_some_and(|update| {
                let back = update.decision.as_ref().is_some_and(|(last, _)| *last == Decision::Revert);
                (back && update.target.release == self.sight.release) || update.rolls_back(&self.sight.release)
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

    /// I3: what fails at full load is no evidence, nor is what was never proved to serve. I9: nor what was told to roll back.
    fn full_load(&self, region: &RegionName, target: &Target, judgement: Option<&Judgement>) -> Vec<Violation> {
        let failed = judgement.is_some_and(|judgement| judgement.verdict == Verdict::Fail);
        let proved = self.history(region).is_some_and(|history| {
            let serving = history.serving.as_ref().map(|serving| &serving.target);
            serving == Some(target) && history.confirmed.contains_key(&target.release)
        });
        // Another release's way back says nothing of this one.
        let named = self.open(region).is_some_and(|open| open.target == *target);
        let reverted = named && self.decided(region, Decision::Revert);
        let mut broken = require(!failed, Violation::FailedAtFullLoad { region: region.clone() });
        broken.extend(require(
            proved,
            Violation::NotProvedToServe { region: region.clone(), version: target.version.clone() },
        ));
        broken.extend(require(!reverted, Violation::RevertedIsEvidence { region: region.clone() }));
        broken.extend(self.lease());
        broken
    }

    /// I9: the canary that SageMaker is asked for is one that policy allows, so that its last decision falls in time.
    fn bake(&self, region: &RegionName, bake: Option<Bake>) -> Vec<Violation> {
        let policy = self.fleet.regions.iter().find(|own| own.name == *region);
        let allowed = policy.zip(bake).is_some_and(|(own, bake)| {
            bake.wait >= own.shortest_bake.min(own.bake)
                && bake.wait <= own.bake
                && (own.style != Style::Canary || self.allows_share(own, bake.percent))
        });
        require(allowed, Violation::CanaryNotAllowed { region: region.clone() })
    }

    /// A share that whole instances can have, of those between policy's least and most.
    fn allows_share(&self, region: &Region, percent: u32) -> bool {
        let instances = region.instances_of(self.endpoint(&region.name));
        let Bounds { min, max } = region.canary_percent;
        (min..=max).any(|wished| CanarySize::wished(wished, instances).percent() == percent)
    }

    fn deferred(&self, region: &RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(self.sight.execution.clone(), region.clone()))
    }

    fn endpoint(&self, region: &RegionName) -> Option<&'a EndpointView> {
        self.sight.endpoints.get(region).and_then(Seen::known)?.as_ref()
    }

    fn lease(&self) -> Vec<Violation> {
        let held = self.sight.hub.lease.as_ref();
        let ours = held.is_some_and(|lease| lease.holder == self.sight.execution && lease.until > self.now);
        require(ours, Violation::LeaseNotHeld)
    }

    /// I8: registered is what stands in the region's ledger, by this wave's word.
    fn scaling(&self, region: &RegionName) -> Vec<Violation> {
        let scaled = self.history(region).and_then(|history| history.scaled.as_ref());
        let intended = scaled.is_some_and(|own| own.execution == self.sight.execution);
        let mut broken = require(intended, Violation::NoScalingIntent { region: region.clone() });
        broken.extend(self.lease());
        broken
    }

    /// I8: only for an update that stands in the region's ledger.
    fn deregistration(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let intended = self.open(region).is_some_and(|update| update.target == *target);
        let (region, version) = (region.clone(), target.version.clone());
        let mut broken = require(intended, Violation::NoIntent { region, version });
        broken.extend(self.lease());
        broken
    }

    /// I9: near the timer's end a heartbeat speaks only for a canary that was let through.
    fn beat(&self, region: &RegionName) -> Vec<Violation> {
        let ends = self.open(region).and_then(|update| update.canary).map(|(_, ends)| ends);
        let late = ends.is_some_and(|ends| self.now >= ends - self.fleet.guardrail.decide_before_end);
        let alive = !self.decided(region, Decision::Revert) && (!late || self.decided(region, Decision::Proceed));
        require(alive, Violation::BeatWithoutDecision { region: region.clone() })
    }

    fn confirmation(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let proved = self.proved(region);
        let open = self.open(region).filter(|update| update.target == *target);
        // A first release has no canary, and nothing to be shifted from.
        let new = self.history(region).is_some_and(|history| history.serving.is_none());
        let first = new && open.is_some_and(|update| update.is_first() && update.decision.is_none());
        let let_through = first || (open.is_some() && self.decided(region, Decision::Proceed));
        let mut broken = require(proved, Violation::GoldenNotAnswered { region: region.clone() });
        broken.extend(require(let_through, Violation::ShiftedWithoutDecision { region: region.clone() }));
        broken
    }

    /// I4: `InService`, naming the target's configuration, and golden records answered: now, or when it was confirmed.
    fn end(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let named = self
            .endpoint(region)
            .is_some_and(|endpoint| endpoint.status == EndpointStatus::InService && endpoint.config == target.config);
        let now = self.proved(region);
        let confirmed = self.open(region).is_some_and(|update| update.target == *target && update.confirmed);
        let mut broken =
            require(named, Violation::NotInService { region: region.clone(), config: target.config.clone() });
        broken.extend(require(
            now || confirmed,
            Violation::AnswersNotProved { region: region.clone(), version: target.version.clone() },
        ));
        broken
    }
}
