//! Crashes that somebody else decides on, while the night runs.

use crate::world::fault::When;
use crate::world::invocation::InvocationId;
use std::fmt::Debug;

/// Asked at each call of a function that changes something ([`EFFECTS`](crate::services::EFFECTS)), before any scheduled fault.
pub trait CrashInjection: Debug + Send {
    /// Whether the caller dies at this call, before or after it takes effect.
    fn strikes(&mut self, caller: InvocationId) -> Option<When>;
}
