//! How releases behave where they serve, and how much of the traffic reaches them.

use super::traffic::Serving;
use super::{Behaviour, World};
use jiff::Timestamp;
use meridian_domain::RegionName;

/// Every release: what its callers make of it, and not it itself.
const ANY: &str = "*";
/// Share of requests that are answered 4xx on an ordinary day.
const USUAL_4XX: f64 = 0.004;
/// Share of requests that are answered 5xx on an ordinary day.
const USUAL_5XX: f64 = 0.000_02;
/// Requests per second that one instance of an ordinary release carries: five times what it gets at the peak.
const USUAL_CAPACITY: f64 = 1000.0;
/// Beyond this share of its capacity an instance turns requests away rather than be slower still: twenty times its usual
/// latency.
const SATURATION: f64 = 0.95;

/// How a fleet's release behaves at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conduct {
    /// Times the usual latency, of an instance without load.
    pub latency_factor: f64,
    /// Share of requests answered 4xx.
    pub errors_4xx: f64,
    /// Share of requests answered 5xx.
    pub errors_5xx: f64,
    /// Requests per second that one instance carries.
    pub capacity_rps: f64,
    /// Times the usual share of alerts and high scores.
    pub alert_factor: f64,
    /// Share of the requests meant for it that reach it.
    pub traffic: f64,
}

impl Conduct {
    /// Times the usual latency under a load in requests per second and instance, as in a queue with one server (M/M/1):
    /// 1 / (1 - load / capacity).
    pub fn latency_at(&self, load: f64) -> f64 {
        let used = (load / self.capacity_rps).clamp(0.0, SATURATION);
        self.latency_factor / (1.0 - used)
    }
}

impl World {
    /// In whose name the release of these names speaks beside its own.
    pub(super) fn speaks_for(&self, labels: &[String]) -> Option<&str> {
        let mut own = self.config.behaviours.iter().filter(|behaviour| labels.contains(&behaviour.release));
        own.find_map(|behaviour| behaviour.speaks_for.as_deref())
    }

    /// How the release of these names behaves in a region at a moment.
    pub(super) fn behaviour(&self, region: &RegionName, labels: &[String], at: Timestamp) -> Conduct {
        let start = self.config.start;
        let applies = |behaviour: &&Behaviour| {
            let from = behaviour.from.map_or(Timestamp::MIN, |moment| moment.after(start));
            let until = behaviour.until.map(|moment| moment.after(from.max(start)));
            (behaviour.release == ANY || labels.contains(&behaviour.release))
                && behaviour.region.as_ref().is_none_or(|own| own == region)
                && from <= at
                && until.is_none_or(|until| at < until)
        };
        let usual = Conduct {
            latency_factor: 1.0,
            errors_4xx: USUAL_4XX,
            errors_5xx: USUAL_5XX,
            capacity_rps: USUAL_CAPACITY,
            alert_factor: 1.0,
            traffic: 1.0,
        };
        self.config.behaviours.iter().filter(applies).fold(usual, |conduct, behaviour| Conduct {
            latency_factor: conduct.latency_factor * behaviour.latency_factor,
            errors_4xx: (conduct.errors_4xx + behaviour.errors_4xx).clamp(0.0, 1.0),
            errors_5xx: (conduct.errors_5xx + behaviour.errors_5xx).clamp(0.0, 1.0),
            capacity_rps: behaviour.capacity_rps.map_or(conduct.capacity_rps, |own| own.min(conduct.capacity_rps)),
            alert_factor: conduct.alert_factor * behaviour.alert_factor,
            traffic: (conduct.traffic * behaviour.traffic).clamp(0.0, 1.0),
        })
    }

    /// The fleets behind a region's endpoint, blue first, with the share of the traffic that reaches each of them.
    pub(super) fn fleets(&self, name: &RegionName, at: Timestamp) -> Vec<Serving> {
        let Some(region) = self.regions.get(name) else { return Vec::new() };
        let mut fleets = region.sagemaker.serving(self.config.fleet.endpoint.as_str());
        if let [blue, green] = fleets.as_mut_slice() {
            let reached = green.share * self.behaviour(name, &green.labels, at).traffic;
            blue.share += green.share - reached;
            green.share = reached;
        }
        fleets
    }

    /// The share of a region's traffic that reaches the green fleet now.
    pub(super) fn green_share(&self, name: &RegionName) -> f64 {
        match self.fleets(name, self.now).as_slice() {
            [_, green] => green.share,
            // Where one fleet takes all traffic, it may be the new one.
            _ => {
                let endpoint = self.config.fleet.endpoint.as_str();
                let region = self.regions.get(name);
                region.and_then(|own| own.sagemaker.endpoints.get(endpoint)).map_or(0.0, |endpoint| endpoint.share())
            }
        }
    }

    /// The digest of the release that a configuration serves.
    pub(super) fn release_of(&self, name: &RegionName, config: &str) -> Option<String> {
        let sagemaker = &self.regions.get(name)?.sagemaker;
        sagemaker.release(sagemaker.configs.get(config)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_grows_with_load_and_is_bounded() {
        let usual = Conduct {
            latency_factor: 1.0,
            errors_4xx: 0.0,
            errors_5xx: 0.0,
            capacity_rps: 60.0,
            alert_factor: 1.0,
            traffic: 1.0,
        };
        assert_eq!(usual.latency_at(0.0), 1.0);
        assert_eq!(usual.latency_at(30.0), 2.0);
        assert!(usual.latency_at(6_000.0) < 20.1);
    }
}
