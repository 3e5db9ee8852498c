//! The pure core of Meridian: fleet policy, release manifests, the planner, the audit, the judge and
//! the ledger's entries. No clock, no I/O, no async, no SDK: time and observations come in as values.

mod fleet;
mod names;
mod verdict;

pub use fleet::{EvaluationPolicy, Fleet, FleetError, Guardrail, JudgePolicy, Region, WavePolicy};
pub use names::{Actor, BucketName, Epoch, FleetName, NameError, RegionName, ReleaseId, ResourceName, Sha256, Version};
pub use verdict::{Decision, Verdict};
