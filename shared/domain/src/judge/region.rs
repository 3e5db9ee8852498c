//! One region of a wave: its metrics together, and pooled with the regions before.

use super::counts::{MetricName, MinuteCounts};
use super::interval::{detectable, interval};
use super::levels::Levels;
use super::outcome::{Judgement, MetricEvidence, MetricJudgement, RegionEvidence, Watch};
use super::process::LogE;
use super::state::{MetricState, Tests};
use super::words::Words;
use crate::fleet::{Gauge, JudgePolicy};
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// Share of a canary's minutes that a metric may lack: a tenth lost is a hiccup, more is a metric that was lost.
const MISSING_SHARE: f64 = 0.2;
/// Minutes by which one metric may be behind the others.
const BEHIND: i64 = 2;
/// Load of a green instance over a blue one's between which latencies are comparable.
const COMPARABLE: std::ops::RangeInclusive<f64> = 0.8..=1.25;

/// A region's judge, which takes counts minute by minute. [`super::judge`] is the same in one call.
#[derive(Clone, Debug)]
pub struct RegionJudge<'a> {
    policy: &'a JudgePolicy,
    watch: Watch,
    metrics: BTreeMap<MetricName, Metric>,
    unknown: BTreeSet<MetricName>,
}

#[derive(Clone, Debug)]
struct Metric {
    gauge: Gauge,
    levels: Levels,
    state: MetricState,
}

/// Both verdicts, without their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The region's own.
    pub verdict: Verdict,
    /// Pooled over this region and those before it.
    pub wave: Verdict,
}

impl<'a> RegionJudge<'a> {
    /// A judge of the metrics that policy requires and of those that were `asked` for.
    pub fn new(policy: &'a JudgePolicy, regions: usize, asked: impl Iterator<Item = MetricName>, watch: Watch) -> Self {
        let names: BTreeSet<MetricName> = policy.required().into_iter().chain(asked).collect();
        let (known, unknown): (BTreeSet<_>, BTreeSet<_>) =
            names.into_iter().partition(|name| policy.gauge(name).is_some());
        let metric = |name: &MetricName| {
            let gauge = policy.gauge(name)?;
            let levels = Levels::of(policy, regions, &known, name, gauge);
            Some((name.clone(), Metric { gauge, levels, state: MetricState::new(Tests::new(policy, gauge)) }))
        };
        let metrics = known.iter().filter_map(metric).collect();
        Self { policy, watch, metrics, unknown }
    }

    /// Takes a minute of a metric, or a later version of one. Minutes of warm-up, and of before the canary, count for no
    /// comparison.
    pub fn take(&mut self, metric: &MetricName, counts: &MinuteCounts) {
        if counts.minute >= self.watch.warm_up
            && let Some(metric) = self.metrics.get_mut(metric)
        {
            metric.state.take(counts);
        }
    }

    /// The strictest level of a required metric's planned look, and its dispersion.
    pub(super) fn strictest(&self) -> Option<(f64, f64)> {
        let levels = self.metrics.values().map(|metric| (metric.levels.region_planned, metric.gauge.dispersion));
        levels.min_by(|one, other| one.0.total_cmp(&other.0))
    }

    /// The verdicts alone: what a simulation asks every minute.
    pub fn rule(&self, due: bool, before: &[RegionEvidence]) -> Ruling {
        let newest = self.newest();
        let metrics = self.metrics.iter();
        let found: Vec<Found> = metrics.map(|(name, metric)| self.find(name, metric, newest, due, before)).collect();
        self.combine(&found, before)
    }

    /// The verdicts with all their numbers.
    pub fn judgement(&self, due: bool, before: &[RegionEvidence]) -> Judgement {
        let newest = self.newest();
        let found: Vec<Found> =
            self.metrics.iter().map(|(name, metric)| self.find(name, metric, newest, due, before)).collect();
        let ruling = self.combine(&found, before);
        let metrics: Vec<MetricJudgement> =
            found.iter().zip(&self.metrics).map(|(found, (name, metric))| self.told(name, metric, found)).collect();
        let evidence = self.metrics.keys().cloned().zip(found.into_iter().map(|found| found.evidence)).collect();
        let why = Words::of(ruling, &metrics, &self.unknown, before.len());
        Judgement {
            verdict: ruling.verdict,
            wave: ruling.wave,
            why,
            metrics,
            evidence: RegionEvidence { metrics: evidence },
        }
    }

