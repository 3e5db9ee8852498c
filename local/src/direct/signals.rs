//! Metrics and alarms.

use super::DirectPorts;
use super::errors::AwsOperation;
use crate::services::cloudwatch::{
    AlarmState as State, DescribeAlarms, Dimension, GetMetricData, Metric, MetricDataQuery, MetricDatum, MetricStat,
    PutMetricAlarm, PutMetricData,
};
use crate::world::time::EpochSeconds;
use meridian_domain::alarms::{BLUE_ID, EXCESS, EXCESS_ID, GREEN_ID, Measured, NAMESPACE, Watched};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{AlarmSpec, AlarmState, AlarmView, RegionName};
use meridian_handlers::adapters::counts::Survey;
use meridian_handlers::adapters::{alarm_description, set_off_by};
use meridian_handlers::ports::{Answer, CountsQuery, FailureDetail, MetricPoint, OperationName, Signals, SlotsQuery};

/// `DescribeAlarms` takes so many names at once.
const NAMES_PER_CALL: usize = 100;
/// `StorageResolution` of a metric that is kept by the second; alarms may then look at 10 seconds.
const HIGH_RESOLUTION: u32 = 1;

impl Signals for DirectPorts {
    async fn put_alarms(&self, region: &RegionName, alarms: &[AlarmSpec]) -> Answer<()> {
        for alarm in alarms {
            self.call(region, definition(alarm)).await?;
        }
        Ok(())
    }

    async fn alarms(&self, region: &RegionName, names: &[String]) -> Answer<Vec<AlarmView>> {
        let mut views = Vec::new();
        for names in names.chunks(NAMES_PER_CALL) {
            let request = DescribeAlarms {
                alarm_names: names.to_vec(),
                // Without the types, composite alarms are left out.
                alarm_types: vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()],
                state_value: None,
            };
            let page = self.call(region, request).await?;
            views.extend(page.metric_alarms.into_iter().map(|alarm| {
                let since = alarm.state_transitioned_timestamp;
                view(alarm.definition.alarm_name, alarm.state_value, None, since)
            }));
            views.extend(page.composite_alarms.into_iter().map(|alarm| {
                let since = alarm.state_transitioned_timestamp;
                let set_off_by = alarm.state_reason_data.as_deref().and_then(set_off_by);
                view(alarm.alarm_name, alarm.state_value, set_off_by, since)
            }));
        }
        Ok(views)
    }

    async fn description(&self, region: &RegionName, alarm: &str) -> Answer<Option<String>> {
        let request = DescribeAlarms {
            alarm_names: vec![alarm.to_owned()],
            alarm_types: vec!["MetricAlarm".to_owned()],
            state_value: None,
        };
        let page = self.call(region, request).await?;
        Ok(page.metric_alarms.into_iter().next().and_then(|alarm| alarm.definition.alarm_description))
    }

    async fn publish(&self, region: &RegionName, metrics: &[MetricPoint]) -> Answer<()> {
        let datum = |metric: &MetricPoint| MetricDatum {
            metric_name: metric.name.to_owned(),
            dimensions: vec![Dimension::new("EndpointName", metric.endpoint.as_str())],
            timestamp: Some(metric.at.into()),
            value: Some(metric.value),
            storage_resolution: Some(HIGH_RESOLUTION),
            ..MetricDatum::default()
        };
        let metric_data = metrics.iter().map(datum).collect();
        self.call(region, PutMetricData { namespace: NAMESPACE.to_owned(), metric_data }).await?;
        Ok(())
    }

    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<ArmMinutes> {
        self.answered(region, Survey::of(query)).await
    }

    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<ArmMinutes> {
        self.answered(region, Survey::of_slots(query)).await
    }
}

