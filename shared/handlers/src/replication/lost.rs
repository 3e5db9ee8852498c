//! Home's look at executions that may be over while their end is not on record: CodePipeline gave up a job that nobody answered, or a
//! person stopped it. Otherwise nobody would hear of it.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::home;
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{Clock, Ledger, ListedExecution, Page, Pager, Pipeline};
use jiff::SignedDuration;
use meridian_domain::plan::EndedExecution;
use meridian_domain::reason::{ExecutionEnd, WaveEnd};
use meridian_domain::{Actor, Advice, Chain, HubHistory, Reason, Record, RegionHistory, RegionName, plan};
use meridian_messages::pages::{Notice, Sender};
use std::collections::BTreeMap;

/// What ended more recently may still be told, by its job or by a region that goes back: as long as a sweep takes to come again.
const SETTLES: SignedDuration = SignedDuration::from_mins(5);
/// What ended before this is nobody's concern any more.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// Puts the end of the open wave on record where its execution is over, and that of any other execution that ended badly, and pages where
/// nobody was told of it. Where a service does not answer, the next sweep looks again.
pub(super) async fn look<P>(ports: &P, ctx: &Context, hub: &mut Journal<HubHistory>) -> Result<(), HandlerError>
where
    P: Ledger + Pipeline + Pager + Clock,
{
    let latest = ports.executions(&ctx.fleet.home, &ctx.fleet.pipeline).await;
    let own = look_at_own(ports, ctx, hub, latest.as_deref().unwrap_or_default()).await;
    let others = look_at_others(ports, ctx, hub, &latest?).await;
    own.and(others)
}

/// The open wave.
async fn look_at_own<P>(
    ports: &P,
    ctx: &Context,
    hub: &mut Journal<HubHistory>,
    latest: &[ListedExecution],
) -> Result<(), HandlerError>
where
    P: Ledger + Pipeline + Pager + Clock,
{
    let (home, pipeline) = (&ctx.fleet.home, &ctx.fleet.pipeline);
    let open = plan::open_wave(hub.history()).map(|(release, wave)| (release, wave.clone()));
    let Some((release, execution)) = open else { return Ok(()) };
    let Some(how) = ports.execution(home, pipeline, &execution).await?.ended else { return Ok(()) };
    // A person has stopped it: the region in whose canary it was goes back first, and says so.
    let listed = latest.iter().find(|listed| listed.id == execution);
    if how == ExecutionEnd::Stopped && listed.is_some_and(|listed| age(ports, listed) < SETTLES) {
        return Ok(());
    }
    // Since the chain was read its last job may have said why, or another wave may have started.
    hub.refresh(ports).await?;
    if plan::open_wave(hub.history()) == Some((release, &execution)) {
        put_on_record(ports, ctx, hub, &EndedExecution { execution, release, how }).await?;
    }
    Ok(())
}

/// What people started. While any execution goes on, or may, nobody need hear that another has ended.
async fn look_at_others<P>(
    ports: &P,
    ctx: &Context,
    hub: &mut Journal<HubHistory>,
    latest: &[ListedExecution],
) -> Result<(), HandlerError>
where
    P: Ledger + Pipeline + Pager + Clock,
{
    let held = hub.history().lease.as_ref().is_some_and(|lease| lease.until > ports.now());
    if held || latest.iter().any(|listed| listed.ended.is_none()) {
        return Ok(());
    }
    let badly = |listed: &&ListedExecution| {
        let settled = (SETTLES..LATELY).contains(&age(ports, listed));
        settled && listed.ended.is_some_and(|how| how != ExecutionEnd::Succeeded)
    };
    let mut outcome = Ok(());
    for listed in latest.iter().filter(badly) {
        if plan::is_accounted_for(hub.history(), &listed.id) {
            continue;
        }
        // One that cannot be looked at keeps no other waiting.
        outcome = outcome.and(look_at(ports, ctx, hub, &listed.id).await);
    }
    outcome
}

async fn look_at<P>(
    ports: &P,
    ctx: &Context,
    hub: &mut Journal<HubHistory>,
    execution: &Actor,
) -> Result<(), HandlerError>
where
    P: Ledger + Pipeline + Pager + Clock,
{
    let view = ports.execution(&ctx.fleet.home, &ctx.fleet.pipeline, execution).await?;
    // One without a release tries the pipeline, or is what CodePipeline starts where a pipeline is made.
    let release = view.variables.get("release").and_then(|release| release.parse().ok());
    let Some((release, how)) = release.zip(view.ended) else { return Ok(()) };
    let lost = EndedExecution { execution: execution.clone(), release, how };
    hub.refresh(ports).await?;
    if plan::is_accounted_for(hub.history(), execution) || !plan::ends_open(hub.history(), &lost) {
        return Ok(());
    }
    put_on_record(ports, ctx, hub, &lost).await
}

/// How long ago it changed last.
fn age(ports: &impl Clock, listed: &ListedExecution) -> SignedDuration {
    ports.now().duration_since(listed.changed)
}

async fn put_on_record<P>(
    ports: &P,
    ctx: &Context,
    hub: &mut Journal<HubHistory>,
    lost: &EndedExecution,
) -> Result<(), HandlerError>
where
    P: Ledger + Pager + Clock,
{
    let mut chains = BTreeMap::new();
    for region in &ctx.fleet.regions {
        let chain = Journal::<RegionHistory>::open(ports, &region.name, Chain::Region(region.name.clone())).await?;
        chains.insert(region.name.clone(), chain);
    }
    // Whoever is home by now says how it ended.
    if home::is_replaced(ports, ctx, hub.history(), &mut chains).await? {
        return Ok(());
    }
    let regions = chains.iter().map(|(name, chain)| (name.clone(), chain.history())).collect();
    let Some(record) = plan::lost_wave(&ctx.fleet, hub.history(), &regions, lost, ports.now()) else { return Ok(()) };
    if let Record::WaveEnded { page: Some(end), .. } = &record
        && let WaveEnd::Lost { again, .. } = **end
    {
        let (why, advice) = (Reason::from((**end).clone()), Advice::ReadPipeline { again });
        tell(ports, ctx, &lost.execution, (why, advice), chains).await?;
    }
    let known = |history: &HubHistory| history.ended.contains_key(&lost.execution);
    hub.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, known).await?;
    Ok(())
}

/// Pages once: what every topic declines is owed on record, and a call that is repeated after that finds it there.
async fn tell<P>(
    ports: &P,
    ctx: &Context,
    wave: &Actor,
    (why, advice): (Reason, Advice),
    mut chains: BTreeMap<RegionName, Journal<RegionHistory>>,
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
        Err(refusal) => {
            let actor = ctx.actor(FunctionKind::Replication);
            // Home's chain is the only one that this role writes. Where it does not take the page either, the next sweep tries both.
            chains.retain(|region, _| region == home);
            let taken = on_call::owe(ports, &ctx.fleet, home, (&actor, &why, &advice), &mut chains).await;
            taken.map(|_| ()).ok_or_else(|| refusal.into())
        }
    }
}
