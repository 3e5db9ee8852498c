//! EventBridge's event patterns (EventBridge User Guide, "Creating event patterns"): the parts that the template uses.

use crate::error::DeploymentError;
use serde_json::{Map, Value};

/// A rule's pattern: every member that it names must be in the event, with one of the values that it lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Map<String, Value>);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Something that is neither a mapping nor a list of values and the known matchers (`prefix`, `suffix`, `exists`,
    /// `anything-but`).
    pub fn read(value: Value, place: &str) -> Result<Self, DeploymentError> {
        match value {
            Value::Object(members) => {
                check(&members, place)?;
                Ok(Pattern(members))
            }
            other => Err(DeploymentError::at(place, format!("expected a mapping, found {other}"))),
        }
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &Value) -> bool {
        all(&self.0, Some(event))
    }
}

fn check(members: &Map<String, Value>, place: &str) -> Result<(), DeploymentError> {
    for (name, own) in members {
        let place = format!("{place}.{name}");
        match own {
            Value::Object(inner) => check(inner, &place)?,
            Value::Array(choices) if choices.iter().all(is_known) && !choices.is_empty() => {}
            other => {
                return Err(DeploymentError::at(place, format!("{other} is not a list of values or known matchers")));
            }
        }
    }
    Ok(())
}

/// A matcher's name and operand.
fn matcher(choice: &Value) -> Option<(&str, &Value)> {
    let members = choice.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, operand)| (name.as_str(), operand))
}

fn is_known(choice: &Value) -> bool {
    match (choice, matcher(choice)) {
        (Value::Object(_), Some(("prefix" | "suffix", operand))) => operand.is_string(),
        (Value::Object(_), Some(("exists", operand))) => operand.is_boolean(),
        (Value::Object(_), Some(("anything-but", operand))) => operand.is_string() || operand.is_array(),
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => true,
    }
}

fn all(members: &Map<String, Value>, event: Option<&Value>) -> bool {
    members.iter().all(|(name, own)| {
        let found = event.and_then(|event| event.get(name));
        match own {
            Value::Object(inner) => all(inner, found),
            Value::Array(choices) => choices.iter().any(|choice| meets(choice, found)),
            _ => false,
        }
    })
}

/// An event's list matches where one of its items does.
fn meets(choice: &Value, found: Option<&Value>) -> bool {
    match found {
        Some(Value::Array(items)) => items.iter().any(|item| meets_one(choice, Some(item))),
        one => meets_one(choice, one),
    }
}

fn meets_one(choice: &Value, found: Option<&Value>) -> bool {
    let text = found.and_then(Value::as_str);
    match matcher(choice) {
        Some(("prefix", operand)) => text.zip(operand.as_str()).is_some_and(|(text, own)| text.starts_with(own)),
        Some(("suffix", operand)) => text.zip(operand.as_str()).is_some_and(|(text, own)| text.ends_with(own)),
        Some(("exists", operand)) => operand.as_bool() == Some(found.is_some()),
        Some(("anything-but", Value::Array(others))) => found.is_some_and(|found| !others.contains(found)),
        Some(("anything-but", other)) => found.is_some_and(|found| found != other),
        _ => found == Some(choice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pattern(value: Value) -> Pattern {
        Pattern::read(value, "rule").unwrap()
    }

    #[test]
    fn every_named_member_must_match_one_of_its_values() {
        let own = pattern(json!({
            "source": ["aws.s3"],
            "detail": { "bucket": { "name": ["eu", "au"] }, "object": { "key": [{ "prefix": "releases/" }] } },
        }));
        let event = |source: &str, bucket: &str, key: &str| json!({ "source": source, "detail": { "bucket": { "name": bucket }, "object": { "key": key } } });
        assert!(own.matches(&event("aws.s3", "au", "releases/manifests/1.json")));
        assert!(!own.matches(&event("aws.ec2", "au", "releases/manifests/1.json")));
        assert!(!own.matches(&event("aws.s3", "jp", "releases/manifests/1.json")));
        assert!(!own.matches(&event("aws.s3", "au", "ledger/1.json")));
        assert!(!own.matches(&json!({ "source": "aws.s3" })));
    }

    #[test]
    fn a_list_in_the_event_matches_by_any_of_its_items() {
        let own = pattern(json!({ "resources": ["arn:b"] }));
        assert!(own.matches(&json!({ "resources": ["arn:a", "arn:b"] })));
        assert!(!own.matches(&json!({ "resources": [] })));
    }

    #[test]
    fn presence_and_exclusion() {
        let own = pattern(json!({ "a": [{ "exists": false }], "b": [{ "anything-but": ["x"] }] }));
        assert!(own.matches(&json!({ "b": "y" })));
        assert!(!own.matches(&json!({ "b": "x" })));
        assert!(!own.matches(&json!({ "a": 1, "b": "y" })));
        assert!(!own.matches(&json!({})));
    }

    #[test]
    fn a_matcher_that_is_not_known_is_refused_not_taken_for_a_value() {
        let error = Pattern::read(json!({ "a": [{ "cidr": "10.0.0.0/8" }] }), "rule").unwrap_err();
        assert!(error.to_string().contains("rule.a"), "{error}");
    }
}
