//! The certificates of regions' fronts, and how many days they have left: ACM counts them.

use crate::services::cloudwatch::metrics::MetricKey;
use crate::services::cloudwatch::samples::Samples;
use crate::world::fault::FaultKind;
use crate::world::state::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;

/// Whose metric it is.
const ACM: &str = "AWS/CertificateManager";
/// Between two counts (ACM User Guide, "Supported CloudWatch metrics": twice a day, until the certificate expires).
const COUNTED_EVERY: SignedDuration = SignedDuration::from_hours(12);
/// How long before the start they are known: longer than an alarm looks back.
const KNOWN: SignedDuration = SignedDuration::from_hours(4 * 24);

impl World {
    /// Puts the days that are left of each certificate that expires: seen once they are counted.
    pub(crate) fn count_days_of_certificates(&mut self) {
        let own = |kind| kind == FaultKind::CertificateExpired;
        for scheduled in self.faults.iter().filter(|scheduled| own(scheduled.fault.kind)) {
            let concerned = |name: &RegionName| scheduled.fault.region.as_ref().is_none_or(|own| own == name);
            for (_, region) in self.regions.iter_mut().filter(|(name, _)| concerned(name)) {
                let watched = region.alarms.metric.values().map(|watch| &watch.definition);
                let keys: Vec<MetricKey> = watched
                    .filter(|own| own.namespace == ACM)
                    .map(|own| MetricKey::new(ACM, &own.metric_name, &own.dimensions))
                    .collect();
                for (key, at) in keys.iter().flat_map(|key| counts(self.now, scheduled.from).map(move |at| (key, at))) {
                    let days = scheduled.from.duration_since(at).as_hours() / 24;
                    region.metrics.put(key.clone(), at, at, Samples::new([(days as f64, 1.0)]));
                }
            }
        }
    }
}

/// When ACM counts: from before `now` until the certificate expires.
fn counts(now: Timestamp, expires: Timestamp) -> impl Iterator<Item = Timestamp> {
    let every = COUNTED_EVERY.as_secs();
    let first = (now.as_second() - KNOWN.as_secs()).div_euclid(every) * every;
    (first..expires.as_second()).step_by(every.unsigned_abs() as usize).filter_map(|at| Timestamp::from_second(at).ok())
}
