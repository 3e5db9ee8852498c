//! CloudWatch alarms: what there is of them in a region, and the two operations.

use super::World;
use super::composite::Composite;
use super::evaluation::Silence;
use super::metric_math::Source;
use super::metrics::{invalid, is_period};
use crate::api::cloudwatch::{
    AlarmState, CompositeAlarm, DescribeAlarms, DescribeAlarmsOutput, Dimension, MetricAlarm, PutMetricAlarm,
    PutMetricAlarmOutput,
};
use crate::api::{ApiError, Operation, Service};
use jiff::Timestamp;
use meridian_deployment::Stack;
use meridian_domain::RegionName;
use serde_json::Value;
use std::collections::BTreeMap;

/// One region's alarms, by name.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    pub metric: BTreeMap<String, Watch>,
    pub composite: BTreeMap<String, Composite>,
}

/// A state, since when, and why.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub value: AlarmState,
    pub reason: String,
    pub reason_data: Value,
    pub since: Timestamp,
}

/// A metric alarm, its definition understood.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub definition: PutMetricAlarm,
    pub source: Source,
    /// Seconds.
    pub period: u32,
    pub comparison: Comparison,
    pub missing: Silence,
    /// Whether a percentile over too few samples is left alone.
    pub low_samples_ignored: bool,
    pub status: Status,
}

/// `ComparisonOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanThreshold" => Comparison::Greater,
            "GreaterThanOrEqualToThreshold" => Comparison::GreaterOrEqual,
            "LessThanThreshold" => Comparison::Less,
            "LessThanOrEqualToThreshold" => Comparison::LessOrEqual,
            _ => return None,
        })
    }

    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Greater => value > threshold,
            Comparison::GreaterOrEqual => value >= threshold,
            Comparison::Less => value < threshold,
            Comparison::LessOrEqual => value <= threshold,
        }
    }

    /// As CloudWatch's reasons say it.
    pub fn in_words(self) -> &'static str {
        match self {
            Comparison::Greater => "greater than",
            Comparison::GreaterOrEqual => "greater than or equal to",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "less than or equal to",
        }
    }
}

impl Status {
    fn new(value: AlarmState, reason: &str, since: Timestamp) -> Self {
        Status { value, reason: reason.to_owned(), reason_data: Value::Null, since }
    }

    /// A new alarm's, which has nothing to go by.
    pub fn initial(since: Timestamp) -> Self {
        Status::new(AlarmState::InsufficientData, "Unchecked: Initial alarm creation", since)
    }
}

impl Watch {
    /// Understands a definition, or says what is wrong with it.
    fn new(mut definition: PutMetricAlarm, status: Status) -> Result<Self, ApiError> {
        // On where nobody says otherwise, and shown then. Tags are not shown with an alarm.
        definition.actions_enabled.get_or_insert(true);
        definition.tags.clear();
        let name = &definition.alarm_name;
        if name.is_empty() || name.len() > 255 {
            return Err(invalid("AlarmName must have 1 to 255 characters."));
        }
        let (source, period) = Source::of(&definition)?;
        let (periods, to_alarm) = (definition.evaluation_periods, definition.datapoints_to_alarm);
        if periods == 0 || to_alarm.is_some_and(|points| points == 0 || points > periods) {
            return Err(invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods."));
        }
        if !is_period(period) || period < 10 {
            return Err(invalid("Period must be 10, 20, 30 or a multiple of 60."));
        }
        // A day in all, for alarms of periods under an hour (API reference of PutMetricAlarm).
        if u64::from(period) * u64::from(periods) > 86_400 {
            return Err(invalid("Metrics cannot be checked across more than a day."));
        }
        if !definition.threshold.is_finite() {
            return Err(invalid("Threshold must be a number."));
        }
        let low_samples_ignored = match definition.evaluate_low_sample_count_percentile.as_deref() {
            None | Some("evaluate") => false,
            Some("ignore") => true,
            Some(_) => return Err(invalid("EvaluateLowSampleCountPercentile is evaluate or ignore.")),
        };
        Ok(Watch {
            source,
            period,
            comparison: Comparison::parse(&definition.comparison_operator)
                .ok_or_else(|| invalid("The comparison operator is not one."))?,
            missing: Silence::parse(definition.treat_missing_data.as_deref())
                .ok_or_else(|| invalid("TreatMissingData is missing, ignore, breaching or notBreaching."))?,
            low_samples_ignored,
            definition,
            status,
        })
    }

    /// M of "M of N".
    pub fn to_alarm(&self) -> u32 {
        self.definition.datapoints_to_alarm.unwrap_or(self.definition.evaluation_periods)
    }
}

impl Alarms {
    /// The alarms that the stack makes. They start `OK`, as they are after a quiet day.
    pub fn of_stack(stack: &Stack, start: Timestamp) -> Result<Self, ApiError> {
        let quiet = || Status::new(AlarmState::Ok, "Threshold Crossed: a quiet day", start);
        let mut all = Alarms::default();
        for own in &stack.alarms {
            let watch = Watch::new(definition(own), quiet())?;
            all.metric.insert(own.name.clone(), watch);
        }
        for own in &stack.composites {
            all.composite.insert(own.name.clone(), Composite::of_stack(own, quiet()));
        }
        Ok(all)
    }

