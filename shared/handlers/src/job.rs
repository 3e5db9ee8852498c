//! Answering CodePipeline: exactly one answer ends a job, and a doubled call comes second.

use crate::ports::{Answer, ErrorKind, FailureKind, Pipeline};
use meridian_domain::RegionName;

/// Ends a job well, or (with a continuation) asks to be called again. A job that has its answer needs no other.
///
/// # Errors
/// CodePipeline did not take the answer: the call must fail, so that Lambda repeats it.
pub async fn succeed(
    ports: &impl Pipeline,
    region: &RegionName,
    job: &str,
    continuation: Option<&str>,
    summary: &str,
) -> Answer<()> {
    once(job, ports.succeed(region, job, continuation, summary).await)
}

/// Ends a job badly. A job that has its answer needs no other.
///
/// # Errors
/// As [`succeed`].
pub async fn fail(
    ports: &impl Pipeline,
    region: &RegionName,
    job: &str,
    kind: FailureKind,
    message: &str,
) -> Answer<()> {
    once(job, ports.fail(region, job, kind, message).await)
}

fn once(job: &str, answer: Answer<()>) -> Answer<()> {
    match answer {
        Err(error) if error.kind == ErrorKind::Conflict => {
            tracing::warn!(job, %error, "the job was answered already");
            Ok(())
        }
        other => other,
    }
}
