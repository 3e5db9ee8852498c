//! What front and routing cost beside the fleet's items, and what every other way would cost instead.

use crate::kind::PriceKind;
use crate::model::{Amount, HOURS, Model, SiteCost};
use crate::site::Site;
use crate::way::{FrontKind, Routing, Way};
use meridian_domain::RegionName;
use serde::Serialize;

/// What a front and a routing are paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Scoring requests to the REST API.
    ApiRequests,
    /// The load balancers' hours.
    Balancers,
    /// The load balancers' public addresses.
    Addresses,
    /// What the load balancers carry.
    Capacity,
    /// Calls of the function `front`.
    FrontCalls,
    /// The time that the function `front` runs.
    FrontTime,
    /// The accelerator's hours and addresses, in home.
    Accelerator,
    /// What goes through the accelerator.
    AcceleratorData,
    /// Scoring requests to CloudFront.
    EdgeRequests,
    /// What CloudFront sends to the regions.
    EdgeData,
}

impl Line {
    /// Every line, in the order of the pages.
    pub const ALL: [Self; 10] = [
        Self::ApiRequests,
        Self::Balancers,
        Self::Addresses,
        Self::Capacity,
        Self::FrontCalls,
        Self::FrontTime,
        Self::Accelerator,
        Self::AcceleratorData,
        Self::EdgeRequests,
        Self::EdgeData,
    ];

    /// What the page calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::ApiRequests => "requests to the API",
            Self::Balancers => "load balancers",
            Self::Addresses => "their addresses",
            Self::Capacity => "what they carry",
            Self::FrontCalls => "calls of front",
            Self::FrontTime => "its time",
            Self::Accelerator => "accelerator",
            Self::AcceleratorData => "what it carries",
            Self::EdgeRequests => "requests to CloudFront",
            Self::EdgeData => "CloudFront to regions",
        }
    }
}

/// How customers reach the regions, and what that costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reach {
    /// What stands before each endpoint.
    pub front: FrontKind,
    /// How a region is picked.
    pub routing: Routing,
    /// What the two are paid for, without lines that they do not have.
    pub lines: Vec<LineCost>,
    /// What all lines cost together.
    pub total: Amount,
    /// All lines and the fleet's items.
    pub together: Amount,
    /// Every front and routing that the template takes together, the deployed ones too.
    pub ways: Vec<WayCost>,
    /// What has no price in the table and is left out of the amounts that are `partial`.
    pub unpriced: Vec<Unpriced>,
}

/// One thing that fronts or routing are paid for: over all regions, and in each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineCost {
    /// What is paid for.
    pub line: Line,
    /// What it costs in all regions.
    #[serde(flatten)]
    pub amount: Amount,
    /// And in each, as the fleet lists them.
    pub regions: Vec<RegionAmount>,
}

/// One region's part of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionAmount {
    /// AWS's name of the region.
    pub region: RegionName,
    /// What it costs there.
    #[serde(flatten)]
    pub amount: Amount,
}

/// A front and routings that cost the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayCost {
    /// What stands before each endpoint.
    pub front: FrontKind,
    /// How a region is picked: never empty.
    pub routings: Vec<Routing>,
    /// Whether the forecast is of it.
    pub deployed: bool,
    /// US dollars a month, with the fleet's items, of which some are others too.
    pub together: Amount,
    /// How much less that is than as deployed.
    pub saves: Amount,
}

/// Use that the table has no price for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unpriced {
    /// The kind that has no price.
    pub kind: PriceKind,
    /// The region in which it has none.
    pub region: RegionName,
    /// How many a month.
    pub units: f64,
    /// What a unit is: [`PriceKind::unit`].
    pub unit: &'static str,
}

/// So many units of a price, for one line.
type Use = (Line, PriceKind, f64);

/// What the model's own front and routing cost, and every other.
pub(crate) fn reach<'a>(model: &Model<'a>, sites: &[Site<'a>], costs: &[SiteCost], fleet: Amount) -> Reach {
    let way = model.way;
    let lines = lines(model, sites, costs);
    let total = lines.iter().map(|line| line.amount).sum();
    let together = fleet + total;
    Reach {
        front: way.front(),
        routing: way.routing(),
        lines,
        total,
        together,
        ways: ways(model, sites, costs, together),
        unpriced: unpriced(model, sites, costs),
    }
}

/// Each way that the template takes, of routings that cost the same the first one.
fn every_way() -> impl Iterator<Item = (Way, &'static [Routing])> {
    let of = |front| {
        let way = move |routings: &'static [Routing]| Some((Way::new(front, *routings.first()?).ok()?, routings));
        Routing::GROUPS.into_iter().filter_map(way)
    };
    FrontKind::ALL.into_iter().flat_map(of)
}

