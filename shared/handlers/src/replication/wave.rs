//! Home's part: once every region has attested a release, or is late, its wave starts; and where one has ended with tries open, it goes
//! on in another execution.
//!
//! Idempotent at every step: the execution's token is the release's digest, and which of its executions it is where that is not the
//! first, so that a call which died between starting the execution and recording it finds the same execution again.

use super::LOOK;
use crate::context::{Context, FunctionKind, HandlerError};
use crate::files;
use crate::home;
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{Artifacts, Clock, Ledger, Page, Pager, Pipeline, StartSpec};
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::edge::cut;
use meridian_domain::reason::Failure;
use meridian_domain::{
    Actor, Chain, Fleet, HubHistory, Manifest, Record, RegionHistory, RegionName, ReleaseId, Sha256, Version, keys,
    plan,
};
use meridian_messages::pages::{Notice, Sender};
use serde_json::json;
use std::collections::BTreeMap;

/// The pipeline's source action (template.yaml): the wave key's version is its revision.
const SOURCE_ACTION: &str = "Source";

/// An id of CodePipeline has 36 characters; more of what is none are not repeated.
const LONGEST_ID: usize = 80;

/// Waits until every region has attested, or until `until`, or for what is left of the replication deadline, which runs
/// since home's own attestation; then starts the wave. Answers its execution, or `None` where it is too early (the
/// sweep looks again) or too late: a release never starts after a newer one.
pub(super) async fn start_when_ready<P>(
    ports: &P,
    ctx: &Context,
    own: &Journal<RegionHistory>,
    release: ReleaseId,
    until: Timestamp,
) -> Result<Option<Actor>, HandlerError>
where
    P: Artifacts + Ledger + Pipeline + Pager + Clock,
{
    let mut hub = Journal::<HubHistory>::open(ports, &ctx.fleet.home, Chain::Home).await?;
    if let Some(execution) = hub.history().waves.get(&release) {
        return Ok(Some(execution.clone()));
    }
    // What home has not attested does not start.
    let Some(attested) = own.history().attested_at.get(&release) else { return Ok(None) };
    let manifest = files::manifest(ports, &ctx.fleet.home, release).await?;
    if is_held_back(ports, ctx, hub.history(), (release, *attested), &manifest).await? {
        return Ok(None);
    }
    let deadline = attested.saturating_add(ctx.fleet.wave.replication_deadline).unwrap_or(Timestamp::MAX);
    let (mut chains, mut waited) = (RegionChains::default(), false);
    loop {
        let missing = chains.missing(ports, ctx, release).await;
        if home::is_replaced(ports, ctx, hub.history(), &mut chains.chains).await? {
            return Ok(None);
        }
        if missing.is_empty() || ports.now() >= deadline {
            if waited {
                hub.refresh(ports).await?;
                if is_held_back(ports, ctx, hub.history(), (release, *attested), &manifest).await? {
                    return Ok(None);
                }
            }
            return start(ports, ctx, hub, release, &manifest, missing).await.map(Some);
        }
        if ports.now() + LOOK > until {
            tracing::info!(%release, ?missing, "not every region has attested yet");
            return Ok(None);
        }
        ports.sleep(LOOK).await;
        waited = true;
    }
}

/// When a release came: when its training finished, as its manifest says, but no later than it was `seen`, which is when home
/// attested it or its wave started. This alone orders releases.
fn came(manifest: &Manifest, seen: Timestamp) -> Timestamp {
    manifest.created.min(seen)
}

