//! A canary whose counts did not decide: the region is left behind on record and nobody is paged, and it is tried again in the same
//! night with what the plan expects to suffice, as long as policy's tries and time last.

use super::bake::{BakePlan, BakeQuestion, SLOWEST_PROVISIONING};
use super::forecast::{LIKELY, passes};
use super::past::rate;
use super::{Bake, Hour, PROVISIONING, Plan, View};
use crate::fleet::{CanarySize, Fleet, Region, Style};
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::{Fault, NextTry, Reason, Retry, Undecided};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{MetricName, RegionEvidence};
use std::collections::BTreeMap;

/// A try that is less likely than this to pass an equal release is not worth its canary.
const WORTH: f64 = 0.5;
/// Between two hours at which a further try is weighed.
const LATER: SignedDuration = SignedDuration::from_mins(30);

/// A bake with the chance that an equal release passes in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Likely {
    pub bake: Bake,
    /// 0 to 1, of an equal release.
    pub chance: f64,
}

impl BakeQuestion<'_> {
    /// After a canary that did not decide: one that is no shorter and takes no smaller share.
    pub(super) fn again(&self, last: Option<Bake>) -> Likely {
        let found = self.likeliest();
        let Some(last) = last else { return found };
        let shares = self.shares();
        let percent = Some(last.percent).filter(|last| shares.contains(last)).unwrap_or(found.bake.percent);
        let wait = last.wait.clamp(self.region.shortest_bake.min(self.region.bake), self.region.bake);
        self.likely(&self.plan(Bake { wait: found.bake.wait.max(wait), percent: found.bake.percent.max(percent) }))
    }

    /// The smallest share with the shortest bake in which an equal release is likely to pass, where that is within policy's bounds;
    /// else the longest bake with the share in which it is the likeliest to.
    fn likeliest(&self) -> Likely {
        let mut best = self.likely(&self.answer());
        for percent in self.shares() {
            if best.chance >= LIKELY {
                break;
            }
            let found = self.likely_by(self.region.bake, percent);
            if found.chance > best.chance {
                best = found;
            }
        }
        best
    }

    /// The same in any canary that SageMaker would let finish, whatever policy's bounds: what to write there. None where an equal
    /// release is likely to pass in no such canary, or where policy's style has none.
    pub(super) fn that_passes(&self) -> Option<BakePlan> {
        let guardrail = &self.fleet.guardrail;
        let longest = guardrail.max_execution - guardrail.soak - SLOWEST_PROVISIONING;
        let largest = if self.region.style == Style::Canary { self.instances / 2 } else { 0 };
        let mut shares = (1..=largest).map(|instances| CanarySize { instances, of: self.instances }.percent());
        let found = shares.find_map(|percent| Some(self.likely_by(longest, percent)).filter(Likely::is_enough))?;
        Some(self.plan(found.bake))
    }

    /// At one share, the shortest bake in which an equal release is likely to pass; the longest where there is none.
    fn likely_by(&self, longest: SignedDuration, percent: u32) -> Likely {
        let longest = self.plan(Bake { wait: longest, percent });
        let found = self.likely(&longest);
        if !found.is_enough() {
            return found;
        }
        self.likely(&self.shortest_that(longest, |plan| self.likely(plan).is_enough()))
    }

    fn likely(&self, plan: &BakePlan) -> Likely {
        Likely { bake: plan.bake, chance: passes(&self.outlook(plan)) }
    }
}

impl Likely {
    fn is_enough(&self) -> bool {
        self.chance >= LIKELY
    }
}

/// A further try of a region: which canary, and when?
#[derive(Clone, Debug)]
pub struct RetryQuestion<'a> {
    /// The policy whose bounds hold.
    pub fleet: &'a Fleet,
    /// The region that is tried again.
    pub region: &'a Region,
    /// Instances of its endpoint.
    pub instances: u32,
    /// Each metric's usual rate, as the try before showed it, or as it was measured.
    pub rates: BTreeMap<MetricName, f64>,
    /// The canary before, where it was recorded.
    pub last: Option<Bake>,
}

impl<'a> RetryQuestion<'a> {
    /// After a canary that showed this.
    pub fn after(
        fleet: &'a Fleet,
        region: &'a Region,
        instances: u32,
        shown: &RegionEvidence,
        last: Option<Bake>,
    ) -> Self {
        Self { fleet, region, instances, rates: rates(shown), last }
    }

    /// The first hour at which a canary is likely to pass an equal release; where there is none, the likeliest that is worth it. And
    /// the chance of the likeliest.
    pub fn answer(&self, mut from: Timestamp, until: Timestamp) -> (f64, Option<Retry>) {
        let (fleet, region, instances) = (self.fleet, self.region, self.instances);
        let (hour, carried) = (Hour { rps: None, rates: self.rates.clone() }, BTreeMap::new());
        let mut best = None::<Retry>;
        while from < until && best.is_none_or(|best| best.chance < LIKELY) {
            let start = from + PROVISIONING;
            let question = BakeQuestion { fleet, region, instances, from: start, hour: &hour, carried: &carried };
            let Likely { bake, chance } = question.again(self.last);
            if best.is_none_or(|best| chance > best.chance) {
                best = Some(Retry { bake, from, chance });
            }
            from += LATER;
        }
        (best.map_or(0.0, |best| best.chance), best.filter(|best| best.chance >= WORTH))
    }
}

