//! The resources that the local world makes something of, as types.

use crate::pattern::Pattern;
use crate::policy::Statement;
use crate::rights::Grant;
use serde_json::Value;
use std::collections::BTreeMap;

/// The status of what is on.
pub(crate) const ENABLED: &str = "Enabled";

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The binary, as `functions/` has it.
    pub binary: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// MB.
    pub memory: u32,
    /// Seconds.
    pub timeout: u32,
    /// Retries of an asynchronous call.
    pub retries: u32,
    /// Its role's ARN.
    pub role: String,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it fires.
    pub trigger: Trigger,
    /// The schedule as it is written, of one that has one.
    pub schedule: Option<String>,
    /// What it calls.
    pub targets: Vec<RuleTarget>,
}

/// What a rule calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTarget {
    /// What the rule calls it.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of the queue of what could not be delivered to it.
    pub dead_letters: Option<String>,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// On events.
    Event(Pattern),
    /// Every so many seconds.
    Rate(u32),
}

/// Who may call a function without a role: `AWS::Lambda::Permission`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoker {
    /// The permission's logical id.
    pub logical: String,
    /// The function, by name or ARN.
    pub function: String,
    /// The service.
    pub service: String,
    /// The ARN on whose behalf it calls, with wildcards.
    pub source: Option<String>,
}

/// A role, with every statement of its policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its logical id.
    pub logical: String,
    /// Its ARN.
    pub arn: String,
    /// Who may take it on.
    pub trust: Vec<Statement>,
    /// The same as it is written, a JSON document.
    pub trust_policy: Value,
    /// What it may do.
    pub statements: Vec<Statement>,
    /// What conditions may ask of who acts with it (`aws:PrincipalTag/...`).
    pub tags: BTreeMap<String, String>,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// `Enabled` or `Suspended`; none where versions were never kept.
    pub versioning: Option<String>,
    /// How it encrypts.
    pub encryption: Encryption,
    /// What of it can be public.
    pub public: PublicAccess,
    /// Its policy, a JSON document.
    pub policy: Option<Value>,
    /// Whether its events go to EventBridge.
    pub to_event_bridge: bool,
    /// Events that go straight to a function: their kind, and the function's ARN.
    pub to_functions: Vec<(String, String)>,
    /// The role that replicates.
    pub copy_role: Option<String>,
    /// Where its objects are copied to.
    pub replication: Vec<ReplicationRule>,
}

/// How a bucket encrypts what is written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// The ARN of the key of KMS.
    pub key: Option<String>,
    /// Whether objects share a key of the bucket's, for fewer calls of KMS.
    pub bucket_key: bool,
}

/// A bucket's public access block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAccess {
    /// New public access lists are refused.
    pub block_acls: bool,
    /// Public access lists count for nothing.
    pub ignore_acls: bool,
    /// Policies that make it public are refused.
    pub block_policy: bool,
    /// A public policy counts for nobody outside of the account.
    pub restrict: bool,
}

/// One rule of replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationRule {
    /// Its id.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which of several rules for one object counts: the largest.
    pub priority: Option<u32>,
    /// Objects whose keys begin so.
    pub prefix: String,
    /// The other bucket's name.
    pub bucket: String,
    /// The key, by ARN or alias, that copies are encrypted with.
    pub key: Option<String>,
    /// `Enabled` or `Disabled`: whether delete markers are copied too.
    pub delete_markers: Option<String>,
    /// `Enabled` or `Disabled`: whether objects are copied that KMS encrypts. They are not where nothing is said.
    pub kms_objects: Option<String>,
    /// Replication time control: its status, and minutes by contract.
    pub time_control: Option<Clocked>,
    /// Metrics: their status, and after how many minutes a copy is late.
    pub metrics: Option<Clocked>,
}

/// Something of a replication rule that is on or off, and counts minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocked {
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// Minutes.
    pub minutes: Option<u32>,
}

/// A key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its aliases, such as `alias/meridian-fraud`.
    pub aliases: Vec<String>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Such as `ECC_NIST_P256`; none for a key that encrypts.
    pub spec: Option<String>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// The key, by ARN, that it encrypts with.
    pub key: Option<String>,
    /// Its policy, a JSON document.
    pub policy: Option<Value>,
    /// The protocol of each subscription: `email`, `sqs`, ...
    pub subscribed: Vec<String>,
}

