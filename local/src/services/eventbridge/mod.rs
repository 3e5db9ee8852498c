//! EventBridge: rules and what they call (JSON 1.1).

pub(crate) mod bus;
pub(crate) mod calls;
pub(crate) mod envelope;
pub(crate) mod event;
pub(crate) mod types;

pub use types::*;
