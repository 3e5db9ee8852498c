//! Usage times price: what each endpoint costs, item by item.

use crate::kind::{Item, PriceKind};
use crate::prices::{Price, PriceTable};
use crate::site::{Site, turns};
use crate::traffic::{Traffic, mean};
use crate::usage::Usage;
use crate::way::{Checkers, FrontKind, Way};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Fleet, RegionName, alarms};
use serde::Serialize;
use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::Add;

/// Hours of a month: a twelfth of a year.
pub(crate) const HOURS: f64 = 730.0;
/// Nights of a month, each with a wave.
pub(crate) const NIGHTS: f64 = HOURS / 24.0;
/// A count just above a whole number, by a rounding error of the traffic curve, is that number.
const ROUNDING: f64 = 1e-9;

/// US dollars, and whether an estimated price is in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Amount {
    /// US dollars a month, not rounded.
    pub usd: f64,
    /// True where a price that was not read as such is in it.
    pub estimate: bool,
    /// True where something is left out of it that the table has no price for.
    pub partial: bool,
}

impl Amount {
    /// How much less the other one is.
    pub(crate) fn less(self, other: Self) -> Self {
        Self { usd: self.usd - other.usd, ..self + other }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            usd: self.usd + other.usd,
            estimate: self.estimate || other.estimate,
            partial: self.partial || other.partial,
        }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// What the table does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What AWS bills for, and nobody has looked up.
    pub kind: PriceKind,
    /// The region whose price is missing.
    pub region: RegionName,
    /// The fleet's instance type, of hosting.
    pub instance_type: Option<String>,
}

/// What one endpoint costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SiteCost {
    /// The region that it serves from.
    pub region: RegionName,
    /// Its floor, the mean of a month.
    pub floor: f64,
    /// Instances, the mean of a month, without green's.
    pub instances: f64,
    /// Requests a second, the mean of a month.
    pub rps: f64,
    /// Every item, also where it is nothing.
    pub items: BTreeMap<Item, Amount>,
}

impl SiteCost {
    /// What all items cost together.
    pub fn total(&self) -> Amount {
        self.items.values().copied().sum()
    }

    /// What one item costs; nothing where there is no such item.
    pub fn item(&self, item: Item) -> Amount {
        self.items.get(&item).copied().unwrap_or_default()
    }

    /// Requests a month.
    pub fn requests(&self) -> f64 {
        self.rps * 3600.0 * HOURS
    }
}

/// A fleet, its prices and its traffic: all that a forecast needs.
#[derive(Clone)]
pub(crate) struct Model<'a> {
    fleet: &'a Fleet,
    /// What is not in it.
    pub usage: &'a Usage,
    /// How customers reach it.
    pub way: Way,
    traffic: Traffic,
    rates: BTreeMap<&'a RegionName, Rates<'a>>,
    /// What the table lacks of what every fleet pays for: it is left out of the amounts.
    pub missing: Vec<Missing>,
}

/// The prices of one region.
#[derive(Clone)]
pub(crate) struct Rates<'a>(BTreeMap<PriceKind, &'a Price>);

impl Rates<'_> {
    /// So many units of it; a part only of what the table does not have.
    pub fn of(&self, kind: PriceKind, units: f64) -> Amount {
        let Some(price) = self.0.get(&kind) else { return Amount { partial: units != 0.0, ..Amount::default() } };
        Amount { usd: units * price.usd, estimate: units != 0.0 && price.estimate.is_some(), partial: false }
    }

    /// Whether the table has it.
    pub fn has(&self, kind: PriceKind) -> bool {
        self.0.contains_key(&kind)
    }
}

impl<'a> Model<'a> {
    /// Finds every price that the table has.
    pub fn new(fleet: &'a Fleet, table: &'a PriceTable, way: Way) -> Self {
        let mut missing = Vec::new();
        let mut rates = BTreeMap::new();
        for region in &fleet.regions {
            let mut found = BTreeMap::new();
            for kind in PriceKind::ALL {
                if let Some(price) = table.price(kind, region.name.as_str(), &fleet.instance_type) {
                    found.insert(kind, price);
                    continue;
                }
                if !kind.is_needed() || (kind.is_homes() && region.name != fleet.home) {
                    continue;
                }
                let instance_type = (kind == PriceKind::Hosting).then(|| fleet.instance_type.clone());
                missing.push(Missing { kind, region: region.name.clone(), instance_type });
            }
            rates.insert(&region.name, Rates(found));
        }
        Self { fleet, usage: &table.usage, way, traffic: Traffic::of(fleet, table.date), rates, missing }
    }

    /// The same fleet, reached in another way.
    pub fn behind(&self, way: Way) -> Self {
        Self { way, ..self.clone() }
    }

