//! What fleets serve, minute by minute: the judge is the real one, and decides on these.

use super::{Region, Seconds, Setting, Showing, World};
use meridian_domain::lookout::ArmMinutes;
use meridian_handlers::ports::CountsQuery;
use meridian_judge::{Arm, COUNTS_DELAY, MetricName};

/// Requests a minute, of blue or of green.
const REQUESTS: u64 = 200_000;
/// Requests a minute of a canary that shows too little.
const FEW: u64 = 5;
/// So many of a minute's requests are slow where the release is slow.
const SLOW: u64 = 10_000;
/// Minutes of the champion's that are kept.
const KEPT: Seconds = 8;
const MINUTE: Seconds = 60;

impl World {
    /// What the fleet of one configuration served, as far as it has arrived.
    pub(super) fn counts(&self, region: usize, query: &CountsQuery) -> ArmMinutes {
        let mut minutes = ArmMinutes::default();
        let setting = &self.setting;
        let (Some(place), Some(release)) = (self.regions.get(region), setting.release_with(region, &query.config))
        else {
            return minutes;
        };
        let arrived = self.now - COUNTS_DELAY * MINUTE;
        let (from, to) = (query.from.as_second(), query.to.as_second().min(arrived));
        let mut start = from.max(to - KEPT * MINUTE);
        while start + MINUTE <= to {
            if let Some((requests, slow)) = place.minute(setting, region, release, start) {
                for metric in &query.metrics {
                    minutes.put(metric, super::stamp(start), Arm::new(requests, of(metric, slow)));
                }
            }
            start += MINUTE;
        }
        minutes
    }
}

fn of(metric: &MetricName, slow: u64) -> u64 {
    if metric.is_latency() { slow } else { 0 }
}

impl Region {
    /// Requests of the minute that starts then, and how many of them are slow; none where the release served nobody.
    fn minute(&self, setting: &Setting, region: usize, release: usize, start: Seconds) -> Option<(u64, u64)> {
        let quality = setting.quality(region, release);
        let showing = match self.canary {
            _ if release == self.champion => return Some((REQUESTS, 0)),
            Some((of, since)) if of == release && self.took_over_with(release).is_none_or(|at| start < at) => {
                let shown = || quality.showing((start - since).max(0));
                let starved = start < quality.starved_until;
                (start + MINUTE > since).then(|| if starved { Showing::Thin } else { shown() })?
            }
            _ => self.took_over_with(release).filter(|at| *at <= start).map(|_| quality.full_load)?,
        };
        match showing {
            Showing::Pass => Some((REQUESTS, 0)),
            Showing::Fail => Some((REQUESTS, SLOW)),
            Showing::Thin => Some((FEW, 0)),
        }
    }

    /// Since when a release takes all traffic, if it does.
    fn took_over_with(&self, release: usize) -> Option<Seconds> {
        (self.serves_alone() == Some(release)).then_some(self.took_over)
    }
}
