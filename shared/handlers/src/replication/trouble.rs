//! S3's own word that it did not replicate an object: told to people once, not once per object and delivery.

use super::own_chain;
use crate::context::{Context, FunctionKind, HandlerError};
use crate::events::ReplicationTrouble;
use crate::journal::Journal;
use crate::ports::{Clock, Ledger, Page, Pager};
use meridian_domain::{Record, RegionHistory, Runbook};
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
    let line = |trouble: &&ReplicationTrouble| {
        let ReplicationTrouble { what, key, destination, .. } = trouble;
        format!("{key} on its way to {destination}: {what}; its reason: {}", reason(trouble))
    };
    let objects = troubles.iter().map(line).collect::<Vec<_>>().join("\n");
    let message = format!(
        "S3 reports objects that it did not replicate:\n{objects}\n\nNow: a region without them does not attest the \
         release. The wave waits for it until the replication deadline and then goes on without it; no endpoint is \
         touched. More objects on the same way are noted in the ledger and not paged for {:#}.\n\nTo do: mend the \
         replication rule, its role or the destination bucket, then replicate the objects again (S3 Batch Replication: \
         nobody may write there by hand). The sweep attests them within 5 minutes of their arrival. {}",
        ctx.fleet.wave.replication_deadline,
        Runbook::StuckReplication
    );
    let destinations: BTreeSet<&str> = troubles.iter().map(|trouble| trouble.destination.as_str()).collect();
    let destinations = destinations.into_iter().collect::<Vec<_>>().join(", ");
    Page::new(format!("{}: replication to {destinations} failed", ctx.fleet.name), message)
}
