//! `shadow-eval`: decides, before any region sees a challenger, whether it may be a release at all.
//!
//! Register, score, evaluate, record, decide: each step looks first whether it was taken, so that a repeated call goes on
//! where the one before stopped and a release gets one package and one verdict. Models are scored one after the other while
//! their archives stream in, and nothing that was scored counts before the digest of the streamed bytes is the manifest's.
//!
//! In every region of a fleet with `[shadow]` it also scores the requests that the region captured: [`handle_captured`].

mod begun;
mod captured;
mod evaluation;
mod event;
mod pace;
mod readers;
mod reason;
mod repeat;
mod scores;

use crate::context::{Context, HandlerError};
use crate::events::PipelineJob;
use crate::journal::Journal;
use crate::on_call;
use crate::ports::{
    Approval, Artifacts, Clock, FailureKind, Ledger, PackageSpec, Page, Pager, Pipeline, Registry, metadata_value,
};
use crate::{files, files::FileError, job};
use begun::Begun;
pub use captured::handle as handle_captured;
use evaluation::{Evaluated, Finding};
pub use event::ShadowEvent;
use meridian_domain::quarantine::Quarantine;
use meridian_domain::reason::{Barred, EvaluationReason, Failure, FileFault, Reason};
use meridian_domain::{
    Actor, ApprovedHoldout, Chain, HubHistory, Manifest, Record, RegionHistory, ReleaseId, Verdict, keys,
};
use meridian_messages::Voice;
use meridian_messages::evaluating::words;
use meridian_messages::pages::{Evidence, Notice, RejectedFor, Sender};
use pace::{PATIENCE, Pace};
pub(crate) use scores::examine;
use serde_json::{Value, json};

/// What evaluation decides about a release.
#[derive(Clone, Debug, PartialEq)]
enum Ruling {
    /// Regions may start.
    Approved(Reason),
    /// Nobody takes it, and why.
    Rejected(Reason),
    /// Nothing yet: there is no time to score the challenger in this call.
    Later,
}

/// Evaluates the job's release and answers the job: well, badly with the reason, or with a continuation where a service
/// did not answer.
///
/// # Errors
/// What is neither the release's fault nor a passing illness of a service.
pub async fn handle<P>(ports: &P, ctx: &Context, job: &PipelineJob) -> Result<Value, HandlerError>
where
    P: Artifacts + Ledger + Registry + Pipeline + Pager + Clock,
{
    let pace = Pace::begin(ports, job.continuation.as_deref());
    match rule(ports, ctx, job, &pace).await {
        Ok(Ruling::Approved(why)) => {
            let words = Voice::of(&ctx.fleet).why(&why);
            job::succeed(ports, &ctx.region, &job.job, None, &words).await?;
            Ok(json!({"outcome": "approved", "why": words, "reason": why}))
        }
        Ok(Ruling::Rejected(why)) => {
            let words = Voice::of(&ctx.fleet).why(&why);
            job::fail(ports, &ctx.region, &job.job, FailureKind::JobFailed, &words).await?;
            Ok(json!({"outcome": "rejected", "why": words, "reason": why}))
        }
        Ok(Ruling::Later) => again(ports, ctx, job, &pace, EvaluationReason::ChallengerIsNext).await,
        Err(error) => match error.regional() {
            Some(unseen) => {
                tracing::warn!(%error, "a service does not answer; the job is called again");
                again(ports, ctx, job, &pace, EvaluationReason::Waiting(unseen)).await
            }
            None => Err(error),
        },
    }
}

/// Asks to be called again, unless that was done often enough.
async fn again(
    ports: &impl Pipeline,
    ctx: &Context,
    job: &PipelineJob,
    pace: &Pace,
    why: EvaluationReason,
) -> Result<Value, HandlerError> {
    let Some(token) = pace.next() else {
        let given_up = EvaluationReason::GivenUp { calls: PATIENCE, last: Box::new(why) };
        return Err(Failure::NoRuling(given_up).into());
    };
    let said = words(&why);
    job::succeed(ports, &ctx.region, &job.job, Some(&token), &said).await?;
    Ok(json!({"outcome": "again", "why": said, "reason": Reason::from(why)}))
}

