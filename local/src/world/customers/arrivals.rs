//! Customers: how many requests a region gets, how they go, and the metrics that SageMaker makes of them.

use crate::services::cloudwatch::metrics::MetricKey;
use crate::services::cloudwatch::samples::Samples;
use crate::services::cloudwatch::types::Dimension;
use crate::world::config::{LiveFacts, WorldConfig};
use crate::world::customers::clients::Answers;
use crate::world::customers::effective_behaviour::EffectiveBehaviour;
use crate::world::customers::traffic::Newest;
use crate::world::customers::traffic::{Arrival, Served, Serving, start_of_minute};
use crate::world::customers::{latency, scores};
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_domain::alarms::SAGEMAKER;
use std::collections::BTreeMap;

/// Spread of a minute's mean latency around its usual value.
const LATENCY_NOISE: f64 = 0.02;
/// One minute of history is made for each of these before a region's first minute.
const HISTORY: SignedDuration = SignedDuration::from_hours(1);

impl World {
    /// Counts a region's requests up to now by the shares that held until now. To be called before shares change.
    pub(crate) fn count_traffic(&mut self, name: &RegionName) {
        let now = self.now;
        let comes = self.takes_customers(name);
        let Some(region) = self.regions.get_mut(name) else { return };
        let from = std::mem::replace(&mut region.traffic.counted_to, now);
        let seconds = now.duration_since(from).as_secs_f64();
        if seconds <= 0.0 || !(comes || self.config.clients.is_some()) {
            return;
        }
        let fleets = if comes && !self.is_silenced(name, from) { self.fleets(name, from) } else { Vec::new() };
        let (offered, lost) = self.offered(name, &fleets, from);
        if self.config.clients.is_some() {
            let (came, nowhere) = (self.customers_rps(name, from) * seconds, self.nowhere_rps(name, from) * seconds);
            if let Some(region) = self.regions.get_mut(name) {
                let own = region.traffic.rate(from) * seconds;
                region.traffic.answers.add([came + nowhere, came * lost + nowhere, own], now);
            }
        }
        for fleet in fleets {
            let behaviour = self.behaviour(name, &fleet.labels, from);
            let served = self.serve_as(name, &fleet, offered * fleet.share, (from, seconds), behaviour);
            let Some(region) = self.regions.get_mut(name) else { return };
            region.traffic.minute.entry(fleet.config).or_default().add(&served);
        }
    }

    /// Requests per second that reach a region's instances, with what clients ask again, which may reach others; and the share of the
    /// first ones that is lost: of all where nothing serves.
    fn offered(&self, name: &RegionName, fleets: &[Serving], from: Timestamp) -> (f64, f64) {
        let rate = self.customers_rps(name, from);
        let failing = |offered: f64| {
            let answered = fleets.iter().map(|fleet| {
                let behaviour = self.behaviour(name, &fleet.labels, from);
                fleet.share * (1.0 - behaviour.failing_at(fleet.load(offered * fleet.share)))
            });
            1.0 - answered.sum::<f64>()
        };
        match &self.config.clients {
            Some(clients) => clients.with_repeats(rate, failing),
            None => (rate, failing(rate)),
        }
    }

    /// What became of the requests that came to a region so far, where clients are simulated.
    pub fn answers(&mut self, name: &RegionName) -> Option<Answers> {
        self.config.clients.as_ref()?;
        self.count_traffic(name);
        Some(self.regions.get(name)?.traffic.answers)
    }

    /// Whether a fault keeps everybody in a region without an answer, where clients are simulated: it has made a difference then.
    pub(super) fn is_silenced(&mut self, name: &RegionName, at: Timestamp) -> bool {
        let mut faults = self.faults.iter_mut().filter(|_| self.config.clients.is_some());
        let fault = faults.find(|own| own.silences_endpoints(name, at));
        fault.map(|own| own.spend()).is_some()
    }

    /// Whether the instances of a configuration have no room for the request that somebody else than a customer makes now.
    pub(crate) fn turns_away(&self, name: &RegionName, config: &str, asked: u64) -> bool {
        let fleets = self.fleets(name, self.now);
        let (offered, _) = if self.takes_customers(name) { self.offered(name, &fleets, self.now) } else { (0.0, 0.0) };
        let Some(fleet) = fleets.iter().find(|own| own.config == config) else { return false };
        let share = self.behaviour(name, &fleet.labels, self.now).turned_away_at(fleet.load(offered * fleet.share));
        let draw =
            || Random::labelled(self.config.seed, ["turned away", name.as_str(), config, &asked.to_string()]).unit();
        share > 0.0 && draw() < share
    }

