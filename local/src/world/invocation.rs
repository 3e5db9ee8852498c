//! Lambda invocations, as the engine that runs the functions sees them.

use jiff::Timestamp;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde::{Deserialize, Serialize};

/// One invocation of a world, counted from 1. A retry is an invocation of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvocationId(pub u64);

/// An invocation that has begun: the engine runs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// Names it in this world.
    pub id: InvocationId,
    /// Lambda's request id; a retry keeps it.
    pub request_id: String,
    /// What is called.
    pub function: FunctionKind,
    /// The region that the function runs in.
    pub region: RegionName,
    /// The event in its wire shape.
    pub payload: serde_json::Value,
    /// When Lambda ends it.
    pub deadline: Timestamp,
    /// Whether someone waits for the answer. Only other invocations are retried.
    pub synchronous: bool,
    /// 1, and up to 3 with retries.
    pub attempt: u32,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum InvocationEnd {
    /// The function answered.
    Answered(serde_json::Value),
    /// The function answered with an error; the text is for people.
    FunctionError(String),
    /// Its deadline came first.
    TimedOut,
    /// Its process died.
    Crashed,
}
