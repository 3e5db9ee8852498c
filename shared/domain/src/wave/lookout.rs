//! Which minutes of which instances the judge is shown, and how green's and blue's are laid side by side.

use crate::fleet::endpoint::EndpointView;
use crate::fleet::{CanarySize, Fleet, JudgePolicy, Region};
use crate::ledger::history::OpenUpdate;
use crate::wave::stakes::{at_stake, since_shift};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{
    Arm, COUNTS_DELAY, Judgement, MetricName, MinuteCounts, RegionCounts, RegionEvidence, Watch, WatchStage, judge,
};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// Blue's minutes before the canary: its own scatter, and what full load is compared with.
const LAST_HOUR: i64 = 60;
/// One minute, in seconds.
const MINUTE: i64 = 60;

/// What the instances of one configuration served, metric by metric and minute by minute, as far as it has arrived. A minute that is
/// not here did not arrive: missing is not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArmMinutes(BTreeMap<MetricName, BTreeMap<i64, Arm>>);

impl ArmMinutes {
    /// Takes the minute that `start` is in. A later version of it replaces the one before, so that it counts once.
    pub fn put(&mut self, metric: &MetricName, start: Timestamp, arm: Arm) {
        self.0.entry(metric.clone()).or_default().insert(minute_of(start), arm);
    }

    /// A metric's minutes in order, each with its start.
    pub fn minutes(&self, metric: &MetricName) -> impl Iterator<Item = (Timestamp, Arm)> {
        self.of(metric).map(|(minute, arm)| (start_of(minute), arm))
    }

    /// True if nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    fn of(&self, metric: &MetricName) -> impl Iterator<Item = (i64, Arm)> {
        self.0.get(metric).into_iter().flatten().map(|(minute, arm)| (*minute, *arm))
    }
}

/// Minutes that start in `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first minute's start.
    pub from: Timestamp,
    /// The end of the last.
    pub to: Timestamp,
}

impl Span {
    fn of(from: i64, to: i64) -> Self {
        Self { from: start_of(from), to: start_of(to.max(from)) }
    }

    /// True if no minute starts in it.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }
}

/// How many instances of green and blue take requests, where the control plane says them: requests per instance tell whether
/// latencies are comparable. Scaling is suspended during an update, so what is seen now holds for the whole of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instances {
    /// Instances of the challenger that take requests; none where unknown.
    pub green: Option<NonZeroU32>,
    /// Instances of the champion that take requests; none where unknown.
    pub blue: Option<NonZeroU32>,
}

impl Instances {
    /// What an endpoint shows of an update's green and blue: of green, the canary's until all of it is proved to serve.
    pub fn seen(endpoint: &EndpointView, update: &OpenUpdate) -> Self {
        let pending = endpoint.pending.as_ref().filter(|pending| pending.config == update.target.config);
        let arrived = (endpoint.config == update.target.config).then_some(endpoint.instances).flatten();
        let blue = update.back.as_ref().filter(|back| back.config == endpoint.config);
        let canary = |all: NonZeroU32| match update.bake.filter(|_| !update.confirmed) {
            Some(bake) => NonZeroU32::new(CanarySize::of_share(bake.percent, all.get()).instances).unwrap_or(all),
            None => all,
        };
        let green = pending.and_then(|pending| pending.instances).or(arrived).map(canary);
        Self { green, blue: blue.and(endpoint.instances) }
    }
}

/// What is to be looked at for one judgement: which minutes of blue and of green, and how they are watched. It follows from what
/// is on record and the policy alone, so that the planned look is fixed before the first count is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookout {
    /// How the minutes are judged.
    pub watch: Watch,
    /// The challenger's minutes that are judged.
    pub green: Span,
    /// The champion's minutes that it is compared with.
    pub blue: Span,
    /// Minute 0 of the watch.
    zero: i64,
    /// When all traffic is on green: at the end of SageMaker's own timer, or when it was proved.
    shift: Timestamp,
}

impl Lookout {
    /// The last hour whose counts have arrived.
    pub fn last_hour(now: Timestamp) -> Span {
        let to = complete_by(now);
        Span::of(to - LAST_HOUR, to)
    }

    /// The lookout on an update at a moment; none before its canary is on record. Once the golden records have proved the
    /// shift it is the one at full load, where policy has one.
    pub fn on(fleet: &Fleet, update: &OpenUpdate, now: Timestamp) -> Option<Self> {
        let (from, ends) = update.canary?;
        let shifted = update.confirmed_at.filter(|_| fleet.guardrail.full_load_minutes() > 0);
        Some(match shifted {
            Some(shifted) => Self::full_load(fleet, from, shifted, now),
            None => Self::canary(fleet, from, ends, now),
        })
    }

    /// The same with what the region has at stake: without it nothing passes. It follows from the policy and the hour alone.
    #[must_use]
    pub fn at_stake(self, fleet: &Fleet, region: &Region) -> Self {
        let stakes = match self.watch.stage {
            WatchStage::Canary => at_stake(fleet, region, self.shift, None),
            WatchStage::FullLoad => since_shift(fleet, region, self.shift),
        };
        Self { watch: self.watch.with(stakes), ..self }
    }