impl View<'_> {
    /// Back on what served before, because the counts did not decide.
    pub(super) fn undecided(&self, why: &Reason, history: &RegionHistory) -> Plan {
        // A wave that has ended leaves nothing behind any more (I10).
        if self.sight.hub.ended.contains_key(&self.sight.execution) {
            return self.fail(self.not_on(why.clone()));
        }
        let nth = self.tried(history);
        let (of, next) = (self.fleet.wave.tries, self.next_try(history));
        self.leave_undecided(Undecided { why: Box::new(why.clone()), nth, of, next })
    }

    /// Where a further try comes after the time that policy has for it, for another region's took long, or a person's execution or one
    /// that was lost has used the tries up meanwhile: what is said of the region, which is left for the next night. A person may start one
    /// at any time.
    pub(super) fn no_try_left(&self, history: &RegionHistory) -> Option<Undecided> {
        let (hub, release) = (&self.sight.hub, &self.sight.release);
        hub.resumed.get(&self.sight.execution)?;
        // Once its update is intended, it has begun.
        let begun = history.update.as_ref().is_some_and(|update| self.is_ours(update));
        let left = self.left_open();
        let tried = left.is_some() || !history.tries_of(release).is_empty();
        let until = self.tries_until().filter(|until| tried && self.now >= *until);
        let used_up = (!history.tries_left(self.fleet, release)).then_some(NextTry::UsedUp);
        let next = used_up.or(until.map(|until| NextTry::Over { until })).filter(|_| !begun)?;
        // An execution that was lost may have died between its canary's return and the region's deferral.
        let why =
            left.map(|left| left.why.clone()).or_else(|| Some(Box::new(history.returned.get(release)?.why.clone())))?;
        Some(Undecided { why, nth: self.tried(history), of: self.fleet.wave.tries, next })
    }

    /// The canary that the execution before expected to suffice here.
    pub(super) fn planned_try(&self) -> Option<Bake> {
        match &self.left_open()?.next {
            NextTry::Planned(retry) => Some(retry.bake),
            _ => None,
        }
    }

    /// What the execution before this one said of the region that it left undecided.
    fn left_open(&self) -> Option<&Undecided> {
        let hub = &self.sight.hub;
        let resumed = hub.resumed.get(&self.sight.execution)?;
        hub.deferred.get(&(resumed.after.clone(), self.name()))?.undecided()
    }

    pub(super) fn leave_undecided(&self, undecided: Undecided) -> Plan {
        let against = self.history().and_then(|history| history.evidence_against(&self.sight.release));
        match against {
            // Whatever the counts left open here, the release is known to be bad (I7).
            Some(bad) => self.condemn(bad),
            None => self.left_by_policy(Fault::Undecided(undecided)),
        }
    }

    /// Until when policy lets a further try begin.
    fn tries_until(&self) -> Option<Timestamp> {
        Some(self.sight.hub.first_started(&self.sight.release)? + self.fleet.wave.until)
    }

    /// How many of the region's canaries of this release did not decide.
    fn tried(&self, history: &RegionHistory) -> u32 {
        u32::try_from(history.tries_of(&self.sight.release).len()).unwrap_or(u32::MAX)
    }

    fn next_try(&self, history: &RegionHistory) -> NextTry {
        if !history.tries_left(self.fleet, &self.sight.release) {
            return NextTry::UsedUp;
        }
        // Home goes on after an execution that it has started itself.
        let ours = self.sight.hub.waves.get(&self.sight.release) == Some(&self.sight.execution);
        let Some(until) = self.tries_until().filter(|_| ours) else { return NextTry::Persons };
        if self.now >= until {
            return NextTry::Over { until };
        }
        let (chance, retry) = self.likely_retry(until, history);
        match retry {
            Some(retry) => NextTry::Planned(retry),
            None => NextTry::NotLikely { chance, until },
        }
    }

    fn likely_retry(&self, until: Timestamp, history: &RegionHistory) -> (f64, Option<Retry>) {
        let last = history.tries_of(&self.sight.release).last();
        let (fleet, region, instances) = (self.fleet, self.region, self.instances());
        let rates = last.map(|last| rates(&last.evidence)).unwrap_or_default();
        let last = last.and_then(|last| last.bake);
        RetryQuestion { fleet, region, instances, rates, last }.answer(self.now, until)
    }
}

/// What the champion's share was of each metric beside the canary.
fn rates(shown: &RegionEvidence) -> BTreeMap<MetricName, f64> {
    let blue = shown.metrics.iter().filter_map(|(name, own)| Some((name.clone(), rate(own.blue.total, own.blue.bad)?)));
    blue.collect()
}
