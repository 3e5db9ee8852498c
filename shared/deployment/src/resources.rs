//! The resources that the local world makes something of, as types.

mod bucket;
mod pipeline;

pub(crate) use bucket::ENABLED;
pub use bucket::{Bucket, Clocked, Encryption, PublicAccess, ReplicationRule};
pub use pipeline::{ActionKind, Declared, OnFailure, Pipeline, PipelineAction, PipelineStage, Variable};

use crate::pattern::Pattern;
use crate::policy::{Grant, Statement};
use serde_json::Value;
use std::collections::BTreeMap;

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The binary, as `functions/` has it.
    pub binary: String,
    /// `FunctionName` of the template.
    pub name: String,
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub arn: String,
    /// `MemorySize`, in MB.
    pub memory: u32,
    /// `Timeout`, in seconds.
    pub timeout: u32,
    /// Retries of an asynchronous call.
    pub retries: u32,
    /// ARN of the role that it runs with.
    pub role: String,
    /// Environment variables, their intrinsics resolved.
    pub environment: BTreeMap<String, String>,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// `Name`, or what CloudFormation would make up.
    pub name: String,
    /// `arn:aws:events:REGION:ACCOUNT:rule/NAME`.
    pub arn: String,
    /// `Description` of the template.
    pub description: Option<String>,
    /// When it fires.
    pub trigger: Trigger,
    /// The schedule as it is written, of one that has one.
    pub schedule: Option<String>,
    /// The functions that it calls.
    pub targets: Vec<RuleTarget>,
}

/// What a rule calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTarget {
    /// What the rule calls it.
    pub id: String,
    /// ARN of what is called.
    pub arn: String,
    /// The ARN of the queue of what could not be delivered to it.
    pub dead_letters: Option<String>,
    /// What it is given in place of the event.
    pub transformer: Option<InputTransformer>,
}

/// What a rule's target is given in place of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTransformer {
    /// Names, and where their values stand in the event: `$.detail.state.value`.
    pub paths: BTreeMap<String, String>,
    /// What is given, with `<name>` for each value.
    pub template: String,
}

impl RuleTarget {
    /// What it is given of an event.
    pub fn input(&self, event: &Value) -> String {
        let Some(InputTransformer { paths, template }) = &self.transformer else { return event.to_string() };
        let at = |path: &str| event.pointer(&path.strip_prefix('$')?.replace('.', "/"));
        let text = |path: &str| at(path).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let put = |given: String, (name, path): (&String, &String)| {
            given.replace(&format!("<{name}>"), &text(path).unwrap_or_default())
        };
        paths.iter().fold(template.trim_matches('"').to_owned(), put)
    }
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// On each event that the pattern takes.
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
    /// The service that may call it, such as `events.amazonaws.com`.
    pub service: String,
    /// The ARN on whose behalf it calls, with wildcards.
    pub source: Option<String>,
}

/// A role, with every statement of its policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its logical id.
    pub logical: String,
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// Who may take it on.
    pub trust: Vec<Statement>,
    /// The same as it is written, a JSON document.
    pub trust_policy: Value,
    /// What it may do.
    pub statements: Vec<Statement>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// What conditions may ask of who acts with it (`aws:PrincipalTag/...`).
    pub tags: BTreeMap<String, String>,
}

/// A key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `arn:aws:kms:REGION:ACCOUNT:key/ID`.
    pub arn: String,
    /// Its aliases, such as `alias/meridian-fraud`.
    pub aliases: Vec<String>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Such as `ECC_NIST_P256`; none for a key that encrypts.
    pub spec: Option<String>,
}

/// A topic of SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// `arn:aws:sns:REGION:ACCOUNT:NAME`.
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
    /// `ModelPackageGroupName` of the template.
    pub name: String,
    /// `arn:aws:sagemaker:REGION:ACCOUNT:model-package-group/NAME`.
    pub arn: String,
    /// `ModelPackageGroupDescription` of the template.
    pub description: Option<String>,
}

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// `AlarmName`, or what CloudFormation would make up.
    pub name: String,
    /// `AlarmDescription` of the template.
    pub description: Option<String>,
    /// The metric's namespace, such as `AWS/SageMaker`.
    pub namespace: String,
    /// The metric's name in that namespace.
    pub metric: String,
    /// Name and value of each dimension.
    pub dimensions: Vec<(String, String)>,
    /// A simple statistic such as `Sum`; none where a percentile is used.
    pub statistic: Option<String>,
    /// A percentile such as `p99`, where it is no simple statistic.
    pub percentile: Option<String>,
    /// Length of a period, in seconds.
    pub period: u32,
    /// N of "M of N".
    pub periods: u32,
    /// M of "M of N".
    pub to_alarm: Option<u32>,
    /// What the values are compared with, in the metric's unit.
    pub threshold: f64,
    /// How a value is held against it.
    pub comparison: String,
    /// `TreatMissingData`; none for the default.
    pub missing: Option<String>,
    /// The topics that it tells that it rings: `AlarmActions`.
    pub topics: Vec<String>,
}

/// An alarm over other alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// `AlarmName`, or what CloudFormation would make up.
    pub name: String,
    /// `AlarmDescription` of the template.
    pub description: Option<String>,
    /// The alarms any of which raises it.
    pub any_of: Vec<String>,
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
    /// ARN of the function that may be called.
    pub function: String,
}

/// The way from the region's API to the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRoute {
    /// The endpoint that the requests reach, by name.
    pub endpoint: String,
    /// The role with which the API calls the endpoint.
    pub role: String,
}

impl BalancerRule {
    /// Whether a request goes this way.
    pub fn takes(&self, method: &str, path: &str) -> bool {
        let named = self.methods.is_empty() || self.methods.iter().any(|own| own == method);
        named && self.paths.iter().any(|own| crate::policy::like(own, path))
    }
}

impl Invoker {
    /// The one right that it gives, as a grant to call `function`.
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
