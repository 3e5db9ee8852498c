//! Customers: how many requests a region gets, how they go, and the metrics that SageMaker makes of them.

use super::metrics::MetricKey;
use super::queue::Event;
use super::random::Random;
use super::samples::Samples;
use super::{Behaviour, World, latency};
use crate::api::cloudwatch::Dimension;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use meridian_domain::{RegionName, alarms::SAGEMAKER, traffic::usual_rps};
use std::collections::BTreeMap;

/// Share of requests that are answered 4xx on an ordinary day.
const USUAL_4XX: f64 = 0.001;
/// Share of requests that are answered 5xx on an ordinary day.
const USUAL_5XX: f64 = 0.0002;
/// Spread of a minute's mean latency around its usual value.
const LATENCY_NOISE: f64 = 0.02;
/// One minute of history is made for each of these before a region's first minute.
const HISTORY: SignedDuration = SignedDuration::from_hours(1);

/// One region's customers.
#[derive(Debug)]
pub(super) struct Traffic {
    peak_rps: f64,
    zone: TimeZone,
    /// Up to here requests have been counted.
    counted_to: Timestamp,
    /// What each configuration's fleet served in the minute that runs.
    minute: BTreeMap<String, Served>,
}

/// What one fleet served.
#[derive(Clone, Debug, Default)]
pub(super) struct Served {
    requests: u64,
    errors_4xx: u64,
    errors_5xx: u64,
    /// Microseconds.
    latency: Samples,
}

/// A fleet that takes traffic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Serving {
    /// Its configuration.
    pub config: String,
    /// Its release, by every name that it has.
    pub labels: Vec<String>,
    /// Its share of the traffic, 0 to 1.
    pub share: f64,
}

impl Traffic {
    pub fn new(peak_rps: f64, zone: TimeZone, start: Timestamp) -> Self {
        Traffic { peak_rps, zone, counted_to: start, minute: BTreeMap::new() }
    }

    /// Requests per second at a moment.
    pub fn rate(&self, at: Timestamp) -> f64 {
        usual_rps(self.peak_rps, &self.zone, at)
    }
}

/// How a fleet's release differs from the usual at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conduct {
    pub latency_factor: f64,
    pub errors_4xx: f64,
    pub errors_5xx: f64,
}

impl World {
    /// How the release of these names behaves in a region at a moment.
    pub(super) fn behaviour(&self, region: &RegionName, labels: &[String], at: Timestamp) -> Conduct {
        let start = self.config.start;
        let applies = |behaviour: &&Behaviour| {
            let from = behaviour.from.map_or(Timestamp::MIN, |moment| moment.after(start));
            let until = behaviour.until.map(|moment| moment.after(from.max(start)));
            labels.contains(&behaviour.release)
                && behaviour.region.as_ref().is_none_or(|own| own == region)
                && from <= at
                && until.is_none_or(|until| at < until)
        };
        let usual = Conduct { latency_factor: 1.0, errors_4xx: USUAL_4XX, errors_5xx: USUAL_5XX };
        self.config.behaviours.iter().filter(applies).fold(usual, |conduct, behaviour| Conduct {
            latency_factor: conduct.latency_factor * behaviour.latency_factor,
            errors_4xx: (conduct.errors_4xx + behaviour.errors_4xx).clamp(0.0, 1.0),
            errors_5xx: (conduct.errors_5xx + behaviour.errors_5xx).clamp(0.0, 1.0),
        })
    }

    /// Counts a region's requests up to now by the shares that held until now. To be called before shares change.
    pub(super) fn count_traffic(&mut self, name: &RegionName) {
        let now = self.now;
        let in_dns = self.takes_customers(name);
        let Some(region) = self.regions.get_mut(name) else { return };
        let from = std::mem::replace(&mut region.traffic.counted_to, now);
        let seconds = now.duration_since(from).as_secs_f64();
        let serving = region.sagemaker.serving(self.config.fleet.endpoint.as_str());
        if seconds <= 0.0 || !in_dns {
            return;
        }
        for fleet in serving {
            let served = self.serve(name, &fleet, from, seconds);
            let Some(region) = self.regions.get_mut(name) else { return };
            region.traffic.minute.entry(fleet.config).or_default().add(&served);
        }
    }

