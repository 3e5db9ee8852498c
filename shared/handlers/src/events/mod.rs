//! What invokes the functions, as types: an event is read once, at the edge, and everything behind it is certain.
//!
//! EventBridge's envelope is read by hand: `aws_lambda_events` wants an ISO time in it, and SageMaker is documented to
//! send epoch milliseconds. So is CodePipeline's job: the credentials in it are never read at all.

mod fields;
mod front;
mod pipeline;
mod replication;
mod rollback;
mod shadow;
mod status;

pub use fields::EventError;
pub use front::FrontEvent;
pub use pipeline::{Action, PipelineJob, Turn, UserParameters, is_job, job_id};
pub use replication::{ReplicationEvent, ReplicationTrouble};
pub use rollback::RollbackEvent;
pub use shadow::ShadowEvent;
pub use status::StatusEvent;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
