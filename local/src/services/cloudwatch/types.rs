//! CloudWatch: metrics and alarms.

use crate::world::service::Tag;
use crate::world::time::EpochSeconds;
use serde::{Deserialize, Serialize};

/// One dimension of a metric. Metrics with the same name but other dimensions are other metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Dimension {
    /// E.g. `EndpointName`.
    pub name: String,
    /// E.g. `fraud`.
    pub value: String,
}

impl Dimension {
    /// A dimension from its two halves.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Dimension { name: name.into(), value: value.into() }
    }
}

/// `PutMetricData`: 1 to 1000 data, all stored or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutMetricData {
    /// Not one of AWS's own (`AWS/...`).
    pub namespace: String,
    /// At most 1000.
    pub metric_data: Vec<MetricDatum>,
}

/// What `PutMetricData` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutMetricDataOutput {}

/// One value, or values with their counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MetricDatum {
    /// The metric's name.
    pub metric_name: String,
    /// At most 30.
    pub dimensions: Vec<Dimension>,
    /// From two weeks ago to two hours ahead; now where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<EpochSeconds>,
    /// One sample; `values` are counted besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Several samples, at most 150.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// How often each of `values` occurred; once where absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<f64>,
    /// E.g. `Count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Seconds: 1 (high resolution) or 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_resolution: Option<u32>,
}

/// `PutMetricAlarm`. Writing an alarm that exists replaces its definition and keeps its state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutMetricAlarm {
    /// At most 255 characters.
    pub alarm_name: String,
    /// What the alarm is for, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// Whether `alarm_actions` run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions_enabled: Option<bool>,
    /// ARNs; the world notifies EventBridge only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarm_actions: Vec<String>,
    /// The metric's namespace; none where `metrics` are given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The metric's name; none where `metrics` are given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metric_name: String,
    /// The metric's dimensions, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Dimension>,
    /// Metric math: the metrics and the expression over them whose data is returned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricDataQuery>,
    /// `SampleCount`, `Average`, `Sum`, `Minimum` or `Maximum`; or else `extended_statistic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// E.g. `p99`, `TC(20000:)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_statistic: Option<String>,
    /// Seconds: 10, 30 or a multiple of 60; none where `metrics` are given.
    #[serde(skip_serializing_if = "is_zero")]
    pub period: u32,
    /// N of "M of N".
    pub evaluation_periods: u32,
    /// M of "M of N"; N where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// What the statistic is compared with.
    pub threshold: f64,
    /// `GreaterThanThreshold`, `GreaterThanOrEqualToThreshold`, `LessThanThreshold`, `LessThanOrEqualToThreshold`.
    pub comparison_operator: String,
    /// `missing` (default), `ignore`, `breaching` or `notBreaching`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` (default) or `ignore`: whether a percentile over few samples counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// Unit of the metric; not compared by the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Tags of a new alarm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What `PutMetricAlarm` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutMetricAlarmOutput {}

/// `PutCompositeAlarm`. Writing an alarm that exists replaces its rule and keeps its state until the rule is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutCompositeAlarm {
    /// At most 255 characters.
    pub alarm_name: String,
    /// E.g. `ALARM("a") OR NOT OK("b")`.
    pub alarm_rule: String,
    /// What the alarm is for, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// Whether actions run; the world notifies EventBridge only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions_enabled: Option<bool>,
    /// Tags of a new alarm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What `PutCompositeAlarm` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutCompositeAlarmOutput {}

