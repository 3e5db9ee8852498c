//! One release's walk through the fleet: what is decided, and what holds it against the invariants.

pub mod audit;
pub mod callers;
pub mod lookout;
pub mod plan;
pub mod probation;
pub mod recovery;
pub mod replay;
pub mod ringing;
pub mod stakes;
