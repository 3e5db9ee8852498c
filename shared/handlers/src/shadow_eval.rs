//! `shadow-eval`: decides, before any region sees a challenger, whether it may be a release at all.
//!
//! Register, score, evaluate, record, decide: each step looks first whether it was taken, so that a repeated call goes on
//! where the one before stopped and a release gets one package and one verdict. Models are scored one after the other while
//! their archives stream in, and nothing that was scored counts before the digest of the streamed bytes is the manifest's.

mod evaluation;
mod pace;
mod repeat;
mod scores;

use crate::context::{Context, HandlerError};
use crate::events::{Action, PipelineJob};
use crate::journal::Journal;
use crate::ports::{
    Approval, Artifacts, Clock, FailureKind, Ledger, PackageSpec, Page, Pager, Pipeline, Registry, metadata_value,
};
use crate::{files, job};
use evaluation::{Evaluated, Finding};
use meridian_domain::{Actor, Chain, HubHistory, Manifest, Record, ReleaseId, Verdict, keys};
use pace::{Pace, Step};
use serde_json::{Value, json};

/// How often a job asks to be called again before it gives up on a service: about half an hour.
const PATIENCE: u32 = 60;

/// What evaluation decides about a release.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ruling {
    /// Regions may start.
    Approved(String),
    /// Nobody takes it, and why.
    Rejected(String),
    /// Nothing yet: there was no time for this step in one call.
    Later(Step),
}

/// Evaluates the job's release and answers the job: well, badly with the reason, or with a continuation where a service
/// did not answer.
///
/// # Errors
/// What is neither the release's fault nor a service's illness.
pub async fn handle<P>(ports: &P, ctx: &Context, job: &PipelineJob) -> Result<Value, HandlerError>
where
    P: Artifacts + Ledger + Registry + Pipeline + Pager + Clock,
{
    if job.parameters.action != Action::Register {
        let message = "shadow-eval takes the action \"register\"; correct UserParameters of the pipeline's action";
        return Err(HandlerError::Action(message.to_owned()));
    }
    match rule(ports, ctx, job).await {
        Ok(Ruling::Approved(why)) => {
            job::succeed(ports, &ctx.region, &job.job, None, &why).await?;
            Ok(json!({"outcome": "approved", "why": why}))
        }
        Ok(Ruling::Rejected(why)) => {
            job::fail(ports, &ctx.region, &job.job, FailureKind::JobFailed, &why).await?;
            Ok(json!({"outcome": "rejected", "why": why}))
        }
        Ok(Ruling::Later(step)) => again(ports, ctx, job, step, step.progress().to_owned()).await,
        Err(error) if error.is_regional() && calls(job) < PATIENCE => {
            tracing::warn!(%error, "a service does not answer; the job is called again");
            again(ports, ctx, job, Step::Champion, format!("waiting for a service: {error}")).await
        }
        Err(error) => Err(error),
    }
}

/// Asks to be called again for `step`.
async fn again(
    ports: &impl Pipeline,
    ctx: &Context,
    job: &PipelineJob,
    step: Step,
    why: String,
) -> Result<Value, HandlerError> {
    if calls(job) >= PATIENCE {
        let why = format!(
            "after {PATIENCE} calls the release is not evaluated ({why}): give shadow-eval more memory or time"
        );
        return Err(HandlerError::State(why));
    }
    let token = format!("register.{}.{step}", calls(job) + 1);
    job::succeed(ports, &ctx.region, &job.job, Some(&token), &why).await?;
    Ok(json!({"outcome": "again", "why": why}))
}

/// How many calls this job has had, by its continuation token.
fn calls(job: &PipelineJob) -> u32 {
    let token = job.continuation.as_deref().and_then(|token| token.strip_prefix("register."));
    token.and_then(|rest| rest.split('.').next()?.parse().ok()).unwrap_or(1)
}

