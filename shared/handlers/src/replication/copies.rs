//! What this region keeps of its neighbour's chains: one object for each end that was new at a sweep, with the entries since the end
//! before, beside its own chain. It finds a chain that was changed, and is the copy that [`crate::restore`] takes. Nothing is written where
//! a chain did not grow, and nothing into the chain itself but a departure.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::journal::{Journal, JournalError};
use crate::ports::{Answer, Artifacts, Clock, ErrorKind, Ledger, Page, Pager};
use meridian_domain::copies::KeptEntries;
use meridian_domain::heads::{Departure, KeptHead, neighbours};
use meridian_domain::{Chain, Fleet, FleetName, Head, Record, RegionHistory, RegionName, Stored};
use meridian_messages::pages::{Notice, Sender};

/// Entries that one sweep copies of a chain at most: some 20 MB.
const AT_ONCE: usize = 20_000;

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
    let before = kept(ports, fleet, &ctx.region, chain).await?;
    let mut entries = ports.entries(region, chain, before.map_or(0, |kept| kept.seq)).await?;
    // The next sweep goes on: an object stays small enough to be read back.
    entries.truncate(AT_ONCE);
    let head = match before {
        Some(kept) => match kept.read_on(&entries) {
            Ok(head) => Some(head).filter(|head| *head != kept),
            Err(departure) => return tell(ports, ctx, own, chain, kept, departure).await,
        },
        None => KeptHead::of(&end(region, chain, &entries)?),
    };
    match head {
        Some(head) => keep(ports, ctx, chain, &KeptEntries::new(head, before, &entries), head).await,
        None => Ok(()),
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

/// The end of a chain, all of whose entries follow from each other.
fn end(region: &RegionName, chain: &Chain, entries: &[Stored]) -> Result<Head, JournalError> {
    let mut head = Head::default();
    let followed = entries.iter().try_for_each(|stored| head.follow_stored(stored));
    followed.map_err(|source| JournalError::Chain { region: region.clone(), chain: chain.clone(), source })?;
    Ok(head)
}

async fn keep(
    ports: &impl Artifacts,
    ctx: &Context,
    chain: &Chain,
    entries: &KeptEntries,
    head: KeptHead,
) -> Result<(), HandlerError> {
    let key = head.key(&ctx.fleet.name, &ctx.region, chain);
    match ports.create(&ctx.region, &key, entries.to_bytes().into()).await {
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