    /// What one fleet serves in a stretch of time.
    fn serve(&self, name: &RegionName, fleet: &Serving, from: Timestamp, seconds: f64) -> Served {
        let Some(region) = self.regions.get(name) else { return Served::default() };
        let moment = from.as_millisecond().to_string();
        let mut random = Random::labelled(self.config.seed, ["traffic", name.as_str(), &fleet.config, &moment]);
        let conduct = self.behaviour(name, &fleet.labels, from);
        let requests = random.poisson(region.traffic.rate(from) * seconds * fleet.share);
        let share_of = |random: &mut Random, rate: f64| random.poisson(requests as f64 * rate).min(requests);
        let errors_4xx = share_of(&mut random, conduct.errors_4xx);
        let errors_5xx = share_of(&mut random, conduct.errors_5xx);
        let factor = conduct.latency_factor * (1.0 + LATENCY_NOISE * random.normal());
        let latency = latency::spread(requests, factor, random.unit());
        Served { requests, errors_4xx, errors_5xx, latency }
    }

    /// Counts one request that somebody really made.
    pub(super) fn count_request(&mut self, name: &RegionName, fleet: &Serving, failed: bool) {
        let factor = self.behaviour(name, &fleet.labels, self.now).latency_factor;
        let Some(region) = self.regions.get_mut(name) else { return };
        let one = Served {
            requests: 1,
            errors_4xx: u64::from(failed),
            errors_5xx: 0,
            latency: latency::spread(1, factor, 0.5),
        };
        region.traffic.minute.entry(fleet.config.clone()).or_default().add(&one);
    }

    /// A minute ends everywhere: its counts become metrics, visible a little later, and the next minute begins.
    pub(super) fn minute_ends(&mut self) {
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        let start = self.now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(self.now);
        let visible_at = self.later(self.config.timing.metric_delay);
        for name in regions {
            self.count_traffic(&name);
            let Some(region) = self.regions.get_mut(&name) else { continue };
            let minute = std::mem::take(&mut region.traffic.minute);
            self.publish_minute(&name, start, visible_at, minute);
        }
        self.queue.push(visible_at, Event::EvaluateAlarms { high_resolution: false });
        self.queue.push(self.later(SignedDuration::from_mins(1)), Event::MinuteEnds);
    }

    fn publish_minute(
        &mut self,
        name: &RegionName,
        start: Timestamp,
        visible_at: Timestamp,
        minute: BTreeMap<String, Served>,
    ) {
        let fleet = &self.config.fleet;
        let endpoint = [
            Dimension::new("EndpointName", fleet.endpoint.as_str()),
            Dimension::new("VariantName", fleet.variant.as_str()),
        ];
        let Some(region) = self.regions.get_mut(name) else { return };
        for (config, served) in minute.into_iter().filter(|(_, served)| served.requests > 0) {
            let mut of_one_fleet = endpoint.to_vec();
            of_one_fleet.push(Dimension::new("EndpointConfigName", config));
            for (metric, samples) in served.metrics() {
                for dimensions in [&endpoint[..], &of_one_fleet[..]] {
                    let key = MetricKey::new(SAGEMAKER, metric, dimensions);
                    region.metrics.put(key, start, visible_at, samples.clone());
                }
            }
        }
    }

    /// Makes the metrics of the hour before a region's first minute, as if what serves now had served then.
    pub(super) fn make_history(&mut self, name: &RegionName) {
        let Some(region) = self.regions.get(name) else { return };
        let serving = region.sagemaker.serving(self.config.fleet.endpoint.as_str());
        let first = self.config.start.saturating_sub(HISTORY).unwrap_or(self.config.start);
        let mut minute = start_of_minute(first);
        while minute < start_of_minute(self.config.start) {
            let served: BTreeMap<String, Served> =
                serving.iter().map(|fleet| (fleet.config.clone(), self.serve(name, fleet, minute, 60.0))).collect();
            self.publish_minute(name, minute, minute, served);
            minute = minute.saturating_add(SignedDuration::from_mins(1)).unwrap_or(Timestamp::MAX);
        }
        if let Some(region) = self.regions.get_mut(name) {
            region.traffic.counted_to = self.now;
        }
    }
}

impl Served {
    fn add(&mut self, other: &Served) {
        self.requests += other.requests;
        self.errors_4xx += other.errors_4xx;
        self.errors_5xx += other.errors_5xx;
        self.latency.merge(&other.latency);
    }

    /// SageMaker's metrics: one sample for each request, errors as 0 or 1, latency in microseconds.
    fn metrics(self) -> [(&'static str, Samples); 4] {
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
pub(super) fn start_of_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}
