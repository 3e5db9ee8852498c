//! KMS: keys (JSON 1.1).

pub(crate) mod calls;
pub(crate) mod keys;
pub(crate) mod rights;
pub(crate) mod types;

pub use types::*;
