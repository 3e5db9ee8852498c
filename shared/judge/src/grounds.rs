//! What a verdict rests on, as data: a finding for each metric, and of a judgement those that decided it.

use crate::counts::MetricName;
use crate::harm::Harm;
use crate::metric::{Found, Metric, Worse};
use crate::outcome::{Judgement, MetricJudgement, Tally};
use crate::policy::JudgePolicy;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// What decided a judgement. The deciding comes first: a pooled failure, then what policy does not know, then the metrics whose
/// own verdict is the region's. All three empty: no metric could be judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    /// The failure that only the regions together show; none where the region fails by itself, or nothing fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooled: Option<PooledFailure>,
    /// Metrics that were asked for and are in no policy: nothing passes beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<MetricName>,
    /// The metrics whose verdict is the region's: those whose comparison counts, then those left out whose bound is broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricGrounds>,
}

/// Metrics that are worse in several regions together, and not in this one alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PooledFailure {
    /// The metrics, in the order of their names.
    pub metrics: Vec<MetricName>,
    /// Regions in the pool: this one and those before it.
    pub regions: usize,
}

/// One metric's finding with the numbers beside which it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricGrounds {
    /// The metric that was judged.
    pub metric: MetricName,
    /// Green's requests and bad answers in the compared minutes.
    pub green: Tally,
    /// Blue's, in the same minutes.
    pub blue: Tally,
    /// Green's rate over blue's; none where blue's is 0.
    pub effect: Option<f64>,
    /// The ratios that the counts do not rule out; the upper end is none where there is none.
    pub interval: (f64, Option<f64>),
    /// What going on can cost; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<Harm>,
    /// What scatters more than declared; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scattered: Option<Scattered>,
    /// What its counts show.
    pub finding: Finding,
}

/// What one metric's counts show in one region. It follows from the policy and the counts alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Failed: green's own rate is over its absolute bound, whatever blue's is.
    OverBound {
        /// Green in all minutes that it served, compared or not.
        served: Tally,
        /// The largest share that policy allows.
        allowed: f64,
    },
    /// Open: no minute has both green and blue.
    NoCommonMinutes,
    /// Open: the metric lacks more minutes than it may, or its newest are late.
    MinutesMissing,
    /// Failed: the ratio is above this one; where a change either way is bad, above it or under its inverse.
    Worse {
        /// The ratio that is tolerated.
        than: f64,
    },
    /// Passed: the harm bound is within so many answers.
    HarmWithin {
        /// The harm bound that policy allows, in bad answers.
        allowed: u64,
    },
    /// Open: the comparison counts nowhere.
    LeftOut(LeftOut),
    /// Open: worse at the declared dispersion, but not at the one that green's own minutes show.
    Suspected,
    /// Open: an arm has too few requests for a pass.
    TooFewRequests {
        /// Requests that each arm needs.
        needed: u64,
    },
    /// Open: the harm bound is over so many answers.
    HarmOver {
        /// The harm bound that policy allows, in bad answers.
        allowed: u64,
    },
    /// Open: the planned look, which alone says that nothing is at stake, is yet to come.
    LookToCome {
        /// The harm bound that policy allows, in bad answers.
        allowed: u64,
    },
    /// Open: nobody said what is at stake.
    StakesUnknown,
}

/// Counts that scatter more than declared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scattered {
    /// Whose counts show it.
    pub of: Witness,
    /// Variance over mean as it is shown.
    pub shown: f64,
    /// Variance over mean as policy declares it.
    pub declared: f64,
}

/// What shows that a metric scatters more than declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// Blue's counts, minute by minute.
    Blue,
    /// Green's part of both arms' 4xx in a minute: callers may send as many more from one minute to the next as they like.
    GreensPart,
}

/// Why a metric's comparison counts nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// 4xx at full load: callers make them too, and blue and green answered in no minute together.
    CallersAtFullLoad,
    /// Latency: the instances of both arms are not under the same load.
    Load {
        /// Requests of an instance of green over those of one of blue.
        ratio: f64,
    },
}

impl Grounds {
    /// True if no metric could be judged.
    pub fn is_empty(&self) -> bool {
        self.pooled.is_none() && self.unknown.is_empty() && self.metrics.is_empty()
    }
}

impl Judgement {
    /// What decided both verdicts, without the numbers that decided neither.
    pub fn grounds(&self) -> Grounds {
        let pooled = (self.wave == Verdict::Fail && self.verdict != Verdict::Fail).then(|| {
            let failing = self.metrics.iter().filter(|metric| metric.wave == Verdict::Fail);
            PooledFailure { metrics: failing.map(|metric| metric.metric.clone()).collect(), regions: self.regions }
        });
        let is_cause = |metric: &&MetricJudgement| metric.verdict == self.verdict;
        let (own, left_out): (Vec<_>, Vec<_>) =
            self.metrics.iter().filter(is_cause).partition(|metric| metric.left_out.is_none());
        let left_out = left_out.into_iter().filter(|metric| metric.verdict == Verdict::Fail);
        let metrics = own.into_iter().chain(left_out).map(MetricJudgement::grounds).collect();
        Grounds { pooled, unknown: self.unknown.clone(), metrics }
    }
}

impl MetricJudgement {
    /// The finding with its numbers, without the evidence for it.
    pub fn grounds(&self) -> MetricGrounds {
        let Self { green, blue, effect, interval, harm, scattered, finding, .. } = *self;
        MetricGrounds { metric: self.metric.clone(), green, blue, effect, interval, harm, scattered, finding }
    }
}

impl Scattered {
    pub(super) fn of(metric: &Metric, found: &Found) -> Option<Self> {
        let of = if metric.name.is_client_errors() { Witness::GreensPart } else { Witness::Blue };
        let shown = metric.witness().dispersion().filter(|_| found.evidence.scattered)?;
        Some(Self { of, shown, declared: metric.gauge.dispersion })
    }
}

impl Finding {
    /// What `found` shows, once policy is asked.
    pub(super) fn of(policy: &JudgePolicy, metric: &Metric, found: &Found) -> Self {
        if let Some(allowed) = found.over_bound {
            return Self::OverBound { served: metric.state.sums.served, allowed };
        }
        let (green, blue) = (found.evidence.green, found.evidence.blue);
        if found.evidence.missing && found.verdict != Verdict::Fail {
            return if green.total == 0 || blue.total == 0 { Self::NoCommonMinutes } else { Self::MinutesMissing };
        }
        match found.verdict {
            Verdict::Fail => Self::Worse { than: policy.tolerance_fail },
            Verdict::Pass => Self::HarmWithin { allowed: policy.harm },
            Verdict::Inconclusive => Self::open(policy, found),
        }
    }

    /// Why nothing is concluded.
    fn open(policy: &JudgePolicy, found: &Found) -> Self {
        let least = found.evidence.green.total.min(found.evidence.blue.total);
        let needed = policy.min_requests.max(1);
        match found.evidence.left_out {
            Some(left_out) => Self::LeftOut(left_out),
            None if found.worse == Worse::Suspected => Self::Suspected,
            None if least < needed => Self::TooFewRequests { needed },
            None if found.evidence.look.is_none() => Self::LookToCome { allowed: policy.harm },
            None if found.harm.is_none() => Self::StakesUnknown,
            None => Self::HarmOver { allowed: policy.harm },
        }
    }
}