fn ways<'a>(model: &Model<'a>, sites: &[Site<'a>], costs: &[SiteCost], now: Amount) -> Vec<WayCost> {
    let cost = |(way, routings): (Way, &'static [Routing])| {
        let other = model.behind(way);
        let costs = other.again(sites, costs);
        let items: Amount = costs.iter().map(SiteCost::total).sum();
        let together = items + lines(&other, sites, &costs).iter().map(|line| line.amount).sum();
        let deployed = way.front() == model.way.front() && routings.contains(&model.way.routing());
        let saves = now.less(together);
        WayCost { front: way.front(), routings: routings.to_vec(), deployed, together, saves }
    };
    every_way().map(cost).collect()
}

fn lines(model: &Model<'_>, sites: &[Site<'_>], costs: &[SiteCost]) -> Vec<LineCost> {
    let used: Vec<(&SiteCost, Vec<Use>)> =
        sites.iter().zip(costs).map(|(site, cost)| (cost, uses(model, site, cost))).collect();
    let amount = |cost: &SiteCost, uses: &[Use], line: Line| -> Amount {
        let Some(rates) = model.rates(&cost.region) else { return Amount::default() };
        uses.iter().filter(|used| used.0 == line).map(|(_, kind, units)| rates.of(*kind, *units)).sum()
    };
    let line = |line: Line| {
        used.iter().any(|(_, uses)| uses.iter().any(|used| used.0 == line)).then(|| {
            let part = |(cost, uses): &(&SiteCost, Vec<Use>)| RegionAmount {
                region: cost.region.clone(),
                amount: amount(cost, uses, line),
            };
            let regions: Vec<RegionAmount> = used.iter().map(part).collect();
            LineCost { line, amount: regions.iter().map(|own| own.amount).sum(), regions }
        })
    };
    Line::ALL.into_iter().filter_map(line).collect()
}

/// What one region's part of front and routing uses in a month. Each region serves its own customers, and a request with its
/// answer counts as going to the region: an accelerator is paid for the direction that has more, CloudFront for what a `POST`
/// carries.
fn uses(model: &Model<'_>, site: &Site<'_>, cost: &SiteCost) -> Vec<Use> {
    let (usage, way) = (model.usage, model.way);
    let millions = cost.requests() / 1e6;
    let gb = cost.requests() * usage.payload_kb / 1e6;
    let mut uses = match way.front() {
        FrontKind::Api => vec![(Line::ApiRequests, PriceKind::ApiRequest, millions)],
        FrontKind::Proxy => {
            let calls = cost.requests() + model.front_checks();
            vec![
                (Line::Balancers, PriceKind::Balancer, HOURS),
                (Line::Addresses, PriceKind::PublicAddress, usage.balancer_addresses * HOURS),
                (Line::Capacity, PriceKind::CapacityUnit, gb / usage.capacity_unit_gb),
                (Line::FrontCalls, PriceKind::LambdaRequest, calls / 1e6),
                (Line::FrontTime, PriceKind::LambdaDuration, calls * usage.calls.front.gb_seconds()),
            ]
        }
    };
    match way.routing() {
        Routing::None | Routing::Latency | Routing::Geolocation | Routing::Failover | Routing::Weighted => {}
        Routing::GlobalAccelerator => {
            if site.home {
                let addresses = usage.accelerator_addresses * HOURS;
                uses.push((Line::Accelerator, PriceKind::Accelerator, HOURS));
                uses.push((Line::Accelerator, PriceKind::PublicAddress, addresses));
            }
            uses.push((Line::AcceleratorData, PriceKind::AcceleratorData, gb));
        }
        Routing::Cloudfront => {
            uses.push((Line::EdgeRequests, PriceKind::EdgeRequest, millions));
            uses.push((Line::EdgeData, PriceKind::EdgeData, gb));
        }
    }
    uses
}

/// What any way would use and the table has no price for, once for each kind and region.
fn unpriced(model: &Model<'_>, sites: &[Site<'_>], costs: &[SiteCost]) -> Vec<Unpriced> {
    let mut found: Vec<Unpriced> = Vec::new();
    for (way, _) in every_way() {
        let other = model.behind(way);
        for (site, cost) in sites.iter().zip(costs) {
            let lacks = |kind| other.rates(&cost.region).is_some_and(|rates| !rates.has(kind));
            for (_, kind, units) in uses(&other, site, cost).into_iter().filter(|used| used.2 > 0.0 && lacks(used.1)) {
                if !found.iter().any(|own| own.kind == kind && own.region == cost.region) {
                    found.push(Unpriced { kind, region: cost.region.clone(), units, unit: kind.unit() });
                }
            }
        }
    }
    found
}