    /// The prices of a region.
    pub fn rates(&self, region: &RegionName) -> Option<&Rates<'a>> {
        self.rates.get(region)
    }

    /// The prices that this fleet is reckoned with, each once, in the order of their kinds.
    pub fn prices(&self) -> Vec<&'a Price> {
        let mut found: Vec<&Price> = Vec::new();
        for kind in PriceKind::ALL {
            for region in &self.fleet.regions {
                let price = self.rates(&region.name).and_then(|rates| rates.0.get(&kind).copied());
                found.extend(price.filter(|price| !found.contains(price)));
            }
        }
        found
    }

    /// What each of the endpoints costs.
    pub fn costs(&self, sites: &[Site<'a>]) -> Vec<SiteCost> {
        let nights: Vec<Vec<Timestamp>> = self
            .traffic
            .days
            .iter()
            .map(|day| {
                turns(self.fleet, sites, *day + self.usage.wave_starts.duration_since(jiff::civil::Time::midnight()))
            })
            .collect();
        let home = self.home(sites);
        let of = |(place, site): (usize, &Site<'a>)| {
            let turns = nights.iter().filter_map(|turns| turns.get(place).copied()).collect::<Vec<_>>();
            self.cost(site, home, &turns)
        };
        sites.iter().enumerate().filter_map(of).collect()
    }

    fn cost(&self, site: &Site<'a>, home: &RegionName, turns: &[Timestamp]) -> Option<SiteCost> {
        let (rates, from_home) = (self.rates(&site.region.name)?, self.rates(home)?);
        let usage = self.usage;
        let samples = self.traffic.together(site.serves.iter().copied());
        let rps = mean(samples.iter().copied());
        let floors: Vec<f64> = self.traffic.moments.iter().map(|at| self.floor(site, *at)).collect();
        let floor = mean(floors.iter().copied());
        let instances = mean(samples.iter().zip(&floors).map(|(rps, floor)| self.instances(*rps, *floor)));
        let mut cost = SiteCost { region: site.region.name.clone(), floor, instances, rps, items: BTreeMap::new() };
        let away = if site.home { 0.0 } else { usage.model_gb * NIGHTS };
        let rules = if site.home { 0.0 } else { usage.replication_metrics };
        cost.items.extend([
            (Item::Floors, rates.of(PriceKind::Hosting, floor * HOURS)),
            (Item::Peaks, rates.of(PriceKind::Hosting, (instances - floor) * HOURS)),
            (Item::DoubleRunning, rates.of(PriceKind::Hosting, self.double_hours(site, turns))),
            (Item::Payload, rates.of(PriceKind::Payload, cost.requests() * usage.payload_kb / 1e6)),
            (Item::Transfer, from_home.of(PriceKind::Transfer, away)),
            (
                Item::ReplicationTime,
                from_home.of(PriceKind::ReplicationTime, away) + from_home.of(PriceKind::Metric, rules),
            ),
            (Item::Storage, rates.of(PriceKind::Storage, usage.releases_kept * usage.model_gb)),
            (Item::Pipeline, from_home.of(PriceKind::Pipeline, self.action_minutes(site))),
            (Item::Keys, self.keys(site, rates)),
        ]);
        cost.items.extend(self.reached(site, rates, from_home));
        Some(cost)
    }

    /// The items that front and routing change.
    fn reached(&self, site: &Site<'a>, rates: &Rates<'a>, from_home: &Rates<'a>) -> [(Item, Amount); 3] {
        [
            (Item::HealthChecks, self.health(rates)),
            (Item::Lambda, self.lambda(site, rates, from_home)),
            (Item::Monitoring, self.monitoring(site, rates)),
        ]
    }

    /// What the endpoints cost, of what they cost when they are reached in another way: the traffic is the same.
    pub fn again(&self, sites: &[Site<'a>], costs: &[SiteCost]) -> Vec<SiteCost> {
        let home = self.home(sites);
        let of = |(site, cost): (&Site<'a>, &SiteCost)| {
            let (rates, from_home) = (self.rates(&site.region.name)?, self.rates(home)?);
            let mut cost = cost.clone();
            cost.items.extend(self.reached(site, rates, from_home));
            Some(cost)
        };
        sites.iter().zip(costs).filter_map(of).collect()
    }

    fn home<'b>(&'b self, sites: &'b [Site<'a>]) -> &'b RegionName {
        sites.iter().find(|site| site.home).map_or(&self.fleet.home, |site| &site.region.name)
    }

    fn floor(&self, site: &Site<'a>, at: Timestamp) -> f64 {
        f64::from(site.floor_at(self.fleet, at))
    }

    /// Instances that autoscaling runs at so many requests a second, and at that hour's floor.
    fn instances(&self, rps: f64, floor: f64) -> f64 {
        (rps / self.usage.requests_per_instance - ROUNDING).ceil().max(floor)
    }

    /// Instance-hours of green beside blue in a month, and of what blue gets for that time. Green is as large as blue is then.
    fn double_hours(&self, site: &Site<'a>, turns: &[Timestamp]) -> f64 {
        let (time, share) = site.double(self.fleet.guardrail.soak);
        let rps = |at: Timestamp| -> f64 {
            let served = site.serves.iter().filter_map(|region| self.fleet.region(region));
            served.map(|region| region.usual_rps(at)).sum()
        };
        let second = turns.iter().map(|at| {
            let usual = self.instances(rps(*at), self.floor(site, *at));
            let ready = usual.max(f64::from(site.ready_at(self.fleet, *at)));
            share.of(ready) + ready - usual
        });
        mean(second) * time.as_secs_f64() / 3600.0 * NIGHTS
    }

    /// Calls of `status` that whoever checks the region makes in a month.
    fn health_requests(&self) -> f64 {
        let a_minute = match self.way.checkers() {
            Checkers::Nobody => 0.0,
            Checkers::Route53 => self.usage.health_requests_per_minute,
            Checkers::Balancer => self.usage.balancer_checks_per_minute,
        };
        a_minute * 60.0 * HOURS
    }

    /// Calls of `front` that are no customers': where a load balancer checks its functions, each as often.
    pub fn front_checks(&self) -> f64 {
        if self.way.checkers() == Checkers::Balancer { self.health_requests() } else { 0.0 }
    }

    fn health(&self, rates: &Rates<'a>) -> Amount {
        if self.way.checkers() != Checkers::Route53 {
            return Amount::default();
        }
        // Through a load balancer their few bytes are nothing.
        let through_api = if self.way.front() == FrontKind::Api { self.health_requests() / 1e6 } else { 0.0 };
        rates.of(PriceKind::HealthCheck, 1.0)
            + rates.of(PriceKind::HealthCheckHttps, 1.0)
            + rates.of(PriceKind::ApiRequest, through_api)
    }

    /// Calls of the month: the schedules', `promote`'s for this region's turn and soak, `shadow-eval`'s.
    fn calls(&self, site: &Site<'a>) -> [f64; 3] {
        let minutes = minutes(site.turn() + self.fleet.guardrail.soak);
        let evaluations = if site.home { NIGHTS } else { 0.0 };
        [self.usage.sweeps_per_hour * HOURS, self.usage.looks_per_minute * minutes * NIGHTS, evaluations]
    }

    fn lambda(&self, site: &Site<'a>, rates: &Rates<'a>, home: &Rates<'a>) -> Amount {
        let calls = &self.usage.calls;
        let [sweeps, looks, evaluations] = self.calls(site);
        let checks = self.health_requests();
        let gb_seconds = checks * calls.status.gb_seconds() + sweeps * calls.sweep.gb_seconds();
        let at_home = looks * calls.look.gb_seconds() + evaluations * calls.evaluation.gb_seconds();
        rates.of(PriceKind::LambdaDuration, gb_seconds)
            + rates.of(PriceKind::LambdaRequest, (checks + sweeps) / 1e6)
            + home.of(PriceKind::LambdaDuration, at_home)
            + home.of(PriceKind::LambdaRequest, (looks + evaluations) / 1e6)
    }

    fn monitoring(&self, site: &Site<'a>, rates: &Rates<'a>) -> Amount {
        let guards = alarms::guards(self.fleet, &site.region, &self.fleet.endpoint, None);
        let count = |fast: bool| guards.iter().filter(|alarm| (alarm.period < 60) == fast).map(|_| 1.0).sum::<f64>();
        let front = if self.way.front() == FrontKind::Proxy { self.usage.front_alarms } else { 0.0 };
        rates.of(PriceKind::Alarm, count(false) + self.usage.endpoint_alarms + front)
            + rates.of(PriceKind::AlarmFast, count(true))
            + rates.of(PriceKind::AlarmComposite, 1.0)
            + rates.of(PriceKind::Metric, self.usage.custom_metrics)
    }

    /// Minutes of the pipeline's actions: the region's turn; in home also `Register` and `Verify-Fleet`, which waits for the
    /// last soak. An action counts in whole minutes.
    fn action_minutes(&self, site: &Site<'a>) -> f64 {
        let frame = if site.home { 1.0 + minutes(self.fleet.guardrail.soak) } else { 0.0 };
        (minutes(site.turn()) + frame) * NIGHTS
    }

    fn keys(&self, site: &Site<'a>, rates: &Rates<'a>) -> Amount {
        let calls: f64 = self.calls(site).iter().sum();
        rates.of(PriceKind::Key, 1.0)
            + rates.of(PriceKind::KeyRequest, calls * self.usage.kms_requests_per_call / 10_000.0)
    }
}

/// Minutes, of which a begun one counts whole.
fn minutes(time: SignedDuration) -> f64 {
    (time.as_secs_f64() / 60.0).ceil()
}
