//! One region of a wave: its metrics together, and pooled with the regions before.

use crate::counts::{MetricName, MinuteCounts};
use crate::detect::{self, Check};
use crate::grounds::{Finding, Scattered};
use crate::harm::{Harm, HarmTest};
use crate::interval::interval;
use crate::levels::Levels;
use crate::metric::{Found, Hand, MOST, Metric};
use crate::outcome::{Judgement, MetricJudgement, RegionEvidence, Watch, WatchStage};
use crate::policy::JudgePolicy;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// A region's judge, which takes counts minute by minute. [`super::judge`] is the same in one call.
#[derive(Clone, Debug)]
pub struct RegionJudge<'a> {
    policy: &'a JudgePolicy,
    watch: Watch,
    metrics: Vec<Metric>,
    unknown: BTreeSet<MetricName>,
}

/// Both verdicts, without their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What this region's counts say alone.
    pub verdict: Verdict,
    /// The wave's: failed where this region fails or all regions so far do together, passed where each of them passes.
    pub wave: Verdict,
}

impl<'a> RegionJudge<'a> {
    /// A judge of the metrics that policy requires and of those that were `asked` for, in a fleet of so many regions.
    pub fn new(policy: &'a JudgePolicy, regions: usize, asked: impl Iterator<Item = MetricName>, watch: Watch) -> Self {
        let names: BTreeSet<MetricName> = policy.required().into_iter().chain(asked).collect();
        let (known, unknown): (BTreeSet<_>, BTreeSet<_>) =
            names.into_iter().partition(|name| policy.gauge(name).is_some());
        let at_full_load = policy.at_full_load();
        // After the shift there are no same minutes, and so no comparison of 4xx that could find anything.
        let check = |name: &MetricName| {
            let gauge = at_full_load.gauge(name).filter(|_| !name.is_client_errors())?;
            let level = Levels::of(&at_full_load, regions, &known, name, gauge).region();
            Some(Check { tolerance: policy.tolerance_fail, level, dispersion: gauge.dispersion })
        };
        let metric = |name: &MetricName| {
            let gauge = policy.gauge(name)?;
            let levels = Levels::of(policy, regions, &known, name, gauge);
            let mut metric = Metric::new(name.clone(), gauge, levels, policy, watch);
            metric.harm.check = check(name).filter(|_| watch.stage == WatchStage::Canary);
            Some(metric)
        };
        let metrics = known.iter().filter_map(metric).collect();
        Self { policy, watch, metrics, unknown }
    }

    /// Does not judge a metric that policy requires. Alpha stays split as if it were judged. For counts at a desk: a canary
    /// that lacks a required metric must not pass.
    pub fn leave_out(&mut self, metric: &MetricName) {
        self.metrics.retain(|known| known.name != *metric);
    }

    /// Takes a minute of a metric, or a later version of one. Minutes of warm-up and of before the canary count for no
    /// comparison; blue's show how much its counts scatter.
    pub fn take(&mut self, metric: &MetricName, counts: &MinuteCounts) {
        if let Some(metric) = self.metrics.iter_mut().find(|known| known.name == *metric) {
            metric.state.take(counts);
        }
    }

    /// What a metric's own comparison in this region may err, each side, all its looks together; none for a metric that is
    /// not judged.
    pub fn region_level(&self, metric: &MetricName) -> Option<f64> {
        self.metrics.iter().find(|known| known.name == *metric).map(|metric| metric.levels.region())
    }

    /// What its pooled comparison may err, each side, all looks of a wave whose regions are decided at their first try.
    pub fn pooled_level(&self, metric: &MetricName) -> Option<f64> {
        self.metrics.iter().find(|known| known.name == *metric).map(|metric| metric.levels.pooled())
    }

    /// How a metric's harm is bounded; none for a metric that is not judged.
    pub fn harm_test(&self, metric: &MetricName) -> Option<HarmTest> {
        self.metrics.iter().find(|known| known.name == *metric).map(|metric| metric.harm)
    }

    /// How a metric's planned look fails, and the chance with which a plan may be wrong about what it lets through.
    pub(super) fn planned_look(&self, metric: &MetricName) -> Option<(Check, f64)> {
        let Metric { gauge, levels, .. } = self.metrics.iter().find(|known| known.name == *metric)?;
        let (tolerance, level) = (self.policy.tolerance_fail, levels.region_planned);
        Some((Check { tolerance, level, dispersion: gauge.dispersion }, levels.let_through))
    }

    /// A metric's harm bound, by its planned look or before it by all minutes so far; none where its comparison counts nowhere,
    /// or nobody said what is at stake.
    pub fn harm(&self, metric: &MetricName, due: bool) -> Option<Harm> {
        self.metrics.iter().find(|known| known.name == *metric)?.harm_bound(self.hand(due))
    }

    /// The strictest level of a required metric's planned look, and its dispersion.
    pub(super) fn strictest(&self) -> Option<(f64, f64)> {
        let levels = self.metrics.iter().map(|metric| (metric.levels.region_planned, metric.gauge.dispersion));
        levels.min_by(|one, other| one.0.total_cmp(&other.0).then(other.1.total_cmp(&one.1)))
    }

