//! Home's look at a wave whose pipeline execution may be over while its end is not on record: CodePipeline gave up a job that nobody
//! answered, or a person stopped it. Otherwise nobody would hear of it.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{Clock, Ledger, Page, Pager, Pipeline};
use meridian_domain::reason::WaveEnd;
use meridian_domain::{Actor, Advice, Chain, HubHistory, Reason, Record, RegionHistory, RegionName, plan};
use meridian_messages::pages::{Notice, Sender};
use std::collections::BTreeMap;

/// Puts the wave's end on record, and pages where nobody was told of it. Where a service does not answer, the next sweep looks again.
pub(super) async fn look<P>(ports: &P, ctx: &Context, hub: &mut Journal<HubHistory>) -> Result<(), HandlerError>
where
    P: Ledger + Pipeline + Pager + Clock,
{
    let home = &ctx.fleet.home;
    let Some((_, wave)) = plan::open_wave(hub.history()) else { return Ok(()) };
    let wave = wave.clone();
    let Some(how) = ports.ended(home, &ctx.fleet.pipeline, &wave).await? else { return Ok(()) };
    // Since the chain was read its last job may have said why, or another wave may have started, of which `how` says nothing.
    hub.refresh(ports).await?;
    if plan::open_wave(hub.history()).is_none_or(|(_, open)| *open != wave) {
        return Ok(());
    }
    let mut chains = BTreeMap::new();
    for region in &ctx.fleet.regions {
        let chain = Journal::<RegionHistory>::open(ports, &region.name, Chain::Region(region.name.clone())).await?;
        chains.insert(region.name.clone(), chain);
    }
    let regions = chains.iter().map(|(name, chain)| (name.clone(), chain.history())).collect();
    let Some(record) = plan::lost_wave(&ctx.fleet, hub.history(), &regions, how, ports.now()) else { return Ok(()) };
    if let Record::WaveEnded { page: Some(end), .. } = &record
        && let WaveEnd::Lost { again, .. } = **end
    {
        let (why, advice) = (Reason::from((**end).clone()), Advice::ReadPipeline { again });
        tell(ports, ctx, &wave, (why, advice), &mut chains).await?;
    }
    let ended = |history: &HubHistory| history.ended.contains_key(&wave);
    hub.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, ended).await?;
    Ok(())
}

/// Pages once: what every topic declines is owed on record, and a call that is repeated after that finds it there.
async fn tell<P>(
    ports: &P,
    ctx: &Context,
    wave: &Actor,
    (why, advice): (Reason, Advice),
    chains: &mut BTreeMap<RegionName, Journal<RegionHistory>>,
) -> Result<(), HandlerError>
where
    P: Ledger + Pager + Clock,
{
    if chains.values().any(|chain| chain.history().owes(&why)) {
        return Ok(());
    }
    let home = &ctx.fleet.home;
    let notice = Notice::Plan { why: why.clone(), advice: advice.clone() };
    let page = Page::of(&ctx.fleet, notice, home, &Sender::Wave(wave.clone()));
    match on_call::page(ports, &ctx.fleet, &page).await {
        Ok(()) => Ok(()),
        Err(refusal) if refusal.is_regional() => Err(refusal.into()),
        Err(_) => {
            let actor = ctx.actor(FunctionKind::Replication);
            on_call::owe(ports, &ctx.fleet, home, (&actor, &why, &advice), chains).await;
            Ok(())
        }
    }
}
