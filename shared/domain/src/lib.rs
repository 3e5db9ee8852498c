//! The pure core of Meridian: fleet policy, release manifests, the planner, the audit and the ledger's entries. It may know
//! the judge ([`meridian_judge`]) and nothing else of ours. No clock, no I/O, no async, no SDK: time and observations come
//! in as values.

pub mod edge;
mod fleet;
mod ledger;
pub mod times;
mod wave;

pub use fleet::{alarms, signing, traffic};
pub use ledger::{account, checkpoint, heads, keys, quarantine};
pub use wave::{callers, lookout, plan, probation, reason, replay, stakes};

use fleet::{endpoint, names, provenance, release, serving_role};
use ledger::{history, holdout, overrides, projection};
use meridian_judge as judge;
use wave::{advice, audit, ringing, verdict};

pub use advice::Advice;
pub use alarms::{AlarmSpec, AlarmState, AlarmView, MissingData};
pub use audit::{Invariant, StepKind, Violation, audit};
pub use checkpoint::Checkpoint;
pub use endpoint::{
    CaptureSpec, ConfigSpec, EndpointStatus, EndpointView, ModelSpec, PendingDeployment, Routing, Seen, Target,
    UpdateSpec, VariantPhase,
};
pub use fleet::{
    AllowedImage, Bounds, EvaluationPolicy, Fleet, FleetError, Floor, Freeze, Frozen, GateMode, Gauge, Guardrail,
    HomePlace, JudgePolicy, Kind, LedgerPolicy, MetricPolicy, Night, Nightly, NothingCaptured, OrderPolicy,
    ProbationAction, Region, RegionalFail, ScalingPolicy, ScalingSpec, Scheduled, ShadowPolicy, Style, Vpc, WavePolicy,
    Zone, evaluation_policy,
};
pub use history::{
    ApprovedRelease, HubHistory, Lease, OpenUpdate, Owed, RegionHistory, Return, Scaled, Serving, Shadow, Try, Unknown,
    WorseOnRecord,
};
pub use holdout::{ApprovedHoldout, Holdout};
pub use keys::Chain;
pub use ledger::{Caller, ChainError, Entry, EntryError, Head, Record, Resumed, Stored};
pub use names::{
    Actor, BucketName, Epoch, FleetName, KeyId, NameError, ProvenanceText, RegionName, ReleaseId, RepositoryName,
    ResourceName, SecurityGroupId, Sha256, SubnetId, Version,
};
pub use overrides::{Override, Rule};
pub use projection::Projection;
pub use provenance::{Material, Provenance};
pub use reason::Reason;
pub use release::{File, Image, ImageVersion, ImageVersionError, MANIFEST_SCHEMA, Malformed, Manifest, ManifestFault};
pub use ringing::Ringing;
pub use serving_role::ServingRole;
pub use signing::{SignatureFault, SigningPolicy, TrustedKey};
pub use verdict::{Cause, Decision, Verdict};