    /// How an alarm of either kind stands.
    pub fn status(&self, name: &str) -> Option<&Status> {
        let metric = self.metric.get(name).map(|watch| &watch.status);
        metric.or_else(|| self.composite.get(name).map(|composite| &composite.status))
    }

    /// The state of an alarm of either kind.
    pub fn state(&self, name: &str) -> Option<AlarmState> {
        self.status(name).map(|status| status.value)
    }
}

/// A template's alarm, as one would put it.
fn definition(own: &meridian_deployment::Alarm) -> PutMetricAlarm {
    PutMetricAlarm {
        alarm_name: own.name.clone(),
        alarm_description: own.description.clone(),
        namespace: own.namespace.clone(),
        metric_name: own.metric.clone(),
        dimensions: own.dimensions.iter().map(|(name, value)| Dimension::new(name, value)).collect(),
        statistic: own.statistic.clone(),
        extended_statistic: own.percentile.clone(),
        period: own.period,
        evaluation_periods: own.periods,
        datapoints_to_alarm: own.to_alarm,
        threshold: own.threshold,
        comparison_operator: own.comparison.clone(),
        treat_missing_data: own.missing.clone(),
        ..PutMetricAlarm::default()
    }
}

impl Operation for PutMetricAlarm {
    const SERVICE: Service = Service::CloudWatch;
    const NAME: &'static str = "PutMetricAlarm";
    type Output = PutMetricAlarmOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PutMetricAlarmOutput, ApiError> {
        let now = world.now;
        let alarms = &mut world.region_mut(region)?.alarms;
        if alarms.composite.contains_key(&self.alarm_name) {
            return Err(ApiError::validation("The alarm is a composite alarm."));
        }
        // A rewritten alarm keeps its state; a new one has none to go by.
        let status = match alarms.metric.get(&self.alarm_name) {
            Some(old) => old.status.clone(),
            None => Status::initial(now),
        };
        let watch = Watch::new(self, status)?;
        alarms.metric.insert(watch.definition.alarm_name.clone(), watch);
        Ok(PutMetricAlarmOutput {})
    }
}

impl Operation for DescribeAlarms {
    const SERVICE: Service = Service::CloudWatch;
    const NAME: &'static str = "DescribeAlarms";
    type Output = DescribeAlarmsOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeAlarmsOutput, ApiError> {
        if self.alarm_names.len() > 100 {
            return Err(ApiError::validation("At most 100 alarm names."));
        }
        let asked = |kind: &str| match self.alarm_types.as_slice() {
            [] => kind == "MetricAlarm",
            types => types.iter().any(|asked| asked == kind),
        };
        let wanted = |name: &str, status: &Status| {
            (self.alarm_names.is_empty() || self.alarm_names.iter().any(|asked| asked == name))
                && self.state_value.is_none_or(|state| state == status.value)
        };
        let arn = |name: &str| world.arn("cloudwatch", region, &format!("alarm:{name}"));
        let Alarms { metric, composite } = &world.region(region)?.alarms;
        let metric_alarms = metric.iter().filter(|(name, watch)| asked("MetricAlarm") && wanted(name, &watch.status));
        let composites = composite.iter().filter(|(name, own)| asked("CompositeAlarm") && wanted(name, &own.status));
        Ok(DescribeAlarmsOutput {
            metric_alarms: metric_alarms
                .map(|(name, watch)| MetricAlarm {
                    alarm_arn: arn(name),
                    definition: watch.definition.clone(),
                    state_value: watch.status.value,
                    state_reason: watch.status.reason.clone(),
                    state_updated_timestamp: watch.status.since.into(),
                })
                .collect(),
            composite_alarms: composites
                .map(|(name, own)| CompositeAlarm {
                    alarm_arn: arn(name),
                    alarm_name: name.clone(),
                    alarm_rule: own.definition.alarm_rule.clone(),
                    alarm_description: own.definition.alarm_description.clone(),
                    actions_enabled: own.definition.actions_enabled,
                    state_value: own.status.value,
                    state_reason: own.status.reason.clone(),
                    state_updated_timestamp: own.status.since.into(),
                })
                .collect(),
        })
    }
}
