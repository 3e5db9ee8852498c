//! From a Lambda event to its reply: what the function binaries and the local world's host both call.
//!
//! Every line that is logged meanwhile carries the job and the release; function, region and request are the host's to
//! say. Events are never logged: a job's holds credentials.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::events::{Action, Ping, PipelineJob, is_job, is_of_fleet, is_of_no_wave, is_ping, job_execution, job_id};
use crate::front::FrontEvent;
use crate::journal::{Journal, JournalError};
use crate::on_call;
use crate::ports::{FailureKind, Page, Ports};
use crate::replication::ReplicationEvent;
use crate::rollback::RollbackEvent;
use crate::shadow_eval::ShadowEvent;
use crate::status::StatusEvent;
use meridian_domain::reason::{EvaluationReason, Failure, JobFailure};
use meridian_domain::{Actor, Chain, HubHistory, Projection, Record};
use meridian_messages::Voice;
use meridian_messages::pages::{Notice, Sender};
use meridian_messages::ping::PING;
use serde_json::{Value, json};
use std::fmt::Display;
use tracing::{Instrument, Span, field};

/// Runs the function named, for a host that serves several.
///
/// # Errors
/// What Lambda should see as a failed call. A CodePipeline job has its answer even then.
pub async fn invoke<P: Ports>(
    function: FunctionKind,
    ports: &P,
    ctx: &Context,
    event: Value,
) -> Result<Value, HandlerError> {
    match function {
        FunctionKind::Replication => replication(ports, ctx, event).await,
        FunctionKind::ShadowEval => shadow_eval(ports, ctx, event).await,
        FunctionKind::Promote => promote(ports, ctx, event).await,
        FunctionKind::Rollback => rollback(ports, ctx, event).await,
        FunctionKind::Status => status(ports, ctx, event).await,
        FunctionKind::Proxy => front(ports, ctx, event).await,
    }
}

/// `replication`: see [`crate::replication`].
///
/// # Errors
/// An event of another kind, or what the handler could not do.
pub async fn replication<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    logged(async {
        let event = ReplicationEvent::parse(&event, ctx.own_region()?)?;
        if let ReplicationEvent::ManifestCreated { release } = &event {
            note("release", release);
        }
        Box::pin(crate::replication::handle(ports, ctx, &event)).await
    })
    .await
}

/// `rollback`: see [`crate::rollback`].
///
/// # Errors
/// An event of another kind, or what the handler could not do.
pub async fn rollback<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    logged(async { Box::pin(crate::rollback::handle(ports, ctx, &RollbackEvent::parse(&event)?)).await }).await
}

/// `status`: see [`crate::status`].
///
/// # Errors
/// An event of another kind.
pub async fn status<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    logged(async { crate::status::handle(ports, ctx, &StatusEvent::parse(&event)?).await }).await
}

/// `front`: see [`crate::front`].
///
/// # Errors
/// An event of another kind.
pub async fn front<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    logged(async { crate::front::handle(ports, ctx, &FrontEvent::parse(&event)?).await }).await
}

/// `shadow-eval`: see [`crate::shadow_eval`]. A job is answered whatever happens; any other event is a region's own.
///
/// # Errors
/// An event of another kind, or CodePipeline did not take the answer; what a region's own shadow could not do.
pub async fn shadow_eval<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    if !is_job(&event) {
        return logged(async {
            let event = ShadowEvent::parse(&event, ctx.own_region()?)?;
            if let ShadowEvent::ManifestCreated { release } = &event {
                note("release", release);
            }
            Box::pin(crate::shadow_eval::handle_captured(ports, ctx, &event)).await
        })
        .await;
    }
    logged(at_home(ports, ctx, &event, async |ctx| {
        if is_ping(&event) {
            return crate::ping::handle(ports, ctx, &ping(FunctionKind::ShadowEval, ctx, &event)?).await;
        }
        Box::pin(crate::shadow_eval::handle(ports, ctx, &job(FunctionKind::ShadowEval, ctx, &event)?)).await
    }))
    .await
}

/// `promote`: see [`crate::promote`]. The job is answered whatever happens.
///
/// # Errors
/// An event without a job, or CodePipeline did not take the answer.
pub async fn promote<P: Ports>(ports: &P, ctx: &Context, event: Value) -> Result<Value, HandlerError> {
    logged(at_home(ports, ctx, &event, async |ctx| {
        if is_ping(&event) {
            return crate::ping::handle(ports, ctx, &ping(FunctionKind::Promote, ctx, &event)?).await;
        }
        Box::pin(crate::promote::handle(ports, ctx, &job(FunctionKind::Promote, ctx, &event)?)).await
    }))
    .await
}

