//! From a Lambda event to its reply: what the function binaries and the local world's host both call.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::events::{PipelineJob, ReplicationEvent, RollbackEvent, StatusEvent, job_id};
use crate::ports::{ErrorKind, FailureKind, Pipeline, Ports};
use crate::{promote, replication, rollback, shadow_eval, status};
use serde_json::{Value, json};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use tracing::Instrument;

/// Runs one function on one event. Every line that is logged meanwhile carries the call's ids.
///
/// # Errors
/// What Lambda should see as a failed call. A CodePipeline job has its answer even then.
pub async fn invoke<P: Ports>(
    function: FunctionKind,
    ports: &P,
    ctx: &Context,
    event: Value,
) -> Result<Value, HandlerError> {
    let job = job_id(&event).map(str::to_owned);
    let release = release_of(function, &event);
    let span = tracing::info_span!(
        "call", %function, region = %ctx.region, request_id = ctx.request_id, job = job.as_deref(), release
    );
    let call = async {
        let result = match function {
            FunctionKind::ShadowEval | FunctionKind::Promote => {
                answered(function, ports, ctx, job.as_deref(), &event).await
            }
            _ => run(function, ports, ctx, &event).await,
        };
        result.inspect_err(|error| tracing::error!(%error, "the call failed"))
    };
    call.instrument(span).await
}

/// Reads the event as the function's own kind and hands it on.
async fn run<P: Ports>(function: FunctionKind, ports: &P, ctx: &Context, event: &Value) -> Result<Value, HandlerError> {
    let job = || {
        let job = PipelineJob::parse(function.name(), event)?;
        job.check(&ctx.fleet, ctx.policy)?;
        Ok::<_, HandlerError>(job)
    };
    match function {
        FunctionKind::Replication => replication::handle(ports, ctx, &ReplicationEvent::parse(event)?).await,
        FunctionKind::Rollback => rollback::handle(ports, ctx, &RollbackEvent::parse(event)?).await,
        FunctionKind::Status => status::handle(ports, ctx, &StatusEvent::parse(event)?).await,
        FunctionKind::ShadowEval => shadow_eval::handle(ports, ctx, &job()?).await,
        FunctionKind::Promote => promote::handle(ports, ctx, &job()?).await,
    }
}

/// The release that an event speaks of, for the log lines; what cannot be read is the handler's to say.
fn release_of(function: FunctionKind, event: &Value) -> Option<String> {
    let release = match function {
        FunctionKind::Replication => match ReplicationEvent::parse(event) {
            Ok(ReplicationEvent::ManifestCreated { release }) => Some(release),
            _ => None,
        },
        FunctionKind::ShadowEval | FunctionKind::Promote => {
            PipelineJob::parse(function.name(), event).ok().map(|job| job.parameters.release)
        }
        FunctionKind::Rollback | FunctionKind::Status => None,
    };
    release.map(|release| release.to_string())
}

/// Runs a job, and answers CodePipeline where the handler could not: unanswered, it would wait for 20 minutes.
async fn answered<P: Ports>(
    function: FunctionKind,
    ports: &P,
    ctx: &Context,
    job: Option<&str>,
    event: &Value,
) -> Result<Value, HandlerError> {
    let panicked = |panic| Err(HandlerError::State(panic));
    let result = catch_panic(run(function, ports, ctx, event)).await.unwrap_or_else(panicked);
    let (Err(error), Some(job)) = (&result, job) else { return result };
    tracing::error!(%error, "the handler gave no answer: the job fails");
    let kind = match error {
        HandlerError::Event(_) => FailureKind::Configuration,
        _ => FailureKind::SystemUnavailable,
    };
    let why = error.to_string();
    fail(ports, ctx, job, kind, &why).await?;
    Ok(json!({"outcome": "failed", "why": why}))
}

/// A job that has its answer already (a doubled call) needs no other.
async fn fail(
    ports: &impl Pipeline,
    ctx: &Context,
    job: &str,
    kind: FailureKind,
    message: &str,
) -> Result<(), HandlerError> {
    match ports.fail(&ctx.region, job, kind, message).await {
        Err(error) if error.kind != ErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

/// Runs a future to its end; a panic in it becomes a text.
async fn catch_panic<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    std::future::poll_fn(move |cx| {
        // Nothing of the call is used after a panic but the ports, which hold no state of it.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(said(panic.as_ref()))),
        }
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text");
    format!("the function panicked: {text}; this is a defect, its log has the place")
}
