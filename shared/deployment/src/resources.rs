//! The resources that the local world makes something of, as types.

use crate::error::DeploymentError;
use crate::level::Level;
use crate::pattern::Pattern;
use crate::policy::Statement;
use crate::resolve::plain;
use crate::rights::Grant;
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// When it fires.
    pub trigger: Trigger,
    /// The ARNs of what it calls.
    pub targets: Vec<String>,
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
    /// What it may do.
    pub statements: Vec<Statement>,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Whether it keeps every version.
    pub versioned: bool,
    /// The ARN of the key that it encrypts with.
    pub key: Option<String>,
    /// Whether its events go to EventBridge.
    pub to_event_bridge: bool,
    /// Events that go straight to a function: their kind, and the function's ARN.
    pub to_functions: Vec<(String, String)>,
    /// The role that replicates.
    pub copy_role: Option<String>,
    /// Where its objects are copied to.
    pub replication: Vec<ReplicationRule>,
}

/// One rule of replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationRule {
    /// Its id.
    pub id: String,
    /// Objects whose keys begin so.
    pub prefix: String,
    /// The other bucket's name.
    pub bucket: String,
    /// The key, by ARN or alias, that copies are encrypted with.
    pub key: Option<String>,
    /// Minutes by contract (replication time control).
    pub minutes: Option<u32>,
}

/// A key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its aliases, such as `alias/meridian-fraud`.
    pub aliases: Vec<String>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// The key, by ARN, that it encrypts with.
    pub key: Option<String>,
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
    /// Its variables.
    pub variables: Vec<String>,
    /// In order.
    pub stages: Vec<PipelineStage>,
}

/// A stage with its one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineStage {
    /// Its name.
    pub name: String,
    /// What it does.
    pub action: PipelineAction,
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

/// The way from the region's front to the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRoute {
    /// The endpoint's name.
    pub endpoint: String,
    /// The role that the front asks with.
    pub role: String,
}

type Read<T> = Result<T, DeploymentError>;

impl Function {
    pub(crate) fn read(mut own: Level<'_>, arn: String) -> Read<Self> {
        let environment = own.level("Environment")?.take("Variables");
        let variables = environment.as_ref().and_then(Value::as_object).into_iter().flatten();
        Ok(Function {
            binary: own.level("Code")?.text("Binary")?,
            name: own.text("FunctionName")?,
            arn,
            memory: own.number("MemorySize")?,
            timeout: own.number("Timeout")?,
            // Lambda's default; an EventInvokeConfig may say otherwise.
            retries: 2,
            role: own.text("Role")?,
            environment: variables.map(|(name, value)| (name.clone(), plain(value))).collect(),
        })
    }
}

impl Rule {
    pub(crate) fn read(mut own: Level<'_>, name: String, arn: String) -> Read<Self> {
        own.take("Name");
        let trigger = match (own.take("EventPattern"), own.optional("ScheduleExpression")) {
            (Some(pattern), None) => Trigger::Event(Pattern::read(pattern, own.path())?),
            (None, Some(schedule)) => {
                let seconds = rate(&schedule).ok_or_else(|| {
                    own.refuse("ScheduleExpression", &format!("{schedule:?} is not of the form rate(5 minutes)"))
                })?;
                Trigger::Rate(seconds)
            }
            _ => return Err(own.refuse("EventPattern", "expected it or a ScheduleExpression")),
        };
        let targets = own.levels("Targets")?.into_iter().map(|mut target| {
            target.take("Id");
            target.text("Arn")
        });
        Ok(Rule { name, arn, trigger, targets: targets.collect::<Result<_, _>>()? })
    }
}

/// Seconds of `rate(5 minutes)`.
fn rate(schedule: &str) -> Option<u32> {
    let (number, unit) = schedule.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(seconds)
}

