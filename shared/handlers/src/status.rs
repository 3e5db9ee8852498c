//! `status`: does this region serve? Asked of the data plane only, so that a dark control plane never takes a serving
//! region out of DNS.
//!
//! Route 53's checkers ask about every two seconds in all; the endpoint is asked at most every ten, with one golden
//! record of what the ledger says serves here.

use crate::context::{Context, HandlerError};
use crate::events::StatusEvent;
use crate::files;
use crate::journal::Journal;
use crate::ports::{Artifacts, Clock, Endpoints, Ledger};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Chain, RegionHistory, ReleaseId, Target};
use meridian_scoring::GoldenRecords;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How old an answer may be.
const FRESH: SignedDuration = SignedDuration::from_secs(10);

/// What a warm process remembers between calls: only what can be looked up again, and nothing that decides.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Remembered>>);

#[derive(Default)]
struct Remembered {
    answer: Option<(Timestamp, Value)>,
    journal: Option<Journal<RegionHistory>>,
    probe: Option<Probe>,
}

/// One golden payload of one release. Customer data: never printed.
#[derive(Clone)]
struct Probe {
    release: ReleaseId,
    payload: String,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// Works on what is remembered. Never held across an await, so that two calls in one process cannot wait for each other.
    fn with<T>(&self, work: impl FnOnce(&mut Remembered) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers an API Gateway proxy request.
///
/// # Errors
/// None so far: a region that does not serve is an answer, 503.
pub async fn handle<P>(ports: &P, ctx: &Context, event: &StatusEvent) -> Result<Value, HandlerError>
where
    P: Artifacts + Ledger + Endpoints + Clock,
{
    let StatusEvent::Health = event;
    let now = ports.now();
    let remembered = ctx.memory.with(|memory| memory.answer.clone());
    if let Some((_, answer)) = remembered.filter(|(at, _)| now.duration_since(*at).abs() < FRESH) {
        return Ok(answer);
    }
    let answer = match look(ports, ctx).await {
        Ok(serving) => {
            let Target { release, version, .. } = serving;
            response(200, &json!({"status": "ok", "region": ctx.region, "release": release, "version": version}))
        }
        Err(reason) => {
            tracing::warn!(reason, "this region is not healthy");
            response(503, &json!({"status": "unavailable", "region": ctx.region, "reason": reason}))
        }
    };
    ctx.memory.with(|memory| memory.answer = Some((now, answer.clone())));
    Ok(answer)
}

/// What serves, proved by one answer; or why it is not proved.
async fn look<P: Artifacts + Ledger + Endpoints>(ports: &P, ctx: &Context) -> Result<Target, String> {
    let serving = serving(ports, ctx).await?;
    let payload = probe(ports, ctx, serving.release).await?;
    let endpoint = &ctx.fleet.endpoint;
    let answer = ports.invoke(&ctx.region, endpoint, &payload).await.map_err(|error| error.to_string())?;
    match GoldenRecords::parse_answer(&answer) {
        Some(score) if (0.0..=1.0).contains(&score) => Ok(serving),
        _ => Err(format!("endpoint {endpoint} answered something that is not a probability")),
    }
}

/// What the region's chain says serves here. Where the chain cannot be read, what it said before still holds.
async fn serving(ports: &impl Ledger, ctx: &Context) -> Result<Target, String> {
    let journal = match ctx.memory.with(|memory| memory.journal.clone()) {
        Some(mut journal) => {
            if let Err(error) = journal.refresh(ports).await {
                tracing::warn!(%error, "the ledger cannot be read; going on with what it said before");
            }
            journal
        }
        None => Journal::open(ports, &ctx.region, Chain::Region(ctx.region.clone()))
            .await
            .map_err(|error| error.to_string())?,
    };
    let serving = journal.history().serving.as_ref().map(|serving| serving.target.clone());
    ctx.memory.with(|memory| memory.journal = Some(journal));
    serving.ok_or_else(|| format!("{} has no confirmed release yet", ctx.region))
}

async fn probe(ports: &impl Artifacts, ctx: &Context, release: ReleaseId) -> Result<String, String> {
    let known = ctx.memory.with(|memory| memory.probe.clone()).filter(|probe| probe.release == release);
    if let Some(probe) = known {
        return Ok(probe.payload);
    }
    let golden = files::golden(ports, &ctx.region, release).await.map_err(|error| error.to_string())?;
    let Some(record) = golden.records.into_iter().next() else {
        return Err(format!("release {} has no golden records", release.short()));
    };
    let payload = record.payload.clone();
    ctx.memory.with(|memory| memory.probe = Some(Probe { release, payload: record.payload }));
    Ok(payload)
}

fn response(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests;
