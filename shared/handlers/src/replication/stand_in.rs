//! Whether the other regions' endpoints answer this region: on record where they do not, in a fleet whose standby may ask itself
//! (`failover_threshold`). The standby makes itself ready once it and another region have missed one for so long.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::files;
use crate::home;
use crate::journal::Journal;
use crate::ports::{Answer, Artifacts, Clock, Endpoints, ErrorKind, Ledger, Page, Pager};
use futures_util::future::join_all;
use meridian_domain::failover::FailoverStep;
use meridian_domain::stand_in::stands_in;
use meridian_domain::{Kind, Record, RegionHistory};
use meridian_messages::operator::MISSED_BY_THE_REGIONS;
use meridian_messages::pages::{Notice, Sender};

/// Looks, and asks this region where it is its turn. What does not work is looked at again by the next sweep.
pub(super) async fn look<P>(ports: &P, ctx: &Context, own: &mut Journal<RegionHistory>)
where
    P: Artifacts + Endpoints + Ledger + Pager + Clock,
{
    let Some((standby, threshold)) = ctx.fleet.stand_in() else { return };
    if let Err(error) = look_at_all(ports, ctx, own, threshold).await {
        tracing::warn!(%error, "which regions answer is not on record");
    }
    if standby.name == ctx.region
        && let Err(error) = ask(ports, ctx, own).await
    {
        tracing::error!(%error, "this region is not asked to carry another's customers");
    }
}

/// Each active region's endpoint is asked what this region's own golden record asks: whatever it scores, it answers.
async fn look_at_all<P>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    threshold: u32,
) -> Result<(), HandlerError>
where
    P: Artifacts + Endpoints + Ledger + Clock,
{
    let Some(release) = own.history().target().map(|target| target.release) else { return Ok(()) };
    let golden = files::golden(ports, &ctx.region, release).await?.first();
    let Some(record) = golden.records.first() else { return Ok(()) };
    let others = ctx.fleet.regions.iter().filter(|other| other.kind == Kind::Active && other.name != ctx.region);
    let looks = join_all(others.map(async |other| {
        (&other.name, ports.invoke(&other.name, &ctx.fleet.endpoint, &record.payload, golden.answer.accept()).await)
    }));
    let (looks, now) = (looks.await, ports.now());
    for (other, answer) in looks {
        let missed = |history: &RegionHistory| history.missed.get(other).cloned();
        let region = other.clone();
        match answers(&answer) {
            Some(true) if missed(own.history()).is_some() => {
                let known = |history: &RegionHistory| missed(history).is_none();
                put(ports, ctx, own, FailoverStep::Answers { region }, known).await?;
            }
            Some(false) => {
                let known = |history: &RegionHistory| missed(history).is_some_and(|own| !own.goes_on(threshold, now));
                put(ports, ctx, own, FailoverStep::Missed { region }, known).await?;
            }
            Some(true) | None => {}
        }
    }
    Ok(())
}

/// Whether it answers; unknown where rights are wrong or it is asked too often (I13).
fn answers(answer: &Answer<String>) -> Option<bool> {
    match answer {
        Ok(_) => Some(true),
        Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::NotFound) => Some(false),
        Err(_) => None,
    }
}

/// Its capacity first: nobody is woken, for the region that is lost has its own page.
async fn ask<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
) -> Result<(), HandlerError> {
    // Nobody asks the other regions before this one has missed one for long.
    if own.history().missed.is_empty() {
        return Ok(());
    }
    let others = home::others(ports, &ctx.fleet, &ctx.region).await;
    let others = others.iter().map(|(region, chain)| (region, chain.history())).collect();
    let Some((from, with)) = stands_in(&ctx.fleet, own.history(), &others, ports.now()) else { return Ok(()) };
    let step = FailoverStep::Asked { from: from.clone(), why: MISSED_BY_THE_REGIONS.to_owned() };
    if put(ports, ctx, own, step, |history| history.is_in_failover()).await? {
        let notice = Notice::StandsIn { from: from.clone(), with };
        ports.advise(&ctx.region, &Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region)).await?;
    }
    Ok(())
}

/// True if this call has written it.
async fn put<P: Ledger + Clock>(
    ports: &P,
    ctx: &Context,
    own: &mut Journal<RegionHistory>,
    step: FailoverStep,
    known: impl Fn(&RegionHistory) -> bool,
) -> Result<bool, HandlerError> {
    Ok(own.append_unless(ports, &ctx.actor(FunctionKind::Replication), Record::Failover(step), known).await?)
}
