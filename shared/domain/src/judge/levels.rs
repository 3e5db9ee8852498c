//! How alpha is split.

use super::counts::MetricName;
use crate::fleet::{Gauge, JudgePolicy};
use std::collections::BTreeSet;

/// Of a pass's chance to err, the share of its planned look. A pass is asked for once, at the end; the looks of every minute
/// keep the rest so that it may be told before.
const PASS_PLANNED: f64 = 0.9;

/// What each test of one metric may err.
///
/// By Bonferroni over families of metrics, bounds within a family, sides, regions, and the two kinds of looks; so the sum
/// over everything that can fail is `alpha`, whatever depends on what. The pooled test's planned looks come once a region;
/// the first would repeat the first region's own, so they begin with the second, and weigh the more the later they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// The region's own comparison, each side, every minute.
    pub region_running: f64,
    /// The region's own comparison, each side, at the planned look.
    pub region_planned: f64,
    /// The pooled comparison, each side, every minute.
    pub pooled_running: f64,
    /// The pooled comparison, each side, over all planned looks.
    pooled_planned: f64,
    /// The absolute bound, every minute.
    pub bound: f64,
    /// A pass, every minute.
    pub pass_running: f64,
    /// A pass at the planned look.
    pub pass_planned: f64,
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
        let regions = regions.max(1) as f64;
        let metrics = (families.len().max(1) * siblings.max(1)) as f64;
        let bounds = policy.alpha * policy.bounds_share;
        let comparisons = (policy.alpha - bounds) / metrics / if gauge.two_sided { 2.0 } else { 1.0 };
        let pooled = comparisons * policy.pooled_share;
        let region = (comparisons - pooled) / regions;
        let (planned, running) = (policy.planned_share, 1.0 - policy.planned_share);
        Self {
            region_running: region * running,
            region_planned: region * planned,
            pooled_running: pooled * running,
            pooled_planned: pooled * planned,
            bound: bounds / metrics / regions,
            pass_running: policy.pass_alpha * (1.0 - PASS_PLANNED),
            pass_planned: policy.pass_alpha * PASS_PLANNED,
            regions,
        }
    }

    /// The region's own comparison, each side, all looks together.
    pub(super) fn region(&self) -> f64 {
        self.region_running + self.region_planned
    }

    /// The pooled comparison, each side, all looks together.
    pub(super) fn pooled(&self) -> f64 {
        self.pooled_running + self.pooled_planned
    }

    /// The pooled comparison, each side, at the planned look of the `nth` region, counted from 1.
    pub(super) fn pooled_at(&self, nth: usize) -> f64 {
        if self.regions <= 1.0 {
            return self.pooled_planned;
        }
        let weight = (nth as f64).min(self.regions) - 1.0;
        self.pooled_planned * weight.max(0.0) * 2.0 / (self.regions * (self.regions - 1.0))
    }
}
