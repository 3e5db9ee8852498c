//! S3's own word that it did not replicate an object: told to people once, not once per object and delivery.

use super::ReplicationTrouble;
use super::own_chain;
use crate::context::{Context, FunctionKind, HandlerError};
use crate::journal::Journal;
use crate::ports::{Clock, Ledger, Page, Pager};
use meridian_domain::{Record, RegionHistory};
use meridian_messages::pages::{Notice, Sender, Unreplicated};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Pages what is still missing and was not told yet: one page for all of a notification's objects. The objects of one
/// release come in several notifications, so a destination that was paged about within the replication deadline is only
/// noted in the ledger.
pub(super) async fn report<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    troubles: &[ReplicationTrouble],
) -> Result<Value, HandlerError> {
    let mut chain = own_chain(ports, ctx).await;
    let history = chain.as_ref().ok().map(Journal::history);
    let new: Vec<&ReplicationTrouble> = troubles
        .iter()
        .inspect(|trouble| log(trouble))
        .filter(|trouble| trouble.is_open() && !history.is_some_and(|history| is_known(history, trouble)))
        .collect();
    let loud: Vec<&ReplicationTrouble> = new
        .iter()
        .copied()
        .filter(|trouble| !history.is_some_and(|history| was_paged_lately(ports, ctx, history, trouble)))
        .collect();
    if !loud.is_empty() {
        ports.page(&ctx.region, &page(ctx, &loud)).await?;
    }
    // Told first, noted then: a call that dies between the two tells it again. Without a ledger it is told all the same.
    if let (Ok(chain), false) = (&mut chain, new.is_empty()) {
        let objects: BTreeSet<_> = new.iter().map(|it| (it.key.clone(), it.destination.clone())).collect();
        let record = Record::NotReplicated { objects: objects.into_iter().collect() };
        let known = |history: &RegionHistory| new.iter().all(|trouble| is_known(history, trouble));
        chain.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, known).await?;
    }
    Ok(json!({"outcome": "reported", "objects": troubles.len(), "new": new.len()}))
}

fn is_known(history: &RegionHistory, trouble: &ReplicationTrouble) -> bool {
    history.unreplicated.get(&trouble.destination).is_some_and(|keys| keys.contains_key(&trouble.key))
}

fn was_paged_lately(ports: &impl Clock, ctx: &Context, history: &RegionHistory, trouble: &ReplicationTrouble) -> bool {
    let since = ports.now() - ctx.fleet.wave.replication_deadline;
    let keys = history.unreplicated.get(&trouble.destination);
    keys.is_some_and(|keys| keys.values().any(|at| *at > since))
}

fn log(trouble: &ReplicationTrouble) {
    let ReplicationTrouble { what, key, destination, .. } = trouble;
    if trouble.is_open() {
        tracing::error!(key, destination, what, reason = reason(trouble), "S3 did not replicate an object");
    } else {
        tracing::info!(key, destination, "replicated late");
    }
}

fn reason(trouble: &ReplicationTrouble) -> &str {
    trouble.reason.as_deref().unwrap_or("none given")
}

fn page(ctx: &Context, troubles: &[&ReplicationTrouble]) -> Page {
    let object = |trouble: &&ReplicationTrouble| {
        let ReplicationTrouble { what, key, destination, reason } = *trouble;
        Unreplicated { key: key.clone(), bucket: destination.clone(), event: what.clone(), reason: reason.clone() }
    };
    let notice = Notice::NotReplicated(troubles.iter().map(object).collect());
    Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region)
}