    /// The newest minute that any arm of any metric has.
    fn newest(&self) -> Option<i64> {
        let minutes = self.metrics.values().flat_map(|metric| metric.state.minutes());
        minutes.filter(|counts| counts.green.is_some() || counts.blue.is_some()).map(|counts| counts.minute).max()
    }

    fn combine(&self, found: &[Found], before: &[RegionEvidence]) -> Ruling {
        let counted = || found.iter().filter(|found| found.counts());
        let missing = found.is_empty() || !self.unknown.is_empty() || found.iter().any(|found| found.evidence.missing);
        let missed = before.iter().flat_map(|region| region.metrics.values()).any(|metric| metric.missing);
        let verdict = not_without(missing, Verdict::all(counted().map(|found| found.verdict)));
        let wave = not_without(missing || missed, Verdict::all(counted().map(|found| found.wave)));
        Ruling { verdict, wave: if verdict == Verdict::Fail { verdict } else { wave } }
    }

    fn find(
        &self,
        name: &MetricName,
        metric: &Metric,
        newest: Option<i64>,
        _due: bool,
        before: &[RegionEvidence],
    ) -> Found {
        let (levels, sums, tests) = (&metric.levels, &metric.state.sums, &metric.state.tests);
        let missing = self.is_missing(metric, newest);
        let left_out = left_out(name, metric);
        let negligible = tests.knows_negligible() && sums.negligible.mixture() >= needed(self.policy.pass_alpha);
        let over_bound = tests.has_bound() && sums.over_bound.mixture() >= needed(levels.bound);
        let two_sided = tests.is_two_sided();
        let evidence = MetricEvidence {
            minutes: sums.minutes,
            green: sums.green,
            blue: sums.blue,
            worse: sums.worse,
            lower: two_sided.then_some(sums.lower),
            not_worse: sums.not_worse,
            not_lower: two_sided.then_some(sums.not_lower),
            negligible,
            looked: false,
            left_out,
            missing,
        };
        let enough_minutes = sums.minutes >= self.policy.min_minutes;
        let counts = evidence.left_out.is_none();
        let e_log = sums.worse.mixture().max(if two_sided { sums.lower.mixture() } else { f64::NEG_INFINITY });
        let worse = counts && enough_minutes && e_log >= needed(levels.region_running);
        let requests = sums.green.total.min(sums.blue.total) >= self.policy.min_requests.max(1);
        let within = |upper: &LogE, lower: &LogE| {
            let enough = needed(self.policy.pass_alpha);
            upper.mixture() >= enough && (!two_sided || lower.mixture() >= enough)
        };
        let passes = requests && (negligible || within(&sums.region_not_worse, &sums.region_not_lower));
        let verdict = match () {
            () if over_bound || worse => Verdict::Fail,
            () if !missing && passes => Verdict::Pass,
            () => Verdict::Inconclusive,
        };
        let wave = if over_bound { Verdict::Fail } else { self.pooled(name, metric, &evidence, before) };
        Found { verdict, wave, over_bound, e_log, evidence }
    }

    /// The metric's verdict over this region and those before it, as far as their comparisons count.
    fn pooled(&self, name: &MetricName, metric: &Metric, own: &MetricEvidence, before: &[RegionEvidence]) -> Verdict {
        let others = before.iter().filter_map(|region| region.metrics.get(name));
        let mut pool = Pool::default();
        others.chain([own]).filter(|evidence| evidence.left_out.is_none()).for_each(|evidence| pool.add(evidence));
        let enough = needed(metric.levels.pooled_running);
        let two_sided = metric.gauge.two_sided;
        let worse = pool.worse.mixture() >= enough || (two_sided && pool.lower.mixture() >= enough);
        if worse && pool.minutes >= self.policy.min_minutes {
            return Verdict::Fail;
        }
        let enough = needed(self.policy.pass_alpha);
        let within = pool.not_worse.mixture() >= enough && (!two_sided || pool.not_lower.mixture() >= enough);
        let requests = pool.requests >= self.policy.min_requests.max(1);
        if requests && (within || pool.negligible) { Verdict::Pass } else { Verdict::Inconclusive }
    }

