//! Counts as they arrive: per metric and minute, for both arms.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::{fmt, num::NonZeroU32};

/// What is counted: `4xx`, `5xx`, `latency_over_20ms`, `alerts`, `score_over_0.9`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName(String);

/// A text that names no metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{given:?} is not a metric's name such as 5xx or latency_over_20ms: up to 40 lower-case letters, digits, _ and ."
)]
pub struct MetricNameError {
    given: String,
}

impl MetricName {
    /// Most characters of a name.
    const LONGEST: usize = 40;
    /// Between the family and the bound.
    const OVER: &'static str = "_over_";

    /// `4xx`: answers that say the caller is at fault.
    pub fn errors_4xx() -> Self {
        Self("4xx".to_owned())
    }

    /// `5xx`: answers that say the service is at fault.
    pub fn errors_5xx() -> Self {
        Self("5xx".to_owned())
    }

    /// Requests whose model latency was over `bound`: `latency_over_20ms`.
    pub fn latency_over(bound: jiff::SignedDuration) -> Self {
        let micros = bound.as_micros();
        let (number, unit) = if micros % 1000 == 0 { (micros / 1000, "ms") } else { (micros, "us") };
        Self(format!("latency{}{number}{unit}", Self::OVER))
    }

    /// True for 4xx: what callers send decides them as much as what a release makes of it.
    pub fn is_client_errors(&self) -> bool {
        self.0 == "4xx"
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Metrics that ask one question at several bounds share one part of alpha: `latency` of `latency_over_20ms`.
    pub fn family(&self) -> &str {
        // In so short a name a searcher costs more to make than the search, and judges ask for families a thousand times a look.
        let over = self.0.as_bytes().windows(Self::OVER.len()).position(|part| part == Self::OVER.as_bytes());
        over.and_then(|end| self.0.get(..end)).unwrap_or(&self.0)
    }

    /// True for what only serving containers can send: SageMaker counts errors and latencies.
    pub fn is_of_containers(&self) -> bool {
        !matches!(self.0.as_str(), "4xx" | "5xx") && !self.is_latency()
    }

    /// True for requests over a latency bound: they depend on the load of an instance.
    pub fn is_latency(&self) -> bool {
        self.family() == "latency"
    }
}

impl FromStr for MetricName {
    type Err = MetricNameError;
    fn from_str(text: &str) -> Result<Self, MetricNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if starts && text.len() <= Self::LONGEST && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MetricNameError { given: text.chars().take(80).collect() })
        }
    }
}

impl TryFrom<String> for MetricName {
    type Error = MetricNameError;
    fn try_from(text: String) -> Result<Self, MetricNameError> {
        text.parse()
    }
}

impl From<MetricName> for String {
    fn from(name: MetricName) -> String {
        name.0
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One arm's count of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Requests that the arm served.
    pub total: u64,
    /// Those that the metric counts.
    pub bad: u64,
    /// Instances that served them; none means that the load of an instance is comparable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<NonZeroU32>,
}

impl Arm {
    /// Counts whose instances are not told.
    pub fn new(total: u64, bad: u64) -> Self {
        Self { total, bad, instances: None }
    }
}

/// One minute of one metric. An arm that is absent did not arrive: missing is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteCounts {
    /// Minutes since the canary began; negative before it, where only blue serves.
    pub minute: i64,
    /// The challenger's counts; none where they did not arrive.
    #[serde(default)]
    pub green: Option<Arm>,
    /// The champion's counts; none where they did not arrive.
    #[serde(default)]
    pub blue: Option<Arm>,
}

impl MinuteCounts {
    /// Both arms, where both arrived and both served: what can be compared.
    pub fn pair(&self) -> Option<(Arm, Arm)> {
        let served = |arm: Option<Arm>| arm.filter(|arm| arm.total > 0);
        served(self.green).zip(served(self.blue))
    }
}

/// One region's counts.
///
/// A metric that was asked for has its key here even where nothing arrived: then it is missing, and missing is never a
/// pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionCounts {
    /// In order of time, each minute once.
    pub metrics: BTreeMap<MetricName, Vec<MinuteCounts>>,
}

impl RegionCounts {
    /// Takes a minute in whatever order minutes arrive; a later version of a minute replaces it, so that it counts once.
    pub fn take(&mut self, metric: &MetricName, counts: MinuteCounts) {
        // Looked up first: a name is copied once, not every minute.
        if !self.metrics.contains_key(metric) {
            self.metrics.insert(metric.clone(), Vec::new());
        }
        let Some(minutes) = self.metrics.get_mut(metric) else { return };
        match minutes.binary_search_by_key(&counts.minute, |known| known.minute) {
            Ok(at) => {
                if let Some(known) = minutes.get_mut(at) {
                    *known = counts;
                }
            }
            Err(at) => minutes.insert(at, counts),
        }
    }
}