    /// What the instances of one configuration serve of `rate` requests a second in a stretch of time, from a moment on for so many
    /// seconds, of a release that behaves like this.
    pub(crate) fn serve_as(
        &self,
        name: &RegionName,
        fleet: &Serving,
        rate: f64,
        (from, seconds): (Timestamp, f64),
        behaviour: EffectiveBehaviour,
    ) -> Served {
        let moment = from.as_millisecond().to_string();
        let mut random = Random::labelled(self.config.seed, ["traffic", name.as_str(), &fleet.config, &moment]);
        let load = fleet.load(rate);
        let requests = random.poisson(rate * seconds);
        let share_of = |random: &mut Random, rate: f64| random.poisson(requests as f64 * rate).min(requests);
        let errors_4xx = share_of(&mut random, behaviour.errors_4xx);
        let errors_5xx = share_of(&mut random, behaviour.failing_at(load));
        let factor = behaviour.latency_at(load) * (1.0 + LATENCY_NOISE * random.normal());
        let dither = random.unit();
        let slow = (requests as f64 * self.slow_share(fleet, from, seconds)).round() as u64;
        let mut latency = latency::spread(requests.saturating_sub(slow), factor, dither);
        latency.merge(&latency::spread(slow, factor * self.config.timing.cold_factor, dither));
        let scores = scores::drawn(requests, behaviour.alert_factor, &mut random);
        Served { requests, errors_4xx, errors_5xx, latency, scores }
    }

    /// The share of what instances answer in a stretch of time that is slow because some of them are cold.
    fn slow_share(&self, fleet: &Serving, from: Timestamp, seconds: f64) -> f64 {
        let Some(Newest { since, share }) = fleet.newest else { return 0.0 };
        let timing = &self.config.timing;
        let passed = from.duration_since(since).as_secs_f64();
        let left = (timing.cold.as_secs_f64() - passed).clamp(0.0, seconds);
        share * timing.cold_share * left / seconds
    }

    /// Counts one request that somebody really made of a variant of an endpoint, and how its container answered.
    pub(crate) fn count_request(
        &mut self,
        name: &RegionName,
        (endpoint, variant): (&str, &str),
        fleet: &Serving,
        status: u16,
    ) {
        let of_fleet = endpoint == self.config.fleet.endpoint.as_str();
        let EffectiveBehaviour { latency_factor, .. } = self.behaviour(name, &fleet.labels, self.now);
        let Some(region) = self.regions.get_mut(name) else { return };
        let one = Served {
            requests: 1,
            errors_4xx: u64::from((400..500).contains(&status)),
            errors_5xx: u64::from(status >= 500),
            latency: latency::spread(1, latency_factor, 0.5),
            // Synthetic requests are no customers: the container leaves them out.
            scores: Samples::default(),
        };
        let counted = if of_fleet {
            region.traffic.minute.entry(fleet.config.clone()).or_default()
        } else {
            let key = [endpoint, variant, &fleet.config].map(str::to_owned);
            region.traffic.elsewhere.entry(key).or_default()
        };
        counted.add(&one);
    }

    /// A minute ends everywhere: its counts become metrics, most of them visible a little later and the last of them after
    /// some minutes, and the next minute begins.
    pub(crate) fn minute_ends(&mut self) {
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        let start = self.now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(self.now);
        let WorldConfig { live, timing, .. } = &self.config;
        let arrival = Arrival {
            first: self.later(LiveFacts::or(live.metric_delay_seconds, timing.metric_delay)),
            last: self.later(LiveFacts::or(live.metric_complete_seconds, timing.metric_complete)),
        };
        for name in regions {
            self.count_traffic(&name);
            let Some(region) = self.regions.get_mut(&name) else { continue };
            let minute = std::mem::take(&mut region.traffic.minute);
            let elsewhere = std::mem::take(&mut region.traffic.elsewhere);
            let requests = minute.values().map(|served| served.requests).sum();
            self.publish_minute(&name, start, arrival, minute);
            self.track_target(&name, requests);
            let points = elsewhere
                .into_iter()
                .flat_map(|([endpoint, variant, config], served)| points(&endpoint, &variant, config, served));
            self.put_points(&name, start, arrival, points.collect());
        }
        self.count_health(start, arrival.first);
        self.capture_requests();
        self.queue.push(arrival.first, Event::EvaluateAlarms { high_resolution: false });
        self.queue.push(self.later(SignedDuration::from_mins(1)), Event::MinuteEnds);
    }

