//! A region's shadow on captured requests: what the release would have answered to those that its customers sent in the last hours,
//! beside what the champion answers. It decides by what lies in its own region, writes one verdict into the region's own chain, and
//! no record leaves the region (I12).
//!
//! Woken by the manifest's arrival, as `replication` is, it waits for the attestation; the sweep is the fallback.

use super::ShadowEvent;
use super::readers::of_shape;
use super::scores::{self, Unscorable, image, threads};
use crate::context::{Context, FunctionKind, HandlerError};
use crate::files;
use crate::journal::Journal;
use crate::pipe::Outlet;
use crate::ports::{Artifacts, Clock, Ledger, limits};
use jiff::SignedDuration;
use meridian_domain::reason::{EvaluationReason, Failure};
use meridian_domain::{Chain, Manifest, Record, RegionHistory, RegionName, ReleaseId, ShadowPolicy, capture};
use meridian_evaluation::captured::{CaptureBounds, CapturedShadow, Requests, Shadowed};
use meridian_judge::CapturedJudgement;
use meridian_xgboost::{Attributions, Sample, Served};
use serde_json::{Value, json};

/// How long one call waits for the attestation: as long as `replication` waits for late files, and a little for its reading.
const WAIT: SignedDuration = SignedDuration::from_secs(75);
/// Between two looks.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// Judges the event's release on the region's captured requests, or the newest attested one, and records the verdict, unless one
/// stands there already: one for want of records stands for an hour.
///
/// # Errors
/// A service that does not answer, or a model that cannot be read: Lambda repeats the call, and the sweep comes every five minutes.
pub async fn handle<P>(ports: &P, ctx: &Context, event: &ShadowEvent) -> Result<Value, HandlerError>
where
    P: Artifacts + Ledger + Clock,
{
    let Some(policy) = &ctx.fleet.shadow else { return Ok(json!({"outcome": "off"})) };
    let mut chain = Journal::<RegionHistory>::open(ports, &ctx.region, Chain::Region(ctx.region.clone())).await?;
    let release = match event {
        ShadowEvent::ManifestCreated { release } => attested(ports, &mut chain, *release).await?,
        ShadowEvent::Sweep => newest(chain.history()),
    };
    let due = release.filter(|release| chain.history().is_shadow_due(release, ports.now()));
    let serving = chain.history().serving.as_ref().map(|serving| serving.target.release);
    // Without a champion there is nothing beside which a challenger could be put.
    let Some((release, champion)) = due.zip(serving).filter(|(release, champion)| release != champion) else {
        return Ok(json!({"outcome": "nothing"}));
    };
    let manifest = files::manifest(ports, &ctx.region, release).await?;
    let beside = files::manifest(ports, &ctx.region, champion).await?;
    let judgement = judge(ports, ctx, policy, &manifest, (champion, &beside)).await?;
    let verdict = judgement.verdict;
    let record = Record::Shadowed { release, version: manifest.version, champion, judgement };
    let actor = ctx.actor(FunctionKind::ShadowEval);
    let now = ports.now();
    chain.append_unless(ports, &actor, record, |history| !history.is_shadow_due(&release, now)).await?;
    Ok(json!({"outcome": "judged", "release": release, "verdict": verdict}))
}

/// The release once the region has attested it, or none where it does not for as long as one call waits.
async fn attested<P: Ledger + Clock>(
    ports: &P,
    chain: &mut Journal<RegionHistory>,
    release: ReleaseId,
) -> Result<Option<ReleaseId>, HandlerError> {
    let until = ports.now() + WAIT;
    loop {
        let history = chain.history();
        if history.attested.contains(&release) {
            return Ok(Some(release));
        }
        if history.refused_last.contains(&release) || ports.now() + LOOK > until {
            return Ok(None);
        }
        ports.sleep(LOOK).await;
        chain.refresh(ports).await?;
    }
}

/// The release that the region attested last.
fn newest(history: &RegionHistory) -> Option<ReleaseId> {
    history.attested_at.iter().max_by_key(|(_, at)| **at).map(|(release, _)| *release)
}