/// `SetAlarmState`: until the alarm is looked at again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SetAlarmState {
    /// An alarm of either kind.
    pub alarm_name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`: see [`AlarmState`].
    pub state_value: String,
    /// For people; at most 1023 characters.
    pub state_reason: String,
    /// The same for machines, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason_data: Option<String>,
}

/// What `SetAlarmState` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAlarmStateOutput {}

/// `DeleteAlarms`: of either kind; one that is not there fails the call, and nothing is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeleteAlarms {
    /// At most 100.
    pub alarm_names: Vec<String>,
}

/// What `DeleteAlarms` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAlarmsOutput {}

/// `DescribeAlarms`: metric and composite ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeAlarms {
    /// At most 100; every alarm where empty. Unknown names are left out of the answer, without an error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarm_names: Vec<String>,
    /// `MetricAlarm`, `CompositeAlarm`; only metric alarms where empty, as AWS documents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarm_types: Vec<String>,
    /// Only alarms in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_value: Option<AlarmState>,
}

/// What `DescribeAlarms` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeAlarmsOutput {
    /// The metric alarms asked for, by name.
    pub metric_alarms: Vec<MetricAlarm>,
    /// The composite alarms asked for, by name.
    pub composite_alarms: Vec<CompositeAlarm>,
}

/// An alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// The threshold is not crossed.
    Ok,
    /// The threshold is crossed.
    Alarm,
    /// New, or without data to go by.
    InsufficientData,
}

impl AlarmState {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// The state of AWS's word for it.
    pub fn parse(word: &str) -> Option<Self> {
        [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData].into_iter().find(|own| own.as_str() == word)
    }
}

/// A metric alarm: its definition and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricAlarm {
    /// The alarm's ARN.
    pub alarm_arn: String,
    /// What it is made of.
    #[serde(flatten)]
    pub definition: PutMetricAlarm,
    /// What the last evaluation found, or what `SetAlarmState` has set since.
    pub state_value: AlarmState,
    /// Why it is in that state.
    pub state_reason: String,
    /// When the alarm was last evaluated, or its state last changed.
    pub state_updated_timestamp: EpochSeconds,
    /// When the state last changed.
    pub state_transitioned_timestamp: EpochSeconds,
}

/// A composite alarm: its rule and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CompositeAlarm {
    /// The alarm's ARN.
    pub alarm_arn: String,
    /// The alarm's name.
    pub alarm_name: String,
    /// E.g. `ALARM("a") OR ALARM("b")`.
    pub alarm_rule: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// Whether actions run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions_enabled: Option<bool>,
    /// What the last evaluation found, or what `SetAlarmState` has set since.
    pub state_value: AlarmState,
    /// Why it is in that state.
    pub state_reason: String,
    /// The same as JSON, which names the alarms that set it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason_data: Option<String>,
    /// When the alarm was last evaluated, or its state last changed.
    pub state_updated_timestamp: EpochSeconds,
    /// When the state last changed.
    pub state_transitioned_timestamp: EpochSeconds,
}

/// `GetMetricData`: for each query, a statistic of one metric in each period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricData {
    /// At most 500.
    pub metric_data_queries: Vec<MetricDataQuery>,
    /// Inclusive, rounded down to the minute, or for a shorter period to a multiple of it.
    pub start_time: EpochSeconds,
    /// Exclusive, rounded as the start is.
    pub end_time: EpochSeconds,
    /// `TimestampDescending` (default) or `TimestampAscending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_by: Option<String>,
}

/// One question of `GetMetricData`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataQuery {
    /// Begins with a lower-case letter; the answer carries it.
    pub id: String,
    /// The metric and the statistic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_stat: Option<MetricStat>,
    /// Metric math over other queries' ids instead; the world has it for alarms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Name of the result in the answer; the metric's name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether the answer holds this one; true where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_data: Option<bool>,
}

/// A metric with a period and a statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricStat {
    /// The metric with all of its dimensions: with fewer it is another metric.
    pub metric: Metric,
    /// Seconds: 10, 30 or a multiple of 60.
    pub period: u32,
    /// `Sum`, `SampleCount`, `Average`, `Minimum`, `Maximum`, `p99`, `TC(a:b)`, `PR(a:b)`.
    pub stat: String,
}

/// A metric's full name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// E.g. `AWS/SageMaker`.
    pub namespace: String,
    /// E.g. `Invocations`.
    pub metric_name: String,
    /// All of its dimensions.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

/// What `GetMetricData` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetMetricDataOutput {
    /// One for each query that returns data.
    pub metric_data_results: Vec<MetricDataResult>,
}

/// The answer to one question: periods without data are left out, not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataResult {
    /// The query's id.
    pub id: String,
    /// The query's label, or the metric's name.
    pub label: String,
    /// Starts of the periods.
    pub timestamps: Vec<EpochSeconds>,
    /// The statistic of each.
    pub values: Vec<f64>,
    /// Always `Complete` here.
    pub status_code: String,
}
