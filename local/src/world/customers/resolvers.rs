//! Where customers are: the clients' half of DNS. A region that leaves it keeps the customers whose resolvers still hold
//! its name, and the region next to it gets the others.

use crate::world::customers::dns::{Dns, Turn};
use crate::world::state::World;
use jiff::Timestamp;
use meridian_domain::RegionName;

/// Points of a stretch of time at which customers are counted.
const POINTS: u32 = 60;

impl World {
    /// Requests per second that a region gets of its own customers and of those who are led to it, on average from `from`
    /// until now.
    pub(crate) fn customers_rps(&self, name: &RegionName, from: Timestamp) -> f64 {
        let Some(region) = self.regions.get(name) else { return 0.0 };
        let own = region.traffic.rate(from);
        let Some(dns) = &self.config.dns else { return own };
        let strayed = dns.next.iter().filter(|(lost, next)| *lost != name && self.first_healthy(next) == Some(name));
        let led_here = strayed.filter_map(|(lost, _)| {
            let rate = self.regions.get(lost)?.traffic.rate(from);
            Some(rate * (1.0 - self.mean_share(dns, lost, from)))
        });
        own * self.mean_share(dns, name, from) + led_here.sum::<f64>()
    }

    fn first_healthy<'a>(&self, regions: &'a [RegionName]) -> Option<&'a RegionName> {
        regions.iter().find(|region| self.is_healthy(region))
    }

    /// The share of a region's customers that come to it, on average from `from` until now.
    fn mean_share(&self, dns: &Dns, name: &RegionName, from: Timestamp) -> f64 {
        let length = self.now.duration_since(from);
        let points =
            (0..POINTS).map(|point| from.saturating_add(length * (2 * point as i32 + 1) / (2 * POINTS as i32)));
        points.map(|at| self.share(dns, name, at.unwrap_or(from))).sum::<f64>() / f64::from(POINTS)
    }

    /// The share of a region's customers that come to it at a moment since its health last changed.
    fn share(&self, dns: &Dns, name: &RegionName, at: Timestamp) -> f64 {
        let Some(region) = self.regions.get(name) else { return 0.0 };
        let towards = if region.health.is_good() { 1.0 } else { 0.0 };
        let Some(turn) = region.health.turn() else { return towards };
        let ttl = dns.ttl.as_secs_f64();
        let asked_anew = if ttl > 0.0 { at.duration_since(turn.at).as_secs_f64() / ttl } else { 1.0 };
        turn.share + (towards - turn.share) * asked_anew.clamp(0.0, 1.0)
    }

    /// A region's health is about to change: everybody's requests until now are counted, and how many customers come is
    /// kept.
    pub(crate) fn turning(&mut self, name: &RegionName) -> Option<Turn> {
        let dns = self.config.dns.clone()?;
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        for region in regions {
            self.count_traffic(&region);
        }
        Some(Turn { at: self.now, share: self.share(&dns, name, self.now) })
    }
}