/// True if the release must not start: home has moved, a person, evaluation or evidence said so, or a newer release that keeps its place
/// has had its wave: a late or repeated arrival must not put the older one after it. A newer one whose manifest is gone binds
/// nobody.
async fn is_held_back(
    ports: &impl Artifacts,
    ctx: &Context,
    hub: &HubHistory,
    (release, attested): (ReleaseId, Timestamp),
    manifest: &Manifest,
) -> Result<bool, HandlerError> {
    let version = &manifest.version;
    if let Some(moved) = hub.moved_from(&ctx.fleet.home) {
        tracing::warn!(%release, %version, to = %moved.to, "not started: home has moved, and it was published where home was");
        return Ok(true);
    }
    if let Some(quarantine) = hub.quarantine_of(release, manifest) {
        let (object, why) = (&quarantine.object, &quarantine.why);
        tracing::warn!(%release, %version, %object, why, "not started: in quarantine");
        return Ok(true);
    }
    if !hub.counts(&release) {
        tracing::warn!(%release, %version, "not started: it was rejected or condemned");
        return Ok(true);
    }
    if !is_evaluated_here(ctx, hub, &release) {
        tracing::warn!(%release, %version, "not started: this home evaluates none before every region is deployed with its name");
        return Ok(true);
    }
    let Some((newest, started)) = hub.newest().filter(|(newest, _)| *newest != release) else { return Ok(false) };
    match files::manifest(ports, &ctx.fleet.home, newest).await {
        Ok(other) if came(manifest, attested) < came(&other, started) => {
            tracing::warn!(%release, %version, newer = %other.version, "a newer release has had its wave");
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(error) if error.is_missing() || error.fault().is_some() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A home that has moved evaluates nothing new before every region is deployed with its name.
fn is_evaluated_here(ctx: &Context, hub: &HubHistory, release: &ReleaseId) -> bool {
    !ctx.moved || hub.approved.contains(release)
}

/// Starts the wave of the newest release, if nobody has: what the arrival's own call would have done. Where there is none to start,
/// the last one may have tries open.
pub(super) async fn start_newest<P>(
    ports: &P,
    ctx: &Context,
    own: &Journal<RegionHistory>,
    hub: &Journal<HubHistory>,
    releases: &[ReleaseId],
) -> Result<Option<Actor>, HandlerError>
where
    P: Artifacts + Ledger + Pipeline + Pager + Clock,
{
    let history = hub.history();
    // What home refused, has not looked at yet or cannot evaluate takes nobody's place; neither does what somebody has decided against.
    let counts = |release: &ReleaseId| history.counts(release) && is_evaluated_here(ctx, history, release);
    let waits = |release: &&ReleaseId| !history.waves.contains_key(*release) && counts(release);
    let mut newest: Option<(Timestamp, ReleaseId)> = None;
    for release in releases.iter().filter(waits) {
        let Some(attested) = own.history().attested_at.get(release) else { continue };
        let Ok(manifest) = files::manifest(ports, &ctx.region, *release).await else { continue };
        if history.quarantine_of(*release, &manifest).is_none() {
            newest = newest.max(Some((came(&manifest, *attested), *release)));
        }
    }
    // Of several that wait only the newest walks.
    let Some((came, release)) = newest else { return resume(ports, ctx, hub, None).await };
    match start_when_ready(ports, ctx, own, release, ports.now()).await? {
        Some(execution) => Ok(Some(execution)),
        None => resume(ports, ctx, hub, Some(came)).await,
    }
}

/// Goes on with the last wave's release where that left tries open, unless one that waits for its own wave is `newer`. Nothing starts
/// while a region's chain cannot be read: the next sweep looks again.
async fn resume<P>(
    ports: &P,
    ctx: &Context,
    hub: &Journal<HubHistory>,
    newer: Option<Timestamp>,
) -> Result<Option<Actor>, HandlerError>
where
    P: Artifacts + Ledger + Pipeline + Pager + Clock,
{
    let history = hub.history();
    let Some(due) = meridian_domain::resume::resume(&ctx.fleet, history, ports.now()) else { return Ok(None) };
    let Some(started) = history.first_started(&due.release) else { return Ok(None) };
    let manifest = files::manifest(ports, &ctx.fleet.home, due.release).await?;
    let waits = newer.is_some_and(|newer| newer > came(&manifest, started));
    if waits || is_held_back(ports, ctx, history, (due.release, started), &manifest).await? {
        return Ok(None);
    }
    let mut regions = BTreeMap::new();
    for region in &ctx.fleet.regions {
        match Journal::<RegionHistory>::open(ports, &region.name, Chain::Region(region.name.clone())).await {
            Ok(chain) => regions.insert(region.name.clone(), chain),
            // It was home, and what it says it has not said for as long as it is lost: the wave leaves it behind.
            Err(_) if history.moved.as_ref().is_some_and(|moved| moved.lost && moved.from == region.name) => None,
            Err(error) => {
                tracing::warn!(region = %region.name, %error, "tries are open, and a region's ledger cannot be read");
                return Ok(None);
            }
        };
    }
    if home::is_replaced(ports, ctx, history, &mut regions).await?
        || !due.is_due_in(&ctx.fleet, regions.iter().map(|(name, chain)| (name, chain.history())))
    {
        return Ok(None);
    }
    let execution = start_execution(ports, ctx, due.release, &due.version, due.token()).await?;
    let record = Record::WaveStarted {
        release: due.release,
        version: due.version,
        execution: execution.clone(),
        late: Vec::new(),
        order: Some(plan::wave_order(&ctx.fleet, ports.now())),
        resumes: Some(due.resumed),
        policy: Some(ctx.policy),
    };
    let known = |history: &HubHistory| history.resumed.contains_key(&execution);
    hub.clone().append_unless(ports, &ctx.actor(FunctionKind::Replication), record, known).await?;
    Ok(Some(execution))
}

/// The regions' chains, read on at every look.
#[derive(Default)]
struct RegionChains {
    chains: BTreeMap<RegionName, Journal<RegionHistory>>,
}

impl RegionChains {
    /// The regions that are not known to have attested: one that cannot be read counts among them (I13).
    async fn missing<P: Ledger>(&mut self, ports: &P, ctx: &Context, release: ReleaseId) -> Vec<RegionName> {
        let mut missing = Vec::new();
        for region in &ctx.fleet.regions {
            if !self.has_attested(ports, &region.name, release).await {
                missing.push(region.name.clone());
            }
        }
        missing
    }

    async fn has_attested<P: Ledger>(&mut self, ports: &P, region: &RegionName, release: ReleaseId) -> bool {
        let read = match self.chains.get_mut(region) {
            // An attestation stays true.
            Some(chain) if chain.history().attested.contains(&release) => return true,
            Some(chain) => chain.refresh(ports).await,
            None => match Journal::open(ports, region, Chain::Region(region.clone())).await {
                Ok(chain) => {
                    self.chains.insert(region.clone(), chain);
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = read {
            tracing::warn!(%region, %error, "attestations cannot be read");
        }
        self.chains.get(region).is_some_and(|chain| chain.history().attested.contains(&release))
    }
}

async fn start<P>(
    ports: &P,
    ctx: &Context,
    mut hub: Journal<HubHistory>,
    release: ReleaseId,
    manifest: &Manifest,
    late: Vec<RegionName>,
) -> Result<Actor, HandlerError>
where
    P: Artifacts + Ledger + Pipeline + Pager + Clock,
{
    let execution = start_execution(ports, ctx, release, &manifest.version, release.to_string()).await?;
    let actor = ctx.actor(FunctionKind::Replication);
    // People first: where this call dies now, the next one finds no entry, the same execution, and tells them again.
    let mut told = true;
    if !late.is_empty() && !hub.history().waves.contains_key(&release) {
        let (version, archive, image) =
            (manifest.version.clone(), manifest.archive.key.clone(), manifest.image.clone());
        let notice = Notice::ReplicasLate { version, late: late.clone(), archive, image };
        let page = Page::of(&ctx.fleet, notice, &ctx.fleet.home, &Sender::Wave(execution.clone()));
        told = on_call::page_if_it_can(ports, &ctx.fleet, &page).await?;
    }
    let record = Record::WaveStarted {
        release,
        version: manifest.version.clone(),
        execution: execution.clone(),
        // On record they are left behind, and people know. Where no topic took it, `promote` waits for them in their turns, and tells
        // or owes it: at worst a second time, where a call that did tell died before this entry.
        late: if told { late } else { Vec::new() },
        order: Some(plan::wave_order(&ctx.fleet, ports.now())),
        resumes: None,
        policy: Some(ctx.policy),
    };
    hub.append_unless(ports, &actor, record, |history| history.waves.contains_key(&release)).await?;
    Ok(execution)
}

/// Writes the wave key and starts an execution bound to that version of it. The same `token` starts the same execution;
/// another one starts a new execution of the same release, in which regions that serve it are left as they are.
///
/// # Errors
/// Home's S3 or CodePipeline did not take it.
pub async fn start_execution<P: Artifacts + Pipeline>(
    ports: &P,
    ctx: &Context,
    release: ReleaseId,
    version: &Version,
    token: String,
) -> Result<Actor, HandlerError> {
    start_with(ports, &ctx.fleet, ctx.policy, &release.to_string(), version.as_str(), token).await
}

/// The same with whatever stands for a release.
///
/// # Errors
/// As [`start_execution`].
pub(crate) async fn start_with<P: Artifacts + Pipeline>(
    ports: &P,
    fleet: &Fleet,
    policy: Sha256,
    release: &str,
    version: &str,
    token: String,
) -> Result<Actor, HandlerError> {
    let body = json!({"release": release, "version": version, "policy": policy});
    let source = ports.replace(&fleet.home, &keys::wave(&fleet.name), Bytes::from(body.to_string())).await?;
    let spec = StartSpec {
        pipeline: fleet.pipeline.clone(),
        token,
        variables: vec![
            ("release".to_owned(), release.to_owned()),
            ("policy".to_owned(), policy.to_string()),
            ("version".to_owned(), version.to_owned()),
        ],
        source: (SOURCE_ACTION.to_owned(), source),
    };
    let id = ports.start(&fleet.home, &spec).await?;
    id.parse().map_err(|_| Failure::NoExecutionId { id: cut(&id, LONGEST_ID) }.into())
}
