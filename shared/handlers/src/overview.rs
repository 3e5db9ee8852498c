//! The fleet as a person sees it at a glance: chains read from their beginning, endpoints and rollback alarms as AWS has them.

use crate::context::FunctionKind;
use crate::history::{believed, read};
use crate::ports::{Endpoints, Ledger, Signals};
use futures_util::future::join_all;
use jiff::Timestamp;
use meridian_domain::overview::{Overview, RegionSeen, overview};
use meridian_domain::reason::Unseen;
use meridian_domain::{AlarmState, AlarmView, Chain, EndpointView, Fleet, Region, Seen, alarms};

/// Looks at the whole fleet at `at`, or at the newest entry where that is later. What does not answer is unknown, and holds up nothing else.
pub async fn look(ports: &(impl Ledger + Endpoints + Signals), fleet: &Fleet, at: Timestamp) -> Overview {
    let regions: Vec<&Region> = fleet.regions.iter().collect();
    // Endpoints first: what an update goes to is on record before it is asked for.
    let seen = join_all(regions.iter().map(|region| see(ports, fleet, region))).await;
    let chains = read(ports, fleet, &regions).await;
    // Another writer's clock may be ahead, and a served night that stands still begins again with every command.
    let at = chains.iter().flat_map(|read| &read.entries).map(|entry| entry.at).fold(at, Timestamp::max);
    let seen: Vec<RegionSeen<'_>> = regions
        .iter()
        .zip(seen)
        .map(|(region, (endpoint, alarm, paging))| {
            let entries = believed(&chains, &Chain::Region(region.name.clone()));
            let frozen = fleet.keeps_out(region, at);
            let is_home = region.name == fleet.home;
            RegionSeen { region, is_home, entries, endpoint, alarm, frozen, paging }
        })
        .collect();
    overview(fleet, believed(&chains, &Chain::Home), &seen, at)
}

/// A region's endpoint, whether its rollback alarm rings, and which of the alarms that page by themselves do.
async fn see(
    ports: &(impl Endpoints + Signals),
    fleet: &Fleet,
    region: &Region,
) -> (Seen<Option<EndpointView>>, Seen<bool>, Vec<String>) {
    let composite = alarms::composite_name(fleet);
    let names: Vec<String> = std::iter::once(composite.clone()).chain(paging_names(fleet)).collect();
    let endpoint = ports.describe(&region.name, &fleet.endpoint);
    let (endpoint, found) = futures_util::future::join(endpoint, ports.alarms(&region.name, &names)).await;
    let endpoint = endpoint.map_or_else(|error| Seen::Unknown(error.into()), Seen::Known);
    let found = match found {
        Ok(found) => found,
        Err(error) => return (endpoint, Seen::Unknown(error.into()), Vec::new()),
    };
    let rings = |own: &AlarmView| own.state == AlarmState::Alarm;
    let alarm = found.iter().find(|own| own.name == composite).map(rings);
    let paging = found.iter().filter(|own| own.name != composite && rings(own)).map(|own| own.name.clone()).collect();
    let alarm = alarm.map_or_else(|| Seen::Unknown(Unseen::NoAlarm { alarm: composite.clone() }), Seen::Known);
    (endpoint, alarm, paging)
}

/// The template's alarms that page by themselves: what got lost, functions that fail or are not let run, and what stands before the
/// endpoint, with its certificate. A region has those of what it has.
pub fn paging_names(fleet: &Fleet) -> impl Iterator<Item = String> {
    let of_functions =
        FunctionKind::ALL.into_iter().flat_map(|own| ["errors", "throttles"].map(|what| format!("{own}-{what}")));
    ["dead-letters", "api-errors", "balancer-errors", "certificate"]
        .map(str::to_owned)
        .into_iter()
        .chain(of_functions)
        .map(move |what| format!("meridian-{}-{what}", fleet.name))
}