impl DirectPorts {
    async fn answered(&self, region: &RegionName, survey: Result<Survey, FailureDetail>) -> Answer<ArmMinutes> {
        let call = AwsOperation::new(region, OperationName::GetMetricData);
        let mut survey = survey.map_err(|why| call.refused(why))?;
        let answer = self.call(region, counts_request(&survey)).await?;
        for result in &answer.metric_data_results {
            let minutes = result.timestamps.iter().map(|at| at.timestamp()).zip(result.values.iter().copied());
            survey.add(&result.id, minutes).map_err(|why| call.refused(why))?;
        }
        Ok(survey.minutes())
    }
}

fn definition(alarm: &AlarmSpec) -> PutMetricAlarm {
    let definition = PutMetricAlarm {
        alarm_name: alarm.name.clone(),
        alarm_description: Some(alarm_description(alarm)),
        evaluation_periods: alarm.evaluation_periods,
        datapoints_to_alarm: Some(alarm.datapoints),
        threshold: alarm.threshold,
        comparison_operator: if alarm.below { "LessThanThreshold" } else { "GreaterThanThreshold" }.to_owned(),
        treat_missing_data: Some(alarm.missing.as_str().to_owned()),
        ..PutMetricAlarm::default()
    };
    match &alarm.watched {
        Watched::Metric(own) => {
            let percentile = own.statistic.strip_prefix('p').is_some_and(|digits| digits.parse::<f64>().is_ok());
            let statistic = Some(own.statistic.to_owned());
            let (statistic, extended_statistic) = if percentile { (None, statistic) } else { (statistic, None) };
            let Metric { namespace, metric_name, dimensions } = metric(own);
            let period = alarm.period;
            PutMetricAlarm { namespace, metric_name, dimensions, statistic, extended_statistic, period, ..definition }
        }
        Watched::Excess { green, blue } => {
            let part = |id: &str, own: &Measured| MetricDataQuery {
                id: id.to_owned(),
                metric_stat: Some(MetricStat {
                    metric: metric(own),
                    period: alarm.period,
                    stat: own.statistic.to_owned(),
                }),
                expression: None,
                label: None,
                return_data: Some(false),
            };
            let excess = MetricDataQuery {
                id: EXCESS_ID.to_owned(),
                metric_stat: None,
                expression: Some(EXCESS.to_owned()),
                label: None,
                return_data: Some(true),
            };
            PutMetricAlarm { metrics: vec![part(GREEN_ID, green), part(BLUE_ID, blue), excess], ..definition }
        }
    }
}

fn metric(own: &Measured) -> Metric {
    Metric {
        namespace: own.namespace.to_owned(),
        metric_name: own.metric.to_owned(),
        dimensions: own.dimensions.iter().map(|(name, value)| Dimension::new(*name, value)).collect(),
    }
}

/// The questions, by the ids under which their answers come back.
fn counts_request(survey: &Survey) -> GetMetricData {
    let queries = survey.questions().iter().map(|question| {
        let dimensions = question.dimensions.iter().map(|(name, value)| Dimension::new(*name, value));
        let metric = Metric {
            namespace: question.namespace.to_owned(),
            metric_name: question.metric.clone(),
            dimensions: dimensions.collect(),
        };
        MetricDataQuery {
            id: question.id.clone(),
            metric_stat: Some(MetricStat { metric, period: survey.period(), stat: question.statistic.clone() }),
            expression: None,
            label: None,
            return_data: Some(true),
        }
    });
    GetMetricData {
        metric_data_queries: queries.collect(),
        start_time: survey.from().into(),
        end_time: survey.to().into(),
        scan_by: Some("TimestampAscending".to_owned()),
    }
}

fn view(name: String, state: State, set_off_by: Option<String>, since: EpochSeconds) -> AlarmView {
    let state = match state {
        State::Ok => AlarmState::Ok,
        State::Alarm => AlarmState::Alarm,
        State::InsufficientData => AlarmState::InsufficientData,
    };
    AlarmView { name, state, set_off_by, since: Some(since.timestamp()) }
}
