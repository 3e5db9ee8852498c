//! EventBridge's event patterns (EventBridge User Guide, "Creating event patterns"): the parts that the template uses, and
//! those beside them.

use crate::error::DeploymentError;
use serde_json::{Map, Value};
use std::fmt;

/// A rule's pattern: every member that it names must be in the event, with one of the values that it lists. Shown as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Map<String, Value>);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Something that is neither a mapping nor a list of values and the known matchers (`prefix`, `suffix`, `exists`,
    /// `anything-but`), or empty.
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

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A map of JSON values can always be written.
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

fn check(members: &Map<String, Value>, place: &str) -> Result<(), DeploymentError> {
    if members.is_empty() {
        return Err(DeploymentError::at(place, "an empty mapping asks for nothing"));
    }
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
        (Value::Object(_), Some(("anything-but", Value::Array(others)))) => {
            !others.is_empty() && (others.iter().all(Value::is_string) || others.iter().all(Value::is_number))
        }
        (Value::Object(_), Some(("anything-but", operand))) => operand.is_string() || operand.is_number(),
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => true,
    }
}

fn all(members: &Map<String, Value>, event: Option<&Value>) -> bool {
    members.iter().all(|(name, own)| {
        let found = event.and_then(|event| event.get(name));
        match own {
            Value::Object(inner) => {
                // What is no mapping has none of the members, and a pattern may ask for just that.
                let within: Vec<&Value> = items(found).into_iter().filter(|item| item.is_object()).collect();
                if within.is_empty() { all(inner, None) } else { within.into_iter().any(|item| all(inner, Some(item))) }
            }
            Value::Array(choices) => {
                let leaves: Vec<&Value> = items(found).into_iter().filter(|item| !item.is_object()).collect();
                choices.iter().any(|choice| meets(choice, &leaves))
            }
            _ => false,
        }
    })
}

/// A value, or the items of a list, and of lists in it: an event's list matches where one of its items does.
fn items(found: Option<&Value>) -> Vec<&Value> {
    match found {
        Some(Value::Array(inner)) => inner.iter().flat_map(|item| items(Some(item))).collect(),
        one => one.into_iter().collect(),
    }
}

/// A mapping and an empty list are no leaves: to `exists` they are as good as absent ("it only works on leaf nodes").
fn meets(choice: &Value, leaves: &[&Value]) -> bool {
    match matcher(choice) {
        Some(("exists", operand)) => operand.as_bool() == Some(!leaves.is_empty()),
        _ => leaves.iter().any(|leaf| meets_one(choice, leaf)),
    }
}

fn meets_one(choice: &Value, found: &Value) -> bool {
    let text = found.as_str();
    match matcher(choice) {
        Some(("prefix", operand)) => text.zip(operand.as_str()).is_some_and(|(text, own)| text.starts_with(own)),
        Some(("suffix", operand)) => text.zip(operand.as_str()).is_some_and(|(text, own)| text.ends_with(own)),
        Some(("anything-but", Value::Array(others))) => !others.iter().any(|other| same(found, other)),
        Some(("anything-but", other)) => !same(found, other),
        _ => same(found, choice),
    }
}

/// Numbers are compared by their value. The User Guide says by how they are written (300 is not 300.0), but EventBridge does
/// not: localstack/localstack tries its patterns on AWS itself (number_comparison_float.json5).
fn same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| one == other)
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
    fn a_mapping_in_a_list_matches_as_a_whole() {
        let own = pattern(json!({ "a": { "b": ["x"], "c": ["y"] } }));
        assert!(own.matches(&json!({ "a": [{ "b": "z" }, { "b": "x", "c": ["w", "y"] }] })));
        assert!(!own.matches(&json!({ "a": [{ "b": "x" }, { "c": "y" }] })));
    }

    #[test]
    fn only_a_leaf_exists() {
        let (there, absent) =
            (pattern(json!({ "a": [{ "exists": true }] })), pattern(json!({ "a": [{ "exists": false }] })));
        for (event, exists) in [
            (json!({ "a": null }), true),
            (json!({ "a": ["x"] }), true),
            (json!({ "a": [] }), false),
            (json!({ "a": { "b": 1 } }), false),
            (json!({}), false),
        ] {
            assert_eq!((there.matches(&event), absent.matches(&event)), (exists, !exists), "{event}");
        }
        assert!(pattern(json!({ "a": { "b": [{ "exists": false }] } })).matches(&json!({ "a": "text" })));
    }

    #[test]
    fn numbers_are_compared_by_their_value() {
        let own = pattern(json!({ "a": [300], "b": [{ "anything-but": [1, 2] }] }));
        assert!(own.matches(&json!({ "a": 300.0, "b": 3 })));
        assert!(!own.matches(&json!({ "a": "300", "b": 3 })));
        assert!(!own.matches(&json!({ "a": 300, "b": 2.0 })));
    }

    #[test]
    fn a_pattern_that_asks_for_nothing_is_refused() {
        for empty in [json!({}), json!({ "a": {} }), json!({ "a": [] }), json!({ "a": [{ "anything-but": [] }] })] {
            assert!(Pattern::read(empty.clone(), "rule").is_err(), "{empty}");
        }
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
