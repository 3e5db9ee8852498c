//! The pure core of Meridian: fleet policy, release manifests, the planner, the audit and the ledger's entries. It may know
//! the judge ([`meridian_judge`]) and nothing else of ours. No clock, no I/O, no async, no SDK: time and observations come
//! in as values.

pub mod account;
mod advice;
pub mod alarms;
mod audit;
pub mod callers;
pub mod checkpoint;
pub mod edge;
mod endpoint;
mod fleet;
pub mod heads;
mod history;
mod holdout;
pub mod keys;
mod ledger;
pub mod lookout;
mod names;
mod overrides;
pub mod plan;
mod projection;
mod provenance;
pub mod quarantine;
pub mod reason;
mod release;
mod release_bounds;
pub mod replay;
mod serving_role;
pub mod signing;
pub mod times;
pub mod traffic;
mod verdict;

use meridian_judge as judge;

pub use advice::Advice;
pub use alarms::{AlarmSpec, AlarmState, AlarmView, MissingData};
pub use audit::{Invariant, StepKind, Violation, audit};
pub use checkpoint::Checkpoint;
pub use endpoint::{
    ConfigSpec, EndpointStatus, EndpointView, ModelSpec, PendingDeployment, Routing, Seen, Target, UpdateSpec,
    VariantPhase,
};
pub use fleet::{
    AllowedImage, Bounds, EvaluationPolicy, Fleet, FleetError, Floor, Freeze, Frozen, GateMode, Gauge, Guardrail,
    HomePlace, Inconclusive, JudgePolicy, Kind, LedgerPolicy, MetricPolicy, Night, Nightly, OrderPolicy, Region,
    ScalingPolicy, ScalingSpec, Scheduled, Style, Vpc, WavePolicy, Zone, evaluation_policy,
};
pub use history::{HubHistory, Lease, OpenUpdate, Owed, RegionHistory, Return, Scaled, Serving, Unknown};
pub use holdout::{ApprovedHoldout, Holdout};
pub use keys::Chain;
pub use ledger::{Caller, ChainError, Entry, EntryError, Head, Record, Stored};
pub use names::{
    Actor, BucketName, Epoch, FleetName, KeyId, NameError, ProvenanceText, RegionName, ReleaseId, RepositoryName,
    ResourceName, SecurityGroupId, Sha256, SubnetId, Version,
};
pub use overrides::{Override, Rule};
pub use projection::Projection;
pub use provenance::{Material, Provenance};
pub use reason::Reason;
pub use release::{File, Image, ImageVersion, ImageVersionError, MANIFEST_SCHEMA, Manifest, ManifestError};
pub use serving_role::ServingRole;
pub use signing::{SignatureError, SigningPolicy, TrustedKey};
pub use verdict::{Cause, Decision, Verdict};
