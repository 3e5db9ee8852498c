//! CodePipeline: pipelines and their jobs (JSON 1.1).

pub(crate) mod actions;
pub(crate) mod calls;
pub(crate) mod declared;
pub(crate) mod executions;
pub(crate) mod job;
pub(crate) mod pipeline;
pub(crate) mod rights;
pub(crate) mod stages;
pub(crate) mod types;

pub use types::*;
