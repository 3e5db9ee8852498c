//! How a page, or a piece of advice, reaches the people on call when the topic that it should go through does not take it.

use crate::journal::Journal;
use crate::ports::{Answer, Clock, Ledger, Page, Pager};
use meridian_domain::{Actor, Advice, Fleet, Reason, Record, RegionHistory, RegionName};
use meridian_messages::Voice;
use std::collections::BTreeMap;

/// Pages through home's topic: a region that a page is about is the last one to rely on. Where home's does not take it, because it is
/// ill or does not let us, the first other region's that does carries it: on-call subscribes to all of them.
///
/// # Errors
/// What home's topic answered, where no region's takes the page.
pub(crate) async fn page(ports: &impl Pager, fleet: &Fleet, page: &Page) -> Answer<()> {
    through_any_topic(fleet, page, async |region| ports.page(region, page).await).await
}

/// The same way for what nobody need get up for.
///
/// # Errors
/// What home's topic answered, where no region's takes the advice.
pub(crate) async fn advise(ports: &impl Pager, fleet: &Fleet, advice: &Page) -> Answer<()> {
    through_any_topic(fleet, advice, async |region| ports.advise(region, advice).await).await
}

async fn through_any_topic(fleet: &Fleet, note: &Page, send: impl AsyncFn(&RegionName) -> Answer<()>) -> Answer<()> {
    let Err(refusal) = send(&fleet.home).await else { return Ok(()) };
    tracing::error!(%refusal, note = note.subject, "home's topic did not take it");
    for region in fleet.regions.iter().map(|region| &region.name).filter(|region| **region != fleet.home) {
        match send(region).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::error!(%error, %region, "another region's topic did not take it either"),
        }
    }
    Err(refusal)
}

/// Puts a page that no topic takes on record as owed, in the ledger of the region that it is about, or in the first other one that takes
/// it: that region's `rollback` sends it at one of its next sweeps. Answers whose ledger took it.
pub(crate) async fn owe(
    ports: &(impl Ledger + Clock),
    fleet: &Fleet,
    region: &RegionName,
    (actor, why, advice): (&Actor, &Reason, &Advice),
    chains: &mut BTreeMap<RegionName, Journal<RegionHistory>>,
) -> Option<RegionName> {
    let record = Record::PageOwed { why: why.clone(), advice: advice.clone() };
    let others = fleet.regions.iter().map(|other| &other.name).filter(|other| *other != region);
    for place in std::iter::once(region).chain(others) {
        let Some(chain) = chains.get_mut(place) else { continue };
        match chain.append(ports, actor, record.clone()).await {
            Ok(()) => return Some(place.clone()),
            Err(error) => tracing::error!(%error, "the outstanding page could not be recorded"),
        }
    }
    tracing::error!(page = Voice::of(fleet).why(why), "the page could not be sent, and no ledger takes it as owed");
    None
}

/// As [`page`], for work that goes on whether anybody hears of it. Answers whether a topic took it: where every one declines it for
/// good, the log alone says it.
///
/// # Errors
/// Home's topic does not answer, nor does any other: the same call may do later.
pub(crate) async fn page_if_it_can(ports: &impl Pager, fleet: &Fleet, page: &Page) -> Answer<bool> {
    match self::page(ports, fleet, page).await {
        Err(refusal) if !refusal.is_regional() => Ok(false),
        sent => sent.map(|()| true),
    }
}
