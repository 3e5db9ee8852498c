//! What will happen by itself, in the order of its time.

use crate::services::lambda::functions::Request;
use crate::services::s3::bucket::Copy;
use crate::services::sagemaker::endpoint::{Due, LostInstances};
use crate::world::invocation::InvocationId;
use jiff::Timestamp;
use meridian_domain::RegionName;
use std::collections::BTreeMap;

/// Something that will happen by itself.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A function is called.
    Invoke(Box<Request>),
    /// An invocation's time is up.
    Deadline(InvocationId),
    /// A process that stood still in a region goes on; the text is for people.
    Thaws(InvocationId, RegionName, String),
    /// A replica arrives.
    Copy(Box<Copy>),
    /// An image, by its URI, reaches a region's registry.
    Image { region: RegionName, uri: String },
    /// A minute of traffic becomes metrics.
    MinuteEnds,
    /// Alarms are looked at: those with periods under a minute, or the others.
    EvaluateAlarms { high_resolution: bool },
    /// A phase of an update is over.
    UpdateDue(Due),
    /// Instances that an endpoint was to get serve.
    InstancesAdded { region: RegionName, endpoint: String },
    /// Instances that were lost with their zone are made again.
    InstancesReplaced(Box<LostInstances>),
    /// A scheduled behaviour begins or ends.
    BehaviourChanges,
    /// A scheduled rule, by its name, fires.
    Sweep { region: RegionName, rule: String },
    /// Route 53 asks a region.
    HealthCheck { region: RegionName },
    /// The action of an execution's stage begins.
    ActionBegins { execution: usize },
    /// The source action ends.
    SourceEnds { execution: usize },
    /// An action that asked for it is called again.
    JobContinues { execution: usize, token: String },
    /// A job's time is up.
    JobTimesOut { job: String },
    /// A scheduled fault, by its number, begins.
    FaultBegins(usize),
    /// A scheduled fault, by its number, ends.
    FaultEnds(usize),
}

/// Events by time; those of one moment in the order in which they were put in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
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
