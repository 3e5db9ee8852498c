//! Application Auto Scaling: how many instances endpoints have (JSON 1.1).

pub(crate) mod calls;
pub(crate) mod scalables;
mod tracking;
pub(crate) mod types;

pub use types::*;
