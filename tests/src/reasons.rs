//! Reasons in JSON documents.

use serde_json::{Map, Value};

/// The kinds of a reason as docs/night-json.md lists them; what a kind holds is described by its type.
const REASONS: [&str; 18] = [
    "said",
    "refused",
    "evaluation",
    "gate",
    "proceed",
    "revert",
    "full_load",
    "fault",
    "left_behind",
    "lag",
    "way_back",
    "return",
    "quiet",
    "step",
    "wait",
    "wave",
    "several",
    "callers_alike",
];

/// True for a reason: an object with one member, its kind.
pub fn is_reason(fields: &Map<String, Value>) -> bool {
    fields.len() == 1
        && fields.values().all(|value| value.is_object() || value.is_array())
        && fields.keys().all(|kind| REASONS.contains(&kind.as_str()))
}
