//! Service Quotas: how much of everything an account may have (JSON 1.1).

pub(crate) mod calls;
pub(crate) mod rights;
pub(crate) mod types;

pub use types::*;
