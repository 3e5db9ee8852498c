//! Home's look at a wave whose pipeline execution may be over while its end is not on record: CodePipeline gave up a job that nobody
//! answered, or a person stopped it. Otherwise nobody would hear of it.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{Clock, Ledger, Page, Pager, Pipeline};
use meridian_domain::reason::WaveEnd;
use meridian_domain::{Advice, Chain, HubHistory, Record, RegionHistory, plan};
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
        let notice = Notice::Plan { why: (**end).clone().into(), advice: Advice::ReadPipeline { again } };
        let page = Page::of(&ctx.fleet, notice, home, &Sender::Wave(wave.clone()));
        on_call::page_if_it_can(ports, &ctx.fleet, &page).await?;
    }
    let ended = |history: &HubHistory| history.ended.contains_key(&wave);
    hub.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, ended).await?;
    Ok(())
}