/// Answers a job of this region's own pipeline, as home.
async fn at_home<P: Ports>(
    ports: &P,
    ctx: &Context,
    event: &Value,
    work: impl AsyncFnOnce(&Context) -> Result<Value, HandlerError>,
) -> Result<Value, HandlerError> {
    let home = home(ports, ctx).await;
    let known = home.as_ref().unwrap_or(ctx).clone();
    answered(ports, &known, event, async { work(&home?).await }).await
}

/// The context of this region as home. Where policy names another one, the hub's chain in this region's bucket says whether home has moved
/// here since.
async fn home<P: Ports>(ports: &P, ctx: &Context) -> Result<Context, HandlerError> {
    if ctx.is_home() {
        return Ok(ctx.clone());
    }
    let hub = Journal::<HubHistory>::open(ports, &ctx.region, Chain::Home).await?;
    let moved = ctx.at_home(hub.history().home());
    let (region, home) = (ctx.region.clone(), moved.fleet.home.clone());
    if moved.is_home() { Ok(moved) } else { Err(Failure::NotHome { region, home }.into()) }
}

/// The event's job, which must be for this fleet under this policy, and for this function.
fn job(function: FunctionKind, ctx: &Context, event: &Value) -> Result<PipelineJob, HandlerError> {
    let job = PipelineJob::parse(function.name(), event)?;
    note("release", job.parameters.release);
    taken(function, ctx, job)
}

/// The same of an execution that tries the pipeline.
fn ping(function: FunctionKind, ctx: &Context, event: &Value) -> Result<PipelineJob<Ping>, HandlerError> {
    let job = PipelineJob::parse_ping(function.name(), event)?;
    note("release", PING);
    taken(function, ctx, job)
}

fn taken<R>(function: FunctionKind, ctx: &Context, job: PipelineJob<R>) -> Result<PipelineJob<R>, HandlerError> {
    job.check(&ctx.fleet, ctx.policy)?;
    match (&job.parameters.action, function) {
        (Action::Register, FunctionKind::Promote) => Err(Failure::NotForPromote.into()),
        (Action::Promote { .. } | Action::Verify, FunctionKind::ShadowEval) => Err(Failure::NotForShadowEval.into()),
        _ => Ok(job),
    }
}

/// Answers CodePipeline where the handler could not: unanswered, it would wait for 20 minutes.
async fn answered<P: Ports>(
    ports: &P,
    ctx: &Context,
    event: &Value,
    work: impl Future<Output = Result<Value, HandlerError>>,
) -> Result<Value, HandlerError> {
    let job = job_id(event);
    if let Some(job) = job {
        note("job", job);
    }
    let result = work.await;
    let (Err(error), Some(job)) = (&result, job) else { return result };
    // A service that is in trouble, CodePipeline itself among them, says nothing of the work: Lambda repeats the call.
    if error.is_regional() {
        return result;
    }
    give_up(ports, ctx, event, job, error).await
}

/// Fails a job that its handler leaves without an answer. Home's on-call is told first, and home's ledger once CodePipeline has taken it, as
/// far as either works; neither of a job that is of no wave. For hosts too, where a handler panicked.
///
/// # Errors
/// CodePipeline did not take the answer: the call must fail, so that Lambda repeats it.
pub async fn give_up<P: Ports>(
    ports: &P,
    ctx: &Context,
    event: &Value,
    job: &str,
    error: &HandlerError,
) -> Result<Value, HandlerError> {
    if is_of_no_wave(event) {
        return fail(ports, ctx, job, error).await;
    }
    let why = JobFailure::from(error);
    let notice = Notice::JobFailed { job: job.to_owned(), why: why.clone() };
    let page = Page::of(&ctx.fleet, notice, &ctx.region, &Sender::Region);
    if let Err(error) = on_call::page(ports, &ctx.fleet, &page).await {
        tracing::error!(%error, "the page was not sent");
    }
    let answer = fail(ports, ctx, job, error).await?;
    // CodePipeline took the answer: the job was its own, whoever sent the event. A home that is replaced has no ledger to write into.
    if let Some(execution) = job_execution(event)
        && !matches!(error, HandlerError::Journal(JournalError::Moved { .. }))
        && let Err(error) = record(ports, ctx, execution, why, is_of_fleet(event, &ctx.fleet)).await
    {
        tracing::error!(%error, "the failure was not recorded");
    }
    Ok(answer)
}

async fn record<P: Ports>(
    ports: &P,
    ctx: &Context,
    execution: Actor,
    why: JobFailure,
    ours: bool,
) -> Result<(), JournalError> {
    let mut hub: Journal<HubHistory> = Journal::open(ports, &ctx.fleet.home, Chain::Home).await?;
    // An event that cannot be read may name an execution of another fleet.
    let known = || ours || hub.history().waves.values().any(|own| *own == execution);
    if matches!(why, JobFailure::Event(_)) && !known() {
        return Ok(());
    }
    hub.append(ports, &execution, Record::JobFailed { execution: execution.clone(), why: Box::new(why) }).await
}

