//! Lambda: invocations, deadlines, asynchronous retries.

pub(crate) mod functions;
pub(crate) mod invocations;
