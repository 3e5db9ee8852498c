//! The judge: counts in, verdicts out, in numbers. It knows nothing of Meridian but what it is told in a [`JudgePolicy`]: no
//! region, release, clock or file. Why a verdict is what it is, is data too ([`Grounds`]): no sentence is made here.
//!
//! Two policies lie here that the judge does not use: [`EvaluationPolicy`] and [`CapturedMargins`], what gates ask of a challenger
//! before any canary. `domain` reads them from `fleet.toml` and `evaluation` rules by them; neither of the two knows the other, and
//! this is the one crate that both know.
//!
//! What a canary's counts say: the same minutes of green and blue, compared metric by metric.
//!
//! - **Fail**: evidence that green's rate is more than `tolerance_fail` times blue's passes its share of alpha, in this
//!   region or pooled over regions; or green's own rate is shown to be over its absolute bound.
//! - **Pass**: what going on can cost the region is at most `harm` answers, by the upper bound of every metric (`harm` says of
//!   what, `excess` how it is bounded), and nothing is missing. The planned look alone says so.
//! - Everything else is **Inconclusive**. That too little was seen to find anything is never a pass.
//!
//! One alpha holds for the wave (`Levels` says how it is split). The tests, their assumptions and their sources stand
//! in `process`. A minute may come late or be revised: the judge is given what has arrived, each minute once.

mod captured;
mod counts;
mod detect;
mod exact;
mod excess;
mod full_load;
mod gates;
mod grounds;
mod harm;
mod interval;
mod levels;
mod metric;
mod outcome;
mod policy;
mod pool;
mod probation;
mod process;
mod region;
mod scatter;
mod state;
mod student;
#[cfg(test)]
mod tests;
mod verdict;

pub use captured::{
    CapturedCounts, CapturedFinding, CapturedGate, CapturedJudgement, CapturedMargins, CapturedVerdict,
};
pub use counts::{Arm, MetricName, MetricNameError, MinuteCounts, RegionCounts};
pub use gates::{EvaluationPolicy, GateMode};
pub use grounds::{Finding, Grounds, LeftOut, MetricGrounds, PooledFailure, Scattered, Witness};
use harm::PlannedCanary;
pub use harm::{Harm, HarmTest, Outlook, Stakes};
pub use outcome::{
    Judgement, Look, MetricEvidence, MetricJudgement, PooledJudgement, RegionEvidence, Tally, Watch, WatchStage,
};
pub use policy::{Gauge, JudgePolicy, MetricPolicy};
pub use probation::{LEAST_DAYS, ProbationCounts, ProbationFinding, ProbationJudgement, WorseWindow, probation};
pub use process::LogE;
pub use region::{RegionJudge, Ruling};
pub use verdict::Verdict;

use jiff::SignedDuration;

/// Minutes by which counts are late: CloudWatch's own delay, and room for a revision.
pub const COUNTS_DELAY: i64 = 2;

impl Watch {
    /// A canary's watch as it is planned: the minutes after `warm_up` whose counts have arrived when the last decision is due,
    /// both since the canary began.
    pub fn canary(warm_up: SignedDuration, last_decision: SignedDuration) -> Self {
        let minutes = |duration: SignedDuration| duration.as_secs() / 60;
        // A warm-up that ends within a minute takes all of it.
        let warm_up = minutes(warm_up + SignedDuration::from_secs(59));
        let last_look = minutes(last_decision) - COUNTS_DELAY;
        Self { warm_up, last_look: last_look.max(warm_up), due: false, stage: WatchStage::Canary, stakes: None }
    }

    /// The same at the time of the last decision.
    #[must_use]
    pub fn due(self) -> Self {
        Self { due: true, ..self }
    }

    /// The same with so much at stake.
    #[must_use]
    pub fn with(self, stakes: Stakes) -> Self {
        Self { stakes: Some(stakes), ..self }
    }

    /// Minutes that the planned look covers.
    pub fn planned_minutes(&self) -> i64 {
        (self.last_look - self.warm_up).max(0)
    }
}

/// Judges one region of a wave.
///
/// `regions` is the size of the fleet: alpha is split over it. `before` holds the evidence of the regions that this wave
/// has judged already.
pub fn judge(
    policy: &JudgePolicy,
    regions: usize,
    counts: &RegionCounts,
    watch: Watch,
    before: &[RegionEvidence],
) -> Judgement {
    region_judge(policy, regions, counts, watch).judgement(watch.due, before)
}

/// The judge that has taken these counts: [`judge`] has all of its numbers, who needs the verdict alone asks it for that.
pub fn region_judge<'a>(
    policy: &'a JudgePolicy,
    regions: usize,
    counts: &RegionCounts,
    watch: Watch,
) -> RegionJudge<'a> {
    let mut judge = RegionJudge::new(policy, regions, counts.metrics.keys().cloned(), watch);
    for (metric, minutes) in &counts.metrics {
        match watch.stage {
            WatchStage::Canary => minutes.iter().for_each(|minute| judge.take(metric, minute)),
            WatchStage::FullLoad => {
                full_load::beside_blue(minutes, &watch).iter().for_each(|minute| judge.take(metric, minute));
            }
        }
    }
    judge
}

/// What a canary of so many requests would show of a metric: an equal release's harm bound, the chance that this is within policy, and
/// what a fault may cost that is let through. For planning; none for a metric that policy does not know.
pub fn harm_outlook(
    policy: &JudgePolicy,
    regions: usize,
    metric: &MetricName,
    (green_total, blue_total): (u64, u64),
    base_rate: f64,
    stakes: &Stakes,
) -> Option<Outlook> {
    let asked = policy.metrics.keys().cloned().chain([metric.clone()]);
    let judge = RegionJudge::new(policy, regions, asked, Watch::default());
    let arms = (green_total, blue_total);
    let (look, miss) = judge.planned_look(metric)?;
    let canary = PlannedCanary { arms, base_rate, look, allowed: policy.harm, miss };
    let mut outlook = judge.harm_test(metric)?.outlook(canary, stakes);
    if green_total.min(blue_total) < policy.min_requests.max(1) {
        outlook.chance = 0.0;
    }
    Some(outlook)
}

/// The smallest ratio of green's rate to blue's that a canary of `green_total` requests beside `blue_total` detects at its
/// planned look with chance 0.8, when blue's rate is `base_rate`; none where no ratio up to 1,000 would do.
///
/// For planning: the required metrics share alpha, and dispersion is the declared one of the strictest of them. Blue's
/// count is taken at its mean; green's is Gamma-Poisson.
pub fn smallest_detectable_effect(
    policy: &JudgePolicy,
    regions: usize,
    green_total: u64,
    blue_total: u64,
    base_rate: f64,
) -> Option<f64> {
    let judge = RegionJudge::new(policy, regions, std::iter::empty(), Watch::default());
    let (level, dispersion) = judge.strictest()?;
    let arms = (green_total as f64, blue_total as f64);
    detect::smallest(policy.tolerance_fail, level, dispersion, arms, base_rate)
}
