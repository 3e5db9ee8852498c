//! The order of one wave: chosen once, recorded, and the same for every later step and for the audit (I3).

use super::Sight;
use crate::fleet::names::{Actor, RegionName};
use crate::fleet::{Fleet, HomePlace, Kind, OrderPolicy, Region};
use crate::ledger::history::HubHistory;
use crate::ledger::{OrderReason, Record, RegionTraffic, WaveOrder};
use jiff::Timestamp;

/// The order that policy gives a wave which starts at `at`, by the traffic that the regions usually have at that hour.
pub fn wave_order(fleet: &Fleet, at: Timestamp) -> WaveOrder {
    let names = |regions: &[&Region]| regions.iter().map(|region| region.name.clone()).collect::<Vec<_>>();
    let by_traffic = names(&by_traffic(fleet, at));
    let regions = match fleet.order {
        OrderPolicy::Fixed => fleet.regions.iter().map(|region| region.name.clone()).collect(),
        OrderPolicy::Signal => by_traffic.clone(),
    };
    let traffic = |region: &Region| {
        let (rps, peak_rps) = (region.usual_rps(at), region.peak_rps);
        RegionTraffic { region: region.name.clone(), rps, peak_rps }
    };
    let traffic = fleet.regions.iter().map(traffic).collect();
    let why = OrderReason { policy: fleet.order, by_traffic, home: fleet.home_place, at, traffic };
    WaveOrder { regions, why }
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
    // A region without evidence of its own comes last, whatever its traffic.
    let has_no_canary = |region: &Region| region.kind != Kind::Active;
    regions.sort_by(|a, b| {
        has_no_canary(a)
            .cmp(&has_no_canary(b))
            .then(place(a).cmp(&place(b)))
            .then_with(|| traffic(b).total_cmp(&traffic(a)))
    });
    regions
}

/// The region at a place of this wave, from 1: what a stage `Promote-<n>` of the pipeline means in it.
pub fn region_at<'a>(fleet: &'a Fleet, hub: &HubHistory, execution: &Actor, place: usize) -> Option<&'a Region> {
    fleet.in_order(hub.order(execution)).nth(place.checked_sub(1)?)
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
        fleet.in_order(self.hub.order(&self.execution)).take_while(move |region| region.name != *name)
    }
}
