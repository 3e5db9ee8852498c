//! `TestEventPattern`, `DescribeRule`, `ListRules`, `ListTargetsByRule`, `ListRuleNamesByTarget`: the template's rules, and the
//! matcher that they invoke functions by, for whoever looks.

use crate::services::eventbridge::types::{
    DEFAULT_BUS, DeadLetterConfig, DescribeRule, DescribeRuleOutput, ListRuleNamesByTarget,
    ListRuleNamesByTargetOutput, ListRules, ListRulesOutput, ListTargetsByRule, ListTargetsByRuleOutput, Rule, Target,
    TestEventPattern, TestEventPatternOutput,
};
use crate::services::iam::ask::{Ask, one_ask};
use crate::world::error::ApiError;
use crate::world::operation::{Guarded, Operation};
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::{Pattern, RuleTarget, Trigger};
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use serde_json::Value;

/// What every event has. The API reference names `resources` too, and EventBridge takes events without: localstack/localstack
/// tries its events on AWS itself.
const IN_EVERY_EVENT: [&str; 6] = ["id", "account", "source", "time", "region", "detail-type"];

fn not_found(message: String) -> ApiError {
    ApiError::new("ResourceNotFoundException", 400, message)
}

/// A name as an error repeats it.
fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

/// What the template declares, on the one bus that there is.
fn on_bus<'a>(
    world: &'a World,
    region: &RegionName,
    bus: Option<&str>,
) -> Result<&'a [meridian_deployment::Rule], ApiError> {
    let named = bus.unwrap_or(DEFAULT_BUS);
    let bus_arn = world.arn("events", region, &format!("event-bus/{DEFAULT_BUS}"));
    if named != DEFAULT_BUS && named != bus_arn {
        return Err(not_found(format!("Event bus {} does not exist.", shown(named))));
    }
    Ok(world.stack(region).map(|stack| stack.rules.as_slice()).unwrap_or_default())
}

fn rule_named<'a>(
    world: &'a World,
    region: &RegionName,
    bus: Option<&str>,
    name: &str,
) -> Result<&'a meridian_deployment::Rule, ApiError> {
    let rules = on_bus(world, region, bus)?;
    if name.is_empty() || name.chars().count() > 64 {
        return Err(ApiError::validation("A rule's name has 1 to 64 characters."));
    }
    rules
        .iter()
        .find(|own| own.name == name)
        .ok_or_else(|| not_found(format!("Rule {name} does not exist on EventBus {DEFAULT_BUS}.")))
}

fn rule(own: &meridian_deployment::Rule) -> Rule {
    let pattern = match &own.trigger {
        Trigger::Event(pattern) => Some(pattern.to_string()),
        Trigger::Rate(_) => None,
    };
    Rule {
        name: own.name.clone(),
        arn: own.arn.clone(),
        event_pattern: pattern,
        schedule_expression: own.schedule.clone(),
        state: "ENABLED".to_owned(),
        description: own.description.clone(),
        event_bus_name: DEFAULT_BUS.to_owned(),
    }
}

fn target(own: &RuleTarget) -> Target {
    let letters = own.dead_letters.clone();
    Target { id: own.id.clone(), arn: own.arn.clone(), dead_letter_config: letters.map(|arn| DeadLetterConfig { arn }) }
}

/// One page of a list, and where the next one begins.
fn page<T>(all: Vec<T>, limit: Option<usize>, token: Option<&str>) -> Result<(Vec<T>, Option<String>), ApiError> {
    let limit = limit.unwrap_or(100);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::validation("Limit is 1 to 100."));
    }
    let begin: usize = match token.map(str::parse) {
        None => 0,
        Some(Ok(begin)) => begin,
        Some(Err(_)) => return Err(ApiError::validation("NextToken is none that was handed out.")),
    };
    let next = begin.saturating_add(limit);
    let token = (next < all.len()).then(|| next.to_string());
    Ok((all.into_iter().skip(begin).take(limit).collect(), token))
}

impl Operation for TestEventPattern {
    const SERVICE: Service = Service::EventBridge;
    const OPERATION: OperationName = OperationName::TestEventPattern;
    type Output = TestEventPatternOutput;

