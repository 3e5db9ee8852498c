//! CodePipeline's job, and what reads the fields of every event. The event of one function is a type in its own module: it is
//! read once, at the edge, and everything behind it is certain.
//!
//! EventBridge's envelope is read by hand: `aws_lambda_events` wants an ISO time in it, and SageMaker is documented to
//! send epoch milliseconds. So is CodePipeline's job: the credentials in it are never read at all.

mod fields;
mod pipeline;

pub use fields::EventError;
pub(crate) use fields::{Fields, at, is_sweep, kind, other_kind, quoted};
pub use pipeline::{
    Action, NO_RELEASE, Ping, PipelineJob, Turn, UserParameters, is_job, is_of_fleet, is_of_no_wave, is_ping,
    job_execution, job_id,
};

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
