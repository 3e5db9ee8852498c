//! EventBridge, to look at: the rules of a region's bus, what they call, and whether a pattern takes an event. The rules are
//! the template's; nobody changes them here.

use serde::{Deserialize, Serialize};

/// The bus that there is: an account's own, which AWS's services put their events on.
pub const DEFAULT_BUS: &str = "default";

/// `TestEventPattern`: whether a pattern takes an event, by the matcher that invokes the functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TestEventPattern {
    /// JSON, at most 4096 characters.
    pub event_pattern: String,
    /// JSON, with at least the members of every event.
    pub event: String,
}

/// What `TestEventPattern` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TestEventPatternOutput {
    /// Whether the pattern takes the event.
    pub result: bool,
}

/// `DescribeRule`: one of the template's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeRule {
    /// The rule's name, 1 to 64 characters; `ResourceNotFoundException` where the bus has no such rule.
    pub name: String,
    /// The name or ARN of its bus; [`DEFAULT_BUS`] where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
}

/// What `DescribeRule` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeRuleOutput {
    /// The rule, as `ListRules` shows it too.
    #[serde(flatten)]
    pub rule: Rule,
    /// The account that made it.
    pub created_by: String,
}

/// A rule of the bus, as the template declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// The name by which other operations ask for it.
    pub name: String,
    /// `arn:aws:events:REGION:ACCOUNT:rule/NAME`.
    pub arn: String,
    /// Which events it takes, as JSON; or else `schedule_expression`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
    /// When it fires by itself, such as `rate(5 minutes)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    /// `ENABLED`: the template turns none off.
    pub state: String,
    /// What the rule is for, in words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The bus whose events it looks at.
    pub event_bus_name: String,
}

/// `ListRules`: the rules of a bus, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListRules {
    /// Only rules whose names begin so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_prefix: Option<String>,
    /// The name or ARN of their bus; [`DEFAULT_BUS`] where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// Where the page before ended; none for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 100, which is how many there are on a page where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What `ListRules` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRulesOutput {
    /// One page of the rules, sorted by name.
    pub rules: Vec<Rule>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `ListTargetsByRule`: what one rule calls, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListTargetsByRule {
    /// The rule's name, 1 to 64 characters; `ResourceNotFoundException` where the bus has no such rule.
    pub rule: String,
    /// The name or ARN of its bus; [`DEFAULT_BUS`] where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// Where the page before ended; none for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 100, which is how many there are on a page where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What `ListTargetsByRule` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTargetsByRuleOutput {
    /// In the template's order.
    pub targets: Vec<Target>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What a rule calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// What the rule calls it.
    pub id: String,
    /// ARN of the function that is called.
    pub arn: String,
    /// Where events go that could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_config: Option<DeadLetterConfig>,
}

/// Where events go that could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeadLetterConfig {
    /// ARN of an SQS queue.
    pub arn: String,
}

/// `ListRuleNamesByTarget`: which rules call one target, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListRuleNamesByTarget {
    /// What the rules call.
    pub target_arn: String,
    /// The name or ARN of their bus; [`DEFAULT_BUS`] where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// Where the page before ended; none for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 100, which is how many there are on a page where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What `ListRuleNamesByTarget` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRuleNamesByTargetOutput {
    /// In their order.
    pub rule_names: Vec<String>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
