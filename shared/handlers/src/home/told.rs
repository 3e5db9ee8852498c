//! Who has heard that home moved. A region's own chain says it there, and lets nobody act for another home from then on: calls of the old
//! one end at the next entry that they would write, whatever they know.

use super::find;
use crate::context::Context;
use crate::journal::{Journal, JournalError};
use crate::ports::{Clock, Ledger};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Chain, Fleet, HomeMove, HubHistory, RegionHistory, RegionName};
use std::collections::BTreeMap;

/// A move that follows another is this much later.
const LATER: SignedDuration = SignedDuration::from_millis(1);

/// Tells every region, as far as its bucket answers, and the new home last: it acts once its own chain says so, and finds the others told.
/// The new home tells those that do not answer now before it changes anything there.
pub(super) async fn everybody<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    moved: Option<&HomeMove>,
) -> Result<(), JournalError> {
    let Some(moved) = moved else { return Ok(()) };
    let others = fleet.regions.iter().map(|region| &region.name).filter(|region| **region != moved.to);
    join_all(others.map(async |region| {
        if let Err(error) = tell_region(ports, region, moved).await {
            tracing::warn!(%region, %error, "it does not hear yet that home has moved");
        }
    }))
    .await;
    tell_region(ports, &moved.to, moved).await
}

async fn tell_region<P: Ledger + Clock>(ports: &P, region: &RegionName, moved: &HomeMove) -> Result<(), JournalError> {
    let mut chain = Journal::<RegionHistory>::open(ports, region, Chain::Region(region.clone())).await?;
    tell(ports, &mut chain, moved).await
}

/// The fleet with home where it has moved to since, as [`find`] finds it; as its policy says where nobody knows of a move.
pub async fn at_home(ports: &impl Ledger, fleet: &Fleet) -> Fleet {
    find(ports, fleet).await.map_or_else(|_| fleet.clone(), |found| fleet.at_home(&found.home))
}

/// The other regions' chains, as far as they can be read, side by side: regions that do not answer keep the caller waiting as long as one.
pub(crate) async fn others(ports: &impl Ledger, fleet: &Fleet, region: &RegionName) -> Chains {
    chains(ports, fleet.regions.iter().map(|own| &own.name).filter(|own| *own != region)).await
}

async fn chains(ports: &impl Ledger, regions: impl Iterator<Item = &RegionName>) -> Chains {
    let looks = regions.map(async |own| {
        let chain = Journal::<RegionHistory>::open(ports, own, Chain::Region(own.clone())).await;
        Some((own.clone(), chain.ok()?))
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// From when on a move that is decided now holds, and the last one that the regions have on record. Clocks differ by minutes: it is later than
/// whatever any region was told, or none would believe it.
pub(super) async fn since<P: Ledger + Clock>(ports: &P, fleet: &Fleet) -> (Timestamp, Option<HomeMove>) {
    let chains = chains(ports, fleet.regions.iter().map(|own| &own.name)).await;
    let told = chains.values().filter_map(|chain| chain.history().moved.clone()).max_by_key(|own| own.since);
    (told.as_ref().map_or_else(|| ports.now(), |told| ports.now().max(told.since + LATER)), told)
}

/// Regions' chains.
pub(crate) type Chains = BTreeMap<RegionName, Journal<RegionHistory>>;

/// Puts the move on record in a region's chain, unless that knows of it or of a later one.
pub(crate) async fn tell<P: Ledger + Clock>(
    ports: &P,
    chain: &mut Journal<RegionHistory>,
    moved: &HomeMove,
) -> Result<(), JournalError> {
    if !moved.is_later(chain.history().moved.as_ref()) {
        return Ok(());
    }
    chain.append_done(ports, &moved.by, moved.since, moved.record()).await
}

/// The move by which another region than `home` is home, by the latest word of the hub's chain and of the regions'.
pub(crate) fn moved_from<'a>(
    home: &RegionName,
    hub: &'a HubHistory,
    regions: impl IntoIterator<Item = &'a RegionHistory>,
) -> Option<&'a HomeMove> {
    let known = regions.into_iter().filter_map(|own| own.moved.as_ref()).chain(&hub.moved);
    known.max_by_key(|own| own.since).filter(|own| own.to != *home)
}

/// True where another region is home by what any region's chain says: this one was away when it was replaced. It starts nothing, and its
/// own chain says so from now on.
pub(crate) async fn is_replaced<P: Ledger + Clock>(
    ports: &P,
    ctx: &Context,
    hub: &HubHistory,
    chains: &mut Chains,
) -> Result<bool, JournalError> {
    let moved = moved_from(&ctx.fleet.home, hub, chains.values().map(Journal::history));
    let Some(moved) = moved.cloned() else { return Ok(false) };
    tracing::warn!(to = %moved.to, by = %moved.by, "home has moved: nothing starts here");
    if let Some(own) = chains.get_mut(&ctx.region) {
        tell(ports, own, &moved).await?;
    }
    Ok(true)
}
