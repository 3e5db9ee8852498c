//! Metrics and alarms, on CloudWatch.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use crate::time::{from_sdk, to_sdk};
use aws_sdk_cloudwatch::operation::get_metric_data::builders::GetMetricDataFluentBuilder;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, Metric, MetricDataQuery, MetricDataResult, MetricDatum, MetricStat,
    ScanBy, StateValue, Statistic, StatusCode,
};
use meridian_domain::alarms::{BLUE_ID, EXCESS, EXCESS_ID, GREEN_ID, Measured, NAMESPACE, Watched};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{AlarmSpec, AlarmState, AlarmView, RegionName};
use meridian_handlers::adapters::counts::Survey;
use meridian_handlers::adapters::{alarm_description, set_off_by};
use meridian_handlers::ports::{
    Answer, AnswerPart, CountsQuery, FailureDetail, MetricPoint, OperationName, Signals, SlotsQuery, StatusOwner,
};

/// `DescribeAlarms` takes so many names at once.
const NAMES_PER_CALL: usize = 100;
/// `StorageResolution` of a metric that is kept by the second; alarms may then look at 10 seconds.
const HIGH_RESOLUTION: i32 = 1;

impl Signals for AwsPorts {
    async fn put_alarms(&self, region: &RegionName, alarms: &[AlarmSpec]) -> Answer<()> {
        let client = self.clients.cloudwatch(region).await?;
        for alarm in alarms {
            let request = client
                .put_metric_alarm()
                .alarm_name(&alarm.name)
                .alarm_description(alarm_description(alarm))
                .evaluation_periods(count(alarm.evaluation_periods))
                .datapoints_to_alarm(count(alarm.datapoints))
                .threshold(alarm.threshold)
                .comparison_operator(comparison(alarm.below))
                .treat_missing_data(alarm.missing.as_str());
            watching(request, alarm)
                .send()
                .await
                .map_err(|error| AwsOperation::new(region, OperationName::PutMetricAlarm).failed(error))?;
        }
        Ok(())
    }

    async fn alarms(&self, region: &RegionName, names: &[String]) -> Answer<Vec<AlarmView>> {
        let call = AwsOperation::new(region, OperationName::DescribeAlarms);
        let client = self.clients.cloudwatch(region).await?;
        let mut views = Vec::new();
        for names in names.chunks(NAMES_PER_CALL) {
            let page = client
                .describe_alarms()
                .set_alarm_names(Some(names.to_vec()))
                // Without the types, composite alarms are left out.
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .max_records(NAMES_PER_CALL as i32)
                .send()
                .await
                .map_err(|error| call.failed(error))?;
            for alarm in page.metric_alarms.unwrap_or_default() {
                let since = alarm.state_transitioned_timestamp;
                views.push(view(&call, alarm.alarm_name, alarm.state_value, None, since)?);
            }
            for alarm in page.composite_alarms.unwrap_or_default() {
                let since = alarm.state_transitioned_timestamp;
                let set_off_by = alarm.state_reason_data.as_deref().and_then(set_off_by);
                views.push(view(&call, alarm.alarm_name, alarm.state_value, set_off_by, since)?);
            }
        }
        Ok(views)
    }

    async fn description(&self, region: &RegionName, alarm: &str) -> Answer<Option<String>> {
        let client = self.clients.cloudwatch(region).await?;
        let page = client.describe_alarms().alarm_names(alarm).alarm_types(AlarmType::MetricAlarm).send().await;
        let page = page.map_err(|error| AwsOperation::new(region, OperationName::DescribeAlarms).failed(error))?;
        Ok(page.metric_alarms.unwrap_or_default().into_iter().next().and_then(|alarm| alarm.alarm_description))
    }

    async fn publish(&self, region: &RegionName, metrics: &[MetricPoint]) -> Answer<()> {
        let datum = |metric: &MetricPoint| {
            MetricDatum::builder()
                .metric_name(metric.name)
                .set_dimensions(Some(dimensions([("EndpointName", metric.endpoint.as_str())])))
                .timestamp(to_sdk(metric.at))
                .value(metric.value)
                .storage_resolution(HIGH_RESOLUTION)
                .build()
        };
        self.clients
            .cloudwatch(region)
            .await?
            .put_metric_data()
            .namespace(NAMESPACE)
            .set_metric_data(Some(metrics.iter().map(datum).collect()))
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::PutMetricData).failed(error))?;
        Ok(())
    }

    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<ArmMinutes> {
        self.answered(region, Survey::of(query)).await
    }

    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<ArmMinutes> {
        self.answered(region, Survey::of_slots(query)).await
    }
}

impl AwsPorts {
    /// All answers to a survey, however many pages they take.
    async fn answered(&self, region: &RegionName, survey: Result<Survey, FailureDetail>) -> Answer<ArmMinutes> {
        let call = AwsOperation::new(region, OperationName::GetMetricData);
        let mut survey = survey.map_err(|why| call.refused(why))?;
        let client = self.clients.cloudwatch(region).await?;
        let request = counts_request(client.get_metric_data(), &survey);
        let mut next = None;
        loop {
            let page = request.clone().set_next_token(next).send().await.map_err(|error| call.failed(error))?;
            for result in page.metric_data_results() {
                add(&call, &mut survey, result, page.next_token.is_some())?;
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(survey.minutes());
            }
        }
    }
}