/// Both models on what was captured of the champion's requests in the last hours.
async fn judge<P: Artifacts + Clock>(
    ports: &P,
    ctx: &Context,
    policy: &ShadowPolicy,
    challenger: &Manifest,
    (release, champion): (ReleaseId, &Manifest),
) -> Result<CapturedJudgement, HandlerError> {
    let region = &ctx.region;
    let files = captured(ports, ctx, policy, release).await?;
    let (width, threads) = (champion.features.len(), threads());
    let (features, threshold) = (champion.features.clone(), champion.operating_threshold);
    let (form, again) = (champion.answer.clone(), champion.answer.clone());
    // The records that both models explain are of the first batch: an explanation takes a model that is being read.
    let first = files::consume_lines(ports, region, &files, limits::CAPTURE, move |outlet| {
        let mut requests = Requests::new(outlet, width, CaptureBounds::default()).answered_in(form);
        requests.next(threads).map(|batch| batch.map(|batch| batch.sample(&features, threshold)))
    });
    let sample = first.await?.map_err(|_| unread(region))?;
    let sample = sample.filter(|sample| !sample.rows().is_empty());
    let (old, old_reasons) = model(ports, region, champion, sample.as_ref()).await?;
    let (new, new_reasons) = model(ports, region, challenger, sample.as_ref()).await?;
    let (margins, least) = (policy.margins.clone(), policy.least);
    let thresholds = (challenger.operating_threshold, champion.operating_threshold);
    let here = region.clone();
    let judged = files::consume_lines(ports, region, &files, limits::CAPTURE, move |outlet| {
        let mut shadow = CapturedShadow::new(shadowed(&new, thresholds.0), shadowed(&old, thresholds.1));
        let mut requests = Requests::new(outlet, width, CaptureBounds::default()).answered_in(again);
        while let Some(batch) = requests.next(threads).map_err(|_| unread(&here))? {
            let scored = shadow.take(&batch, threads);
            scored.map_err(|error| Failure::NoRuling(EvaluationReason::Features(of_shape(&error))))?;
        }
        let reasons = new_reasons.as_ref().zip(old_reasons.as_ref());
        Ok::<_, Failure>(shadow.judge(requests.counts(), reasons, &margins, least))
    });
    Ok(judged.await??)
}

/// The files in which the champion's answers of the last hours are, the newest first: what is read last counts least where there is
/// too much.
async fn captured<P: Artifacts + Clock>(
    ports: &P,
    ctx: &Context,
    policy: &ShadowPolicy,
    champion: ReleaseId,
) -> Result<Vec<String>, HandlerError> {
    let now = ports.now();
    let mut files = Vec::new();
    for back in 0..=i64::from(policy.hours) {
        let hour = now.saturating_sub(SignedDuration::from_hours(back)).unwrap_or(now);
        let prefix = capture::captured(&ctx.fleet, champion, hour);
        let mut hour: Vec<String> = Vec::new();
        loop {
            let page = ports.list(&ctx.region, &prefix, hour.last().map(String::as_str)).await?;
            if page.is_empty() {
                break;
            }
            hour.extend(page);
        }
        files.extend(hour.into_iter().rev());
    }
    Ok(files)
}

/// A release's model out of the region's own replica, digest-checked, and why it scores the sample as it does.
async fn model(
    ports: &impl Artifacts,
    region: &RegionName,
    manifest: &Manifest,
    sample: Option<&Sample>,
) -> Result<(Served, Option<Attributions>), HandlerError> {
    let image = image(manifest.image.rules());
    let unusable = |error: Unscorable| HandlerError::from(Failure::NoRuling(error.reason(&manifest.archive)));
    let asked = sample.cloned();
    let read = move |archive: Outlet| scores::served(archive, image, asked.as_ref());
    let mut served = files::consume(ports, region, &manifest.archive, read).await?.map_err(unusable)?;
    let reasons = match served.take_reasons() {
        (told, None) => told,
        (_, Some(open)) => {
            let read = move |archive: Outlet| scores::explained(archive, image, open);
            Some(files::consume(ports, region, &manifest.archive, read).await?.map_err(unusable)?)
        }
    };
    Ok((served, reasons))
}

/// A model beside the other one, alerting from this probability on.
fn shadowed(served: &Served, threshold: f64) -> Shadowed<'_> {
    Shadowed { model: &served.model, splits: served.splits.as_deref(), threshold }
}

/// A capture that breaks off on its way: where the store is to blame, [`files::consume_lines`] says so before this is heard.
fn unread(region: &RegionName) -> Failure {
    Failure::CaptureUnread { region: region.clone() }
}
