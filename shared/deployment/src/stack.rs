//! A stack, and all of them.

use crate::ceiling::Ceiling;
use crate::document;
use crate::error::DeploymentError;
use crate::expand;
use crate::level::Level;
use crate::names::Place;
use crate::policy::{Grant, Statement};
use crate::read;
use crate::resolve::{Made, Resolver};
use crate::resources::{
    Alarm, BalancerRule, Bucket, Composite, Function, Invoker, Key, PackageGroup, Pipeline, Role, Rule, ScoreRoute,
    Topic,
};
use crate::settings::{Environment, Settings};
use meridian_domain::RegionName;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// One region's stack, created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// The account that it is created in.
    pub account: String,
    /// Lambda functions, by the name of their binary.
    pub functions: BTreeMap<String, Function>,
    /// Rules of EventBridge that call them.
    pub rules: Vec<Rule>,
    /// Who may call them.
    pub invokers: Vec<Invoker>,
    /// Buckets, by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// KMS keys that the stack creates.
    pub keys: Vec<Key>,
    /// SNS topics that the stack creates.
    pub topics: Vec<Topic>,
    /// CloudWatch alarms over metrics.
    pub alarms: Vec<Alarm>,
    /// Composite alarms, over the alarms above.
    pub composites: Vec<Composite>,
    /// Model package groups, in which the registry keeps releases.
    pub package_groups: Vec<PackageGroup>,
    /// The pipeline, in home.
    pub pipeline: Option<Pipeline>,
    /// The id of the region's API; none where a proxy takes its place.
    pub api: Option<String>,
    /// The rules of the region's load balancer, in the order in which they count.
    pub balanced: Vec<BalancerRule>,
    /// The way of customers' requests to the endpoint, where an API leads them.
    pub score: Option<ScoreRoute>,
    /// Roles, by ARN.
    pub roles: BTreeMap<String, Role>,
    /// Policies of resources: the policy's logical id, the resources' ARNs, the statements.
    pub policies: Vec<(String, Vec<String>, Vec<Statement>)>,
    /// Every resource that was created: its logical id and its type.
    pub created: BTreeMap<String, String>,
    /// What the template says and no type here takes up: resources by logical id and type, properties by their path.
    pub unmodelled: BTreeSet<String>,
}

/// The stacks of all regions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// What the template makes in each region.
    pub stacks: BTreeMap<RegionName, Stack>,
    /// What the account has put above the roles' own policies.
    pub ceilings: Vec<Ceiling>,
}

impl Deployment {
    /// Deploys a template.
    ///
    /// # Errors
    /// What CloudFormation would refuse, and intrinsics, condition operators and forms of rules that are not known here.
    pub fn of(template: &str, settings: &Settings) -> Result<Self, DeploymentError> {
        let template = document::read(template)?;
        let template = template.as_object().ok_or_else(|| DeploymentError::Yaml("not a mapping".to_owned()))?;
        let (resources, made) = (expand::resources(template)?, Made::default());
        let stack = |(region, environment): (&RegionName, &Environment)| {
            let place = Place {
                account: environment.account.clone(),
                region: region.to_string(),
                stack: environment.stack.clone(),
            };
            let resolver = Resolver::new(template, &resources, &place, &environment.parameters, &made)?;
            Ok((region.clone(), Stack::create(&resources, &resolver, &place)?))
        };
        let stacks = settings.environments.iter().map(stack).collect::<Result<_, DeploymentError>>()?;
        Ok(Deployment { stacks, ceilings: Vec::new() })
    }

