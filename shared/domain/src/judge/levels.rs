//! How alpha is split.

use super::counts::MetricName;
use crate::fleet::{Gauge, JudgePolicy};
use std::collections::BTreeSet;

/// What each test of one metric may err.
///
/// By Bonferroni over families of metrics, bounds within a family, sides, regions, and the two kinds of looks; so the sum
/// over everything that can fail is `alpha`, whatever depends on what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// The region's own comparison, each side, every minute.
    pub region_running: f64,
    /// The region's own comparison, each side, at the planned look.
    pub region_planned: f64,
    /// The pooled comparison, each side, every minute.
    pub pooled_running: f64,
    /// The pooled comparison, each side, at each region's planned look.
    pub pooled_planned: f64,
    /// The absolute bound, every minute.
    pub bound: f64,
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
            pooled_planned: pooled * planned / regions,
            bound: bounds / metrics / regions,
        }
    }
}
