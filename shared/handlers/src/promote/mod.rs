//! `promote`: takes one region to a release, and verifies the fleet.
//!
//! One call goes round `observe, plan, audit, execute one step` until the plan waits (a continuation token asks
//! CodePipeline to call again in about 30 s) or finishes. Everything that is decided is decided in
//! [`meridian_domain::plan`]; here is only what touches the world.

mod evidence;
mod execute;
mod observe;
mod signals;
mod token;
mod violations;

use crate::context::{Context, FunctionKind, HandlerError};
use crate::events::PipelineJob;
use crate::job;
use crate::ports::{FailureKind, Ports};
pub(crate) use evidence::asked;
use meridian_domain::plan::{self, Finish, Next, Silence};
use meridian_domain::reason::{Failure, Wait};
use meridian_domain::{Reason, StepKind};
use meridian_messages::Voice;
use observe::Look;
use serde_json::{Value, json};
pub(crate) use signals::trip;
pub use token::Token;

/// Steps that one call may take: several times what the longest plan needs, and a bound on a planner that circles.
const STEPS: u32 = 60;

/// Answers one CodePipeline job, which the caller has found to be for this fleet under this policy.
///
/// # Errors
/// What the caller must answer the job with: home's own services in trouble for good. A home region that does not answer just now
/// is no error: the job asks to be called again.
pub async fn handle<P: Ports>(ports: &P, context: &Context, job: &PipelineJob) -> Result<Value, HandlerError> {
    let token = job.continuation.as_deref().and_then(Token::read).unwrap_or_else(|| Token::first(ports.now()));
    let ended = match walk(ports, context, job, &token).await {
        Ok(ended) => ended,
        Err(error) => {
            let Some(why) = error.regional() else { return Err(error) };
            tracing::warn!(%error, "home does not answer; the job is called again");
            Ended { next: Next::Wait, why: Wait::Home { why }.into() }
        }
    };
    answer(ports, context, job, token, ended).await
}

/// The last plan of a call: to wait, or how the action ends.
struct Ended {
    next: Next,
    why: Reason,
}

async fn walk<P: Ports>(ports: &P, context: &Context, job: &PipelineJob, token: &Token) -> Result<Ended, HandlerError> {
    let mut look = Look::take(ports, context, job, token).await?;
    let subject = look.subject(ports, context, &job.parameters.action).await?;
    look.observe(ports, &context.fleet, subject).await;
    let voice = Voice::of(&context.fleet);
    for _ in 0..STEPS {
        let now = ports.now();
        let plan = match subject {
            Some(region) => plan::promote(&context.fleet, region, &look.sight, now),
            None => plan::verify(&context.fleet, &look.sight, now),
        };
        let step = StepKind::from(&plan.next);
        tracing::info!(step = voice.step_kind(&step), why = voice.why(&plan.why), "planned");
        if matches!(plan.next, Next::Wait | Next::Finish(_)) {
            return Ok(Ended { next: plan.next, why: plan.why });
        }
        violations::refuse_violations(&context.fleet, &look.sight, &plan, now)?;
        look.execute(ports, context, plan, now).await?;
    }
    Err(Failure::TooManySteps { steps: STEPS }.into())
}

async fn answer<P: Ports>(
    ports: &P,
    context: &Context,
    job: &PipelineJob,
    token: Token,
    ended: Ended,
) -> Result<Value, HandlerError> {
    let (home, why) = (&context.region, Voice::of(&context.fleet).why(&ended.why));
    match ended.next {
        Next::Finish(Finish::Failed) => job::fail(ports, home, &job.job, FailureKind::JobFailed, &why).await?,
        Next::Finish(Finish::Done | Finish::Deferred) => job::succeed(ports, home, &job.job, None, &why).await?,
        _ => {
            let silence = Silence::after(&ended.why, ports.now(), token.silence);
            let next = Token { silence, ..token }.to_string();
            job::succeed(ports, home, &job.job, Some(&next), &why).await?;
        }
    }
    let outcome = outcome(&ended.next);
    tracing::info!(outcome, why, function = %FunctionKind::Promote, "answered");
    Ok(json!({ "outcome": outcome, "why": why, "reason": ended.why }))
}

/// A reply's word for how a call's last plan ends it.
pub(crate) fn outcome(next: &Next) -> &'static str {
    match next {
        Next::Finish(Finish::Done) => "done",
        Next::Finish(Finish::Deferred) => "deferred",
        Next::Finish(Finish::Failed) => "failed",
        _ => "waiting",
    }
}