/// A group of versions in the model registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The metric's namespace.
    pub namespace: String,
    /// The metric.
    pub metric: String,
    /// Name and value of each dimension.
    pub dimensions: Vec<(String, String)>,
    /// A simple statistic.
    pub statistic: Option<String>,
    /// A percentile.
    pub percentile: Option<String>,
    /// Seconds.
    pub period: u32,
    /// N of "M of N".
    pub periods: u32,
    /// M of "M of N".
    pub to_alarm: Option<u32>,
    /// The bound.
    pub threshold: f64,
    /// How a value is held against it.
    pub comparison: String,
    /// What silence is.
    pub missing: Option<String>,
}

/// An alarm over other alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The alarms any of which raises it.
    pub any_of: Vec<String>,
}

/// The pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// `V1` or `V2`.
    pub kind: String,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub mode: String,
    /// The role that it works with.
    pub role: String,
    /// The bucket of its artifacts.
    pub artifacts: String,
    /// What kind of store that is: `S3`.
    pub store: String,
    /// The artifacts' key: its id or ARN, and its type, `KMS`.
    pub artifact_key: Option<(String, String)>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// In order.
    pub stages: Vec<PipelineStage>,
}

/// A pipeline's variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value where an execution gives none.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// A stage with its one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineStage {
    /// Its name.
    pub name: String,
    /// What it does.
    pub action: PipelineAction,
    /// The action as the template declares it.
    pub declared: Declared,
    /// What CodePipeline does by itself where the stage fails.
    pub on_failure: Option<OnFailure>,
}

/// An action's declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// `Source` or `Invoke`, by whom, with what, in which version.
    pub kind: ActionKind,
    /// As texts.
    pub configuration: BTreeMap<String, String>,
    /// Artifacts that it is handed.
    pub inputs: Vec<String>,
    /// Artifacts that it makes.
    pub outputs: Vec<String>,
}

/// An action's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionKind {
    /// Such as `Invoke`.
    pub category: String,
    /// Such as `AWS`.
    pub owner: String,
    /// Such as `Lambda`.
    pub provider: String,
    /// Such as `1`.
    pub version: String,
}

/// What happens by itself where a stage fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFailure {
    /// `ROLLBACK`, `RETRY`, `FAIL` or `SKIP`.
    pub result: Option<String>,
    /// `FAILED_ACTIONS` or `ALL_ACTIONS`, of a retry.
    pub retry_mode: Option<String>,
}

/// What a stage does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineAction {
    /// Fetches an object.
    Source {
        /// From this bucket.
        bucket: String,
        /// Under this key.
        key: String,
        /// As this artifact.
        artifact: String,
    },
    /// Calls a function.
    Invoke {
        /// Its name.
        function: String,
        /// What it is handed, with the pipeline's variables as `#{...}`.
        parameters: String,
        /// The artifact that it is handed.
        artifact: Option<String>,
    },
}

/// A rule of the load balancer's listener that leads to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerRule {
    /// The smallest counts first.
    pub priority: u32,
    /// Paths, with wildcards.
    pub paths: Vec<String>,
    /// Methods; none for all.
    pub methods: Vec<String>,
    /// The target group's ARN.
    pub group: String,
    /// The function's ARN.
    pub function: String,
}

/// The way from the region's front to the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRoute {
    /// The endpoint's name.
    pub endpoint: String,
    /// The role that the front asks with.
    pub role: String,
}

impl Bucket {
    /// Whether it keeps every version.
    pub fn is_versioned(&self) -> bool {
        self.versioning.as_deref() == Some(ENABLED)
    }
}

impl ReplicationRule {
    /// Whether it copies an object of a bucket. What KMS encrypts is copied where the rule says so, and only there.
    pub fn copies(&self, from: &Bucket, key: &str) -> bool {
        let readable = from.encryption.key.is_none() || self.kms_objects.as_deref() == Some(ENABLED);
        self.enabled && readable && key.starts_with(&self.prefix)
    }
}

impl BalancerRule {
    /// Whether a request goes this way.
    pub fn takes(&self, method: &str, path: &str) -> bool {
        let named = self.methods.is_empty() || self.methods.iter().any(|own| own == method);
        named && self.paths.iter().any(|own| crate::policy::like(own, path))
    }
}

impl Invoker {
    /// What it allows.
    pub fn grant(&self, function: &Function) -> Grant {
        Grant {
            owner: self.logical.clone(),
            sid: "Permission".to_owned(),
            action: "lambda:InvokeFunction".to_owned(),
            number: 0,
            resource: function.arn.clone(),
        }
    }

    /// Whether a call on behalf of this ARN is let through.
    pub fn admits(&self, source: &str) -> bool {
        self.source.as_ref().is_none_or(|own| crate::policy::like(own, source))
    }
}
