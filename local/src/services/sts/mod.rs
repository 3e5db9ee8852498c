//! STS: assumed roles (query).

pub(crate) mod calls;
pub(crate) mod rights;
pub(crate) mod session;
pub(crate) mod types;

pub use session::{Caller, SessionKeys};
pub use types::*;
