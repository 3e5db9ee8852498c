//! `replication`: proves that a release has arrived, region by region, and starts the wave once it has everywhere.
//!
//! S3 has no event for "replicated": arrival is proved by reading the destination. A region attests in its own ledger
//! what it has read itself; home only reads the attestations.

pub mod copies;
mod event;
mod lost;
mod lost_home;
mod stand_in;
mod trouble;
mod wave;

pub(crate) use event::manifest_created;
pub use event::{ReplicationEvent, ReplicationTrouble};
pub use wave::start_execution;
pub(crate) use wave::start_with;

use crate::context::{Context, FunctionKind, HandlerError};
use crate::files::{self, FileError};
use crate::journal::{Journal, JournalError};
use crate::ports::{Artifacts, Clock, Endpoints, Images, Ledger, Page, Pager, Pipeline};
use crate::signing;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::FileFault;
use meridian_domain::{Chain, File, HubHistory, Projection, Record, RegionHistory, ReleaseId, keys};
use meridian_messages::files::words;
use meridian_messages::pages::{Notice, Sender};
use serde_json::{Value, json};

/// How long one call waits: for an archive that lands after its manifest, then for the other regions. The function's
/// own time limit is longer by what one dark region costs.
const WAIT: SignedDuration = SignedDuration::from_secs(60);
/// A chain in use has grown by so many times what policy says before its sum is kept all the same.
const OVERDUE: u64 = 4;
/// Between two looks.
const LOOK: SignedDuration = SignedDuration::from_secs(2);

/// Does what the event asks for, and answers what came of it.
///
/// # Errors
/// A service that does not answer: Lambda repeats the call, and the sweep comes every five minutes. Wrong bytes are an
/// answer, with a page: repeating does not mend them.
pub async fn handle<P>(ports: &P, ctx: &Context, event: &ReplicationEvent) -> Result<Value, HandlerError>
where
    P: Artifacts + Endpoints + Images + Ledger + Pipeline + Pager + Clock,
{
    match event {
        ReplicationEvent::ManifestCreated { release } => arrived(ports, ctx, *release).await,
        ReplicationEvent::ReplicationFailed(troubles) => trouble::report(ports, ctx, troubles).await,
        ReplicationEvent::Sweep => sweep(ports, ctx).await,
    }
}

/// What came of looking at one release in this region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attestation {
    /// Every file lies here with the digest that the manifest names, and the ledger says so.
    Attested,
    /// A file is not here yet.
    Missing,
    /// A file is here, and is not what the manifest says.
    Refused,
}

impl Attestation {
    fn word(self) -> &'static str {
        match self {
            Attestation::Attested => "attested",
            Attestation::Missing => "missing",
            Attestation::Refused => "refused",
        }
    }
}

async fn arrived<P>(ports: &P, ctx: &Context, release: ReleaseId) -> Result<Value, HandlerError>
where
    P: Artifacts + Images + Ledger + Pipeline + Pager + Clock,
{
    let until = ports.now() + WAIT;
    let mut chain = own_chain(ports, ctx).await?;
    let ctx = &ctx.at_home(chain.history().home());
    let outcome = attest(ports, ctx, &mut chain, release, until).await?;
    if outcome == Attestation::Attested && ctx.is_home() {
        let wave = wave::start_when_ready(ports, ctx, &chain, release, until).await?;
        return Ok(json!({"outcome": outcome.word(), "wave": wave}));
    }
    Ok(json!({"outcome": outcome.word(), "reason": chain.history().refused.get(&release)}))
}

