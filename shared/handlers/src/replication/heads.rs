//! What this region keeps of its neighbour's chains: their last entries, one small object for each that was new at a sweep,
//! beside its own chain. Nothing is written where a chain did not grow, and nothing into the chain itself but a departure.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::journal::Journal;
use crate::ports::{Answer, Artifacts, Clock, ErrorKind, Ledger, Page, Pager};
use bytes::Bytes;
use meridian_domain::heads::{Departure, KeptHead, neighbours};
use meridian_domain::{Chain, Fleet, FleetName, Head, HubHistory, Record, RegionHistory, RegionName};
use meridian_messages::pages::{Notice, Sender};

/// Looks at the neighbour's chains. What cannot be read proves nothing: the next sweep looks again.
pub(super) async fn look<P>(ports: &P, ctx: &Context, own: &mut Journal<RegionHistory>)
where
    P: Artifacts + Ledger + Pager + Clock,
{
    for chain in neighbours(&ctx.fleet, &ctx.region) {
        if let Err(error) = look_at(ports, ctx, own, &chain).await {
            tracing::warn!(%chain, %error, "the neighbour's chain was not compared with what was kept of it");
        }
    }
}

async fn look_at<P>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    chain: &Chain,
) -> Result<(), HandlerError>
where
    P: Artifacts + Ledger + Pager + Clock,
{
    let (fleet, region) = (&ctx.fleet.name, chain.region(&ctx.fleet));
    let Some(kept) = kept(ports, fleet, &ctx.region, chain).await? else {
        let Some(head) = KeptHead::of(&end(ports, region, chain).await?) else { return Ok(()) };
        return keep(ports, ctx, chain, head).await;
    };
    match kept.read_on(&ports.entries(region, chain, kept.seq).await?) {
        Ok(head) if head == kept => Ok(()),
        Ok(head) => keep(ports, ctx, chain, head).await,
        Err(departure) => tell(ports, ctx, own, chain, kept, departure).await,
    }
}

/// The newest end of `chain` that `holder` keeps.
///
/// # Errors
/// The store's.
pub async fn kept(
    ports: &impl Artifacts,
    fleet: &FleetName,
    holder: &RegionName,
    chain: &Chain,
) -> Answer<Option<KeptHead>> {
    let keys = ports.list(holder, &KeptHead::prefix(fleet, holder, chain), None).await?;
    Ok(keys.first().and_then(|key| KeptHead::of_key(key)))
}

/// The neighbour's chains that depart from what `holder` keeps of them.
///
/// # Errors
/// A store's.
pub async fn departures<P: Artifacts + Ledger>(
    ports: &P,
    fleet: &Fleet,
    holder: &RegionName,
) -> Answer<Vec<(Chain, KeptHead, Departure)>> {
    let mut departed = Vec::new();
    for chain in neighbours(fleet, holder) {
        let Some(kept) = kept(ports, &fleet.name, holder, &chain).await? else { continue };
        if let Err(departure) = kept.read_on(&ports.entries(chain.region(fleet), &chain, kept.seq).await?) {
            departed.push((chain, kept, departure));
        }
    }
    Ok(departed)
}

/// The end of a chain, verified as far as whoever acts on it does.
async fn end(ports: &impl Ledger, region: &RegionName, chain: &Chain) -> Result<Head, HandlerError> {
    Ok(match chain {
        Chain::Home => Journal::<HubHistory>::open(ports, region, chain.clone()).await?.head().clone(),
        Chain::Region(_) => Journal::<RegionHistory>::open(ports, region, chain.clone()).await?.head().clone(),
    })
}

async fn keep(ports: &impl Artifacts, ctx: &Context, chain: &Chain, head: KeptHead) -> Result<(), HandlerError> {
    let key = head.key(&ctx.fleet.name, &ctx.region, chain);
    let body = serde_json::to_vec(&head).unwrap_or_default();
    match ports.create(&ctx.region, &key, Bytes::from(body)).await {
        // A twin of this call kept the very same.
        Err(error) if error.kind != ErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

/// Tells people once, then the ledger. What was kept stays: the chain departs from it until its entries are back.
async fn tell<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    chain: &Chain,
    kept: KeptHead,
    departure: Departure,
) -> Result<(), HandlerError> {
    tracing::error!(%chain, seq = kept.seq, ?departure, "the neighbour's chain differs from what was kept of it");
    let told = |history: &RegionHistory| history.departed.get(chain) == Some(&kept);
    if told(own.history()) {
        return Ok(());
    }
    let notice = Notice::ChainAltered { chain: chain.clone(), kept, departure };
    ports.page(&ctx.region, &Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region)).await?;
    let record = Record::ChainDeparted { chain: chain.clone(), kept, departure };
    own.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, told).await?;
    Ok(())
}
