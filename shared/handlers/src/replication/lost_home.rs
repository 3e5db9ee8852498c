//! Whether home answers this region: on record where it does not. Once that lasts, and most other regions say the same, a deputy asks people
//! to move home to it; under `takeover = "auto"` each region says in its own chain who is home from now on, and the deputy that most of them
//! name takes over.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::home;
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{Artifacts, Clock, ErrorKind, Ledger, Page, Pager};
use futures_util::future::join;
use jiff::Timestamp;
use meridian_domain::lost_home::{HomeSeen, heard, is_granted, named, turn, witnesses};
use meridian_domain::{Chain, HomeMove, HubHistory, Projection, Record, RegionHistory, RegionName, Takeover};
use meridian_messages::operator::SAID_BY_THE_REGIONS;
use meridian_messages::pages::{HomeNotice, Notice, Sender};
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

/// The context in which this region's sweep goes on: with home where its own chain says that it is. Under `takeover = "auto"` it hears
/// before what the other regions say, says it too, and takes over where it is the deputy that most of them name; until then policy's home
/// stands here. What does not work is gone on with by the next sweep.
pub(super) async fn settle<P: Artifacts + Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
) -> Context {
    let settled = if ctx.fleet.takeover == Takeover::Auto { hear(ports, ctx, own).await } else { Ok(true) };
    let settled = settled.unwrap_or_else(|error| {
        tracing::error!(%error, "who is home is not settled");
        false
    });
    let home = own.history().home().filter(|home| settled || **home != ctx.region);
    ctx.at_home(home)
}

/// False where this region is to be home, and does not have the hub's ledger yet.
async fn hear<P: Artifacts + Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
) -> Result<bool, HandlerError> {
    let others = home::others(ports, &ctx.fleet, &ctx.region).await;
    let others: Vec<_> = others.iter().map(|(region, chain)| (region, chain.history())).collect();
    let said = heard(own.history(), others.iter().map(|(_, own)| *own)).cloned();
    let said = said.or_else(|| {
        let (from, since) = (ctx.fleet.home.clone(), ports.now());
        let to = named(&ctx.fleet, own.history(), others.iter().copied(), since)?.clone();
        let (by, why) = (ctx.actor(FunctionKind::Replication), SAID_BY_THE_REGIONS.to_owned());
        Some(HomeMove { from, to, lost: true, by, why, since })
    });
    if let Some(moved) = said {
        home::tell(ports, own, &moved).await?;
    }
    let Some(said) = own.history().moved.clone().filter(|moved| moved.to == ctx.region) else { return Ok(true) };
    let chains: Vec<_> = others.iter().map(|(_, own)| *own).collect();
    take_over(ports, ctx, own, &said, &chains).await
}

/// The hub's ledger first, then people, then this region's own chain: a call that dies on the way is gone on with by the next sweep.
async fn take_over<P: Artifacts + Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    said: &HomeMove,
    others: &[&RegionHistory],
) -> Result<bool, HandlerError> {
    // What is no chain yet is a copy that died on its way.
    let hub = Journal::<HubHistory>::open(ports, &ctx.region, Chain::Home).await.ok();
    let before = hub.as_ref().and_then(|hub| hub.history().moved.as_ref());
    // From policy's home alone: the other ways are a person's.
    let granted = || {
        let chains = others.iter().copied().chain([own.history()]);
        said.from == ctx.fleet.home && is_granted(&ctx.fleet, said, before, chains)
    };
    let moved = match before.filter(|moved| moved.to == ctx.region && !said.is_later(Some(moved))) {
        Some(moved) => moved.clone(),
        None if !granted() => return Ok(false),
        None => match home::take_over_as_said(ports, &ctx.fleet, &ctx.actor(FunctionKind::Replication), said).await {
            Ok(moved) => moved,
            Err(error) => {
                tracing::error!(%error, "home is not taken over");
                return Ok(false);
            }
        },
    };
    if moved.is_later(Some(said)) {
        let notice = Notice::Home(HomeNotice::Taken { from: moved.from.clone() });
        let page = Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region);
        // It is home by now, and a topic that takes nothing keeps no wave waiting: who is home is on record everywhere.
        on_call::page_if_it_can(ports, &ctx.fleet.at_home(&ctx.region), &page).await?;
        home::tell(ports, own, &moved).await?;
    }
    Ok(true)
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
        let notice = Notice::Home(HomeNotice::Answers { home: home.clone(), since: missed.since });
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
    let (others, found) = join(home::others(ports, fleet, &ctx.region), home::find(ports, fleet)).await;
    if found.is_ok_and(|found| found.home != *home) {
        return Ok(());
    }
    let others = others.iter().filter(|(region, _)| *region != home).map(|(region, chain)| (region, chain.history()));
    let Some(with) = witnesses(fleet, others) else { return Ok(()) };
    let notice = Notice::Home(HomeNotice::Lost { since, with: with.clone() });
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
