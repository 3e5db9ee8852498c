//! IAM: roles, the same in every region (query), and the check of every call against the policies.

pub(crate) mod ask;
pub(crate) mod calls;
pub(crate) mod own_rights;
pub(crate) mod rights;
pub(crate) mod session;
pub(crate) mod types;

pub use session::{Caller, SessionKeys};
pub use types::*;