async fn rule<P>(ports: &P, ctx: &Context, job: &PipelineJob, pace: &Pace) -> Result<Ruling, HandlerError>
where
    P: Artifacts + Ledger + Registry + Pager + Clock,
{
    let release = job.parameters.release;
    let mut case = Case {
        ports,
        ctx,
        pace,
        release,
        actor: &job.parameters.execution,
        hub: Journal::open(ports, &ctx.fleet.home, Chain::Home).await?,
    };
    if let Some(Barred::Quarantined(quarantine)) = case.hub.history().barred(&release) {
        return Ok(case.kept_out(&quarantine));
    }
    let (ruled, has_package) = (case.on_record(), case.hub.history().packages.contains_key(&release));
    // What was approved where home was stands in no registry here.
    let adopts = matches!(ruled, Some(Ruling::Approved(_))) && !has_package;
    if let Some(ruling) = ruled.clone().filter(|_| !adopts) {
        return Ok(ruling);
    }
    // Home reads the manifest of a release that it has attested, and of no other.
    let home = &ctx.fleet.home;
    let own = Journal::<RegionHistory>::open(ports, home, Chain::Region(home.clone())).await?;
    if !own.history().attested.contains(&release) {
        return Err(Failure::Unattested { release }.into());
    }
    let manifest = match files::manifest_here(ports, &ctx.fleet.name, home, release).await {
        Ok(manifest) => manifest,
        // It was approved, and stays so on record: that its bytes cannot be used is this job's failure.
        Err(FileError::Unusable(fault)) if adopts => return Err(FileError::Unusable(fault).into()),
        Err(FileError::Unusable(fault)) => {
            let cause = if fault.is_altered() { RejectedFor::Bytes } else { RejectedFor::Content };
            return case.reject(None, cause, fault.into(), None).await;
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(quarantine) = case.hub.history().quarantine_of(release, &manifest) {
        return Ok(case.kept_out(quarantine));
    }
    if let Err(fault) = ctx.fleet.check_image(&manifest) {
        if adopts {
            return Err(FileError::Unusable(FileFault::from(fault)).into());
        }
        return case.reject(None, RejectedFor::Content, FileFault::from(fault).into(), None).await;
    }
    let own = Journal::<RegionHistory>::open(ports, &ctx.fleet.home, Chain::Region(ctx.fleet.home.clone())).await?;
    let exam = case.exam(&manifest, own.history())?;
    if let Some(Ruling::Approved(why)) = ruled {
        return case.adopt(&manifest, &exam, why).await;
    }
    let package = case.register(&manifest, &exam).await?;
    let registered = Some(Registered { package: &package, manifest: &manifest });
    let named = (release, &manifest.version);
    let begun = Begun::begin(ports, &ctx.fleet.home, named, &job.job, pace).await;
    let begun = begun.map_err(Failure::NoRuling)?;
    let subject = evaluation::Subject { release, manifest: &manifest, exam: &exam, home: own.history() };
    let finding = evaluation::evaluate(ports, ctx, pace, subject).await;
    begun.end(ports).await;
    match finding? {
        Finding::Later => Ok(Ruling::Later),
        Finding::Unusable(cause, why) => case.reject(registered, cause, why, None).await,
        Finding::Evaluated(evaluated) => {
            case.record(evaluated.record(release), |history| evaluated.is_in(history, release)).await?;
            match evaluated.verdict {
                Verdict::Pass => case.approve(&package, &manifest, &evaluated).await,
                verdict @ (Verdict::Fail | Verdict::Inconclusive) => {
                    case.reject(registered, RejectedFor::verdict(verdict), evaluated.why.clone(), Some(&evaluated))
                        .await
                }
            }
        }
    }
}

/// A release that has a package.
#[derive(Clone, Copy)]
struct Registered<'a> {
    package: &'a str,
    manifest: &'a Manifest,
}

/// One release before its judge.
struct Case<'a, P> {
    ports: &'a P,
    ctx: &'a Context,
    pace: &'a Pace,
    release: ReleaseId,
    actor: &'a Actor,
    hub: Journal<HubHistory>,
}

