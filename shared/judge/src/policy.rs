//! What is counted, and how sure the judge must be.

use crate::counts::MetricName;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Compared minutes at full load that show how green scatters: two show whether it is bad in one of them or in each.
const FULL_LOAD_MIN_MINUTES: u32 = 2;
/// So few minutes show a burst worse than many do: each metric is taken to scatter so many times as much as declared, which
/// with the default dispersion is five times what chance alone would do.
const FULL_LOAD_DISPERSION: f64 = 2.5;

/// `[judge]` of a `fleet.toml`. docs/judging.md says what each number costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgePolicy {
    /// Requests that green and blue must each have served in compared minutes, or nothing passes.
    pub min_requests: u64,
    /// Latency bound of the model's own time.
    pub latency_bound: SignedDuration,
    /// Largest share of requests over the latency bound, 0 to 1.
    pub latency_share: f64,
    /// Largest share of 4xx answers, 0 to 1.
    pub max_4xx: f64,
    /// Largest share of 5xx answers, 0 to 1.
    pub max_5xx: f64,
    /// Chance that a wave of a release that is no worse fails anywhere: all looks, metrics, regions and bounds together.
    #[serde(default = "alpha")]
    pub alpha: f64,
    /// Share of alpha for absolute bounds.
    #[serde(default = "bounds_share")]
    pub bounds_share: f64,
    /// Share of what is left for the test that is pooled over regions; the rest is split over regions.
    #[serde(default = "pooled_share")]
    pub pooled_share: f64,
    /// Share of each comparison's alpha for its planned look; the rest is for the looks of every minute.
    #[serde(default = "planned_share")]
    pub planned_share: f64,
    /// Chance that a release passes which costs more than `harm`, for each metric.
    #[serde(default = "pass_alpha")]
    pub pass_alpha: f64,
    /// Ratio of green's rate to blue's that is not worth a failure.
    #[serde(default = "tolerance_fail")]
    pub tolerance_fail: f64,
    /// Bad answers that a release may cost a region, of each metric: it passes where its harm bound is within this.
    #[serde(default = "harm")]
    pub harm: u64,
    /// Compared minutes that show how green scatters; with fewer, a failure must be significant at ten times the declared
    /// dispersion: one burst is no release's fault.
    #[serde(default = "min_minutes")]
    pub min_minutes: u32,
    /// Variance over mean of a minute's count up to which the tests are valid, where the metric does not say.
    #[serde(default = "dispersion")]
    pub dispersion: f64,
    /// Metrics beside the built-in three, and what differs for these.
    #[serde(default)]
    pub metrics: BTreeMap<MetricName, MetricPolicy>,
    /// Canaries that a region may get of one release until its counts decide: `[wave] tries`. Alpha and the chance of a wrong pass
    /// are split over them beforehand.
    #[serde(default = "tries", skip_deserializing)]
    pub tries: u32,
}

/// `[judge.metrics.NAME]` of `fleet.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricPolicy {
    /// Largest share of requests that it may count, 0 to 1.
    pub max: Option<f64>,
    /// Its own largest variance over mean.
    pub dispersion: Option<f64>,
    /// A change either way is bad: a model that declines a third as many customers is as wrong as one that declines three
    /// times as many.
    pub two_sided: bool,
    /// Judged in every region, and missing where it does not arrive. The built-in three are; others are judged where they
    /// exist.
    pub required: bool,
}

/// One metric as it is judged: its own policy with the defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Largest share of requests.
    pub max: Option<f64>,
    /// Largest variance over mean of a minute's count.
    pub dispersion: f64,
    /// A change either way is bad.
    pub two_sided: bool,
}

