//! Where customers are: the clients' half of DNS. A region that leaves it keeps the customers whose resolvers still hold
//! its name, and those who ask no resolver; the region next to it gets the others.

use crate::world::customers::clients::{Clients, Turn};
use crate::world::state::World;
use jiff::Timestamp;
use meridian_domain::RegionName;
use std::collections::BTreeMap;

/// Points of a stretch of time at which customers are counted.
const POINTS: u32 = 60;

impl World {
    /// Requests per second that come to a region, of its own customers and of those who are led to it, on average from `from`
    /// until now. What clients ask again is not counted again.
    pub(crate) fn customers_rps(&self, name: &RegionName, from: Timestamp) -> f64 {
        let Some(clients) = &self.config.clients else {
            return self.regions.get(name).map_or(0.0, |own| own.traffic.rate(from));
        };
        let all = self.regions.iter();
        all.map(|(origin, own)| own.traffic.rate(from) * self.mean_share(clients, origin, Some(name), from)).sum()
    }

    /// Requests per second of a region's own customers whom no name leads anywhere, on average from `from` until now.
    pub(crate) fn nowhere_rps(&self, origin: &RegionName, from: Timestamp) -> f64 {
        let Some(clients) = &self.config.clients else { return 0.0 };
        let rate = self.regions.get(origin).map_or(0.0, |own| own.traffic.rate(from));
        rate * self.mean_share(clients, origin, None, from)
    }

    /// Where DNS leads a region's customers now; nowhere where others are healthy and it may lead to none of those.
    fn led_to(&self, clients: &Clients, origin: &RegionName) -> Option<RegionName> {
        let next = || clients.next.iter().find(|region| *region != origin && self.is_healthy(region)).cloned();
        let none_is_healthy = || self.regions.values().all(|own| !own.health.healthy);
        if self.is_healthy(origin) {
            Some(origin.clone())
        } else {
            next().or(none_is_healthy().then(|| origin.clone()))
        }
    }

    /// The share of a region's customers that is led to a region, or nowhere, on average from `from` until now.
    fn mean_share(&self, clients: &Clients, origin: &RegionName, to: Option<&RegionName>, from: Timestamp) -> f64 {
        let length = self.now.duration_since(from);
        let points =
            (0..POINTS).map(|point| from.saturating_add(length * (2 * point as i32 + 1) / (2 * POINTS as i32)));
        let obeying =
            points.map(|at| self.share(clients, origin, to, at.unwrap_or(from))).sum::<f64>() / f64::from(POINTS);
        let staying = if to == Some(origin) { clients.ignore_ttl } else { 0.0 };
        staying + (1.0 - clients.ignore_ttl) * obeying
    }

    /// The same at a moment since health last changed anywhere, of those who ask DNS.
    fn share(&self, clients: &Clients, origin: &RegionName, to: Option<&RegionName>, at: Timestamp) -> f64 {
        let towards = if self.led_to(clients, origin).as_ref() == to { 1.0 } else { 0.0 };
        let Some(turn) = self.regions.get(origin).and_then(|own| own.health.turn.as_ref()) else { return towards };
        let before = turn.shares.get(&to.cloned()).copied().unwrap_or(0.0);
        let ttl = clients.ttl.as_secs_f64();
        let asked_anew = if ttl > 0.0 { at.duration_since(turn.at).as_secs_f64() / ttl } else { 1.0 };
        before + (towards - before) * asked_anew.clamp(0.0, 1.0)
    }

    /// A region's health is about to change: everybody's requests until now are counted, and where customers are is kept.
    pub(crate) fn turning(&mut self) {
        let Some(clients) = self.config.clients.clone() else { return };
        self.count_all_traffic();
        let places: Vec<Option<RegionName>> = self.regions.keys().cloned().map(Some).chain([None]).collect();
        let shares = |origin: &RegionName| -> BTreeMap<Option<RegionName>, f64> {
            let share = |to: &Option<RegionName>| self.share(&clients, origin, to.as_ref(), self.now);
            places.iter().map(|to| (to.clone(), share(to))).filter(|(_, share)| *share > 0.0).collect()
        };
        let turns: Vec<_> = self.regions.keys().map(|origin| Turn { at: self.now, shares: shares(origin) }).collect();
        for (region, turn) in self.regions.values_mut().zip(turns) {
            region.health.turn = Some(turn);
        }
    }

    /// Counts every region's requests up to now.
    pub(crate) fn count_all_traffic(&mut self) {
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        regions.iter().for_each(|region| self.count_traffic(region));
    }
}