    /// The verdicts alone: what a simulation asks every minute.
    pub fn rule(&self, due: bool, before: &[RegionEvidence]) -> Ruling {
        self.ruled(due, before).0
    }

    /// What later regions pool of this one.
    pub fn evidence(&self, due: bool) -> RegionEvidence {
        let found = self.found(due).into_iter().zip(&self.metrics);
        RegionEvidence { metrics: found.map(|(found, metric)| (metric.name.clone(), found.evidence)).collect() }
    }

    /// The verdicts with all their numbers.
    pub fn judgement(&self, due: bool, before: &[RegionEvidence]) -> Judgement {
        let (ruling, found) = self.ruled(due, before);
        let told = found.iter().zip(&self.metrics).map(|((found, wave), metric)| self.told(metric, found, *wave, due));
        let metrics: Vec<MetricJudgement> = told.collect();
        let pooled = |(metric, (found, wave)): (&Metric, &(Found, Option<Verdict>))| {
            let others = before.iter().filter_map(|region| region.metrics.get(&metric.name));
            metric.pooled_numbers(self.policy, (*wave)?, &found.evidence, others)
        };
        let pooled = self.metrics.iter().zip(&found).filter_map(pooled).collect();
        let evidence = found.into_iter().zip(&self.metrics);
        let evidence: BTreeMap<_, _> =
            evidence.map(|((found, _), metric)| (metric.name.clone(), found.evidence)).collect();
        let evidence = RegionEvidence { metrics: evidence };
        let (regions, unknown) = (before.len() + 1, self.unknown.iter().cloned().collect());
        Judgement { verdict: ruling.verdict, wave: ruling.wave, regions, unknown, metrics, pooled, evidence }
    }

    fn hand(&self, due: bool) -> Hand<'_> {
        let minutes = self.metrics.iter().flat_map(Metric::minutes);
        let arrived = minutes.filter(|counts| counts.green.is_some() || counts.blue.is_some());
        Hand { policy: self.policy, watch: &self.watch, newest: arrived.map(|counts| counts.minute).max(), due }
    }

    fn found(&self, due: bool) -> Vec<Found> {
        let hand = self.hand(due);
        self.metrics.iter().map(|metric| metric.find(hand)).collect()
    }

    /// Each metric with its pooled verdict, and both verdicts of all of them.
    fn ruled(&self, due: bool, before: &[RegionEvidence]) -> (Ruling, Vec<(Found, Option<Verdict>)>) {
        let pooled = |(metric, found): (&Metric, Found)| {
            let others = before.iter().filter_map(|region| region.metrics.get(&metric.name));
            let wave = metric.pooled(self.policy, &found.evidence, others);
            let wave = if found.over_bound.is_some() { Some(Verdict::Fail) } else { wave };
            (found, wave)
        };
        let found: Vec<_> = self.metrics.iter().zip(self.found(due)).map(pooled).collect();
        let missing = found.is_empty() || !self.unknown.is_empty() || found.iter().any(|(it, _)| it.evidence.missing);
        let missed = before.iter().flat_map(|region| region.metrics.values()).any(|metric| metric.missing);
        let counted = found.iter().filter(|(found, _)| found.counts());
        let verdict = not_without(missing, Verdict::all(counted.map(|(found, _)| found.verdict)));
        let wave = not_without(missing || missed, Verdict::all(found.iter().filter_map(|(_, wave)| *wave)));
        let wave = if verdict == Verdict::Fail { verdict } else { wave };
        (Ruling { verdict, wave }, found)
    }

    fn told(&self, metric: &Metric, found: &Found, wave: Option<Verdict>, due: bool) -> MetricJudgement {
        let evidence = &found.evidence;
        let (green, blue) = (evidence.green, evidence.blue);
        let effect = green.rate().zip(blue.rate().filter(|rate| *rate > 0.0)).map(|(green, blue)| green / blue);
        let (level, dispersion) = (metric.levels.region_planned, metric.gauge.dispersion);
        let smallest_detectable_effect = blue.rate().and_then(|rate| {
            let arms = (green.total as f64, blue.total as f64);
            detect::smallest(self.policy.tolerance_fail, level, dispersion, arms, rate)
        });
        MetricJudgement {
            metric: metric.name.clone(),
            verdict: found.verdict,
            wave: wave.unwrap_or(Verdict::Inconclusive),
            green,
            blue,
            e_value: found.e_log.min(MOST).exp(),
            effect,
            interval: interval(metric, metric.look(self.hand(due))),
            smallest_detectable_effect,
            harm: found.harm.or_else(|| metric.harm_bound(self.hand(due))),
            scattered: Scattered::of(metric, found),
            left_out: evidence.left_out,
            finding: Finding::of(self.policy, metric, found),
        }
    }
}

/// Nothing passes where something is missing.
fn not_without(missing: bool, verdict: Verdict) -> Verdict {
    if missing && verdict == Verdict::Pass { Verdict::Inconclusive } else { verdict }
}