/// Fails a job for what its handler could not do, and pages nobody.
async fn fail<P: Ports>(ports: &P, ctx: &Context, job: &str, error: &HandlerError) -> Result<Value, HandlerError> {
    let failure = JobFailure::from(error);
    let why = Voice::of(&ctx.fleet).job_failure(&failure);
    tracing::error!(job, why, "the handler gave no answer: the job fails");
    crate::job::fail(ports, &ctx.region, job, failure_kind(error), &why).await?;
    Ok(json!({"outcome": "failed", "why": why, "reason": failure}))
}

/// Whose fault it is, in CodePipeline's words: the action's configuration, a service, or the work itself (a refusal of the
/// audit, a defect).
fn failure_kind(error: &HandlerError) -> FailureKind {
    match error {
        HandlerError::Event(_)
        | HandlerError::Failed(
            Failure::NoSuchRegion { .. }
            | Failure::NotForPromote
            | Failure::NotForShadowEval
            | Failure::NotHome { .. }
            | Failure::NoSuchPlace { .. },
        ) => FailureKind::Configuration,
        HandlerError::Failed(Failure::NoRuling(EvaluationReason::GivenUp { .. })) => FailureKind::SystemUnavailable,
        _ => FailureKind::JobFailed,
    }
}

/// Runs a call inside its span. Boxed before anything is awaited: the futures of a handler and of the SDK inside each other
/// are deeper than the compiler's limit. A handler's own future is boxed where it is made, because it is large, and each
/// layer around it would copy it.
fn logged(
    work: impl Future<Output = Result<Value, HandlerError>>,
) -> impl Future<Output = Result<Value, HandlerError>> {
    let span = tracing::info_span!("event", job = field::Empty, release = field::Empty);
    let work = Box::pin(work.instrument(span));
    async move { work.await.inspect_err(|error| tracing::error!(%error, "the call failed")) }
}

/// Names something on every further log line of this call.
fn note(what: &str, value: impl Display) {
    Span::current().record(what, field::display(value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileError;
    use crate::own_policy::{fleet, name};
    use crate::ports::{ErrorKind, FailureDetail, OperationName, PortError};
    use meridian_domain::reason::{FileFault, LeftUndone};
    use meridian_domain::{ChainError, Reason, StepKind, Violation};
    use std::sync::Arc;

    fn refused() -> PortError {
        PortError {
            kind: ErrorKind::Refused,
            region: name("eu-west-1"),
            operation: OperationName::GetObject,
            detail: FailureDetail::Said("AccessDenied".to_owned()),
            silent: false,
        }
    }

    #[test]
    fn a_failure_says_whose_fault_it_is() {
        assert_eq!(failure_kind(&HandlerError::Port(refused())), FailureKind::JobFailed);
        assert_eq!(failure_kind(&HandlerError::Panicked), FailureKind::JobFailed);
        assert_eq!(failure_kind(&HandlerError::Failed(Failure::TooManySteps { steps: 1 })), FailureKind::JobFailed);
        assert_eq!(failure_kind(&HandlerError::Failed(Failure::NotForPromote)), FailureKind::Configuration);
    }

    /// The page and the pipeline's message are made of the one, the log of the other.
    #[test]
    fn a_failed_job_says_what_its_handlers_error_says() {
        let (fleet, region) = (Arc::new(fleet()), name("eu-west-1"));
        let missing = FileFault::Missing { file: "releases/manifests/4b1d".to_owned(), region: region.clone() };
        let done = Box::new(Reason::Said { words: "rolled back".to_owned(), by: None });
        let (step, violations) = (StepKind::TellHub, vec![Violation::OrderNotOnRecord]);
        let altered =
            JournalError::Chain { region: region.clone(), chain: Chain::Home, source: ChainError::Hash { seq: 7 } };
        let errors: [HandlerError; 12] = [
            PipelineJob::parse("promote", &json!({})).unwrap_err().into(),
            PipelineJob::parse("promote", &json!({"CodePipeline.job": {}})).unwrap_err().into(),
            refused().into(),
            JournalError::Port { chain: Chain::Home, source: refused() }.into(),
            altered.into(),
            FileError::Port(refused()).into(),
            FileError::Unusable(missing).into(),
            Context::new("fleet = 1", region).unwrap_err(),
            Failure::NotForPromote.into(),
            HandlerError::StepRefused { fleet: fleet.clone(), step, violations },
            HandlerError::Unfinished { fleet: fleet.clone(), done, left: LeftUndone::Records(2) },
            HandlerError::Panicked,
        ];
        for error in &errors {
            assert_eq!(Voice::of(&fleet).job_failure(&error.into()), error.to_string());
        }
    }
}