impl Invoker {
    pub(crate) fn read(logical: &str, mut own: Level<'_>) -> Read<Self> {
        let action = own.text("Action")?;
        if action != "lambda:InvokeFunction" {
            return Err(own.refuse("Action", "expected lambda:InvokeFunction"));
        }
        Ok(Invoker {
            logical: logical.to_owned(),
            function: own.text("FunctionName")?,
            service: own.text("Principal")?,
            source: own.optional("SourceArn"),
        })
    }
}

impl Role {
    pub(crate) fn read(logical: &str, mut own: Level<'_>, arn: String) -> Read<Self> {
        own.take("RoleName");
        let trust = Statement::read_all(own.level("AssumeRolePolicyDocument")?, "trust")?;
        let mut statements = Vec::new();
        for mut policy in own.levels("Policies")? {
            let name = policy.text("PolicyName")?;
            statements.extend(Statement::read_all(policy.level("PolicyDocument")?, &name)?);
        }
        Ok(Role { logical: logical.to_owned(), arn, trust, statements })
    }
}

impl Bucket {
    pub(crate) fn read(mut own: Level<'_>, name: String) -> Read<Self> {
        own.take("BucketName");
        let mut key = None;
        for mut rule in own.level("BucketEncryption")?.levels("ServerSideEncryptionConfiguration")? {
            let mut by_default = rule.level("ServerSideEncryptionByDefault")?;
            by_default.take("SSEAlgorithm");
            key = by_default.optional("KMSMasterKeyID");
        }
        let mut events = own.level("NotificationConfiguration")?;
        let to_event_bridge = events.level("EventBridgeConfiguration")?.optional("EventBridgeEnabled");
        let to_functions = events.levels("LambdaConfigurations")?.into_iter();
        let to_functions =
            to_functions.map(|mut one| Ok((one.text("Event")?, one.text("Function")?))).collect::<Read<_>>()?;
        let mut copies = own.level("ReplicationConfiguration")?;
        let rules = copies.levels("Rules")?.into_iter().map(ReplicationRule::read).collect::<Read<_>>()?;
        Ok(Bucket {
            name,
            versioned: own.level("VersioningConfiguration")?.optional("Status").as_deref() == Some("Enabled"),
            key,
            to_event_bridge: to_event_bridge.as_deref() == Some("true"),
            to_functions,
            copy_role: copies.optional("Role"),
            replication: rules,
        })
    }
}

impl ReplicationRule {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let status = own.text("Status")?;
        if status != "Enabled" {
            return Err(own.refuse("Status", "a rule that is not enabled copies nothing: leave it out"));
        }
        let mut destination = own.level("Destination")?;
        let arn = destination.text("Bucket")?;
        let bucket = arn
            .strip_prefix("arn:aws:s3:::")
            .ok_or_else(|| own.refuse("Destination.Bucket", "expected a bucket's ARN"))?;
        let minutes = destination.level("ReplicationTime")?.level("Time")?.optional_number("Minutes")?;
        Ok(ReplicationRule {
            id: own.text("Id")?,
            prefix: own.level("Filter")?.optional("Prefix").unwrap_or_default(),
            bucket: bucket.to_owned(),
            key: destination.level("EncryptionConfiguration")?.optional("ReplicaKmsKeyID"),
            minutes,
        })
    }
}

impl Alarm {
    pub(crate) fn read(mut own: Level<'_>, name: String) -> Read<Self> {
        own.take("AlarmName");
        let dimensions = own.levels("Dimensions")?.into_iter();
        let dimensions = dimensions.map(|mut one| Ok((one.text("Name")?, one.text("Value")?))).collect::<Read<_>>()?;
        Ok(Alarm {
            name,
            description: own.optional("AlarmDescription"),
            namespace: own.text("Namespace")?,
            metric: own.text("MetricName")?,
            dimensions,
            statistic: own.optional("Statistic"),
            percentile: own.optional("ExtendedStatistic"),
            period: own.number("Period")?,
            periods: own.number("EvaluationPeriods")?,
            to_alarm: own.optional_number("DatapointsToAlarm")?,
            threshold: own.number("Threshold")?,
            comparison: own.text("ComparisonOperator")?,
            missing: own.optional("TreatMissingData"),
        })
    }
}

