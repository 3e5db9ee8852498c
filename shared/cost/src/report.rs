//! The forecast as a document: the fleet, the same customers from one region, and what less would save.

use crate::kind::{Item, PriceKind};
use crate::model::{Amount, HOURS, Missing, Model, NIGHTS, SiteCost};
use crate::prices::{Price, PriceTable};
use crate::reach::{Reach, reach};
use crate::site::Site;
use crate::usage::Usage;
use crate::way::Way;
use jiff::civil::{Date, Time};
use meridian_domain::{Fleet, RegionName};
use serde::Serialize;

/// Version of the document.
pub const SCHEMA: u32 = 2;

/// The rule of thumb that is derived: so many instances in each region ...
const THUMB_FLOOR: u32 = 2;
/// ... against so many in one.
const THUMB_BEFORE: u32 = 3;
/// Fewer than this are refused: two zones serve.
const LEAST_FLOOR: u32 = 2;

/// A fleet's month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostReport {
    /// The format of this document.
    pub schema: u32,
    /// The fleet, as its policy names it.
    pub fleet: String,
    /// SageMaker's name of what all its endpoints run on, such as `ml.m6i.xlarge`.
    pub instance_type: String,
    /// Date of the price table.
    pub date: Date,
    /// What amounts are in.
    pub currency: &'static str,
    /// Hours of the month.
    pub hours: f64,
    /// Nights of the month.
    pub nights: f64,
    /// Each region, as the fleet lists them.
    pub regions: Vec<RegionCost>,
    /// Each item over all regions.
    pub items: Vec<ItemCost>,
    /// All of it, without what the front and the routing are paid for.
    pub total: Amount,
    /// How customers reach the regions, and what that costs beside the total.
    pub reach: Reach,
    /// The same customers from one region.
    pub one_region: OneRegion,
    /// The total over that of one region; none where prices are missing.
    pub ratio: Option<f64>,
    /// From the rule of thumb to that ratio; empty where prices are missing.
    pub derivation: Vec<Step>,
    /// What nightly floors save.
    pub night_floors: Vec<NightSaving>,
    /// What one instance less in a region's floor would save.
    pub floors: Vec<FloorSaving>,
    /// What retiring a region would save.
    pub retirements: Vec<RetirementSaving>,
    /// What is not in the total.
    pub beside: Beside,
    /// What was reckoned with beside prices.
    pub usage: Usage,
    /// Every price that was reckoned with.
    pub prices: Vec<Price>,
    /// How many of them are [undated](Price::is_undated).
    pub undated: usize,
    /// What the table lacks, and the amounts with it.
    pub missing: Vec<Missing>,
}

/// One region's month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionCost {
    /// AWS's name of the region.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// Its least number of instances, by day.
    pub floor: u32,
    /// By night, where that is another.
    pub night_floor: Option<u32>,
    /// Requests a second at its daily peak.
    pub peak_rps: f64,
    /// Requests a second, the mean of the month.
    pub mean_rps: f64,
    /// Instances, the mean of the month, without green's.
    pub instances: f64,
    /// Minutes of a night for which blue and green instances are paid.
    pub double_minutes: f64,
    /// A month, one amount for each thing that is paid for.
    pub items: Vec<ItemCost>,
    /// The sum of the items.
    pub total: Amount,
}

/// The same customers from home alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OneRegion {
    /// AWS's name of home.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// Home's floor, by day.
    pub floor: u32,
    /// By night, where that is another.
    pub night_floor: Option<u32>,
    /// Instances, the mean of the month.
    pub instances: f64,
    /// A month, one amount for each thing that is paid for.
    pub items: Vec<ItemCost>,
    /// The sum of the items.
    pub total: Amount,
}

/// A month of one thing that is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ItemCost {
    /// What is paid for.
    pub item: Item,
    /// US dollars a month, and how certain they are.
    #[serde(flatten)]
    pub amount: Amount,
}

/// One step from the rule of thumb to this fleet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What this step changes, for people.
    pub what: String,
    /// Instances of the fleet; none where it is not instances that are compared.
    pub instances: Option<f64>,
    /// Instances of the one region.
    pub before: Option<f64>,
    /// How many times as many.
    pub count_ratio: Option<f64>,
    /// How many times as dear, at each region's own price.
    pub price_ratio: f64,
}

/// What a nightly floor saves against the day's floor at every hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NightSaving {
    /// AWS's name of the region.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// Instances at least, by day.
    pub floor: u32,
    /// Instances at least, by night.
    pub night_floor: u32,
    /// When it begins, by the region's own clocks.
    pub starts: Time,
    /// When the floor of the day begins.
    pub ends: Time,
    /// US dollars a month.
    pub saves: Amount,
}