impl<P: Artifacts + Ledger + Registry + Pager + Clock> Case<'_, P> {
    /// The ruling that stands in the ledger.
    fn on_record(&self) -> Option<Ruling> {
        let history = self.hub.history();
        if let Some(why) = history.rejected.get(&self.release) {
            return Some(Ruling::Rejected(why.clone()));
        }
        let why = history.evaluated.get(&self.release).cloned().unwrap_or_else(|| EvaluationReason::NotOnRecord.into());
        history.approved.contains(&self.release).then_some(Ruling::Approved(why))
    }

    /// The hold-out that was in force when home attested the release. Where home did not, the release starts nowhere, and
    /// what is in force now does.
    fn exam(&self, manifest: &Manifest, home: &RegionHistory) -> Result<ApprovedHoldout, HandlerError> {
        let published = home.attested_at.get(&self.release).copied().unwrap_or_else(|| self.ports.now());
        self.hub.history().holdout(published).cloned().ok_or_else(|| {
            let (version, fleet) = (manifest.version.clone(), self.ctx.fleet.name.clone());
            Failure::NoHoldout { version, fleet, published }.into()
        })
    }

    /// A person has taken the release out of consideration: the action fails, people know, and nothing is written. Once the
    /// quarantine is lifted, a new execution evaluates it.
    fn kept_out(&self, quarantine: &Quarantine) -> Ruling {
        let quarantine = Box::new(quarantine.clone());
        Ruling::Rejected(EvaluationReason::Quarantined { release: self.release, quarantine }.into())
    }

    /// The release's package, made where there is none.
    async fn register(&mut self, manifest: &Manifest, exam: &ApprovedHoldout) -> Result<String, HandlerError> {
        if let Some(package) = self.hub.history().packages.get(&self.release) {
            return Ok(package.clone());
        }
        let spec = self.package(manifest, exam)?;
        let package = self.ports.register(&self.ctx.fleet.home, &spec).await?;
        self.registered(package.clone()).await?;
        Ok(package)
    }

    /// A release that was evaluated and approved where home was gets a package here, with that word. On record it is only then: a call
    /// that dies before is repeated.
    async fn adopt(
        &mut self,
        manifest: &Manifest,
        exam: &ApprovedHoldout,
        why: Reason,
    ) -> Result<Ruling, HandlerError> {
        let (spec, home) = (self.package(manifest, exam)?, &self.ctx.fleet.home);
        let package = self.ports.register(home, &spec).await?;
        let words = Voice::of(&self.ctx.fleet).why(&why);
        self.ports.decide(home, &package, Approval::Approved, &words, &[]).await?;
        self.registered(package).await?;
        Ok(Ruling::Approved(why))
    }

    async fn registered(&mut self, package: String) -> Result<(), HandlerError> {
        let release = self.release;
        let record = Record::Registered { release, package };
        self.record(record, |history| history.packages.contains_key(&release)).await
    }

    fn package(&self, manifest: &Manifest, exam: &ApprovedHoldout) -> Result<PackageSpec, HandlerError> {
        let fleet = &self.ctx.fleet;
        let region = self.ctx.region_named(&fleet.home)?;
        Ok(PackageSpec {
            release: self.release,
            group: fleet.name.to_string(),
            description: format!("{} ({})", manifest.version, self.release.short()),
            image: manifest.image.uri(fleet.account_of(&fleet.home), &fleet.home),
            model_data_url: format!("s3://{}/{}", region.bucket, manifest.archive.key),
            evaluation: self.url(&keys::evaluation_json(self.release))?,
            metadata: named(vec![
                ("release", self.release.to_string()),
                ("version", manifest.version.to_string()),
                ("archive_sha256", manifest.archive.sha256.to_string()),
                ("holdout_sha256", exam.holdout.sha256.to_string()),
                ("evaluation", self.url(&keys::evaluation_html(self.release))?),
            ]),
        })
    }

    /// An object of home's bucket.
    fn url(&self, key: &str) -> Result<String, HandlerError> {
        Ok(format!("s3://{}/{key}", self.ctx.region_named(&self.ctx.fleet.home)?.bucket))
    }

    async fn approve(
        &mut self,
        package: &str,
        manifest: &Manifest,
        evaluated: &Evaluated,
    ) -> Result<Ruling, HandlerError> {
        let numbers = named(evaluated.numbers.clone());
        let why = words(&evaluated.why);
        self.ports.decide(&self.ctx.fleet.home, package, Approval::Approved, &why, &numbers).await?;
        let release = self.release;
        let record = Record::Approved { release, created: manifest.created };
        self.record(record, |history| ruled(history, release)).await?;
        // A doubled call may have come first: what it recorded is the verdict.
        Ok(self.on_record().unwrap_or(Ruling::Approved(evaluated.why.clone().into())))
    }

    async fn reject(
        &mut self,
        registered: Option<Registered<'_>>,
        cause: RejectedFor,
        why: EvaluationReason,
        evaluated: Option<&Evaluated>,
    ) -> Result<Ruling, HandlerError> {
        let (release, home) = (self.release, &self.ctx.fleet.home);
        if let Some(Registered { package, .. }) = registered {
            let unusable = || vec![("verdict", "cannot be evaluated".to_owned())];
            let numbers = named(evaluated.map_or_else(unusable, |evaluated| evaluated.numbers.clone()));
            self.ports.decide(home, package, Approval::Rejected, &words(&why), &numbers).await?;
        }
        // A doubled call may have told them by now. Where the ledger cannot be read, twice is better than never.
        let _ = self.hub.refresh(self.ports).await;
        // People first: a call that dies between the two is repeated, and tells them again. One that goes on and cannot write
        // the ledger leaves word that they know.
        if !ruled(self.hub.history(), release) && !self.pace.has_told() {
            let version = registered.map_or_else(|| release.short(), |it| it.manifest.version.to_string());
            let evidence = evaluated.map(|evaluated| self.evidence(evaluated)).transpose()?;
            let notice = Notice::EvaluationRejected { version, cause, why: why.clone(), evidence };
            let page = Page::of(&self.ctx.fleet, notice, home, &Sender::Wave(self.actor.clone()));
            on_call::page_if_it_can(self.ports, &self.ctx.fleet, &page).await?;
            self.pace.tell();
        }
        let record = Record::Rejected { release, why: why.clone().into() };
        self.record(record, |history| ruled(history, release)).await?;
        Ok(self.on_record().unwrap_or(Ruling::Rejected(why.into())))
    }

    /// Adds a record unless the history holds it.
    async fn record(&mut self, record: Record, held: impl Fn(&HubHistory) -> bool) -> Result<(), HandlerError> {
        self.hub.append_unless(self.ports, self.actor, record, held).await?;
        Ok(())
    }

    /// What a rejection rests on, and where its report lies.
    fn evidence(&self, evaluated: &Evaluated) -> Result<Evidence, HandlerError> {
        let (region, key) = (&self.ctx.fleet.home, keys::evaluation_html(self.release));
        let bucket = &self.ctx.region_named(region)?.bucket;
        let console = format!("https://{region}.console.aws.amazon.com/s3/object/{bucket}");
        let (threshold, champion) = evaluated.compared();
        Ok(Evidence {
            threshold,
            champion,
            link: format!("{console}?region={region}&prefix={key}"),
            url: self.url(&key)?,
        })
    }
}

/// Metadata of a package, in SageMaker's letters.
fn named(pairs: Vec<(&str, String)>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), metadata_value(&value))).collect()
}

/// True once the ledger holds a verdict of either kind: there is only one.
fn ruled(history: &HubHistory, release: ReleaseId) -> bool {
    history.approved.contains(&release) || history.rejected.contains_key(&release)
}