    /// True where an arm did not arrive, nobody called, or the metric was lost on the way.
    fn is_missing(&self, metric: &Metric, newest: Option<i64>) -> bool {
        let paired = metric.state.minutes().filter(|counts| counts.pair().is_some());
        let (Some(newest), Some(last)) = (newest, paired.map(|counts| counts.minute).max()) else {
            return true;
        };
        let expected = (newest - self.watch.warm_up + 1).max(1);
        let have = i64::from(metric.state.sums.minutes);
        newest - last > BEHIND || (expected - have) as f64 > (MISSING_SHARE * expected as f64).max(1.0)
    }

    fn told(&self, name: &MetricName, metric: &Metric, found: &Found) -> MetricJudgement {
        let Found { verdict, wave, evidence, .. } = found;
        let (green, blue) = (evidence.green, evidence.blue);
        let effect = green.rate().zip(blue.rate().filter(|rate| *rate > 0.0)).map(|(green, blue)| green / blue);
        let dispersion = metric.gauge.dispersion;
        let level = metric.levels.region_planned;
        let smallest_detectable_effect = blue.rate().and_then(|rate| {
            let totals = (green.total as f64, blue.total as f64);
            detectable(self.policy.tolerance_fail, level, dispersion, totals.0, totals.1, rate)
        });
        let mut told = MetricJudgement {
            metric: name.clone(),
            verdict: *verdict,
            wave: *wave,
            green,
            blue,
            e_value: found.e_log.min(MOST).exp(),
            effect,
            interval: interval(metric.state.minutes(), dispersion, self.policy.pass_alpha),
            smallest_detectable_effect,
            left_out: evidence.left_out.clone(),
            why: String::new(),
        };
        told.why = Words::metric(
            self.policy,
            metric.gauge,
            &told,
            metric.state.sums.served,
            found.over_bound,
            evidence.missing,
        );
        told
    }
}

/// The log of the largest e-value that is told: a number in JSON has an end.
const MOST: f64 = 690.0;

/// The log e-value that rejects at a level (Ville's inequality).
fn needed(level: f64) -> f64 {
    -level.ln()
}

/// Nothing passes where something is missing.
fn not_without(missing: bool, verdict: Verdict) -> Verdict {
    if missing && verdict == Verdict::Pass { Verdict::Inconclusive } else { verdict }
}

/// Why a metric's comparison counts nowhere.
fn left_out(name: &MetricName, metric: &Metric) -> Option<String> {
    let sums = &metric.state.sums;
    if !name.is_latency() || sums.blue_load <= 0.0 {
        return None;
    }
    let load = sums.green_load / sums.blue_load;
    (!COMPARABLE.contains(&load)).then(|| {
        format!("an instance of green serves {load:.2} times as many requests as one of blue: latencies are compared after the shift")
    })
}

/// What was found of one metric.
#[derive(Clone, Debug)]
struct Found {
    verdict: Verdict,
    wave: Verdict,
    over_bound: bool,
    e_log: f64,
    evidence: MetricEvidence,
}

impl Found {
    /// Whether the metric has a say: a broken bound and a missing arm always do.
    fn counts(&self) -> bool {
        self.evidence.left_out.is_none() || self.over_bound || self.evidence.missing
    }
}

/// Evidence of several regions together: independent streams, so their e-values multiply, alternative by alternative.
struct Pool {
    minutes: u32,
    requests: u64,
    worse: LogE,
    lower: LogE,
    not_worse: LogE,
    not_lower: LogE,
    negligible: bool,
}

impl Default for Pool {
    fn default() -> Self {
        let none = LogE::default();
        Self { minutes: 0, requests: 0, worse: none, lower: none, not_worse: none, not_lower: none, negligible: true }
    }
}

impl Pool {
    fn add(&mut self, evidence: &MetricEvidence) {
        self.minutes += evidence.minutes;
        self.requests = self.requests.saturating_add(evidence.green.total.min(evidence.blue.total));
        self.worse += evidence.worse;
        self.lower += evidence.lower.unwrap_or_default();
        self.not_worse += evidence.not_worse;
        self.not_lower += evidence.not_lower.unwrap_or_default();
        self.negligible &= evidence.negligible;
    }
}
