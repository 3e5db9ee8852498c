//! Evidence of several regions together: the null hypothesis is about the release, so independent regions add up.

use super::exact::{Stratum, pooled_chance};
use super::metric::{Metric, needed, stratum};
use super::outcome::{Look, MetricEvidence};
use super::process::{LogE, Side};
use crate::fleet::JudgePolicy;
use crate::verdict::Verdict;

/// One metric's evidence over the regions whose comparison counts.
///
/// E-values of independent regions multiply, alternative by alternative. Planned looks are stratified: each region keeps
/// its own rate and its own split of traffic, and green's counts are summed.
struct Pool<'a> {
    regions: Vec<&'a MetricEvidence>,
    minutes: u32,
    requests: u64,
    worse: LogE,
    lower: LogE,
    not_worse: LogE,
    not_lower: LogE,
}

impl<'a> Pool<'a> {
    fn of(regions: Vec<&'a MetricEvidence>) -> Self {
        let none = LogE::default();
        let mut pool =
            Self { regions, minutes: 0, requests: 0, worse: none, lower: none, not_worse: none, not_lower: none };
        for evidence in &pool.regions {
            pool.minutes = pool.minutes.saturating_add(evidence.minutes);
            pool.requests = pool.requests.saturating_add(evidence.green.total.min(evidence.blue.total));
            pool.worse += evidence.worse;
            pool.lower += evidence.lower.unwrap_or_default();
            pool.not_worse += evidence.not_worse;
            pool.not_lower += evidence.not_lower.unwrap_or_default();
        }
        pool
    }

    /// The planned looks that were taken, each region at its own dispersion or all at the declared one.
    fn looks(&self, declared: f64, shown: bool) -> Vec<Stratum> {
        let look = |evidence: &&MetricEvidence| {
            let dispersion = if shown { evidence.dispersion.max(declared) } else { declared };
            evidence
                .look
                .filter(|look| look.green.total > 0 && look.blue.total > 0)
                .map(|look| stratum(&look, dispersion))
        };
        self.regions.iter().filter_map(look).collect()
    }

    /// All minutes of every region, at the dispersion that each shows.
    fn so_far(&self, declared: f64) -> Vec<Stratum> {
        let served = self.regions.iter().filter(|evidence| evidence.green.total > 0 && evidence.blue.total > 0);
        let all = served.map(|evidence| {
            stratum(&Look { green: evidence.green, blue: evidence.blue }, evidence.dispersion.max(declared))
        });
        all.collect()
    }
}

impl Metric {
    /// The metric's verdict over this region and those before it, as far as their comparisons count; none where none does.
    pub(super) fn pooled<'a>(
        &self,
        policy: &JudgePolicy,
        own: &'a MetricEvidence,
        before: impl Iterator<Item = &'a MetricEvidence>,
    ) -> Option<Verdict> {
        let counted = before.chain([own]).filter(|evidence| evidence.left_out.is_none());
        let (counted, scattered): (Vec<_>, Vec<_>) = counted.partition(|evidence| !evidence.scattered);
        if counted.is_empty() && scattered.is_empty() {
            return None;
        }
        let pool = Pool::of(counted);
        if self.is_worse_pooled(policy, &pool, own.look.is_some()) {
            return Some(Verdict::Fail);
        }
        let requests = pool.requests >= policy.min_requests.max(1);
        let negligible = !pool.regions.is_empty() && pool.regions.iter().all(|evidence| evidence.negligible);
        let passes = scattered.is_empty() && requests && (negligible || self.is_within_pooled(policy, &pool));
        Some(if passes { Verdict::Pass } else { Verdict::Inconclusive })
    }

    fn is_worse_pooled(&self, policy: &JudgePolicy, pool: &Pool<'_>, looked: bool) -> bool {
        if pool.minutes < policy.min_minutes {
            return false;
        }
        let (tolerance, declared) = (policy.tolerance_fail, self.gauge.dispersion);
        let bursts = pool.regions.iter().any(|evidence| evidence.dispersion > declared);
        let sides = [
            Some((Side::Above, tolerance, &pool.worse)),
            self.gauge.two_sided.then_some((Side::Below, 1.0 / tolerance, &pool.lower)),
        ];
        let looks = if looked { pool.looks(declared, true) } else { Vec::new() };
        let (running, planned) = (self.levels.pooled_running, self.levels.pooled_at(looks.len()));
        sides.into_iter().flatten().any(|(side, ratio, log)| {
            let each_minute = log.mixture() >= needed(running)
                && (!bursts || pooled_chance(&pool.so_far(declared), ratio, side) <= running);
            each_minute || (planned > 0.0 && !looks.is_empty() && pooled_chance(&looks, ratio, side) <= planned)
        })
    }

    fn is_within_pooled(&self, policy: &JudgePolicy, pool: &Pool<'_>) -> bool {
        let (tolerance, levels) = (policy.tolerance_wave, &self.levels);
        let looks = pool.looks(self.gauge.dispersion, false);
        let excludes = |side, ratio, log: &LogE| {
            log.mixture() >= needed(levels.pass_running)
                || (!looks.is_empty() && pooled_chance(&looks, ratio, side) <= levels.pass_planned)
        };
        excludes(Side::Below, tolerance, &pool.not_worse)
            && (!self.gauge.two_sided || excludes(Side::Above, 1.0 / tolerance, &pool.not_lower))
    }
}
