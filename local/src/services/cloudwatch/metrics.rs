//! A region's metrics.

use crate::services::cloudwatch::samples::Samples;
use crate::services::cloudwatch::types::Dimension;
use crate::world::error::ApiError;
use jiff::Timestamp;
use meridian_domain::alarms::SAGEMAKER;
use std::collections::BTreeMap;

/// A metric's full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricKey {
    pub namespace: String,
    pub name: String,
    pub dimensions: Vec<Dimension>,
}

impl MetricKey {
    /// The name; the order of dimensions does not matter.
    pub fn new(namespace: &str, name: &str, dimensions: &[Dimension]) -> Self {
        let mut dimensions = dimensions.to_vec();
        dimensions.sort();
        MetricKey { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// Whether it is of one configuration: a metric of SageMaker's with the dimension `EndpointConfigName`.
    pub fn is_of_one_config(&self) -> bool {
        self.namespace == SAGEMAKER && self.dimensions.iter().any(|dimension| dimension.name == "EndpointConfigName")
    }
}

/// A part of what came in for one second, and from when on it is seen: a later part revises the minute.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub samples: Samples,
    pub visible_at: Timestamp,
}

/// One region's metrics.
#[derive(Debug, Default)]
pub(crate) struct Metrics(pub BTreeMap<MetricKey, BTreeMap<i64, Vec<Part>>>);

impl Metrics {
    /// Adds samples at a moment; nobody sees them before `visible_at`.
    pub fn put(&mut self, key: MetricKey, at: Timestamp, visible_at: Timestamp, samples: Samples) {
        if samples.count() <= 0.0 {
            return;
        }
        let parts = self.0.entry(key).or_default().entry(at.as_second()).or_default();
        match parts.iter_mut().find(|part| part.visible_at == visible_at) {
            Some(part) => part.samples.merge(&samples),
            None => parts.push(Part { samples, visible_at }),
        }
    }

    /// The samples in `[from, to)`, in epoch seconds, as far as they are visible.
    pub fn samples(&self, key: &MetricKey, from: i64, to: i64, now: Timestamp) -> Samples {
        let mut all = Samples::default();
        let Some(series) = self.0.get(key) else { return all };
        let parts = series.range(from..to.max(from)).flat_map(|(_, parts)| parts);
        for part in parts.filter(|part| part.visible_at <= now) {
            all.merge(&part.samples);
        }
        all
    }

    /// Starts of the periods in `[from, to)` that have any visible sample, in order.
    pub fn periods(&self, key: &MetricKey, from: i64, to: i64, period: i64, now: Timestamp) -> Vec<i64> {
        let Some(series) = self.0.get(key) else { return Vec::new() };
        let visible =
            series.range(from..to.max(from)).filter(|(_, parts)| parts.iter().any(|part| part.visible_at <= now));
        let mut starts: Vec<i64> = visible.map(|(second, _)| second.div_euclid(period) * period).collect();
        starts.dedup();
        starts
    }
}

/// Whether CloudWatch takes a period: 1, 5, 10, 20, 30 or a multiple of 60 seconds.
pub(crate) fn is_period(seconds: u32) -> bool {
    matches!(seconds, 1 | 5 | 10 | 20 | 30) || (seconds > 0 && seconds.is_multiple_of(60))
}

/// CloudWatch's answer to bad members, which its operations need not declare.
pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", 400, message)
}