    fn apply(self, _: &mut World, _: &RegionName) -> Result<TestEventPatternOutput, ApiError> {
        if self.event_pattern.chars().count() > 4096 {
            return Err(ApiError::validation("EventPattern has at most 4096 characters."));
        }
        // What AWS calls a bad pattern. One of a matcher that only AWS knows is refused too: a guess could be wrong.
        let invalid = |why: String| {
            ApiError::new("InvalidEventPatternException", 400, format!("Event pattern is not valid. Reason: {why}"))
        };
        let pattern: Value =
            serde_json::from_str(&self.event_pattern).map_err(|error| invalid(format!("not JSON: {error}")))?;
        let pattern = Pattern::read(pattern, "the pattern").map_err(|error| invalid(error.to_string()))?;
        let event = serde_json::from_str::<Value>(&self.event).ok();
        let is_whole = |event: &Value| IN_EVERY_EVENT.iter().all(|member| event.get(member).is_some());
        let event = event.filter(is_whole).ok_or_else(|| ApiError::validation("Parameter Event is not valid."))?;
        Ok(TestEventPatternOutput { result: pattern.matches(&event) })
    }
}

impl Operation for DescribeRule {
    const SERVICE: Service = Service::EventBridge;
    const OPERATION: OperationName = OperationName::DescribeRule;
    type Output = DescribeRuleOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeRuleOutput, ApiError> {
        let own = rule_named(world, region, self.event_bus_name.as_deref(), &self.name)?;
        Ok(DescribeRuleOutput { rule: rule(own), created_by: world.account(region).to_owned() })
    }
}

impl Operation for ListRules {
    const SERVICE: Service = Service::EventBridge;
    const OPERATION: OperationName = OperationName::ListRules;
    type Output = ListRulesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListRulesOutput, ApiError> {
        let all = on_bus(world, region, self.event_bus_name.as_deref())?;
        let prefix = self.name_prefix.unwrap_or_default();
        let mut rules: Vec<Rule> = all.iter().filter(|own| own.name.starts_with(&prefix)).map(rule).collect();
        rules.sort_by(|one, other| one.name.cmp(&other.name));
        let (rules, next_token) = page(rules, self.limit, self.next_token.as_deref())?;
        Ok(ListRulesOutput { rules, next_token })
    }
}

impl Operation for ListTargetsByRule {
    const SERVICE: Service = Service::EventBridge;
    const OPERATION: OperationName = OperationName::ListTargetsByRule;
    type Output = ListTargetsByRuleOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListTargetsByRuleOutput, ApiError> {
        let own = rule_named(world, region, self.event_bus_name.as_deref(), &self.rule)?;
        let all = own.targets.iter().map(target).collect();
        let (targets, next_token) = page(all, self.limit, self.next_token.as_deref())?;
        Ok(ListTargetsByRuleOutput { targets, next_token })
    }
}

impl Operation for ListRuleNamesByTarget {
    const SERVICE: Service = Service::EventBridge;
    const OPERATION: OperationName = OperationName::ListRuleNamesByTarget;
    type Output = ListRuleNamesByTargetOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListRuleNamesByTargetOutput, ApiError> {
        let all = on_bus(world, region, self.event_bus_name.as_deref())?;
        let calls = |own: &&meridian_deployment::Rule| own.targets.iter().any(|target| target.arn == self.target_arn);
        let mut names: Vec<String> = all.iter().filter(calls).map(|own| own.name.clone()).collect();
        names.sort();
        let (rule_names, next_token) = page(names, self.limit, self.next_token.as_deref())?;
        Ok(ListRuleNamesByTargetOutput { rule_names, next_token })
    }
}

// What looking asks for (Service Authorization Reference, "Amazon EventBridge").
one_ask! {
    TestEventPattern: "events:TestEventPattern", |_own, _world, _region| "*";
    DescribeRule: "events:DescribeRule", |own, world, region| world.arn("events", region, &format!("rule/{}", own.name));
    ListRules: "events:ListRules", |_own, world, region| world.arn("events", region, "rule/*");
    ListTargetsByRule: "events:ListTargetsByRule", |own, world, region|
        world.arn("events", region, &format!("rule/{}", own.rule));
    ListRuleNamesByTarget: "events:ListRuleNamesByTarget", |_own, world, region| world.arn("events", region, "rule/*");
}
