//! The order of one wave: chosen once, recorded, and the same for every later step and for the audit (I3).

use super::Sight;
use crate::fleet::{Fleet, HomePlace, Kind, OrderPolicy, Region};
use crate::history::HubHistory;
use crate::ledger::Record;
use crate::names::{Actor, RegionName};
use crate::traffic::local_clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// At and above this share of its daily peak a region is called at its peak.
const PEAK: f64 = 0.95;
/// At and below this share it is called asleep.
const ASLEEP: f64 = 0.3;

/// In which order a wave walks, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveOrder {
    /// Every region of the fleet, once.
    pub regions: Vec<RegionName>,
    /// Why in this order, in words.
    pub why: String,
}

/// The order that policy gives a wave which starts at `at`, by the traffic that the regions usually have at that hour.
pub fn wave_order(fleet: &Fleet, at: Timestamp) -> WaveOrder {
    let by_traffic = by_traffic(fleet, at);
    let names = |regions: &[&Region]| regions.iter().map(|region| region.name.clone()).collect::<Vec<_>>();
    let titles =
        |regions: &[&Region]| regions.iter().map(|region| region.title.as_str()).collect::<Vec<_>>().join(", ");
    let hour = at.strftime("%H:%M UTC");
    match fleet.order {
        OrderPolicy::Fixed => {
            let listed: Vec<&Region> = fleet.regions.iter().collect();
            let by_traffic = if by_traffic == listed {
                "by the traffic of the hour it would be the same".to_owned()
            } else {
                format!("by the traffic of the hour it would be {}", titles(&by_traffic))
            };
            let why = format!("as listed: {}; {by_traffic}, for at {hour} {}", titles(&listed), awake(fleet, at));
            WaveOrder { regions: names(&listed), why }
        }
        OrderPolicy::Signal => {
            let home = match fleet.home_place {
                HomePlace::Signal => String::new(),
                HomePlace::First => format!(" ({} first, as policy says)", fleet.title(&fleet.home)),
                HomePlace::Last => format!(" ({} last, as policy says)", fleet.title(&fleet.home)),
            };
            let why = format!(
                "most traffic of the hour first{home}: {}, for at {hour} {}",
                titles(&by_traffic),
                awake(fleet, at)
            );
            WaveOrder { regions: names(&by_traffic), why }
        }
    }
}

/// Most traffic first; equal traffic, to the hundredth of a request a second, as listed.
fn by_traffic(fleet: &Fleet, at: Timestamp) -> Vec<&Region> {
    let mut regions: Vec<&Region> = fleet.regions.iter().collect();
    let place = |region: &Region| match fleet.home_place {
        HomePlace::First if region.name == fleet.home => 0,
        HomePlace::Last if region.name == fleet.home => 2,
        _ => 1,
    };
    let traffic = |region: &Region| (region.usual_rps(at) * 100.0).round();
    // What has no evidence of its own comes last, whatever its traffic.
    let rides = |region: &Region| region.kind != Kind::Active;
    regions.sort_by(|a, b| {
        rides(a).cmp(&rides(b)).then(place(a).cmp(&place(b))).then_with(|| traffic(b).total_cmp(&traffic(a)))
    });
    regions
}

/// "Dublin sleeps (138 of 600 requests/s), Sydney is at its peak (200 of 200 requests/s)".
fn awake(fleet: &Fleet, at: Timestamp) -> String {
    let words = fleet.regions.iter().map(|region| {
        let rps = region.usual_rps(at);
        let share = rps / region.peak_rps;
        let state = match share {
            share if share >= PEAK => "is at its peak".to_owned(),
            share if share <= ASLEEP => "sleeps".to_owned(),
            share => format!("is at {:.0} % of its peak", 100.0 * share),
        };
        let clock = local_clock(&region.time_zone, at);
        format!("{} {state} ({clock} there, {rps:.0} requests/s)", city(region))
    });
    listed(&words.collect::<Vec<_>>())
}

/// Where a region's customers are: the city of their time zone, or the region's title.
fn city(region: &Region) -> String {
    let city = region.time_zone.iana_name().and_then(|name| name.rsplit_once('/')).map(|(_, city)| city);
    city.map_or_else(|| region.title.clone(), |city| city.replace('_', " "))
}

/// "a, b and c".
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The region at a place of this wave, from 1: what a stage `Promote-<n>` of the pipeline means in it.
pub fn region_at<'a>(fleet: &'a Fleet, hub: &HubHistory, execution: &Actor, place: usize) -> Option<&'a Region> {
    fleet.in_order(hub.order(execution)).get(place.checked_sub(1)?).copied()
}

/// The order to record before the first step of a wave, where its start did not: none where it stands, or where policy
/// has only one order.
pub fn order_due(fleet: &Fleet, hub: &HubHistory, execution: &Actor, now: Timestamp) -> Option<Record> {
    let due = fleet.order == OrderPolicy::Signal && hub.order(execution).is_none();
    due.then(|| Record::WaveOrdered { execution: execution.clone(), order: wave_order(fleet, now) })
}

impl Sight {
    /// The regions that come before `name` in this wave's order.
    pub(crate) fn before<'a>(&'a self, fleet: &'a Fleet, name: &'a RegionName) -> impl Iterator<Item = &'a Region> {
        fleet.in_order(self.hub.order(&self.execution)).into_iter().take_while(move |region| region.name != *name)
    }
}
