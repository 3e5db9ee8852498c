//! How releases behave where they serve, and how much of the traffic reaches them.

use crate::world::config::{ANY_RELEASE, Behaviour};
use crate::world::customers::effective_behaviour::EffectiveBehaviour;
use crate::world::customers::traffic::Serving;
use crate::world::state::World;
use jiff::Timestamp;
use meridian_domain::RegionName;

/// Share of requests that are answered 4xx on an ordinary day.
const USUAL_4XX: f64 = 0.004;
/// Share of requests that are answered 5xx on an ordinary day.
const USUAL_5XX: f64 = 0.000_02;
/// Requests per second that one instance of an ordinary release carries: five times what it gets at the peak.
const USUAL_CAPACITY: f64 = 1000.0;

impl World {
    /// In whose name the release of these names speaks beside its own.
    pub(crate) fn speaks_for(&self, labels: &[String]) -> Option<&str> {
        let mut own = self.config.behaviours.iter().filter(|behaviour| labels.contains(&behaviour.release));
        own.find_map(|behaviour| behaviour.speaks_for.as_deref())
    }

    /// How the release of these names behaves in a region at a moment.
    pub(crate) fn behaviour(&self, region: &RegionName, labels: &[String], at: Timestamp) -> EffectiveBehaviour {
        let start = self.config.start;
        let applies = |behaviour: &&Behaviour| {
            let [from, until] = behaviour.spell(start);
            (behaviour.release == ANY_RELEASE || labels.contains(&behaviour.release))
                && behaviour.region.as_ref().is_none_or(|own| own == region)
                && from <= at
                && at < until
        };
        let usual = EffectiveBehaviour {
            latency_factor: 1.0,
            errors_4xx: USUAL_4XX,
            errors_5xx: USUAL_5XX,
            capacity_rps: USUAL_CAPACITY,
            alert_factor: 1.0,
            traffic: 1.0,
        };
        self.config.behaviours.iter().filter(applies).fold(usual, |so_far, behaviour| EffectiveBehaviour {
            latency_factor: so_far.latency_factor * behaviour.latency_factor,
            errors_4xx: (so_far.errors_4xx + behaviour.errors_4xx).clamp(0.0, 1.0),
            errors_5xx: (so_far.errors_5xx + behaviour.errors_5xx).clamp(0.0, 1.0),
            capacity_rps: behaviour.capacity_rps.map_or(so_far.capacity_rps, |own| own.min(so_far.capacity_rps)),
            alert_factor: so_far.alert_factor * behaviour.alert_factor,
            traffic: (so_far.traffic * behaviour.traffic).clamp(0.0, 1.0),
        })
    }

    /// What serves behind a region's endpoint, blue first, with the share of the traffic that reaches each of them.
    pub(crate) fn fleets(&self, name: &RegionName, at: Timestamp) -> Vec<Serving> {
        let Some(region) = self.regions.get(name) else { return Vec::new() };
        let mut fleets = region.sagemaker.serving(self.config.fleet.endpoint.as_str());
        if let [blue, green] = fleets.as_mut_slice() {
            let reached = green.share * self.behaviour(name, &green.labels, at).traffic;
            blue.share += green.share - reached;
            green.share = reached;
        }
        fleets
    }

    /// The share of a region's traffic that reaches the green instances now.
    pub(crate) fn green_share(&self, name: &RegionName) -> f64 {
        match self.fleets(name, self.now).as_slice() {
            [_, green] => green.share,
            // Where one configuration takes all traffic, it may be the new one.
            _ => {
                let endpoint = self.config.fleet.endpoint.as_str();
                let region = self.regions.get(name);
                region.and_then(|own| own.sagemaker.endpoints.get(endpoint)).map_or(0.0, |endpoint| endpoint.share())
            }
        }
    }

    /// The digest of the release that a configuration serves.
    pub(crate) fn release_of(&self, name: &RegionName, config: &str) -> Option<String> {
        let sagemaker = &self.regions.get(name)?.sagemaker;
        sagemaker.release(sagemaker.configs.get(config)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_grows_with_load_and_is_bounded() {
        let usual = EffectiveBehaviour {
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
        // 57 of them at most: the others are turned away.
        assert_eq!(usual.failing_at(57.0), 0.0);
        assert!((usual.failing_at(114.0) - 0.5).abs() < 1e-9);
        assert_eq!(usual.failing_at(f64::INFINITY), 1.0);
    }
}
