//! What the judge says: verdicts with their numbers, and the summary that later regions pool.

use crate::counts::{Arm, MetricName};
use crate::grounds::{Finding, LeftOut, Scattered};
use crate::harm::{Harm, Stakes};
use crate::process::LogE;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is watched: which minutes count, and when the last decision is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The first minute that counts: those before it are warm-up (cold caches, low load).
    pub warm_up: i64,
    /// The planned look covers the minutes before this one. It must be fixed before the first count is seen.
    pub last_look: i64,
    /// The last decision is due: the planned look is taken with what has arrived.
    pub due: bool,
    /// Which of a region's two watches this is.
    pub stage: WatchStage,
    /// What the region has at stake; without it nothing passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stakes: Option<Stakes>,
}

/// Which of a region's two watches it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchStage {
    /// Green takes a part of the traffic, beside blue in the same minutes.
    #[default]
    Canary,
    /// Green takes all of it; minutes are counted from the shift, and blue's are those before it, its last hour.
    FullLoad,
}

/// Sums over the minutes that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Requests in these minutes.
    pub total: u64,
    /// Those that the metric counts.
    pub bad: u64,
}

impl Tally {
    /// Bad ones per request; none without requests.
    pub fn rate(&self) -> Option<f64> {
        (self.total > 0).then(|| self.bad as f64 / self.total as f64)
    }

    pub(super) fn add(&mut self, arm: Arm) {
        self.total = self.total.saturating_add(arm.total);
        self.bad = self.bad.saturating_add(arm.bad);
    }
}

/// One region's summary: what a later region's pooled test reads, and what the ledger keeps. Counts only: no record of any
/// customer is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegionEvidence {
    /// One summary for each metric.
    pub metrics: BTreeMap<MetricName, MetricEvidence>,
}

/// What a region's minutes say of one metric: enough for another region to pool it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricEvidence {
    /// Minutes in which both arms served.
    pub minutes: u32,
    /// Green in these minutes.
    pub green: Tally,
    /// Blue in these minutes.
    pub blue: Tally,
    /// Evidence that green's ratio is above `tolerance_fail`.
    pub worse: LogE,
    /// Evidence that it is under `1 / tolerance_fail`, where a change either way is bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<LogE>,
    /// It passed: nothing is missing, and the harm bound was within what policy allows.
    #[serde(default)]
    pub within: bool,
    /// What the planned look saw; none before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// The dispersion at which a failure must be significant: the declared one, or more where green shows more.
    #[serde(default)]
    pub dispersion: f64,
    /// Why its comparison counts nowhere; none where it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// Blue's minutes scatter more than declared: the comparison is not to be relied on.
    #[serde(default)]
    pub scattered: bool,
    /// An arm of it did not arrive: nothing goes on.
    #[serde(default)]
    pub missing: bool,
}

/// What a planned look saw: both arms over the planned minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Green over the planned minutes.
    pub green: Tally,
    /// Blue over the planned minutes.
    pub blue: Tally,
}

/// A region's verdict and the wave's so far, with their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What this region's counts say alone.
    pub verdict: Verdict,
    /// The wave's: failed where this region fails or all regions so far do together, passed where each of them passes.
    pub wave: Verdict,
    /// Regions that the wave's verdict pools: this one and those before it.
    pub regions: usize,
    /// Metrics that were asked for and are in no policy: nothing passes beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<MetricName>,
    /// By metric, in the order of their names.
    pub metrics: Vec<MetricJudgement>,
    /// The metrics whose comparison counts in some region, pooled over regions.
    #[serde(default)]
    pub pooled: Vec<PooledJudgement>,
    /// What later regions pool.
    pub evidence: RegionEvidence,
}

impl Judgement {
    /// An arm or a metric did not arrive, or there was no traffic: it never goes on.
    pub fn is_missing(&self) -> bool {
        self.metrics.is_empty() || self.evidence.metrics.values().any(|metric| metric.missing)
    }
}

/// One metric, pooled over this region and those before it whose comparison counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PooledJudgement {
    /// The metric that is judged.
    pub metric: MetricName,
    /// What the counts of all these regions say together.
    pub verdict: Verdict,
    /// How many regions are pooled.
    pub regions: usize,
    /// Evidence that green is worse than tolerated in one of them: the product of theirs, alternative by alternative.
    pub e_value: f64,
    /// The ratio common to all regions (Mantel & Haenszel 1959); none where blue had no bad request.
    pub effect: Option<f64>,
    /// The common ratios that the planned looks do not rule out, at 1 - `pass_alpha` on either side; none while one of these
    /// regions' is to come.
    pub interval: Option<(f64, Option<f64>)>,
    /// The smallest common ratio that these requests would have detected with chance 0.8, at the wave's last look.
    pub smallest_detectable_effect: Option<f64>,
}

/// One metric of one region, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricJudgement {
    /// The metric that is judged.
    pub metric: MetricName,
    /// What its counts say in this region.
    pub verdict: Verdict,
    /// What they say with the regions before.
    pub wave: Verdict,
    /// Green's requests and bad answers in the compared minutes.
    pub green: Tally,
    /// Blue's, in the same minutes.
    pub blue: Tally,
    /// Evidence that green is worse than tolerated: under the null hypothesis it ever exceeds 1/a with chance at most a.
    pub e_value: f64,
    /// Green's rate over blue's; none where blue's is 0.
    pub effect: Option<f64>,
    /// The ratios that the counts do not rule out, at 1 - `pass_alpha` on either side; the upper end is none where there is
    /// none.
    pub interval: (f64, Option<f64>),
    /// The smallest ratio that a canary with these requests and blue's rate would have detected with chance 0.8.
    pub smallest_detectable_effect: Option<f64>,
    /// What going on can cost; none where the comparison counts nowhere, or nobody said what is at stake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<Harm>,
    /// What scatters more than declared: no failure rests on such a comparison, and the harm bound reckons with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scattered: Option<Scattered>,
    /// Why its comparison counts nowhere; none where it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// What its counts show, and the numbers of it that are not here.
    pub finding: Finding,
}
