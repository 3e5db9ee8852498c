//! What `sam deploy` would make of `template.yaml` in every region: the template read as CloudFormation reads it (SAM's
//! resources expanded, intrinsics resolved, conditions decided) and handed on as typed values. It may know the names of the
//! domain; no handler and no world.
//!
//! The local world builds its regions from this, so that what is tested is what is deployed. Whatever the template holds
//! that no type here takes up is listed by name ([`Stack::unmodelled`]), never dropped silently.

mod ceiling;
mod document;
mod error;
mod expand;
mod level;
mod names;
mod pattern;
mod pipeline;
mod policy;
mod read;
mod resolve;
mod resources;
mod rights;
mod service_trust;
mod settings;
mod stack;

pub use ceiling::Ceiling;
pub use error::DeploymentError;
pub use expand::expanded;
pub use pattern::Pattern;
pub use policy::{Condition, Context, Effect, Grant, Principal, Request, Statement};
pub use resources::{
    ActionKind, Alarm, BalancerRule, Bucket, Clocked, Composite, Declared, Encryption, Function, InputTransformer,
    Invoker, Key, OnFailure, PackageGroup, Pipeline, PipelineAction, PipelineStage, PublicAccess, ReplicationRule,
    Role, Rule, RuleTarget, ScoreRoute, Topic, Trigger, Variable,
};
pub use rights::{Denial, Denied};
pub use service_trust::{AssumingService, SentKey};
pub use settings::{Environment, OUTSIDE_REGION, Settings};
pub use stack::{Deployment, Stack};
