//! An alarm's state, and how it changes.

use crate::services::cloudwatch::types::AlarmState;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A state, since when, and why.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub value: AlarmState,
    pub reason: String,
    pub reason_data: Value,
    pub since: Timestamp,
}

impl Status {
    pub fn new(value: AlarmState, reason: &str, since: Timestamp) -> Self {
        Status { value, reason: reason.to_owned(), reason_data: Value::Null, since }
    }

    /// Why, as the JSON text that CloudWatch hands out; none where it has none.
    pub fn data(&self) -> Option<String> {
        (!self.reason_data.is_null()).then(|| self.reason_data.to_string())
    }

    /// A new alarm's, which has nothing to go by.
    pub fn initial(since: Timestamp) -> Self {
        Status::new(AlarmState::InsufficientData, "Unchecked: Initial alarm creation", since)
    }
}

/// An alarm's change.
pub(crate) struct Change {
    pub alarm: String,
    pub configuration: Value,
    pub before: Status,
    pub after: Status,
}

pub(crate) fn state_json(status: &Status) -> Value {
    let mut state = json!({
        "reason": status.reason,
        "timestamp": stamp(status.since),
        "value": status.value.as_str(),
    });
    if let (Some(members), Some(data)) = (state.as_object_mut(), status.data()) {
        members.insert("reasonData".to_owned(), Value::String(data));
    }
    state
}

/// A moment, as alarms' reasons have it.
pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