/// Checks the release's signature, its manifest, its image and its replicated files, in this order, and writes the attestation, unless
/// it stands there already.
/// Wrong bytes are written down too, and somebody is paged once.
async fn attest<P>(
    ports: &P,
    ctx: &Context,
    chain: &mut Journal<RegionHistory>,
    release: ReleaseId,
    until: Timestamp,
) -> Result<Attestation, HandlerError>
where
    P: Artifacts + Images + Ledger + Pager + Clock,
{
    if chain.history().attested.contains(&release) {
        return Ok(Attestation::Attested);
    }
    if chain.history().refused_last.contains(&release) {
        return Ok(Attestation::Refused);
    }
    let signed = match check_signature(ports, ctx, release, until).await {
        Ok(signed) => signed,
        // Home's is written before the manifest; elsewhere it may still be on its way.
        Err(error) if error.is_missing() && !ctx.is_home() => {
            tracing::warn!(%release, "the signature has not arrived yet");
            return Ok(Attestation::Missing);
        }
        Err(error) if error.is_missing() => {
            let fault = FileFault::Unsigned { file: keys::signature(release), region: ctx.region.clone() };
            return refuse(ports, ctx, chain, release, &release.short(), fault).await;
        }
        Err(FileError::Unusable(fault)) => return refuse(ports, ctx, chain, release, &release.short(), fault).await,
        Err(error) => return Err(error.into()),
    };
    let manifest = match signed.manifest(ports, ctx, &ctx.region).await {
        Ok(manifest) => manifest,
        Err(FileError::Unusable(fault)) => return refuse(ports, ctx, chain, release, &release.short(), fault).await,
        Err(error) => return Err(error.into()),
    };
    if let Err(fault) = ctx.fleet.check_image(&manifest) {
        return refuse(ports, ctx, chain, release, manifest.version.as_str(), fault.into()).await;
    }
    // Before the archive, which takes seconds to read, and is read anew where something else is missing.
    if !ports.has_image(&ctx.region, &manifest.image).await? {
        let fault = FileFault::NoImage { image: manifest.image, region: ctx.region.clone() };
        // Home's is there before a release names it; elsewhere it may still be on its way.
        if ctx.is_home() {
            return refuse(ports, ctx, chain, release, manifest.version.as_str(), fault).await;
        }
        tracing::warn!(%release, what = words(&fault), "the image has not arrived yet");
        return Ok(Attestation::Missing);
    }
    for file in manifest.files() {
        match check_file(ports, ctx, file, until).await {
            Ok(()) => {}
            Err(error) if error.is_missing() => {
                tracing::warn!(%release, key = file.key, "a file has not arrived yet");
                return Ok(Attestation::Missing);
            }
            Err(FileError::Unusable(fault)) => {
                return refuse(ports, ctx, chain, release, manifest.version.as_str(), fault).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let record = Record::Attested { release, version: manifest.version };
    let actor = ctx.actor(FunctionKind::Replication);
    chain.append_unless(ports, &actor, record, |history| history.attested.contains(&release)).await?;
    Ok(Attestation::Attested)
}

/// Tells people of wrong bytes, then the ledger, so that a call that dies between the two tells them again, and every
/// later look finds it told. A signature is as wrong in home as anywhere, so home tells people of it and the others do not:
/// where one region's copy alone is wrong, that region is late, which home tells too.
async fn refuse<P: Ledger + Pager + Clock>(
    ports: &P,
    ctx: &Context,
    chain: &mut Journal<RegionHistory>,
    release: ReleaseId,
    name: &str,
    fault: FileFault,
) -> Result<Attestation, HandlerError> {
    tracing::error!(%release, error = words(&fault), "not attested");
    let refused = |history: &RegionHistory| history.refused.contains_key(&release);
    if !refused(chain.history()) {
        // What every region refuses alike is told by home alone.
        if ctx.is_home() || !fault.is_everywhere() {
            ports.page(&ctx.region, &refusal(ctx, name, &fault)).await?;
        }
        let last = fault.is_final();
        let record = Record::Refused { release, why: fault.into(), last };
        chain.append_unless(ports, &ctx.actor(FunctionKind::Replication), record, refused).await?;
    }
    Ok(Attestation::Refused)
}

/// The signature, which may land after the manifest that it is of.
async fn check_signature<P>(
    ports: &P,
    ctx: &Context,
    release: ReleaseId,
    until: Timestamp,
) -> Result<signing::Signed, FileError>
where
    P: Artifacts + Clock,
{
    loop {
        match signing::read(ports, &ctx.region, &ctx.fleet.signing, release, ports.now()).await {
            Err(error) if error.is_missing() && ports.now() + LOOK < until => ports.sleep(LOOK).await,
            done => return done,
        }
    }
}

/// S3 replicates objects in no order: a file may land after the manifest that names it.
async fn check_file<P>(ports: &P, ctx: &Context, file: &File, until: Timestamp) -> Result<(), FileError>
where
    P: Artifacts + Clock,
{
    loop {
        match files::check(ports, &ctx.region, file).await {
            Err(error) if error.is_missing() && ports.now() + LOOK < until => ports.sleep(LOOK).await,
            done => return done,
        }
    }
}

/// Looks at every manifest that is not attested: what an event would have done, had it come.
async fn sweep<P>(ports: &P, ctx: &Context) -> Result<Value, HandlerError>
where
    P: Artifacts + Endpoints + Images + Ledger + Pipeline + Pager + Clock,
{
    let now = ports.now();
    let until = now + WAIT;
    let mut chain = own_chain(ports, ctx).await?;
    let ctx = &lost_home::settle(ports, ctx, &mut chain).await;
    let mut releases = files::published(ports, &ctx.region).await?;
    // What was refused before is looked at last: its files must not cost the others their turn.
    releases.sort_by_key(|release| chain.history().refused.contains_key(release));
    let (mut attested, mut open) = (0_u32, 0_u32);
    for release in &releases {
        if chain.history().attested.contains(release) {
            continue;
        }
        // The next sweep goes on: a new region may have much to read.
        if ports.now() >= until {
            break;
        }
        match attest(ports, ctx, &mut chain, *release, now).await {
            Ok(Attestation::Attested) => attested += 1,
            Ok(Attestation::Missing | Attestation::Refused) => open += 1,
            // One release's trouble must not keep the others waiting.
            Err(error) => {
                open += 1;
                tracing::error!(%release, %error, "not attested");
            }
        }
    }
    let mut wave = None;
    if ctx.is_home() {
        let mut hub = Journal::<HubHistory>::open(ports, &ctx.fleet.home, Chain::Home).await?;
        if let Some(moved) = hub.history().moved_from(&ctx.fleet.home) {
            tracing::info!(to = %moved.to, by = %moved.by, "home has moved: nothing starts here");
        } else {
            let held = hub.history().lease.as_ref().is_some_and(|lease| lease.until > now);
            write_checkpoint(ports, ctx, &mut hub, held).await;
            if let Err(error) = lost::look(ports, ctx, &mut hub).await {
                tracing::warn!(%error, "whether the last wave's execution is over is not known");
            }
            wave = wave::start_newest(ports, ctx, &chain, &hub, &releases).await?;
        }
    }
    lost_home::look(ports, ctx, &mut chain).await;
    stand_in::look(ports, ctx, &mut chain).await;
    copies::look(ports, ctx, &mut chain).await;
    let moves = chain.history().update.is_some();
    write_checkpoint(ports, ctx, &mut chain, moves).await;
    Ok(json!({"outcome": "swept", "attested": attested, "open": open, "wave": wave}))
}

/// Writes a checkpoint of a chain if it is due, so that a chain of years is read within seconds. A wave reads the chain's end
/// before each step, so a chain in use gets none until it is long overdue. A failure costs readers time, and the next sweep
/// tries again.
async fn write_checkpoint<P: Ledger + Clock, H: Projection>(
    ports: &P,
    ctx: &Context,
    chain: &mut Journal<H>,
    in_use: bool,
) {
    let every = ctx.fleet.ledger.checkpoint_every.get();
    let every = if in_use { every.saturating_mul(OVERDUE) } else { every };
    if let Err(error) = chain.write_checkpoint(ports, &ctx.actor(FunctionKind::Replication), every).await {
        tracing::warn!(%error, "no checkpoint written");
    }
}

async fn own_chain<P: Ledger>(ports: &P, ctx: &Context) -> Result<Journal<RegionHistory>, JournalError> {
    Journal::open(ports, &ctx.region, Chain::Region(ctx.region.clone())).await
}

/// The page of a release that this region does not attest.
fn refusal(ctx: &Context, release: &str, fault: &FileFault) -> Page {
    let notice = Notice::BytesRefused { release: release.to_owned(), what: fault.clone() };
    Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region)
}
