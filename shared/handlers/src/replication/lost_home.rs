//! Whether home answers this region: on record where it does not, and, in a deputy, what asks people to move home here.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::home;
use crate::journal::Journal;
use crate::ports::{Clock, ErrorKind, Ledger, Page, Pager};
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use meridian_domain::lost_home::{HomeSeen, turn, witnesses};
use meridian_domain::{Chain, Record, RegionHistory, RegionName};
use meridian_messages::pages::{Notice, Sender};
use std::collections::BTreeSet;

/// Beyond every entry: what lies there is nothing, and whether S3 says so is all that is asked.
const BEYOND: u64 = u64::MAX;

/// Looks at home's ledger, where policy names deputies, and at that of any home which this region has missed: policy may have left it since,
/// and it need not know.
pub(super) async fn look<P: Ledger + Pager + Clock>(ports: &P, ctx: &Context, own: &mut Journal<RegionHistory>) {
    let home = &ctx.fleet.home;
    let mut watched: BTreeSet<RegionName> = own.history().silent_homes.keys().cloned().collect();
    // Nobody waits for a region that is the fleet's no more.
    watched.retain(|home| ctx.fleet.region(home).is_some());
    watched.extend((!ctx.is_home() && !ctx.fleet.deputies.is_empty()).then(|| home.clone()));
    for home in watched {
        if let Err(error) = look_at(ports, ctx, own, &home).await {
            tracing::warn!(%home, %error, "whether home answers is not on record");
        }
    }
}

/// A refusal is a mistake in rights, and who is throttled was answered: neither is a lost home.
async fn look_at<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    home: &RegionName,
) -> Result<(), HandlerError> {
    match ports.entries(home, &Chain::Home, BEYOND).await {
        Ok(_) => answers(ports, ctx, own, home).await,
        Err(error) if error.kind == ErrorKind::Unreachable => misses(ports, ctx, own, home).await,
        Err(error) => Err(error.into()),
    }
}

/// It answers again: whoever was asked to move it hears so first.
async fn answers<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    home: &RegionName,
) -> Result<(), HandlerError> {
    let Some(missed) = own.history().misses(home) else { return Ok(()) };
    if missed.asked {
        let notice = Notice::HomeAnswers { home: home.clone(), since: missed.since };
        ports.advise(&ctx.region, &Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region)).await?;
    }
    record(ports, ctx, own, (home, HomeSeen::Answers), |history| history.misses(home).is_none()).await
}

async fn misses<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    home: &RegionName,
) -> Result<(), HandlerError> {
    record(ports, ctx, own, (home, HomeSeen::Silent), |history| history.misses(home).is_some()).await?;
    match turn(&ctx.fleet, &ctx.region, own.history(), ports.now()) {
        Some(since) => ask(ports, ctx, own, since).await,
        None => Ok(()),
    }
}

/// Pages once, where most other regions say the same, and nobody has moved home meanwhile. What cannot be read says nothing.
async fn ask<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    since: Timestamp,
) -> Result<(), HandlerError> {
    let (fleet, home) = (&ctx.fleet, &ctx.fleet.home);
    let regions = fleet.regions.iter().map(|region| &region.name);
    let chains = regions.filter(|region| **region != ctx.region && *region != home).map(async |region| {
        let chain = Journal::<RegionHistory>::open(ports, region, Chain::Region(region.clone())).await;
        chain.ok().map(|chain| (region, chain))
    });
    // Side by side: regions that do not answer keep the sweep waiting as long as one.
    let (others, found) = join(join_all(chains), home::find(ports, fleet)).await;
    if found.is_ok_and(|found| found.home != *home) {
        return Ok(());
    }
    let others = others.iter().flatten().map(|(region, chain)| (*region, chain.history()));
    let Some(with) = witnesses(fleet, &ctx.region, others) else { return Ok(()) };
    let notice = Notice::HomeLost { since, with: with.clone() };
    ports.page(&ctx.region, &Page::of(fleet, notice, &ctx.region, &Sender::Region)).await?;
    let asked = |history: &RegionHistory| history.misses(home).is_some_and(|own| own.asked);
    record(ports, ctx, own, (home, HomeSeen::Asked { with }), asked).await
}

async fn record<P: Ledger + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    (home, seen): (&RegionName, HomeSeen),
    known: impl Fn(&RegionHistory) -> bool,
) -> Result<(), HandlerError> {
    let record = Record::HomeSeen { home: home.clone(), seen };
    own.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, known).await?;
    Ok(())
}