/// What an alarm watches: one metric with its statistic, or metric math over two, never both (API reference of
/// `PutMetricAlarm`, "Metrics").
fn watching(request: PutMetricAlarmFluentBuilder, alarm: &AlarmSpec) -> PutMetricAlarmFluentBuilder {
    let period = count(alarm.period);
    let pairs = |own: &Measured| dimensions(own.dimensions.iter().map(|(name, value)| (*name, value.as_str())));
    match &alarm.watched {
        Watched::Metric(own) => {
            let request = request
                .namespace(own.namespace)
                .metric_name(own.metric)
                .set_dimensions(Some(pairs(own)))
                .period(period);
            match percentile(own.statistic) {
                Some(percentile) => request.extended_statistic(percentile),
                None => request.statistic(Statistic::from(own.statistic)),
            }
        }
        Watched::Excess { green, blue } => {
            let part = |id: &str, own: &Measured| {
                let metric = Metric::builder()
                    .namespace(own.namespace)
                    .metric_name(own.metric)
                    .set_dimensions(Some(pairs(own)))
                    .build();
                let stat = MetricStat::builder().metric(metric).period(period).stat(own.statistic).build();
                MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).build()
            };
            let excess = MetricDataQuery::builder().id(EXCESS_ID).expression(EXCESS).return_data(true).build();
            request.metrics(part(GREEN_ID, green)).metrics(part(BLUE_ID, blue)).metrics(excess)
        }
    }
}

/// The questions, by the ids under which their answers come back.
fn counts_request(request: GetMetricDataFluentBuilder, survey: &Survey) -> GetMetricDataFluentBuilder {
    let period = count(survey.period());
    let queries = survey.questions().iter().map(|question| {
        let pairs = question.dimensions.iter().map(|(name, value)| (*name, value.as_str()));
        let metric = Metric::builder()
            .namespace(question.namespace)
            .metric_name(&question.metric)
            .set_dimensions(Some(dimensions(pairs)))
            .build();
        let stat = MetricStat::builder().metric(metric).period(period).stat(&question.statistic).build();
        MetricDataQuery::builder().id(&question.id).metric_stat(stat).return_data(true).build()
    });
    request
        .set_metric_data_queries(Some(queries.collect()))
        .start_time(to_sdk(survey.from()))
        .end_time(to_sdk(survey.to()))
        .scan_by(ScanBy::TimestampAscending)
}

/// Adds one metric's minutes. A part of them is taken only where `more` pages follow: half an answer would be judged as
/// the whole.
fn add(call: &AwsOperation<'_>, survey: &mut Survey, result: &MetricDataResult, more: bool) -> Answer<()> {
    match result.status_code() {
        Some(StatusCode::Complete) | None => {}
        Some(StatusCode::PartialData) if more => {}
        Some(StatusCode::PartialData) => return Err(call.unreachable(FailureDetail::MetricIncomplete)),
        Some(StatusCode::InternalError) => return Err(call.unreachable(FailureDetail::MetricUnread)),
        Some(other) => {
            let (of, status) = (StatusOwner::Metric, other.as_str().to_owned());
            return Err(call.refused(FailureDetail::UnknownStatus { of, status }));
        }
    }
    let minutes = result.timestamps().iter().zip(result.values());
    let minutes = minutes.filter_map(|(at, value)| Some((from_sdk(at)?, *value)));
    survey.add(result.id().unwrap_or_default(), minutes).map_err(|why| call.refused(why))
}

fn dimensions<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Dimension> {
    pairs.into_iter().map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect()
}

fn view(
    call: &AwsOperation<'_>,
    name: Option<String>,
    state: Option<StateValue>,
    set_off_by: Option<String>,
    since: Option<aws_sdk_cloudwatch::primitives::DateTime>,
) -> Answer<AlarmView> {
    let name = name.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::AlarmName)))?;
    let state = match state {
        Some(StateValue::Ok) => AlarmState::Ok,
        Some(StateValue::Alarm) => AlarmState::Alarm,
        Some(StateValue::InsufficientData) => AlarmState::InsufficientData,
        other => {
            let state = other.map(|other| other.as_str().to_owned());
            return Err(call.refused(FailureDetail::UnknownAlarmState { alarm: name, state }));
        }
    };
    let since = since.as_ref().and_then(from_sdk);
    Ok(AlarmView { name, state, set_off_by, since })
}

fn percentile(statistic: &str) -> Option<&str> {
    let digits = statistic.strip_prefix('p')?;
    digits.parse::<f64>().is_ok().then_some(statistic)
}

fn comparison(below: bool) -> ComparisonOperator {
    if below { ComparisonOperator::LessThanThreshold } else { ComparisonOperator::GreaterThanThreshold }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::{ReleaseId, ServingRole, Sha256};
    use meridian_handlers::ports::ErrorKind;

    fn partial(more: bool) -> Answer<()> {
        let region: RegionName = "eu-west-1".parse().unwrap();
        let query = CountsQuery {
            endpoint: "fraud".parse().unwrap(),
            variant: "main".parse().unwrap(),
            config: "fraud-v427".parse().unwrap(),
            release: ReleaseId(Sha256::of(b"v427")),
            role: ServingRole::First,
            from: "2026-11-20T03:05:00Z".parse().unwrap(),
            to: "2026-11-20T03:07:00Z".parse().unwrap(),
            metrics: vec!["5xx".parse().unwrap()],
        };
        let mut survey = Survey::of(&query).unwrap();
        let id = &survey.questions()[0].id;
        let result = MetricDataResult::builder().id(id).status_code(StatusCode::PartialData).build();
        add(&AwsOperation::new(&region, OperationName::GetMetricData), &mut survey, &result, more)
    }

    #[test]
    fn half_an_answer_counts_only_where_the_rest_follows() {
        assert!(partial(true).is_ok());
        let error = partial(false).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert_eq!(error.detail, FailureDetail::MetricIncomplete);
    }
}