/// What one instance less would save.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FloorSaving {
    /// AWS's name of the region.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// The floor as it is, by day.
    pub from: u32,
    /// The floor with one instance less.
    pub to: u32,
    /// US dollars a month.
    pub saves: Amount,
    /// Why policy refuses it, where it does.
    pub refused: Option<String>,
}

/// What a region less would save.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetirementSaving {
    /// The region that would be retired.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// Who serves its customers then.
    pub served_by: RegionName,
    /// US dollars a month.
    pub saves: Amount,
}

/// The customers' requests, and what API Gateway would cost for them, whatever the front.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Beside {
    /// Scoring requests of the fleet's customers a month, millions.
    pub million_requests: f64,
    /// What they would cost there, each at the first tier's price.
    pub front: Amount,
}

/// Reckons a fleet's month, reached in one way, as far as the table has its prices.
pub fn report(fleet: &Fleet, table: &PriceTable, way: Way) -> CostReport {
    let table = &table.under(fleet);
    let model = Model::new(fleet, table, way);
    let complete = model.missing.is_empty();
    let sites = Site::fleet(fleet);
    let costs = model.costs(&sites);
    let ones = model.costs(&Site::one(fleet));
    let total: Amount = costs.iter().map(SiteCost::total).sum();
    let one: Amount = ones.iter().map(SiteCost::total).sum();
    let items = Item::ALL.map(|item| ItemCost { item, amount: costs.iter().map(|cost| cost.item(item)).sum() });
    let prices: Vec<Price> = model.prices().into_iter().cloned().collect();
    CostReport {
        schema: SCHEMA,
        fleet: fleet.name.to_string(),
        instance_type: fleet.instance_type.clone(),
        date: table.date,
        currency: "USD",
        hours: HOURS,
        nights: NIGHTS,
        regions: sites.iter().zip(&costs).map(|(site, cost)| region(fleet, site, cost)).collect(),
        items: items.to_vec(),
        total,
        reach: reach(&model, &sites, &costs, total),
        one_region: one_region(fleet, &ones, one),
        ratio: complete.then(|| ratio(total.usd, one.usd)),
        derivation: if complete { derivation(&model, &sites, &costs, &ones) } else { Vec::new() },
        night_floors: night_floors(fleet, &model, &sites, total),
        floors: floors(&model, &sites, total),
        retirements: retirements(fleet, &model, total),
        beside: beside(&model, &costs),
        usage: table.usage.clone(),
        undated: prices.iter().filter(|price| price.is_undated()).count(),
        prices,
        missing: model.missing,
    }
}

fn region(fleet: &Fleet, site: &Site<'_>, cost: &SiteCost) -> RegionCost {
    RegionCost {
        region: cost.region.clone(),
        title: site.region.title.clone(),
        floor: site.region.instances,
        night_floor: site.region.night_instances,
        peak_rps: site.region.peak_rps,
        mean_rps: cost.rps,
        instances: cost.instances,
        double_minutes: site.double(fleet.guardrail.soak).0.as_secs_f64() / 60.0,
        items: items(cost),
        total: cost.total(),
    }
}

fn items(cost: &SiteCost) -> Vec<ItemCost> {
    Item::ALL.iter().map(|item| ItemCost { item: *item, amount: cost.item(*item) }).collect()
}

fn one_region(fleet: &Fleet, ones: &[SiteCost], total: Amount) -> OneRegion {
    let home = fleet.region(&fleet.home);
    OneRegion {
        region: fleet.home.clone(),
        title: fleet.title(&fleet.home).to_owned(),
        floor: home.map_or(0, |home| home.instances),
        night_floor: home.and_then(|home| home.night_instances),
        instances: ones.iter().map(|cost| cost.instances).sum(),
        items: ones.iter().flat_map(items).collect(),
        total,
    }
}

/// 1 where there is nothing on either side.
fn ratio(of: f64, over: f64) -> f64 {
    if over > 0.0 { of / over } else { 1.0 }
}