impl Composite {
    /// Rules of the form `ALARM("a") OR ALARM("b")`.
    pub(crate) fn read(mut own: Level<'_>, name: String) -> Read<Self> {
        own.take("AlarmName");
        let rule = own.text("AlarmRule")?;
        let child = |part: &str| part.trim().strip_prefix("ALARM(\"")?.strip_suffix("\")").map(str::to_owned);
        let any_of: Option<Vec<String>> = rule.split(" OR ").map(child).collect();
        let any_of = any_of.ok_or_else(|| {
            own.refuse("AlarmRule", &format!("{rule:?} is not of the form ALARM(\"a\") OR ALARM(\"b\")"))
        })?;
        Ok(Composite { name, description: own.optional("AlarmDescription"), any_of })
    }
}

impl Pipeline {
    pub(crate) fn read(mut own: Level<'_>) -> Read<Self> {
        let variables = own.levels("Variables")?.into_iter().map(|mut one| {
            one.take("Description");
            one.text("Name")
        });
        let variables = variables.collect::<Read<_>>()?;
        let stages = own.levels("Stages")?.into_iter().map(PipelineStage::read).collect::<Read<_>>()?;
        Ok(Pipeline {
            name: own.text("Name")?,
            kind: own.text("PipelineType")?,
            mode: own.text("ExecutionMode")?,
            role: own.text("RoleArn")?,
            artifacts: own.level("ArtifactStore")?.text("Location")?,
            variables,
            stages,
        })
    }
}

impl PipelineStage {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let mut actions = own.levels("Actions")?;
        let Some(mut action) = actions.pop().filter(|_| actions.is_empty()) else {
            return Err(own.refuse("Actions", "expected one action a stage"));
        };
        let (name, of_action) = (own.text("Name")?, action.text("Name")?);
        if name != of_action {
            return Err(
                own.refuse("Name", &format!("the stage {name} and its action {of_action} should have one name"))
            );
        }
        let provider = action.take("ActionTypeId").and_then(|own| Some(own.get("Provider")?.as_str()?.to_owned()));
        let mut configuration = action.level("Configuration")?;
        let mut artifact = |name: &str| -> Read<Option<String>> {
            action.levels(name)?.into_iter().map(|mut one| one.text("Name")).next().transpose()
        };
        let action = match provider.as_deref() {
            Some("S3") => PipelineAction::Source {
                bucket: configuration.text("S3Bucket")?,
                key: configuration.text("S3ObjectKey")?,
                artifact: artifact("OutputArtifacts")?.unwrap_or_default(),
            },
            Some("Lambda") => PipelineAction::Invoke {
                function: configuration.text("FunctionName")?,
                parameters: configuration.text("UserParameters")?,
                artifact: artifact("InputArtifacts")?,
            },
            _ => return Err(own.refuse("Actions", "expected an action of S3 or Lambda")),
        };
        Ok(PipelineStage { name, action })
    }
}

impl ScoreRoute {
    /// The path of an API's definition that goes straight to an endpoint.
    pub(crate) fn read(definition: &Value) -> Option<Self> {
        let paths = definition.get("paths")?.as_object()?;
        let methods = paths.values().filter_map(Value::as_object).flat_map(|path| path.values());
        let mut ways = methods.filter_map(|method| method.get("x-amazon-apigateway-integration"));
        ways.find_map(|way| {
            let uri = way.get("uri")?.as_str()?;
            let endpoint = uri.split_once("runtime.sagemaker:path/endpoints/")?.1.strip_suffix("/invocations")?;
            Some(ScoreRoute { endpoint: endpoint.to_owned(), role: way.get("credentials")?.as_str()?.to_owned() })
        })
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
