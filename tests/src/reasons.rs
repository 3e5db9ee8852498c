//! Reasons in JSON documents.

use meridian_domain::Reason;
use serde_json::{Map, Value};

/// True for a reason: an object with one member, its kind. What a kind holds is described by its type.
pub fn is_reason(fields: &Map<String, Value>) -> bool {
    fields.len() == 1
        && fields.values().all(|value| value.is_object() || value.is_array())
        && fields.keys().all(|kind| Reason::kinds().contains(&kind.as_str()))
}
