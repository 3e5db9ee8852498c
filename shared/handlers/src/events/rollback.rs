//! What wakes `rollback`.

use super::fields::{EventError, Fields, is_sweep, kind, other_kind, quoted};
use meridian_domain::{AlarmState, EndpointStatus, ResourceName};
use serde_json::Value;

const TAKES: &str = "a CloudWatch alarm's or a SageMaker endpoint's state change, or a scheduled event";
const ALARM: &str = "CloudWatch Alarm State Change";
const ENDPOINT: &str = "SageMaker Endpoint State Change";
const DEPLOYMENT: &str = "SageMaker Endpoint Deployment State Change";

/// What wakes `rollback`. An event is a reason to look, never a fact to act on: it may be late, doubled or stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackEvent {
    /// An alarm changed its state.
    Alarm {
        /// The alarm's name.
        name: String,
        /// Its new state.
        state: AlarmState,
        /// Why, in CloudWatch's words.
        reason: String,
        /// True for a composite alarm.
        composite: bool,
    },
    /// An endpoint, or its deployment, changed its state.
    EndpointState {
        /// The endpoint.
        endpoint: ResourceName,
        /// Its new status.
        status: EndpointStatus,
        /// The configuration that the event names.
        config: Option<ResourceName>,
        /// SageMaker's reason for a failure, where it gives one.
        failure_reason: Option<String>,
        /// True for the deployment's own event.
        deployment: bool,
    },
    /// The schedule's look at what events may have missed.
    Sweep,
}

impl RollbackEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Another kind of event, or the field that is missing or wrong.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        match kind(event) {
            _ if is_sweep(event) => Ok(Self::Sweep),
            ("aws.cloudwatch", ALARM) => Self::alarm(Fields::new(ALARM, event)),
            ("aws.sagemaker", ENDPOINT) => Self::endpoint(Fields::new(ENDPOINT, event), false),
            ("aws.sagemaker", DEPLOYMENT) => Self::endpoint(Fields::new(DEPLOYMENT, event), true),
            _ => Err(other_kind("rollback", TAKES, event)),
        }
    }

    fn alarm(fields: Fields<'_>) -> Result<Self, EventError> {
        const STATES: &str = "OK, ALARM or INSUFFICIENT_DATA";
        let state = match fields.text("/detail/state/value", STATES)? {
            "OK" => AlarmState::Ok,
            "ALARM" => AlarmState::Alarm,
            "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
            other => return Err(fields.wrong("/detail/state/value", STATES, quoted(other))),
        };
        Ok(Self::Alarm {
            name: fields.text("/detail/alarmName", "the alarm's name")?.to_owned(),
            state,
            reason: fields.optional("/detail/state/reason")?.unwrap_or_default().to_owned(),
            composite: fields.value.pointer("/detail/configuration/alarmRule").is_some(),
        })
    }

    fn endpoint(fields: Fields<'_>, deployment: bool) -> Result<Self, EventError> {
        const CONFIG: &str = "/detail/EndpointConfigName";
        let config = match fields.optional(CONFIG)? {
            Some(_) => Some(fields.name(CONFIG, "a SageMaker name")?),
            None => None,
        };
        Ok(Self::EndpointState {
            endpoint: fields.name("/detail/EndpointName", "a SageMaker name")?,
            status: status(&fields)?,
            config,
            failure_reason: fields.optional("/detail/FailureReason")?.map(str::to_owned),
            deployment,
        })
    }
}

/// Events write `IN_SERVICE` where `DescribeEndpoint` writes `InService`; both are understood.
fn status(fields: &Fields<'_>) -> Result<EndpointStatus, EventError> {
    use EndpointStatus::*;
    const STATUS: &str = "/detail/EndpointStatus";
    const EXPECTED: &str = "an endpoint status such as IN_SERVICE, UPDATING or FAILED";
    let text = fields.text(STATUS, EXPECTED)?;
    let plain: String = text.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    let all = [
        Creating,
        Updating,
        SystemUpdating,
        RollingBack,
        InService,
        OutOfService,
        Deleting,
        Failed,
        UpdateRollbackFailed,
    ];
    all.into_iter()
        .find(|status| format!("{status:?}").to_ascii_lowercase() == plain)
        .ok_or_else(|| fields.wrong(STATUS, EXPECTED, quoted(text)))
}
