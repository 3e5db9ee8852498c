//! How each resource is read from its resolved properties.

use crate::error::DeploymentError;
use crate::level::Level;
use crate::pattern::Pattern;
use crate::policy::Statement;
use crate::resolve::plain;
use crate::resources::{
    Alarm, BalancerRule, Bucket, Clocked, Composite, ENABLED, Encryption, Function, InputTransformer, Invoker,
    PackageGroup, PublicAccess, ReplicationRule, Role, Rule, RuleTarget, ScoreRoute, Trigger,
};
use serde_json::Value;

pub(crate) type Read<T> = Result<T, DeploymentError>;

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
        let description = own.optional("Description");
        let schedule = own.optional("ScheduleExpression");
        let trigger = match (own.take("EventPattern"), &schedule) {
            (Some(pattern), None) => Trigger::Event(Pattern::read(pattern, own.path())?),
            (None, Some(schedule)) => {
                let seconds = rate(schedule).ok_or_else(|| {
                    own.refuse("ScheduleExpression", &format!("{schedule:?} is not of the form rate(5 minutes)"))
                })?;
                Trigger::Rate(seconds)
            }
            _ => return Err(own.refuse("EventPattern", "expected it or a ScheduleExpression")),
        };
        let targets = own.levels("Targets")?.into_iter().map(RuleTarget::read).collect::<Read<_>>()?;
        Ok(Rule { name, arn, description, trigger, schedule, targets })
    }
}

impl RuleTarget {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let letters = own.optional_level("DeadLetterConfig")?.map(|mut letters| letters.text("Arn"));
        let transformer = own.optional_level("InputTransformer")?.map(InputTransformer::read).transpose()?;
        let (id, arn) = (own.text("Id")?, own.text("Arn")?);
        Ok(RuleTarget { id, arn, dead_letters: letters.transpose()?, transformer })
    }
}

impl InputTransformer {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let paths = own.take("InputPathsMap").unwrap_or_default();
        let paths = paths.as_object().into_iter().flatten();
        let paths = paths.filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned()))).collect();
        Ok(Self { paths, template: own.text("InputTemplate")? })
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
        let trust_policy = own.peek("AssumeRolePolicyDocument").unwrap_or_default();
        let mut trust = Statement::read_all(own.level("AssumeRolePolicyDocument")?, "trust")?;
        // A trust policy names no resource: it lies on its role.
        trust.iter_mut().for_each(|statement| statement.resources = vec![arn.clone()]);
        let mut statements = Vec::new();
        for mut policy in own.levels("Policies")? {
            let name = policy.text("PolicyName")?;
            statements.extend(Statement::read_all(policy.level("PolicyDocument")?, &name)?);
        }
        let tags = own.levels("Tags")?.into_iter().map(|mut tag| Ok((tag.text("Key")?, tag.text("Value")?)));
        let tags = tags.collect::<Read<_>>()?;
        let boundary = own.optional("PermissionsBoundary");
        Ok(Role { logical: logical.to_owned(), arn, trust, trust_policy, statements, boundary, tags })
    }
}

impl Bucket {
    pub(crate) fn read(mut own: Level<'_>, name: String) -> Read<Self> {
        own.take("BucketName");
        let mut events = own.level("NotificationConfiguration")?;
        let to_event_bridge = events.level("EventBridgeConfiguration")?.is("EventBridgeEnabled");
        let to_functions = events.levels("LambdaConfigurations")?.into_iter();
        let to_functions =
            to_functions.map(|mut one| Ok((one.text("Event")?, one.text("Function")?))).collect::<Read<_>>()?;
        let mut copies = own.level("ReplicationConfiguration")?;
        let rules: Vec<_> = copies.levels("Rules")?.into_iter().map(ReplicationRule::read).collect::<Read<_>>()?;
        let versioning = own.level("VersioningConfiguration")?.optional("Status");
        if versioning.as_deref() != Some(ENABLED) && !rules.is_empty() {
            return Err(own.refuse("ReplicationConfiguration", "S3 takes it of a bucket that keeps versions only"));
        }
        Ok(Bucket {
            name,
            versioning,
            encryption: Encryption::read(own.level("BucketEncryption")?)?,
            public: PublicAccess::read(own.optional_level("PublicAccessBlockConfiguration")?),
            policy: None,
            to_event_bridge,
            to_functions,
            copy_role: copies.optional("Role"),
            replication: rules,
        })
    }
}

