//! One release's walk through the fleet: what is decided, why, and what holds it against the invariants.

pub mod advice;
pub mod audit;
pub mod callers;
pub mod lookout;
pub mod plan;
pub mod probation;
pub mod reason;
pub mod replay;
pub mod ringing;
pub mod stakes;
pub mod verdict;