    /// What each configuration's containers say of themselves in a minute, into the namespace that they were told, where their role
    /// may; and what those say in another's name who do that.
    pub(super) fn own_metrics(
        &mut self,
        name: &RegionName,
        minute: &BTreeMap<String, Served>,
    ) -> BTreeMap<String, Vec<(MetricKey, Samples)>> {
        let mut points: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let emits = self.config.containers_emit;
        for (config, served) in minute.iter().filter(|(_, served)| emits && served.requests > 0) {
            let said = [(config.clone(), served.container_metrics())];
            let forged = self.forged(name, config, minute.keys()).map(|other| (other, served.forged_metrics()));
            for (whose, metrics) in said.into_iter().chain(forged) {
                let Some((namespace, release)) = self.namespace_of(name, &whose).zip(self.release_of(name, &whose))
                else {
                    continue;
                };
                if self.containers_may_emit(name, config, &namespace) {
                    let dimensions = [Dimension::new("Release", release)];
                    let metrics = metrics.into_iter();
                    let metrics = metrics.map(|(metric, own)| (MetricKey::new(&namespace, metric, &dimensions), own));
                    points.entry(config.clone()).or_default().extend(metrics);
                }
            }
        }
        points
    }

    /// The configuration in whose name another one's containers speak, where both serve.
    fn forged<'a>(
        &self,
        name: &RegionName,
        config: &str,
        mut serving: impl Iterator<Item = &'a String>,
    ) -> Option<String> {
        let labels = |config: &str| {
            let sagemaker = &self.regions.get(name)?.sagemaker;
            Some(sagemaker.labels(sagemaker.configs.get(config)?))
        };
        let whose = self.speaks_for(&labels(config)?)?;
        serving.find(|own| labels(own).is_some_and(|own| own.iter().any(|label| label == whose))).cloned()
    }

    fn publish_minute(
        &mut self,
        name: &RegionName,
        start: Timestamp,
        arrival: Arrival,
        minute: BTreeMap<String, Served>,
    ) {
        let mut own = self.own_metrics(name, &minute);
        let fleet = &self.config.fleet;
        let mut all: Vec<(MetricKey, Samples)> = Vec::new();
        for (config, served) in minute.into_iter().filter(|(_, served)| served.requests > 0) {
            all.extend(own.remove(&config).unwrap_or_default());
            all.extend(points(fleet.endpoint.as_str(), fleet.variant.as_str(), config, served));
        }
        self.put_points(name, start, arrival, all);
    }

    /// A minute's samples, most of them visible first and the rest at last.
    fn put_points(&mut self, name: &RegionName, start: Timestamp, arrival: Arrival, points: Vec<(MetricKey, Samples)>) {
        let late = self.config.timing.late_share.clamp(0.0, 1.0);
        let moment = start.as_millisecond().to_string();
        let mut random = Random::labelled(self.config.seed, ["late", name.as_str(), &moment]);
        let Some(region) = self.regions.get_mut(name) else { return };
        for (key, samples) in points {
            let (first, rest) = samples.split(1.0 - late, random.unit());
            region.metrics.put(key.clone(), start, arrival.first, first);
            region.metrics.put(key, start, arrival.last, rest);
        }
    }

    /// Makes the metrics of the hour before a region's first minute, as if what serves now had served then.
    pub(crate) fn make_history(&mut self, name: &RegionName) {
        let first = self.config.start.saturating_sub(HISTORY).unwrap_or(self.config.start);
        let mut minute = start_of_minute(first);
        while minute < start_of_minute(self.config.start) {
            let rate = self.customers_rps(name, minute);
            let served = self.fleets(name, minute).into_iter().map(|fleet| {
                let behaviour = self.behaviour(name, &fleet.labels, minute);
                let served = self.serve_as(name, &fleet, rate * fleet.share, (minute, 60.0), behaviour);
                (fleet.config, served)
            });
            let served: BTreeMap<String, Served> = served.collect();
            self.publish_minute(name, minute, Arrival { first: minute, last: minute }, served);
            minute = minute.saturating_add(SignedDuration::from_mins(1)).unwrap_or(Timestamp::MAX);
        }
        if let Some(region) = self.regions.get_mut(name) {
            region.traffic.counted_to = self.now;
        }
    }
}

/// What SageMaker says of a minute of one configuration, over the whole variant and over the configuration.
fn points(endpoint: &str, variant: &str, config: String, served: Served) -> Vec<(MetricKey, Samples)> {
    let whole = [Dimension::new("EndpointName", endpoint), Dimension::new("VariantName", variant)];
    let mut of_config = whole.to_vec();
    of_config.push(Dimension::new("EndpointConfigName", config));
    let both = |(metric, samples): (&'static str, Samples)| {
        [
            (MetricKey::new(SAGEMAKER, metric, &whole), samples.clone()),
            (MetricKey::new(SAGEMAKER, metric, &of_config), samples),
        ]
    };
    served.metrics().into_iter().flat_map(both).collect()
}
