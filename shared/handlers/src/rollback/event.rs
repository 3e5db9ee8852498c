//! What invokes `rollback`.

use crate::events::{EventError, at, is_sweep, kind, other_kind};
use meridian_domain::reason::EventKind;
use serde_json::Value;
use std::fmt;

const ALARM: &str = "CloudWatch Alarm State Change";
const ENDPOINT: &str = "SageMaker Endpoint State Change";
const DEPLOYMENT: &str = "SageMaker Endpoint Deployment State Change";

/// The kinds of event that it takes.
const TAKES: &[EventKind] = &[EventKind::AlarmState, EventKind::EndpointState, EventKind::Schedule];

/// What invokes `rollback`. An event is a reason to look, never a fact to act on: it may be late, doubled or stale. So its
/// texts are kept for the log alone, and whatever they say, the handler looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackEvent {
    /// An alarm changed its state.
    Alarm {
        /// The alarm's name, where the event gives one.
        name: Option<String>,
    },
    /// An endpoint, or its deployment, changed its state.
    Endpoint {
        /// The endpoint's name, where the event gives one.
        name: Option<String>,
        /// Its status in SageMaker's words, known to us or not.
        status: Option<String>,
    },
    /// The schedule's look at what events may have missed.
    Sweep,
}

impl RollbackEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Another kind of event.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        let text = |path| at(event, path).and_then(Value::as_str).map(str::to_owned);
        match kind(event) {
            _ if is_sweep(event) => Ok(Self::Sweep),
            ("aws.cloudwatch", ALARM) => Ok(Self::Alarm { name: text("/detail/alarmName") }),
            ("aws.sagemaker", ENDPOINT | DEPLOYMENT) => {
                Ok(Self::Endpoint { name: text("/detail/EndpointName"), status: text("/detail/EndpointStatus") })
            }
            _ => Err(other_kind("rollback", TAKES, event)),
        }
    }
}

/// Its kind and its name, as the log says it.
impl fmt::Display for RollbackEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_nameless = |name: &Option<String>| name.clone().unwrap_or_else(|| "without a name".to_owned());
        match self {
            Self::Alarm { name } => write!(f, "alarm {}", or_nameless(name)),
            Self::Endpoint { name, status: None } => write!(f, "endpoint {}", or_nameless(name)),
            Self::Endpoint { name, status: Some(status) } => write!(f, "endpoint {} {status}", or_nameless(name)),
            Self::Sweep => f.write_str("sweep"),
        }
    }
}
