//! The pure core of Meridian: fleet policy, release manifests, the planner, the audit, the judge and
//! the ledger's entries. No clock, no I/O, no async, no SDK: time and observations come in as values.

pub mod account;
pub mod alarms;
mod audit;
pub mod checkpoint;
mod endpoint;
mod fleet;
mod history;
pub mod judge;
pub mod keys;
mod ledger;
pub mod lookout;
mod names;
mod overrides;
pub mod plan;
mod projection;
mod release;
mod runbook;
pub mod telling;
pub mod traffic;
mod verdict;

pub use alarms::{AlarmSpec, AlarmState, AlarmView, MissingData};
pub use audit::{Note, audit};
pub use checkpoint::Checkpoint;
pub use endpoint::{
    ConfigSpec, EndpointStatus, EndpointView, ModelSpec, PendingDeployment, Routing, Seen, Target, UpdateSpec,
    VariantPhase,
};
pub use fleet::{
    Bounds, EvaluationPolicy, Fleet, FleetError, Floor, Freeze, Frozen, GateMode, Gauge, Guardrail, HomePlace,
    Inconclusive, JudgePolicy, Kind, LedgerPolicy, MetricPolicy, Night, Nightly, OrderPolicy, Region, ScalingPolicy,
    ScalingSpec, Scheduled, Style, WavePolicy, Zone,
};
pub use history::{HubHistory, Lease, OpenUpdate, Owed, RegionHistory, Return, Scaled, Serving, Unknown};
pub use keys::Chain;
pub use ledger::{ChainError, Entry, EntryError, Head, Record};
pub use names::{Actor, BucketName, Epoch, FleetName, NameError, RegionName, ReleaseId, ResourceName, Sha256, Version};
pub use overrides::{Override, Rule};
pub use projection::Projection;
pub use release::{File, Image, ImageVersion, ImageVersionError, MANIFEST_SCHEMA, Manifest, ManifestError};
pub use runbook::Runbook;
pub use verdict::{Cause, Decision, Verdict};