fn alpha() -> f64 {
    0.01
}
fn bounds_share() -> f64 {
    0.1
}
fn pooled_share() -> f64 {
    0.5
}
fn planned_share() -> f64 {
    0.7
}
fn pass_alpha() -> f64 {
    0.05
}
fn tolerance_fail() -> f64 {
    1.25
}
/// What an equal release needs that is judged by all delivered metrics (docs/judge-table.md).
fn harm() -> u64 {
    5_000
}
fn min_minutes() -> u32 {
    3
}
fn dispersion() -> f64 {
    2.0
}
/// One more: what chance kept a first canary from showing, it seldom keeps a second one from.
fn tries() -> u32 {
    2
}

/// What `fleet.toml` asks as it is delivered.
impl Default for JudgePolicy {
    fn default() -> Self {
        Self {
            min_requests: 30,
            latency_bound: SignedDuration::from_millis(20),
            latency_share: 0.01,
            max_4xx: 0.01,
            max_5xx: 0.01,
            alpha: alpha(),
            bounds_share: bounds_share(),
            pooled_share: pooled_share(),
            planned_share: planned_share(),
            pass_alpha: pass_alpha(),
            tolerance_fail: tolerance_fail(),
            harm: harm(),
            min_minutes: min_minutes(),
            dispersion: dispersion(),
            metrics: BTreeMap::new(),
            tries: tries(),
        }
    }
}

impl JudgePolicy {
    /// The policy of the check at full load, whose chance to fail a good release is what the canary did not spend: before the
    /// shift the comparison of latencies has no say, so its family's part of alpha pays for every metric's comparison and
    /// bound after it. The wave's alpha stays what it is.
    ///
    /// Where a canary's load is comparable (half of the traffic) both are spent, and a wave's alpha is that much larger.
    ///
    /// Its minutes are few, so the declared dispersions are larger; how often it fails a good release all the same is measured
    /// (docs/judge-table.md).
    #[must_use]
    pub fn at_full_load(&self) -> Self {
        let named = self.required().into_iter().chain(self.metrics.keys().cloned());
        let families: BTreeSet<String> = named.map(|metric| metric.family().to_owned()).collect();
        let unspent = (1.0 - self.bounds_share) / families.len().max(1) as f64;
        let mut policy = Self {
            alpha: self.alpha * unspent,
            min_minutes: self.min_minutes.min(FULL_LOAD_MIN_MINUTES),
            dispersion: self.dispersion * FULL_LOAD_DISPERSION,
            // A region shifts once.
            tries: 1,
            ..self.clone()
        };
        for declared in policy.metrics.values_mut().filter_map(|metric| metric.dispersion.as_mut()) {
            *declared *= FULL_LOAD_DISPERSION;
        }
        policy
    }

    /// A metric that only serving containers can send, if policy names any.
    pub fn own_metric(&self) -> Option<&MetricName> {
        self.metrics.keys().find(|name| name.is_of_containers())
    }

    /// The metrics that every region must have.
    pub fn required(&self) -> Vec<MetricName> {
        let built_in =
            [MetricName::errors_4xx(), MetricName::errors_5xx(), MetricName::latency_over(self.latency_bound)];
        let more = self.metrics.iter().filter(|(name, policy)| policy.required && !built_in.contains(name));
        let more: Vec<MetricName> = more.map(|(name, _)| name.clone()).collect();
        built_in.into_iter().chain(more).collect()
    }

    /// How a metric is judged; none for one that policy does not know.
    pub fn gauge(&self, name: &MetricName) -> Option<Gauge> {
        let own = self.metrics.get(name);
        let built_in = match name.as_str() {
            "4xx" => Some(self.max_4xx),
            "5xx" => Some(self.max_5xx),
            _ if *name == MetricName::latency_over(self.latency_bound) => Some(self.latency_share),
            _ => None,
        };
        if own.is_none() && built_in.is_none() {
            return None;
        }
        let own = own.copied().unwrap_or_default();
        Some(Gauge {
            max: own.max.or(built_in),
            dispersion: own.dispersion.unwrap_or(self.dispersion),
            two_sided: own.two_sided,
        })
    }
}
