//! A region's alarms, as they were put.

use crate::services::cloudwatch::composite::Composite;
use crate::services::cloudwatch::evaluation::Silence;
use crate::services::cloudwatch::metric_math::Source;
use crate::services::cloudwatch::metrics::{invalid, is_period};
use crate::services::cloudwatch::status::Status;
use crate::services::cloudwatch::types::{AlarmState, Dimension, PutMetricAlarm};
use crate::world::error::ApiError;
use jiff::Timestamp;
use meridian_deployment::Stack;
use std::collections::BTreeMap;

/// One region's alarms, by name.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    pub metric: BTreeMap<String, WatchedMetric>,
    pub composite: BTreeMap<String, Composite>,
}

/// A metric alarm, its definition understood.
#[derive(Clone, Debug)]
pub(crate) struct WatchedMetric {
    pub definition: PutMetricAlarm,
    pub source: Source,
    /// Length of a period, in seconds.
    pub period: u32,
    pub comparison: Comparison,
    pub missing: Silence,
    /// Whether a percentile over too few samples is left alone.
    pub low_samples_ignored: bool,
    pub status: Status,
}

/// How an alarm compares a value with its threshold: `ComparisonOperator` of `PutMetricAlarm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub fn parse(text: &str) -> Option<Self> {
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

impl WatchedMetric {
    /// Understands a definition, or says what is wrong with it.
    pub fn new(mut definition: PutMetricAlarm, status: Status) -> Result<Self, ApiError> {
        // On by default, and shown then. Tags are not shown with an alarm.
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
        Ok(WatchedMetric {
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
            let watch = WatchedMetric::new(definition(own), quiet())?;
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
pub(crate) fn definition(own: &meridian_deployment::Alarm) -> PutMetricAlarm {
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
        alarm_actions: own.topics.clone(),
        ..PutMetricAlarm::default()
    }
}
