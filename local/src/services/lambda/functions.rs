//! What Lambda knows: calls on their way, invocations that run or stand still.

use crate::world::invocation::{Invocation, InvocationId};
use jiff::Timestamp;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use std::collections::BTreeMap;

/// A call of a function that is on its way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub request_id: String,
    pub function: FunctionKind,
    pub region: RegionName,
    pub payload: serde_json::Value,
    pub synchronous: bool,
    pub attempt: u32,
    /// Who calls, for the log.
    pub source: String,
}

/// What Lambda knows.
#[derive(Debug, Default)]
pub(crate) struct Lambda {
    pub started: u64,
    pub requested: u64,
    pub running: BTreeMap<InvocationId, Request>,
    /// Invocations whose process stands still, and until when.
    pub frozen: BTreeMap<InvocationId, Timestamp>,
    /// Invocations that Lambda has given up and that go on all the same.
    pub stale: BTreeMap<InvocationId, (FunctionKind, RegionName)>,
    pub ready: Vec<Invocation>,
}

impl Lambda {
    /// The function of an invocation that still runs.
    pub fn function(&self, id: InvocationId) -> Option<FunctionKind> {
        self.place(id).map(|(function, _)| function)
    }

    /// The function of an invocation that still runs, and where.
    pub fn place(&self, id: InvocationId) -> Option<(FunctionKind, RegionName)> {
        let running = self.running.get(&id).map(|request| (request.function, request.region.clone()));
        running.or_else(|| self.stale.get(&id).cloned())
    }
}
