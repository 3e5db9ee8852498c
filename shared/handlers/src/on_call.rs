//! How a page reaches the people on call when the topic that it should go through does not take it.

use crate::ports::{Answer, Page, Pager};
use meridian_domain::Fleet;

/// Pages through home's topic: a region that a page is about is the last one to rely on. Where home's does not take it, because it is
/// ill or does not let us, the first other region's that does carries it: on-call subscribes to all of them.
///
/// # Errors
/// What home's topic answered, where no region's takes the page.
pub(crate) async fn page(ports: &impl Pager, fleet: &Fleet, page: &Page) -> Answer<()> {
    let Err(refusal) = ports.page(&fleet.home, page).await else { return Ok(()) };
    tracing::error!(%refusal, page = page.subject, "home's topic did not take the page");
    for region in fleet.regions.iter().map(|region| &region.name).filter(|region| **region != fleet.home) {
        match ports.page(region, page).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::error!(%error, %region, "another region's topic did not take the page either"),
        }
    }
    Err(refusal)
}

/// As [`page`], for work that goes on whether anybody hears of it: where every topic declines the page for good, the log alone says it.
///
/// # Errors
/// Home's topic does not answer, nor does any other: the same call may do later.
pub(crate) async fn page_if_it_can(ports: &impl Pager, fleet: &Fleet, page: &Page) -> Answer<()> {
    match self::page(ports, fleet, page).await {
        Err(refusal) if !refusal.is_regional() => Ok(()),
        sent => sent,
    }
}
