//! Probation: a release that serves everybody, held against the same hours of its region's own days before.
//!
//! Each look asks all counts anew and judges from scratch, so a look that was lost costs a quarter of an hour at most.

use crate::fleet::endpoint::Target;
use crate::fleet::names::ReleaseId;
use crate::fleet::{Fleet, JudgePolicy, ProbationAction, Region};
use crate::ledger::WorseThanBefore;
use crate::ledger::history::RegionHistory;
use crate::wave::lookout::{ArmMinutes, Lookout, Span};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{
    Arm, COUNTS_DELAY, MetricName, ProbationCounts, ProbationFinding, ProbationJudgement, Tally, WorseWindow, probation,
};
use std::collections::{BTreeMap, BTreeSet};

/// Counts are compared by the quarter of an hour.
pub const SLOT: SignedDuration = SignedDuration::from_mins(15);
/// Hours repeat by the day, in UTC: on the two days of a year on which clocks change they are an hour off.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Earlier days that are asked for: about as many as CloudWatch keeps by the minute.
const DAYS: usize = 14;
/// A release lies in a region for so long, at most, before it serves there.
const LYING_READY: SignedDuration = SignedDuration::from_hours(48);
/// Releases whose containers are asked: CloudWatch takes 500 questions in one call (`GetMetricData`), and each release is several.
const MOST_RELEASES: usize = 32;
/// How often a region's sweep calls `rollback`: the first sweep after a slot's counts have arrived looks at them.
const SWEEP: SignedDuration = SignedDuration::from_mins(5);

/// What the days before say of the release that serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Probation {
    /// What policy makes of a finding.
    pub action: ProbationAction,
    /// One judgement for each metric.
    pub judged: Vec<ProbationJudgement>,
}

impl Probation {
    /// The finding that is the least like the days before, if there is one.
    pub(crate) fn worse(&self) -> Option<WorseThanBefore> {
        let found = self.judged.iter().filter_map(|own| match own.finding {
            ProbationFinding::Worse(window) => Some((own, window)),
            _ => None,
        });
        let least = found.min_by(|(_, one), (_, other)| one.chance.total_cmp(&other.chance));
        least.map(|(own, WorseWindow { today, expected, tolerated, .. })| WorseThanBefore {
            metric: own.metric.clone(),
            today,
            expected,
            tolerated,
            days: own.days,
        })
    }

    /// Earlier days of the metric that has the most: one that nobody counts says nothing, and hides no other.
    pub(crate) fn days(&self) -> usize {
        self.judged.iter().map(|own| own.days).max().unwrap_or(0)
    }
}

/// One look at a region's probation: which slots to count, and how they are laid side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbationLook {
    /// The release that serves here and is watched, by its names.
    pub target: Target,
    /// The releases that served here in those days, whose containers' own metrics add up.
    pub releases: BTreeSet<ReleaseId>,
    /// What to ask for: slots that begin here, those of the earlier days included.
    pub span: Span,
    /// Start of its first slot.
    first: Timestamp,
    /// From then on the release may have served a part of the region: what was counted since says nothing of the days before.
    tried: Timestamp,
    /// Slots of the whole probation.
    slots: usize,
    /// Those of them that are over.
    over: usize,
}

