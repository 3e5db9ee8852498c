//! How alpha is split.

use crate::counts::MetricName;
use crate::policy::{Gauge, JudgePolicy};
use std::collections::BTreeSet;

/// Of an interval's chance to err, the share of the planned look; the looks of every minute keep the rest so that it may be told
/// before.
const INTERVAL_PLANNED: f64 = 0.9;

/// What each test of one metric may err.
///
/// By Bonferroni over families of metrics, bounds within a family, sides, regions, a region's tries, and the two kinds of looks; so
/// the sum over everything that can fail is `alpha`, whatever depends on what. The pooled test's e-process goes on through all tries.
/// Its planned looks come once a canary; the first would repeat the first region's own, so they begin with the second, and weigh the
/// more the later they come. Of the looks there are as many as regions if every region is decided at its first try; those beyond have
/// equal parts of what is kept for them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// The region's own comparison, each side, every minute.
    pub region_running: f64,
    /// The region's own comparison, each side, at the planned look.
    pub region_planned: f64,
    /// The pooled comparison, each side, every minute.
    pub pooled_running: f64,
    /// The pooled comparison, each side, over as many planned looks as there are regions: a try's part.
    pooled_planned: f64,
    /// The absolute bound, every minute.
    pub bound: f64,
    /// An interval's end, every minute.
    pub interval_running: f64,
    /// An interval's end at the planned look.
    pub interval_planned: f64,
    /// What a plan says of the harm that a canary lets through.
    pub let_through: f64,
    regions: f64,
}

impl Levels {
    /// Of a metric among those that are `judged`, in a fleet of so many regions.
    pub(super) fn of(
        policy: &JudgePolicy,
        regions: usize,
        judged: &BTreeSet<MetricName>,
        metric: &MetricName,
        gauge: Gauge,
    ) -> Self {
        let families: BTreeSet<&str> = judged.iter().map(MetricName::family).collect();
        let siblings = judged.iter().filter(|other| other.family() == metric.family()).count();
        let (regions, tries) = (regions.max(1) as f64, f64::from(policy.tries.max(1)));
        let metrics = (families.len().max(1) * siblings.max(1)) as f64;
        let bounds = policy.alpha * policy.bounds_share;
        let comparisons = (policy.alpha - bounds) / metrics / if gauge.two_sided { 2.0 } else { 1.0 };
        let pooled = comparisons * policy.pooled_share;
        let region = (comparisons - pooled) / regions / tries;
        let (planned, running) = (policy.planned_share, 1.0 - policy.planned_share);
        // One region's pool is that region, try by try.
        let pooled_running = if regions > 1.0 { pooled } else { pooled / tries } * running;
        Self {
            region_running: region * running,
            region_planned: region * planned,
            pooled_running,
            pooled_planned: pooled * planned / tries,
            bound: bounds / metrics / regions / tries,
            interval_running: policy.pass_alpha * (1.0 - INTERVAL_PLANNED),
            interval_planned: policy.pass_alpha * INTERVAL_PLANNED,
            let_through: policy.pass_alpha / families.len().max(1) as f64 / regions / tries,
            regions,
        }
    }

    /// The region's own comparison, each side, all looks together.
    pub(super) fn region(&self) -> f64 {
        self.region_running + self.region_planned
    }

    /// The pooled comparison, each side, all looks of a wave whose regions are decided at their first try.
    pub(super) fn pooled(&self) -> f64 {
        self.pooled_running + self.pooled_planned
    }

    /// The pooled comparison, each side, at the planned look of the `nth` canary, counted from 1.
    pub(super) fn pooled_at(&self, nth: usize) -> f64 {
        let (nth, regions) = (nth as f64, self.regions);
        if nth > regions || regions <= 1.0 {
            return self.pooled_planned / regions;
        }
        self.pooled_planned * (nth - 1.0).max(0.0) * 2.0 / (regions * (regions - 1.0))
    }

