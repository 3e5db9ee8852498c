//! What SageMaker and CloudWatch say only inside a text about an update or an alarm, as data.

use meridian_domain::UpdateFailure;
use serde::Deserialize;

/// SageMaker's words where it found no instances (API reference, `DescribeEndpoint`; the list is not closed).
const NO_CAPACITY: &[&str] = &["InsufficientInstanceCapacity", "InsufficientCapacity", "insufficient capacity"];

/// What `FailureReason` of `DescribeEndpoint` says.
pub fn update_failure(said: String) -> UpdateFailure {
    if NO_CAPACITY.iter().any(|words| said.contains(words)) {
        UpdateFailure::NoCapacity(said)
    } else {
        UpdateFailure::Other(said)
    }
}

/// The alarm that set a composite one off, from its `StateReasonData`, which is JSON. Only the sample event shows its members
/// (CloudWatch user guide, "Alarm events and EventBridge", composite alarm).
pub fn set_off_by(state_reason_data: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        triggering_alarms: Vec<Triggering>,
    }
    #[derive(Deserialize)]
    struct Triggering {
        arn: String,
        state: State,
    }
    #[derive(Deserialize)]
    struct State {
        value: String,
    }
    let Data { triggering_alarms } = serde_json::from_str(state_reason_data).ok()?;
    let rings = triggering_alarms.into_iter().find(|alarm| alarm.state.value == "ALARM")?;
    let (_, name) = rings.arn.split_once(":alarm:")?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_capacity_is_told_from_other_failures() {
        let none = "InsufficientInstanceCapacity: none left".to_owned();
        assert_eq!(update_failure(none.clone()), UpdateFailure::NoCapacity(none));
        let ping = "did not pass the ping health check".to_owned();
        assert_eq!(update_failure(ping.clone()), UpdateFailure::Other(ping));
    }

    #[test]
    fn a_composite_alarm_names_the_one_that_set_it_off() {
        let data = r#"{"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:fraud-endpoint-5xx",
            "state":{"value":"ALARM","timestamp":"2026-03-12T04:20:11.394+0000"}}]}"#;
        assert_eq!(set_off_by(data).as_deref(), Some("fraud-endpoint-5xx"));
        let quiet = data.replace("ALARM\"", "OK\"");
        for other in ["", "{}", r#"{"triggeringAlarms":[]}"#, r#"{"triggeringAlarms":[{"arn":"x"}]}"#, &quiet] {
            assert_eq!(set_off_by(other), None, "{other}");
        }
    }
}
