//! What will happen by itself, in the order of its time.

use super::invocation::InvocationId;
use super::lambda::Request;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Something that will happen by itself.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A function is called.
    Invoke(Box<Request>),
    /// An invocation's time is up.
    Deadline(InvocationId),
}

/// Events by time; those of one moment in the order in which they were put in.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    events: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
}

impl Queue {
    pub fn push(&mut self, at: Timestamp, event: Event) {
        self.events.insert((at, self.next), event);
        self.next += 1;
    }

    pub fn pop(&mut self) -> Option<(Timestamp, Event)> {
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }

    pub fn next_at(&self) -> Option<Timestamp> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }
}
