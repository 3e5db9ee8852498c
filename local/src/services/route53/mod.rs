//! Route 53: health checks.

pub(crate) mod checks;
pub(crate) mod health;
