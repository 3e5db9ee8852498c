//! The days before a world's start: what whole endpoints counted then, as CloudWatch keeps it.

use crate::services::cloudwatch::metrics::MetricKey;
use crate::services::cloudwatch::types::Dimension;
use crate::world::customers::effective_behaviour::EffectiveBehaviour;
use crate::world::customers::traffic::Served;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_domain::alarms::SAGEMAKER;
use meridian_domain::probation::SLOT;
use std::collections::BTreeMap;

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl World {
    /// Makes what a region's endpoint counted on the days before its first minute, as if what serves now had served then: a slot's
    /// counts in one, drawn and not simulated. Single configurations' are not made.
    pub(crate) fn make_days(&mut self, name: &RegionName) {
        let Some(before) = self.config.before else { return };
        let slot = SLOT.as_secs();
        // The last hour is made by the minute.
        let end = (self.config.start.as_second() - 3600).div_euclid(slot) * slot;
        for day in 0..i64::from(before.days) {
            let mut random = Random::labelled(self.config.seed, ["day before", name.as_str(), &day.to_string()]);
            let factor = (1.0 + before.day_scatter * random.normal()).max(0.0);
            let last = end - day * DAY.as_secs();
            for start in (1..=DAY.as_secs() / slot).filter_map(|back| Timestamp::from_second(last - back * slot).ok()) {
                self.make_slot(name, start, factor);
            }
        }
    }

    fn make_slot(&mut self, name: &RegionName, start: Timestamp, day: f64) {
        let fleet = &self.config.fleet;
        let endpoint = [
            Dimension::new("EndpointName", fleet.endpoint.as_str()),
            Dimension::new("VariantName", fleet.variant.as_str()),
        ];
        let rate = self.customers_rps(name, start);
        for serving in self.fleets(name, start) {
            let usual = self.behaviour(name, &serving.labels, start);
            let (errors_4xx, errors_5xx) = (usual.errors_4xx * day, usual.errors_5xx * day);
            let behaviour = EffectiveBehaviour { errors_4xx, errors_5xx, ..usual };
            let served = BTreeMap::from([(
                serving.config.clone(),
                self.serve_as(name, &serving, rate * serving.share, (start, SLOT.as_secs_f64()), behaviour),
            )]);
            let said = self.own_metrics(name, &served).into_values().flatten();
            let counted = served.into_values().flat_map(Served::metrics);
            let counted = counted.map(|(metric, samples)| (MetricKey::new(SAGEMAKER, metric, &endpoint), samples));
            let all: Vec<_> = counted.chain(said).collect();
            let Some(region) = self.regions.get_mut(name) else { return };
            for (metric, samples) in all {
                region.metrics.put(metric, start, start, samples);
            }
        }
    }
}