impl Encryption {
    /// S3 encrypts with its own key where nothing is said.
    fn read(mut own: Level<'_>) -> Read<Self> {
        let mut used = Encryption { algorithm: "AES256".to_owned(), key: None, bucket_key: false };
        for mut rule in own.levels("ServerSideEncryptionConfiguration")? {
            let mut by_default = rule.level("ServerSideEncryptionByDefault")?;
            used = Encryption {
                algorithm: by_default.text("SSEAlgorithm")?,
                key: by_default.optional("KMSMasterKeyID"),
                bucket_key: rule.is("BucketKeyEnabled"),
            };
        }
        Ok(used)
    }
}

impl PublicAccess {
    /// A new bucket has all four (since April 2023); of a configuration, what it does not name is off.
    fn read(own: Option<Level<'_>>) -> Self {
        let Some(mut own) = own else {
            return PublicAccess { block_acls: true, ignore_acls: true, block_policy: true, restrict: true };
        };
        PublicAccess {
            block_acls: own.is("BlockPublicAcls"),
            ignore_acls: own.is("IgnorePublicAcls"),
            block_policy: own.is("BlockPublicPolicy"),
            restrict: own.is("RestrictPublicBuckets"),
        }
    }
}

impl ReplicationRule {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let status = own.text("Status")?;
        if ![ENABLED, "Disabled"].contains(&status.as_str()) {
            return Err(own.refuse("Status", "expected Enabled or Disabled"));
        }
        let mut destination = own.level("Destination")?;
        let arn = destination.text("Bucket")?;
        let bucket = arn
            .strip_prefix("arn:aws:s3:::")
            .ok_or_else(|| own.refuse("Destination.Bucket", "expected a bucket's ARN"))?;
        let mut selection = own.level("SourceSelectionCriteria")?;
        Ok(ReplicationRule {
            id: own.text("Id")?,
            enabled: status == ENABLED,
            priority: own.optional_number("Priority")?,
            prefix: own.level("Filter")?.optional("Prefix").unwrap_or_default(),
            bucket: bucket.to_owned(),
            key: destination.level("EncryptionConfiguration")?.optional("ReplicaKmsKeyID"),
            delete_markers: own.level("DeleteMarkerReplication")?.optional("Status"),
            kms_objects: selection.level("SseKmsEncryptedObjects")?.optional("Status"),
            time_control: clocked(destination.optional_level("ReplicationTime")?, "Time")?,
            metrics: clocked(destination.optional_level("Metrics")?, "EventThreshold")?,
        })
    }
}

fn clocked(own: Option<Level<'_>>, minutes: &str) -> Read<Option<Clocked>> {
    let read = |mut own: Level<'_>| {
        Ok(Clocked { status: own.text("Status")?, minutes: own.level(minutes)?.optional_number("Minutes")? })
    };
    own.map(read).transpose()
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
            topics: own
                .take("AlarmActions")
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
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

impl PackageGroup {
    pub(crate) fn read(mut own: Level<'_>, arn: String) -> Read<Self> {
        let description = own.optional("ModelPackageGroupDescription");
        Ok(PackageGroup { name: own.text("ModelPackageGroupName")?, arn, description })
    }
}

impl BalancerRule {
    /// The rule without its function, which its target group names.
    pub(crate) fn read(mut own: Level<'_>) -> Read<Self> {
        own.take("ListenerArn");
        let (mut paths, mut methods) = (Vec::new(), Vec::new());
        for mut condition in own.levels("Conditions")? {
            let field = condition.text("Field")?;
            let (into, values) = match field.as_str() {
                "path-pattern" => (&mut paths, condition.level("PathPatternConfig")?.texts("Values")?),
                "http-request-method" => (&mut methods, condition.level("HttpRequestMethodConfig")?.texts("Values")?),
                other => return Err(condition.refuse("Field", &format!("{other:?} is not known here"))),
            };
            into.extend(values);
        }
        let mut actions = own.levels("Actions")?;
        let [action] = actions.as_mut_slice() else { return Err(own.refuse("Actions", "expected one")) };
        if action.text("Type")? != "forward" {
            return Err(action.refuse("Type", "expected forward"));
        }
        let group = action.text("TargetGroupArn")?;
        Ok(BalancerRule { priority: own.number("Priority")?, paths, methods, group, function: String::new() })
    }
}

/// The ARN of the one function that a target group leads to.
pub(crate) fn target(mut own: Level<'_>) -> Read<String> {
    own.take("Name");
    if own.text("TargetType")? != "lambda" {
        return Err(own.refuse("TargetType", "expected lambda"));
    }
    match own.levels("Targets")?.as_mut_slice() {
        [one] => one.text("Id"),
        _ => Err(own.refuse("Targets", "expected one function")),
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