impl ProbationLook {
    /// The look that is due in a region with this history; none where nothing is on probation there, it has found something, or no
    /// further slot's counts have arrived since the last sweep.
    ///
    /// A region that has nothing to roll back to is not on probation: its first release has no days before, and one that it
    /// returned to has proved itself.
    pub fn due(fleet: &Fleet, region: &Region, history: &RegionHistory, now: Timestamp) -> Option<Self> {
        let serving = history.serving.as_ref().filter(|_| history.update.is_none() && history.previous.is_some())?;
        let release = &serving.target.release;
        if !history.is_evidence(fleet, region, release) || history.found_worse(release).is_some() {
            return None;
        }
        let first = next_slot(serving.since + fleet.guardrail.warm_up + fleet.guardrail.full_load);
        let arrived = (now - SignedDuration::from_mins(COUNTS_DELAY)).duration_since(first).as_secs();
        let (over, waited) = (arrived.div_euclid(SLOT.as_secs()), arrived.rem_euclid(SLOT.as_secs()));
        let slots = fleet.wave.probation.as_secs() / SLOT.as_secs();
        let is_due = (1..=slots).contains(&over) && waited < SWEEP.as_secs();
        let (slots, over) = (usize::try_from(slots).ok()?, usize::try_from(over).ok().filter(|_| is_due)?);
        let span = Span { from: first - DAY * count(DAYS), to: first + SLOT * count(over) };
        let releases = served_since(history, span.from - LYING_READY);
        let tried = history.attested_at.get(release).map_or(serving.since, |at| serving.since.min(*at));
        Some(Self { target: serving.target.clone(), releases, span, first, tried, slots, over })
    }

    /// The metrics to ask for.
    pub fn metrics(policy: &JudgePolicy) -> Vec<MetricName> {
        Lookout::metrics(policy)
    }

    /// What the region's slots say.
    ///
    /// No other region's are asked for (I6), so a day that is worse everywhere counts as this region's own.
    pub fn judge(&self, fleet: &Fleet, served: &ArmMinutes) -> Probation {
        let counts = Self::metrics(&fleet.judge).into_iter().map(|metric| {
            let counts = self.counts(served.minutes(&metric).collect());
            (metric, counts)
        });
        let judged = probation(&fleet.judge, fleet.wave.probation_alpha, fleet.regions.len(), &counts.collect());
        Probation { action: fleet.wave.probation_action, judged }
    }

    /// One metric's slots of the earlier days and of today; one that did not arrive, or that the release may have served in, has no requests.
    fn counts(&self, served: BTreeMap<Timestamp, Arm>) -> ProbationCounts {
        let slot = |from: Timestamp, place: usize| {
            let arm = served.get(&(from + SLOT * count(place)));
            arm.map_or_else(Tally::default, |arm| Tally { total: arm.total, bad: arm.bad })
        };
        let earlier = |from: Timestamp, place: usize| {
            let is_over = from + SLOT * (count(place) + 1) <= self.tried;
            if is_over { slot(from, place) } else { Tally::default() }
        };
        let day = |from: Timestamp| (0..self.slots).map(|place| earlier(from, place)).collect();
        ProbationCounts {
            days: (1..=DAYS).map(|back| day(self.first - DAY * count(back))).collect(),
            today: (0..self.over).map(|place| slot(self.first, place)).collect(),
        }
    }
}

/// The releases that may have served in a region since then: the latest of those that it has confirmed and that came no earlier, what
/// serves and what it replaced.
fn served_since(history: &RegionHistory, since: Timestamp) -> BTreeSet<ReleaseId> {
    let came = |release: &ReleaseId| history.attested_at.get(release).filter(|at| **at >= since);
    let confirmed = history.confirmed.keys().filter_map(|release| Some((*came(release)?, *release)));
    let mut latest: Vec<(Timestamp, ReleaseId)> = confirmed.collect();
    latest.sort_unstable_by(|one, other| other.cmp(one));
    let targets = history.serving.iter().map(|serving| &serving.target).chain(&history.previous);
    latest
        .into_iter()
        .map(|(_, release)| release)
        .take(MOST_RELEASES)
        .chain(targets.map(|target| target.release))
        .collect()
}

/// Slots of a day and days of a fortnight are few.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The first slot that starts at `at` or later; CloudWatch's periods of a quarter of an hour begin with the hour.
fn next_slot(at: Timestamp) -> Timestamp {
    let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let slot = SLOT.as_secs();
    let start = -(-seconds).div_euclid(slot) * slot;
    Timestamp::from_second(start).unwrap_or(Timestamp::MAX)
}
