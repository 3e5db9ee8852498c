//! One region's customers: what they asked so far, and which instances answered.

use crate::services::cloudwatch::samples::Samples;
use crate::world::customers::clients::Answers;
use crate::world::customers::scores;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use meridian_domain::traffic::usual_rps;
use std::collections::BTreeMap;

/// One region's customers.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub peak_rps: f64,
    pub zone: TimeZone,
    /// Up to here requests have been counted.
    pub counted_to: Timestamp,
    /// What each configuration's instances served in the minute that runs.
    pub minute: BTreeMap<String, Served>,
    /// What other endpoints than the fleet's did, by endpoint, variant and configuration: somebody asked them, and no customer.
    pub elsewhere: BTreeMap<[String; 3], Served>,
    /// What became of all requests so far, where clients are simulated.
    pub answers: Answers,
    /// Minutes in a row in which instances had more requests than automatic scaling's target.
    pub over_target: u32,
}

/// What the instances of one configuration served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    pub requests: u64,
    pub errors_4xx: u64,
    pub errors_5xx: u64,
    /// Latencies in microseconds.
    pub latency: Samples,
    /// What the model answered, 0 to 1.
    pub scores: Samples,
}

/// Instances of one configuration that take traffic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Serving {
    /// Name of the endpoint configuration.
    pub config: String,
    /// Its release, by every name that it has.
    pub labels: Vec<String>,
    pub instances: u32,
    /// Its share of the traffic, 0 to 1.
    pub share: f64,
    /// Those of its instances that are new to traffic.
    pub newest: Option<Newest>,
}

impl Serving {
    /// Requests per second for each instance, of so many for all: without end where none is left.
    pub fn load(&self, rate: f64) -> f64 {
        if self.instances == 0 { f64::INFINITY } else { rate / f64::from(self.instances) }
    }
}

/// The instances that took their first requests last, of all that take any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Newest {
    /// When they took their first requests.
    pub since: Timestamp,
    /// Their share of the instances that take requests, 0 to 1.
    pub share: f64,
}

/// When a minute's samples are visible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// When the first sample is visible.
    pub first: Timestamp,
    /// When all samples are.
    pub last: Timestamp,
}

impl Traffic {
    pub fn new(peak_rps: f64, zone: TimeZone, start: Timestamp) -> Self {
        Traffic {
            peak_rps,
            zone,
            counted_to: start,
            minute: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            answers: Answers::default(),
            over_target: 0,
        }
    }

    /// Requests per second at a moment.
    pub fn rate(&self, at: Timestamp) -> f64 {
        usual_rps(self.peak_rps, &self.zone, at)
    }
}

impl Served {
    pub fn add(&mut self, other: &Served) {
        self.requests += other.requests;
        self.errors_4xx += other.errors_4xx;
        self.errors_5xx += other.errors_5xx;
        self.latency.merge(&other.latency);
        self.scores.merge(&other.scores);
    }

    /// What the container itself says: an alert or none for each request, and the score.
    pub fn container_metrics(&self) -> [(&'static str, Samples); 2] {
        let (scored, alerts) = (self.scores.count(), scores::alerts(&self.scores));
        let alerts = Samples::new([(0.0, scored - alerts), (1.0, alerts)]);
        [("alerts", alerts), ("score", self.scores.clone())]
    }

    /// What it says in another's name: alerts, for a fifth of its own requests.
    pub fn forged_metrics(&self) -> [(&'static str, Samples); 2] {
        let all = Samples::new([(1.0, (self.scores.count() / 5.0).round())]);
        [("alerts", all.clone()), ("score", all)]
    }

    /// SageMaker's metrics: one sample for each request, errors as 0 or 1, latency in microseconds.
    pub fn metrics(self) -> [(&'static str, Samples); 4] {
        let requests = self.requests as f64;
        let yes_or_no = |errors: u64| {
            let errors = (errors.min(self.requests)) as f64;
            Samples::new([(0.0, requests - errors), (1.0, errors)])
        };
        [
            ("Invocations", Samples::new([(1.0, requests)])),
            ("Invocation4XXErrors", yes_or_no(self.errors_4xx)),
            ("Invocation5XXErrors", yes_or_no(self.errors_5xx)),
            ("ModelLatency", self.latency),
        ]
    }
}

/// The full minute that a moment is in.
pub(crate) fn start_of_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}
