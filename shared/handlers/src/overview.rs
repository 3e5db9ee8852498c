//! The fleet as a person sees it at a glance: chains read from their beginning, endpoints and rollback alarms as AWS has them.

use crate::history::{Read, believed, read};
use crate::ports::{Endpoints, Ledger, Signals};
use futures_util::future::join_all;
use jiff::Timestamp;
use meridian_domain::overview::{Overview, RegionSeen, overview};
use meridian_domain::reason::Unseen;
use meridian_domain::{AlarmState, Chain, EndpointView, Fleet, Region, Seen, alarms};

/// Looks at the whole fleet at `at`, or at the newest entry where that is later. What does not answer is unknown, and holds up nothing else.
pub async fn look(ports: &(impl Ledger + Endpoints + Signals), fleet: &Fleet, at: Timestamp) -> Overview {
    let regions: Vec<&Region> = fleet.regions.iter().collect();
    let seen = join_all(regions.iter().map(|region| see(ports, fleet, region)));
    let (chains, seen): (Vec<Read>, Vec<_>) = futures_util::future::join(read(ports, fleet, &regions), seen).await;
    // Another writer's clock may be ahead, and a served night that stands still begins again with every command.
    let at = chains.iter().flat_map(|read| &read.entries).map(|entry| entry.at).fold(at, Timestamp::max);
    let seen: Vec<RegionSeen<'_>> = regions
        .iter()
        .zip(seen)
        .map(|(region, (endpoint, alarm))| {
            let entries = believed(&chains, &Chain::Region(region.name.clone()));
            RegionSeen { region, entries, endpoint, alarm }
        })
        .collect();
    overview(believed(&chains, &Chain::Home), &seen, at)
}

async fn see(
    ports: &(impl Endpoints + Signals),
    fleet: &Fleet,
    region: &Region,
) -> (Seen<Option<EndpointView>>, Seen<bool>) {
    let composite = [alarms::composite_name(fleet)];
    let endpoint = ports.describe(&region.name, &fleet.endpoint);
    let alarm = ports.alarms(&region.name, &composite);
    let (endpoint, alarm) = futures_util::future::join(endpoint, alarm).await;
    let [name] = composite;
    let alarm = match alarm.map(|found| found.into_iter().find(|own| own.name == name)) {
        Ok(Some(alarm)) => Seen::Known(alarm.state == AlarmState::Alarm),
        Ok(None) => Seen::Unknown(Unseen::NoAlarm { alarm: name }),
        Err(error) => Seen::Unknown(error.into()),
    };
    (endpoint.map_or_else(|error| Seen::Unknown(error.into()), Seen::Known), alarm)
}