    /// A role of any stack: IAM knows no regions.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.stacks.values().find_map(|stack| stack.roles.get(arn))
    }

    /// The account that a resource belongs to, by its ARN; a bucket's does not say. None of a bucket that nobody here has, and of `*`.
    pub fn owner<'a>(&'a self, resource: &'a str) -> Option<&'a str> {
        if let account @ Some(_) = resource.split(':').nth(4).filter(|account| !account.is_empty()) {
            return account;
        }
        let bucket = resource.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
        self.stacks.values().find(|stack| stack.buckets.contains_key(bucket)).map(|stack| stack.account.as_str())
    }

    /// Every statement that allows something, and every permission to call a function, as grants that nobody has used yet.
    pub fn allowances(&self) -> BTreeSet<Grant> {
        let mut all: BTreeSet<_> =
            self.ceilings.iter().flat_map(|own| own.statements.iter().flat_map(|one| one.grants(&own.name))).collect();
        for stack in self.stacks.values() {
            let roles = stack.roles.values().map(|role| (&role.logical, &role.statements));
            let policies = stack.policies.iter().map(|(logical, _, statements)| (logical, statements));
            // What services trust each other with is nothing that a caller uses.
            let trusts = stack.roles.values().map(|role| (&role.logical, &role.trust));
            let trusts = trusts.filter(|(_, trust)| trust.iter().any(Statement::is_about_roles));
            for (owner, statements) in roles.chain(trusts).chain(policies) {
                all.extend(statements.iter().flat_map(|own| own.grants(owner)));
            }
            all.extend(stack.invokers.iter().filter_map(|own| {
                let function =
                    stack.functions.values().find(|one| one.name == own.function || one.arn == own.function)?;
                Some(own.grant(function))
            }));
        }
        all
    }

    /// The same deployment without one statement, wherever a stack has it.
    #[must_use]
    pub fn without(&self, owner: &str, sid: &str) -> Self {
        let mut less = self.clone();
        for stack in less.stacks.values_mut() {
            for role in stack.roles.values_mut().filter(|role| role.logical == owner) {
                role.statements.retain(|own| own.sid != sid);
                role.trust.retain(|own| own.sid != sid);
            }
            for (_, resources, statements) in stack.policies.iter_mut().filter(|(logical, ..)| logical == owner) {
                statements.retain(|own| own.sid != sid);
                let buckets =
                    stack.buckets.values_mut().map(|own| (format!("arn:aws:s3:::{}", own.name), &mut own.policy));
                let topics = stack.topics.iter_mut().map(|own| (own.arn.clone(), &mut own.policy));
                let shown = buckets.chain(topics).filter(|(arn, _)| resources.contains(arn));
                let shown = shown.filter_map(|(_, policy)| policy.as_mut()?.get_mut("Statement")?.as_array_mut());
                shown.for_each(|own| own.retain(|one| one.get("Sid").and_then(Value::as_str) != Some(sid)));
            }
            stack.invokers.retain(|own| own.logical != owner);
        }
        less
    }

    /// The statements of the policies that lie on a resource; on a role, those that say whom it trusts.
    pub(crate) fn policies_of(&self, resource: &str) -> impl Iterator<Item = (&str, &Statement)> {
        let policies = self.stacks.values().flat_map(|stack| &stack.policies);
        let own = policies.filter(move |(_, resources, _)| {
            resources.iter().any(|one| {
                resource == one || resource.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
        });
        let own = own.flat_map(|(logical, _, statements)| statements.iter().map(|one| (logical.as_str(), one)));
        let trust = self.role(resource).into_iter();
        own.chain(trust.flat_map(|role| role.trust.iter().map(|one| (role.logical.as_str(), one))))
    }
}

/// A stack while it is being read.
struct Maker<'a> {
    resolver: &'a Resolver<'a>,
    place: &'a Place,
    left: RefCell<Vec<String>>,
    stack: Stack,
    aliases: Vec<(String, String)>,
    retries: Vec<(String, u32)>,
    /// Target groups: their ARNs, and their functions'.
    targets: Vec<(String, String)>,
    /// Policies of buckets, by name, and of topics and queues, by ARN.
    documents: Vec<(String, Value)>,
    /// Who subscribes: the topic's ARN, and by which protocol.
    subscriptions: Vec<(String, String)>,
}

impl Stack {
    fn create(resources: &Map<String, Value>, resolver: &Resolver<'_>, place: &Place) -> Result<Self, DeploymentError> {
        let mut maker = Maker {
            resolver,
            place,
            left: RefCell::default(),
            stack: Stack { account: place.account.clone(), ..Stack::default() },
            aliases: Vec::new(),
            retries: Vec::new(),
            targets: Vec::new(),
            documents: Vec::new(),
            subscriptions: Vec::new(),
        };
        for (logical, resource) in resources {
            let condition = resource.get("Condition").and_then(Value::as_str);
            if condition.map(|name| resolver.condition(name, logical)).transpose()?.unwrap_or(true) {
                maker.make(logical, resource)?;
            }
        }
        Ok(maker.finish())
    }
}

