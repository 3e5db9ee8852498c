//! Evidence of several regions together: the null hypothesis is about the release, so independent regions add up.

use crate::detect;
use crate::exact::{Stratum, pooled_chance};
use crate::interval::around;
use crate::metric::{MOST, Metric, Worse, needed, stratum, untold};
use crate::outcome::{Look, MetricEvidence, PooledJudgement};
use crate::policy::JudgePolicy;
use crate::process::{LogE, Side};
use crate::verdict::Verdict;

/// One metric's evidence over the regions whose comparison counts.
///
/// E-values of independent regions multiply, alternative by alternative. Planned looks are stratified: each region keeps
/// its own rate and its own split of traffic, and green's counts are summed.
struct Pool<'a> {
    regions: Vec<&'a MetricEvidence>,
    minutes: u32,
    worse: LogE,
    lower: LogE,
}

impl<'a> Pool<'a> {
    fn of(regions: Vec<&'a MetricEvidence>) -> Self {
        let mut pool = Self { regions, minutes: 0, worse: LogE::default(), lower: LogE::default() };
        for evidence in &pool.regions {
            pool.minutes = pool.minutes.saturating_add(evidence.minutes);
            pool.worse += evidence.worse;
            pool.lower += evidence.lower.unwrap_or_default();
        }
        pool
    }

    /// The planned looks that were taken, each region at the dispersion that it shows or all at the declared one.
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

    /// Green's and blue's requests, and blue's bad ones.
    fn totals(&self) -> (f64, f64, f64) {
        let sum = |count: fn(&MetricEvidence) -> u64| self.regions.iter().map(|evidence| count(evidence) as f64).sum();
        (sum(|it| it.green.total), sum(|it| it.blue.total), sum(|it| it.blue.bad))
    }

    /// Mantel and Haenszel's common ratio of rates, `more` bad ones added to either arm; none where blue has none.
    fn common_ratio(&self, more: f64) -> Option<f64> {
        let (mut green, mut blue) = (more, more);
        for evidence in &self.regions {
            let (green_total, blue_total) = (evidence.green.total as f64, evidence.blue.total as f64);
            let both = (green_total + blue_total).max(1.0);
            green += evidence.green.bad as f64 * blue_total / both;
            blue += evidence.blue.bad as f64 * green_total / both;
        }
        (blue > 0.0).then(|| green / blue)
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

/// The regions whose comparison counts and is witnessed by blue, and whether each that counts passes by itself; none where no
/// region's counts.
fn pooled<'a>(own: &'a MetricEvidence, before: impl Iterator<Item = &'a MetricEvidence>) -> Option<(Pool<'a>, bool)> {
    let counted = before.chain([own]).filter(|evidence| evidence.left_out.is_none());
    let counted: Vec<&MetricEvidence> = counted.collect();
    let each_passes = counted.iter().all(|evidence| evidence.within);
    (!counted.is_empty())
        .then(|| (Pool::of(counted.into_iter().filter(|evidence| !evidence.scattered).collect()), each_passes))
}

impl Metric {
    /// The metric's verdict over this region and those before it, as far as their comparisons count; none where none does.
    pub(super) fn pooled<'a>(
        &self,
        policy: &JudgePolicy,
        own: &'a MetricEvidence,
        before: impl Iterator<Item = &'a MetricEvidence>,
    ) -> Option<Verdict> {
        let (pool, each_passes) = pooled(own, before)?;
        Some(match self.worse_pooled(policy, &pool, own.look.is_some()) {
            Worse::Shown => Verdict::Fail,
            Worse::No if each_passes => Verdict::Pass,
            Worse::No | Worse::Suspected => Verdict::Inconclusive,
        })
    }

    /// The pooled verdict's numbers.
    pub(super) fn pooled_numbers<'a>(
        &self,
        policy: &JudgePolicy,
        verdict: Verdict,
        own: &'a MetricEvidence,
        before: impl Iterator<Item = &'a MetricEvidence>,
    ) -> Option<PooledJudgement> {
        let (pool, _) = pooled(own, before)?;
        let declared = self.gauge.dispersion;
        let log =
            if self.gauge.two_sided { pool.worse.mixture().max(pool.lower.mixture()) } else { pool.worse.mixture() };
        let (green, blue, blue_bad) = pool.totals();
        let looks = pool.looks(declared, false);
        let level = self.levels.interval_planned;
        let interval = (!looks.is_empty() && looks.len() == pool.regions.len()).then(|| {
            let middle = pool.common_ratio(0.5).unwrap_or(1.0);
            around(middle, |ratio, side| pooled_chance(&looks, ratio, side) <= level)
        });
        let last = self.levels.pooled_last();
        let smallest_detectable_effect =
            detect::smallest(policy.tolerance_fail, last, declared, (green, blue), blue_bad / blue.max(1.0));
        Some(PooledJudgement {
            metric: self.name.clone(),
            verdict,
            regions: pool.regions.len(),
            e_value: log.min(MOST).exp(),
            effect: pool.common_ratio(0.0),
            interval,
            smallest_detectable_effect,
        })
    }

    fn worse_pooled(&self, policy: &JudgePolicy, pool: &Pool<'_>, looked: bool) -> Worse {
        let (tolerance, declared) = (policy.tolerance_fail, self.gauge.dispersion);
        let told = pool.minutes >= policy.min_minutes;
        let least = if told { declared } else { untold(declared) };
        let bursts = !told || pool.regions.iter().any(|evidence| evidence.dispersion > declared);
        let sides = [
            Some((Side::Above, tolerance, &pool.worse)),
            self.gauge.two_sided.then_some((Side::Below, 1.0 / tolerance, &pool.lower)),
        ];
        let looks = if looked { pool.looks(declared, false) } else { Vec::new() };
        let (running, planned) = (self.levels.pooled_running, self.levels.pooled_at(looks.len()));
        sides.into_iter().flatten().fold(Worse::No, |worse, (side, ratio, log)| {
            let each_minute = log.mixture() >= needed(running);
            let planned_look = planned > 0.0 && !looks.is_empty() && pooled_chance(&looks, ratio, side) <= planned;
            let holds = || {
                (each_minute && pooled_chance(&pool.so_far(least), ratio, side) <= running)
                    || (planned_look && pooled_chance(&pool.looks(least, true), ratio, side) <= planned)
            };
            match each_minute || planned_look {
                true if !bursts || holds() => Worse::Shown,
                true => worse.max(Worse::Suspected),
                false => worse,
            }
        })
    }
}
