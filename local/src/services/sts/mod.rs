//! STS: assumed roles (query).

pub(crate) mod calls;
pub(crate) mod rights;
pub(crate) mod types;

pub use types::*;
