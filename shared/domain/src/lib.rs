//! The pure core of Meridian: fleet policy, release manifests, the planner, the audit and the ledger's entries. It may know
//! the judge ([`meridian_judge`]), what a container answers ([`meridian_answer`]) and nothing else of ours. No clock, no I/O,
//! no async, no SDK: time and observations come in as values.

pub mod edge;
mod fleet;
mod ledger;
pub mod times;
mod wave;

pub use fleet::{alarms, capture, keys, signing, traffic};
pub use ledger::{
    account, checkpoint, copies, failover, heads, lost_home, overview, quarantine, reason, resume, stand_in,
};
pub use wave::{callers, lookout, plan, probation, recovery, replay, stakes};

pub use meridian_answer::{AnswerError, AnswerForm, Answered, JsonPointer, ReasonsForm};

pub use fleet::alarms::{AlarmSpec, AlarmState, AlarmView, MissingData};
pub use fleet::capture::CaptureSpec;
pub use fleet::endpoint::{
    ConfigSpec, EndpointStatus, EndpointView, FeatureFile, ModelSpec, PendingDeployment, Routing, Target,
    UpdateFailure, UpdateSpec, VariantPhase,
};
pub use fleet::image::{AllowedImage, Image, ImageVersion};
pub use fleet::name_error::{NameError, NameKind};
pub use fleet::names::{
    Actor, BucketName, Epoch, FleetName, KeyId, ProvenanceText, RegionName, ReleaseId, RepositoryName, ResourceName,
    SecurityGroupId, Sha256, SubnetId, Version,
};
pub use fleet::provenance::{Material, Provenance, ProvenanceError, ProvenanceProblem};
pub use fleet::release::{File, MANIFEST_SCHEMA, Malformed, Manifest, ManifestFault};
pub use fleet::release_bounds::is_file_name;
pub use fleet::serving_role::ServingRole;
pub use fleet::signing::{SignatureFault, SigningPolicy, TrustedKey};
pub use fleet::{
    Bake, Bounds, CanarySize, EvaluationPolicy, FieldRule, Fleet, FleetError, FleetProblem, Floor, Freeze,
    FreezeProblem, Frozen, GateMode, Gauge, Guardrail, HomePlace, JudgePolicy, Kind, LedgerPolicy, MetricPolicy, Night,
    Nightly, NothingCaptured, OrderPolicy, ProbationAction, Region, RegionProblem, RegionalFail, ScalingPolicy,
    ScalingSpec, Scheduled, ShadowPolicy, Style, Takeover, TextProblem, Vpc, VpcLimit, WavePolicy, Zone,
    evaluation_policy, scalable_variant,
};
pub use ledger::advice::{Advice, Exposure};
pub use ledger::checkpoint::Checkpoint;
pub use ledger::history::{
    ApprovedRelease, Carries, Evacuated, HomeMove, HubHistory, Lease, OpenUpdate, Owed, RegionHistory, Return, Scaled,
    Serving, Shadow, SilentHome, Try, Unknown, WorseOnRecord,
};
pub use ledger::holdout::{ApprovedHoldout, Holdout};
pub use ledger::overrides::{Override, Rule};
pub use ledger::projection::Projection;
pub use ledger::reason::pages::PageOnRecord;
pub use ledger::reason::{Reason, Seen};
pub use ledger::verdict::{Cause, Decision, Verdict};
pub use ledger::{
    Beside, Binding, Caller, Chain, ChainError, Compared, Entry, EntryError, Head, Invariant, NewerRecord, Record,
    Resumed, StepKind, Stored, Violation, WorseThanBefore,
};
pub use wave::audit::audit;
pub use wave::ringing::Ringing;
