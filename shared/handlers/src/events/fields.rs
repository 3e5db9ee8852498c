//! Reading single fields of a JSON event, with errors that name the field.

use meridian_domain::edge::JsonKind;
use meridian_domain::reason::{EventFault, EventKind, Excerpt, ExpectedField, FoundEvent, FoundField};
use meridian_messages::failure;
use serde_json::Value;
use std::str::FromStr;

/// `detail-type` of a rule on a schedule.
const SCHEDULED: &str = "Scheduled Event";

/// An event that is not what the function takes. No part of a payload or a credential is in it (I12).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", failure::event(.0))]
pub struct EventError(pub Box<EventFault>);

/// An event, or a part of one, whose fields are read by JSON pointer.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub event: &'static str,
    pub value: &'a Value,
}

impl<'a> Fields<'a> {
    pub fn new(event: &'static str, value: &'a Value) -> Self {
        Self { event, value }
    }

    /// A text that must be there.
    pub fn text(&self, pointer: &str, expected: ExpectedField) -> Result<&'a str, EventError> {
        match at(self.value, pointer) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            other => Err(self.wrong(pointer, expected, described(other))),
        }
    }

    /// A text that may be absent or null.
    pub fn optional(&self, pointer: &str) -> Result<Option<&'a str>, EventError> {
        match at(self.value, pointer) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(pointer, ExpectedField::OptionalText).map(Some),
        }
    }

    /// A name that must be there.
    pub fn name<T: FromStr>(&self, pointer: &str, expected: ExpectedField) -> Result<T, EventError> {
        let text = self.text(pointer, expected.clone())?;
        text.parse().map_err(|_| self.wrong(pointer, expected, quoted(text)))
    }

    pub fn wrong(&self, pointer: &str, expected: ExpectedField, found: FoundField) -> EventError {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        EventError(Box::new(EventFault::Field { event: self.event.to_owned(), field, expected, found }))
    }
}

/// The member at `/a/b` of an object of objects. [`Value::pointer`] also unescapes names, which costs two allocations for each;
/// simulations read millions of events.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').skip(1).try_fold(value, |value, name| value.get(name))
}

/// What an EventBridge envelope says of itself: `source` and `detail-type`.
pub(crate) fn kind(event: &Value) -> (&str, &str) {
    let text = |path| at(event, path).and_then(Value::as_str).unwrap_or_default();
    (text("/source"), text("/detail-type"))
}

/// True for a rule on a schedule.
pub(crate) fn is_sweep(event: &Value) -> bool {
    kind(event) == ("aws.events", SCHEDULED)
}

/// The error for an event of another kind.
pub(crate) fn other_kind(function: &str, expected: &[EventKind], event: &Value) -> EventError {
    let found = match kind(event) {
        ("", "") if at(event, "/CodePipeline.job").is_some() => FoundEvent::Job,
        ("", "") => match event {
            // Keys are the sender's words, not its data; a few say what it is.
            Value::Object(map) => FoundEvent::Keys(map.keys().take(5).map(|key| Excerpt::of(key)).collect()),
            Value::String(text) if text.is_empty() => FoundEvent::Empty,
            other => FoundEvent::Value(JsonKind::of(other)),
        },
        (source, kind) => FoundEvent::Named { kind: Excerpt::of(kind), source: Excerpt::of(source) },
    };
    EventError(Box::new(EventFault::Kind { function: function.to_owned(), expected: expected.to_vec(), found }))
}

/// A text as an error repeats it.
pub(crate) fn quoted(text: &str) -> FoundField {
    FoundField::Text(Excerpt::of(text))
}

fn described(value: Option<&Value>) -> FoundField {
    match value {
        None => FoundField::Missing,
        Some(Value::String(text)) if text.is_empty() => FoundField::Empty,
        Some(other) => FoundField::Kind(JsonKind::of(other)),
    }
}