    /// Green and blue in the canary's minutes, and blue alone in the hour before.
    fn canary(fleet: &Fleet, from: Timestamp, ends: Timestamp, now: Timestamp) -> Self {
        let guardrail = &fleet.guardrail;
        let zero = minute_of(from);
        let due = ends - guardrail.decide_before_end;
        let warm_up = next_minute(from + guardrail.warm_up) - zero;
        let watch = Watch {
            warm_up,
            last_look: (complete_by(due) - zero).max(warm_up),
            due: now >= due,
            stage: WatchStage::Canary,
            stakes: None,
        };
        let to = complete_by(now);
        Self { watch, green: Span::of(zero, to), blue: Span::of(zero - LAST_HOUR, to), zero, shift: ends }
    }

    /// Green alone in the first whole minutes after it was proved to have all traffic and its instances are warm, and blue
    /// alone in its last hour, the one before the canary.
    fn full_load(fleet: &Fleet, canary: Timestamp, shifted: Timestamp, now: Timestamp) -> Self {
        let (zero, minutes) = (next_minute(shifted + fleet.guardrail.warm_up), fleet.guardrail.full_load_minutes());
        let (arrived, blue_ends) = (complete_by(now), minute_of(canary));
        let due = arrived >= zero + minutes;
        let watch = Watch { warm_up: 0, last_look: minutes, due, stage: WatchStage::FullLoad, stakes: None };
        let green = Span::of(zero, arrived.min(zero + minutes));
        Self { watch, green, blue: Span::of(blue_ends - LAST_HOUR, blue_ends), zero, shift: shifted }
    }

    /// When the counts of the minutes at full load are due to have arrived.
    pub fn full_load_due(fleet: &Fleet, shifted: Timestamp) -> Timestamp {
        let guardrail = &fleet.guardrail;
        start_of(next_minute(shifted + guardrail.warm_up) + guardrail.full_load_minutes() + COUNTS_DELAY)
    }

    /// What the judge says of what green and blue served. A canary's counts are pooled with the evidence of the regions
    /// `beside`; those at full load stand for themselves.
    pub fn judgement(
        &self,
        fleet: &Fleet,
        green: &ArmMinutes,
        blue: &ArmMinutes,
        instances: Instances,
        beside: &[RegionEvidence],
    ) -> Judgement {
        let (counts, regions) = (self.counts(&fleet.judge, green, blue, instances), fleet.regions.len());
        match self.watch.stage {
            WatchStage::Canary => judge(&fleet.judge, regions, &counts, self.watch, beside),
            WatchStage::FullLoad => judge(&fleet.judge.at_full_load(), regions, &counts, self.watch, &[]),
        }
    }

    /// The metrics to ask for: what policy requires, and what else it names.
    pub fn metrics(policy: &JudgePolicy) -> Vec<MetricName> {
        let named = policy.metrics.keys().cloned();
        let all: BTreeSet<MetricName> = policy.required().into_iter().chain(named).collect();
        all.into_iter().collect()
    }

    /// Green and blue side by side. A metric that policy requires is there even where nothing arrived; another one is judged
    /// where either side has it.
    pub fn counts(
        &self,
        policy: &JudgePolicy,
        green: &ArmMinutes,
        blue: &ArmMinutes,
        instances: Instances,
    ) -> RegionCounts {
        let mut counts = RegionCounts::default();
        for metric in policy.required() {
            counts.metrics.insert(metric, Vec::new());
        }
        for metric in Self::metrics(policy) {
            let mut minutes: BTreeMap<i64, MinuteCounts> = BTreeMap::new();
            let at = |minute: i64| minute - self.zero;
            for (minute, arm) in green.of(&metric) {
                let arm = Arm { instances: instances.green, ..arm };
                minutes.entry(at(minute)).or_insert_with(|| empty(at(minute))).green = Some(arm);
            }
            for (minute, arm) in blue.of(&metric) {
                let arm = Arm { instances: instances.blue, ..arm };
                minutes.entry(at(minute)).or_insert_with(|| empty(at(minute))).blue = Some(arm);
            }
            minutes.into_values().for_each(|minute| counts.take(&metric, minute));
        }
        counts
    }
}

fn empty(minute: i64) -> MinuteCounts {
    MinuteCounts { minute, green: None, blue: None }
}

fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(MINUTE)
}

/// The first minute that starts at `at` or later.
fn next_minute(at: Timestamp) -> i64 {
    // A fraction of a second counts as a second: a minute that starts before `at` is not whole.
    let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    -(-seconds).div_euclid(MINUTE)
}

/// The minute before which every minute's counts have arrived by `at`.
fn complete_by(at: Timestamp) -> i64 {
    minute_of(at - SignedDuration::from_mins(COUNTS_DELAY))
}

fn start_of(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_mul(MINUTE)).unwrap_or(Timestamp::MAX)
}