fn derivation(model: &Model<'_>, sites: &[Site<'_>], costs: &[SiteCost], ones: &[SiteCost]) -> Vec<Step> {
    let hour =
        |site: &Site<'_>| model.rates(&site.region.name).map_or(0.0, |rates| rates.of(PriceKind::Hosting, 1.0).usd);
    let home = sites.iter().find(|site| site.home);
    let at_home = home.map_or(0.0, hour);
    let counted = |what: String, fleet: &dyn Fn(&Site<'_>) -> f64, before: f64| {
        let instances: f64 = sites.iter().map(fleet).sum();
        let priced: f64 = sites.iter().map(|site| fleet(site) * hour(site)).sum();
        Step {
            what,
            instances: Some(instances),
            before: Some(before),
            count_ratio: Some(ratio(instances, before)),
            price_ratio: ratio(priced, before * at_home),
        }
    };
    let sum = |costs: &[SiteCost], items: &[Item]| -> f64 {
        costs.iter().flat_map(|cost| items.iter().map(|item| cost.item(*item).usd)).sum()
    };
    let priced = |what: &str, items: &[Item]| Step {
        what: what.to_owned(),
        instances: None,
        before: None,
        count_ratio: None,
        price_ratio: ratio(sum(costs, items), sum(ones, items)),
    };
    let running = [Item::Floors, Item::Peaks];
    let thumb = format!("rule of thumb: {THUMB_FLOOR} in each of {} regions, {THUMB_BEFORE} in one", sites.len());
    let mut steps = vec![
        counted(thumb, &|_| f64::from(THUMB_FLOOR), f64::from(THUMB_BEFORE)),
        counted(
            "this fleet's floors".to_owned(),
            &|site| f64::from(site.region.instances),
            home.map_or(0.0, |home| f64::from(home.region.instances)),
        ),
    ];
    let mean = |what: &str, items: &[Item], instances: fn(&SiteCost) -> f64| {
        let (fleet, before) = (costs.iter().map(instances).sum(), ones.iter().map(instances).sum());
        let (instances, before, count_ratio) = (Some(fleet), Some(before), Some(ratio(fleet, before)));
        Step { instances, before, count_ratio, ..priced(what, items) }
    };
    if sites.iter().any(|site| site.region.night_instances.is_some()) {
        steps.push(mean("with its nightly floors", &[Item::Floors], |cost| cost.floor));
    }
    steps.push(mean("with its peaks, mean of the month", &running, |cost| cost.instances));
    steps.push(priced("with double running", &[Item::Floors, Item::Peaks, Item::DoubleRunning]));
    steps.push(priced("with everything", &Item::ALL));
    steps
}

/// The total where one of the endpoints is another.
fn with<'a>(model: &Model<'a>, sites: &[Site<'a>], place: usize, site: Site<'a>) -> Amount {
    let others = sites.iter().enumerate().map(|(at, own)| if at == place { &site } else { own });
    model.costs(&others.cloned().collect::<Vec<_>>()).iter().map(SiteCost::total).sum()
}

fn night_floors<'a>(fleet: &Fleet, model: &Model<'a>, sites: &[Site<'a>], total: Amount) -> Vec<NightSaving> {
    let night = fleet.scaling.as_ref().and_then(|scaling| scaling.night);
    let saving = |(place, site): (usize, &Site<'a>)| {
        let (night, night_floor) = night.zip(site.region.night_instances)?;
        let flat = with(model, sites, place, site.clone().without_nights());
        let (region, title) = (site.region.name.clone(), site.region.title.clone());
        let saves = flat.less(total);
        let floor = site.region.instances;
        Some(NightSaving { region, title, floor, night_floor, starts: night.from, ends: night.until, saves })
    };
    sites.iter().enumerate().filter_map(saving).collect()
}

fn floors<'a>(model: &Model<'a>, sites: &[Site<'a>], total: Amount) -> Vec<FloorSaving> {
    let saving = |(place, site): (usize, &Site<'a>)| {
        let fewer = site.clone().with_less();
        let (from, to) = (site.region.instances, fewer.region.instances);
        let refused = (to < LEAST_FLOOR).then(|| "two zones must serve".to_owned());
        let saves = total.less(with(model, sites, place, fewer));
        FloorSaving { region: site.region.name.clone(), title: site.region.title.clone(), from, to, saves, refused }
    };
    sites.iter().enumerate().map(saving).collect()
}

fn retirements(fleet: &Fleet, model: &Model<'_>, total: Amount) -> Vec<RetirementSaving> {
    let saving = |region: &meridian_domain::Region| {
        let sites = Site::without(fleet, &region.name)?;
        let served_by = sites.iter().find(|site| site.home)?.region.name.clone();
        let saves = total.less(model.costs(&sites).iter().map(SiteCost::total).sum());
        Some(RetirementSaving { region: region.name.clone(), title: region.title.clone(), served_by, saves })
    };
    fleet.regions.iter().filter_map(saving).collect()
}

fn beside(model: &Model<'_>, costs: &[SiteCost]) -> Beside {
    let front = |cost: &SiteCost| {
        let rates = model.rates(&cost.region);
        rates.map_or_else(Amount::default, |rates| rates.of(PriceKind::ApiRequest, cost.requests() / 1e6))
    };
    Beside {
        million_requests: costs.iter().map(SiteCost::requests).sum::<f64>() / 1e6,
        front: costs.iter().map(front).sum(),
    }
}