async fn rule<P>(ports: &P, ctx: &Context, job: &PipelineJob) -> Result<Ruling, HandlerError>
where
    P: Artifacts + Ledger + Registry + Pager + Clock,
{
    let release = job.parameters.release;
    let pace = Pace::begin(ports);
    let mut case = Case {
        ports,
        ctx,
        release,
        actor: &job.parameters.execution,
        hub: Journal::open(ports, &ctx.fleet.home, Chain::Home).await?,
    };
    if let Some(ruling) = case.on_record() {
        return Ok(ruling);
    }
    let manifest = match files::manifest(ports, &ctx.fleet.home, release).await {
        Ok(manifest) if manifest.fleet == ctx.fleet.name => manifest,
        Ok(manifest) => {
            let why = format!("the manifest is for fleet {}, this is {}", manifest.fleet, ctx.fleet.name);
            return case.reject(None, None, why).await;
        }
        Err(error) if error.is_wrong() => return case.reject(None, None, error.to_string()).await,
        Err(error) => return Err(error.into()),
    };
    let package = case.register(&manifest).await?;
    let registered = Some(Registered { package: &package, manifest: &manifest });
    match evaluation::evaluate(ports, ctx, &pace, release, &manifest).await? {
        Finding::Later(step) => Ok(Ruling::Later(step)),
        Finding::Unusable(why) => case.reject(registered, None, why).await,
        Finding::Evaluated(evaluated) => {
            case.record(evaluated.record(release), |history| history.evaluated.contains_key(&release)).await?;
            match evaluated.verdict {
                Verdict::Pass => case.approve(&package, &evaluated).await,
                Verdict::Fail | Verdict::Inconclusive => {
                    case.reject(registered, Some(&evaluated), evaluated.why.clone()).await
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
        let why = history.evaluated.get(&self.release).cloned();
        history.approved.contains(&self.release).then(|| Ruling::Approved(why.unwrap_or_default()))
    }

    /// The release's package, made where there is none.
    async fn register(&mut self, manifest: &Manifest) -> Result<String, HandlerError> {
        if let Some(package) = self.hub.history().packages.get(&self.release) {
            return Ok(package.clone());
        }
        let fleet = &self.ctx.fleet;
        let region = self.ctx.region_named(&fleet.home)?;
        let spec = PackageSpec {
            release: self.release,
            group: fleet.name.to_string(),
            description: format!("{} ({})", manifest.version, self.release.short()),
            image: manifest.image.uri(&fleet.account, &fleet.home),
            model_data_url: format!("s3://{}/{}", region.bucket, manifest.archive.key),
            evaluation: self.url(&keys::evaluation_json(self.release))?,
            metadata: named(vec![
                ("release", self.release.to_string()),
                ("version", manifest.version.to_string()),
                ("archive_sha256", manifest.archive.sha256.to_string()),
                ("holdout_sha256", manifest.holdout.sha256.to_string()),
                ("evaluation", self.url(&keys::evaluation_html(self.release))?),
            ]),
        };
        let package = self.ports.register(&fleet.home, &spec).await?;
        let release = self.release;
        let record = Record::Registered { release, package: package.clone() };
        self.record(record, |history| history.packages.contains_key(&release)).await?;
        Ok(package)
    }

    /// An object of home's bucket.
    fn url(&self, key: &str) -> Result<String, HandlerError> {
        Ok(format!("s3://{}/{key}", self.ctx.region_named(&self.ctx.fleet.home)?.bucket))
    }

    async fn approve(&mut self, package: &str, evaluated: &Evaluated) -> Result<Ruling, HandlerError> {
        let (why, numbers) = (evaluated.why.clone(), named(evaluated.numbers.clone()));
        self.ports.decide(&self.ctx.fleet.home, package, Approval::Approved, &why, &numbers).await?;
        let release = self.release;
        self.record(Record::Approved { release }, |history| ruled(history, release)).await?;
        // A doubled call may have come first: what it recorded is the verdict.
        Ok(self.on_record().unwrap_or(Ruling::Approved(why)))
    }

    async fn reject(
        &mut self,
        registered: Option<Registered<'_>>,
        evaluated: Option<&Evaluated>,
        why: String,
    ) -> Result<Ruling, HandlerError> {
        if let Some(Registered { package, .. }) = registered {
            let unusable = || vec![("verdict", "cannot be evaluated".to_owned())];
            let numbers = named(evaluated.map_or_else(unusable, |evaluated| evaluated.numbers.clone()));
            self.ports.decide(&self.ctx.fleet.home, package, Approval::Rejected, &why, &numbers).await?;
        }
        let release = self.release;
        // People first: a call that dies between the two is repeated, and tells them again.
        if !ruled(self.hub.history(), release) {
            let version = registered.map_or_else(|| release.short(), |it| it.manifest.version.to_string());
            self.page_rejection(&version, &why, evaluated).await?;
        }
        let record = Record::Rejected { release, why: why.clone() };
        self.record(record, |history| ruled(history, release)).await?;
        Ok(self.on_record().unwrap_or(Ruling::Rejected(why)))
    }

    /// Adds a record unless the history holds it.
    async fn record(&mut self, record: Record, held: impl Fn(&HubHistory) -> bool) -> Result<(), HandlerError> {
        self.hub.append_unless(self.ports, self.actor, record, held).await?;
        Ok(())
    }

    async fn page_rejection(
        &self,
        version: &str,
        why: &str,
        evaluated: Option<&Evaluated>,
    ) -> Result<(), HandlerError> {
        let fleet = &self.ctx.fleet;
        let report = match evaluated {
            Some(evaluated) => {
                let key = keys::evaluation_html(self.release);
                let (region, bucket) = (&fleet.home, &self.ctx.region_named(&fleet.home)?.bucket);
                format!(
                    "What decided: {}.\n\nThe report: https://{region}.console.aws.amazon.com/s3/object/{bucket}\
                     ?region={region}&prefix={key}\n({})",
                    evaluated.gates.join("; "),
                    self.url(&key)?
                )
            }
            None => "There is no report: the files themselves were refused.".to_owned(),
        };
        let message = format!(
            "{version} is rejected: {why}\n\n{report}\n\nNow: no endpoint was touched; every region serves what it \
             served before.\n\nTo do: mend the training and publish a new release. This one stays rejected."
        );
        let page = Page::new(format!("{}: {version} is rejected", fleet.name), message);
        Ok(self.ports.page(&fleet.home, &page).await?)
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

#[cfg(test)]
mod tests;