    /// The same at the look of the last region, where each was decided at its first try.
    pub(super) fn pooled_last(&self) -> f64 {
        if self.regions <= 1.0 { self.pooled_planned } else { self.pooled_planned * 2.0 / self.regions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONS: usize = 5;
    const TRIES: u32 = 3;

    fn policy() -> JudgePolicy {
        JudgePolicy { bounds_share: 0.2, pooled_share: 0.4, planned_share: 0.7, tries: TRIES, ..JudgePolicy::default() }
    }

    /// Two bounds of one family among four metrics, one of which can be bad either way.
    fn judged() -> BTreeSet<MetricName> {
        ["4xx", "latency_over_20ms", "latency_over_50ms", "alerts"].map(|name| name.parse().unwrap()).into()
    }

    fn of(policy: &JudgePolicy, regions: usize, name: &str) -> Levels {
        let gauge = Gauge { max: None, dispersion: 2.0, two_sided: name == "alerts" };
        Levels::of(policy, regions, &judged(), &name.parse().unwrap(), gauge)
    }

    fn near(one: f64, other: f64) -> bool {
        (one / other - 1.0).abs() < 1e-12
    }

    /// Everything that can fail, added up: metrics, sides, regions and their tries, the pool, bounds, and both kinds of looks.
    #[test]
    fn what_all_tests_of_a_wave_may_err_is_alpha() {
        let policy = policy();
        let (mut all, mut bounds) = (0.0, 0.0);
        let canaries = REGIONS * TRIES as usize;
        for name in judged() {
            let levels = of(&policy, REGIONS, name.as_str());
            let sides = if name.as_str() == "alerts" { 2.0 } else { 1.0 };
            let planned: f64 = (1..=canaries).map(|nth| levels.pooled_at(nth)).sum();
            all += sides * (canaries as f64 * levels.region() + levels.pooled_running + planned);
            bounds += canaries as f64 * levels.bound;
        }
        assert!(near(all + bounds, policy.alpha), "{}", all + bounds);
        assert!(near(bounds, policy.alpha * policy.bounds_share), "{bounds}");
    }

    /// Families have equal parts, and so have the bounds within one, the sides and the regions.
    #[test]
    fn alpha_is_split_as_policy_says() {
        let policy = policy();
        let (errors, latency, alerts) =
            (of(&policy, REGIONS, "4xx"), of(&policy, REGIONS, "latency_over_20ms"), of(&policy, REGIONS, "alerts"));
        assert!(near(latency.region(), errors.region() / 2.0) && near(alerts.region(), errors.region() / 2.0));
        assert!(near(latency.bound, errors.bound / 2.0) && near(alerts.bound, errors.bound));
        for levels in [errors, latency, alerts] {
            let tries = f64::from(TRIES);
            let (regions, pooled) = (tries * REGIONS as f64 * levels.region(), levels.pooled_planned * tries);
            let pooled = pooled + levels.pooled_running;
            assert!(near(pooled / (pooled + regions), policy.pooled_share));
            assert!(near(levels.region_planned / levels.region(), policy.planned_share));
            assert!(near(levels.pooled_running / pooled, 1.0 - policy.planned_share));
            assert!(near(levels.interval_running + levels.interval_planned, policy.pass_alpha));
            assert!(near(levels.interval_planned / policy.pass_alpha, 0.9));
        }
    }

    /// The first region's look would repeat its own; each later one weighs as much more as it sees more.
    #[test]
    fn the_pools_planned_looks_weigh_the_more_the_later_they_come() {
        let levels = of(&policy(), REGIONS, "4xx");
        let second = levels.pooled_at(2);
        assert_eq!((levels.pooled_at(0), levels.pooled_at(1)), (0.0, 0.0));
        assert!(second > 0.0 && near(levels.pooled_at(3), 2.0 * second) && near(levels.pooled_at(5), 4.0 * second));
        assert!(near(levels.pooled_last(), levels.pooled_at(REGIONS)));
        assert!(
            near(levels.pooled_at(REGIONS + 1), levels.pooled_at(9 * REGIONS)),
            "looks of later tries have equal parts"
        );
        let single = of(&policy(), 1, "4xx");
        assert!(near(single.pooled_at(1), single.pooled_planned), "one region's pool is itself");
        assert!(near(single.pooled_at(2), single.pooled_planned) && near(single.pooled_last(), single.pooled_planned));
    }
}
