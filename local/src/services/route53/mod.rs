//! Route 53: health checks, and who hears of them.

pub(crate) mod checks;
pub(crate) mod health;
pub(crate) mod hearing;
pub(crate) mod outside;