impl Maker<'_> {
    fn make(&mut self, logical: &str, resource: &Value) -> Result<(), DeploymentError> {
        let (kind, name) = self.resolver.physical(logical, logical)?;
        let properties = self.resolver.value(resource.get("Properties").unwrap_or(&Value::Null), logical)?;
        self.stack.created.insert(logical.to_owned(), kind.to_owned());
        let arn = |what: &str| self.place.attribute(kind, &name, what).unwrap_or_else(|| name.clone());
        let mut own = Level::new(logical.to_owned(), properties, &self.left)?;
        let stack = &mut self.stack;
        match kind {
            "AWS::Lambda::Function" => {
                let function = Function::read(own, arn("Arn"))?;
                stack.functions.insert(function.binary.clone(), function);
            }
            "AWS::Lambda::Permission" => stack.invokers.push(Invoker::read(logical, own)?),
            "AWS::Lambda::EventInvokeConfig" => {
                let retries = own.optional_number("MaximumRetryAttempts")?.unwrap_or(2);
                self.retries.push((own.text("FunctionName")?, retries));
            }
            "AWS::Events::Rule" => stack.rules.push(Rule::read(own, name.clone(), arn("Arn"))?),
            "AWS::IAM::Role" => {
                let role = Role::read(logical, own, arn("Arn"))?;
                stack.roles.insert(role.arn.clone(), role);
            }
            "AWS::S3::Bucket" => {
                stack.buckets.insert(name.clone(), Bucket::read(own, name)?);
            }
            "AWS::S3::BucketPolicy" => {
                let bucket = own.text("Bucket")?;
                let resources = vec![format!("arn:aws:s3:::{bucket}")];
                self.documents.extend(own.peek("PolicyDocument").map(|document| (bucket, document)));
                let statements = Statement::read_all(own.level("PolicyDocument")?, logical)?;
                stack.policies.push((logical.to_owned(), resources, statements));
            }
            "AWS::SNS::TopicPolicy" | "AWS::SQS::QueuePolicy" => {
                let member = if kind.starts_with("AWS::SNS") { "Topics" } else { "Queues" };
                let named = own.take(member).and_then(|list| list.as_array().cloned()).unwrap_or_default();
                let named = named.iter().filter_map(Value::as_str);
                // A queue is named by its URL here and by its ARN in policies.
                let arns = named.map(|one| match one.strip_prefix("https://").and_then(|url| url.rsplit('/').next()) {
                    Some(queue) => self.place.arn("sqs", queue),
                    None => one.to_owned(),
                });
                let arns: Vec<String> = arns.collect();
                let document = own.peek("PolicyDocument");
                self.documents.extend(arns.iter().filter_map(|arn| Some((arn.clone(), document.clone()?))));
                let statements = Statement::read_all(own.level("PolicyDocument")?, logical)?;
                stack.policies.push((logical.to_owned(), arns, statements));
            }
            "AWS::KMS::Key" => {
                let enabled = own.peek("Enabled").is_none() || own.is("Enabled");
                let spec = own.optional("KeySpec");
                own.take("KeyUsage");
                let key = Key { arn: arn("Arn"), aliases: Vec::new(), enabled, spec };
                let statements = Statement::read_all(own.level("KeyPolicy")?, logical)?;
                stack.policies.push((logical.to_owned(), vec![key.arn.clone()], statements));
                stack.keys.push(key);
            }
            "AWS::KMS::Alias" => self.aliases.push((own.text("TargetKeyId")?, own.text("AliasName")?)),
            "AWS::SNS::Topic" => {
                own.take("TopicName");
                let key = own.optional("KmsMasterKeyId");
                stack.topics.push(Topic { arn: name, key, policy: None, subscribed: Vec::new() });
            }
            "AWS::SNS::Subscription" => {
                own.take("Endpoint");
                self.subscriptions.push((own.text("TopicArn")?, own.text("Protocol")?));
            }
            "AWS::CloudWatch::Alarm" => stack.alarms.push(Alarm::read(own, name)?),
            "AWS::CloudWatch::CompositeAlarm" => stack.composites.push(Composite::read(own, name)?),
            "AWS::SageMaker::ModelPackageGroup" => stack.package_groups.push(PackageGroup::read(own, name)?),
            "AWS::CodePipeline::Pipeline" => stack.pipeline = Some(Pipeline::read(own)?),
            "AWS::ApiGateway::RestApi" => {
                stack.api = Some(name);
                stack.score = own.take("Body").and_then(|body| ScoreRoute::read(&body));
            }
            "AWS::ElasticLoadBalancingV2::TargetGroup" => self.targets.push((name, read::target(own)?)),
            "AWS::ElasticLoadBalancingV2::ListenerRule" => stack.balanced.push(BalancerRule::read(own)?),
            other => {
                stack.unmodelled.insert(format!("{logical} ({other})"));
                // The resource as a whole is listed: its properties need not be.
                own.forget();
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Stack {
        for (id, alias) in self.aliases {
            let own = self.stack.keys.iter_mut().find(|key| key.arn.ends_with(&id));
            own.into_iter().for_each(|key| key.aliases.push(alias.clone()));
        }
        for (name, retries) in self.retries {
            let own = self.stack.functions.values_mut().find(|function| function.name == name);
            own.into_iter().for_each(|function| function.retries = retries);
        }
        for rule in &mut self.stack.balanced {
            let own = self.targets.iter().find(|(group, _)| *group == rule.group);
            rule.function = own.map(|(_, function)| function.clone()).unwrap_or_default();
        }
        self.stack.balanced.sort_by_key(|rule| rule.priority);
        for (name, document) in self.documents {
            if let Some(bucket) = self.stack.buckets.get_mut(&name) {
                bucket.policy = Some(document);
            } else if let Some(topic) = self.stack.topics.iter_mut().find(|topic| topic.arn == name) {
                topic.policy = Some(document);
            }
        }
        for (topic, protocol) in self.subscriptions {
            let own = self.stack.topics.iter_mut().find(|own| own.arn == topic);
            own.into_iter().for_each(|own| own.subscribed.push(protocol.clone()));
        }
        self.stack.unmodelled.extend(self.left.into_inner());
        self.stack
    }
}
