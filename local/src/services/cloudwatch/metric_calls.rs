//! CloudWatch metrics: writing and reading them.

use crate::services::cloudwatch::metrics::{MetricKey, invalid, is_period};
use crate::services::cloudwatch::samples::{Samples, Statistic};
use crate::services::cloudwatch::types::{
    GetMetricData, GetMetricDataOutput, Metric, MetricDataQuery, MetricDataResult, MetricDatum, MetricStat,
    PutMetricData, PutMetricDataOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use crate::world::time::EpochSeconds;
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

/// The most points that one answer may hold (API reference of `GetMetricData`).
const MAX_POINTS: i64 = 100_800;

/// `PutMetricData` has a word of its own.
fn bad_datum(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue", 400, message)
}

fn samples_of(datum: &MetricDatum) -> Result<Samples, ApiError> {
    let many =
        datum.values.iter().enumerate().map(|(at, value)| (*value, datum.counts.get(at).copied().unwrap_or(1.0)));
    let all: Vec<(f64, f64)> = datum.value.iter().map(|value| (*value, 1.0)).chain(many).collect();
    if all.is_empty() || all.iter().any(|(value, count)| !value.is_finite() || !count.is_finite() || *count < 0.0) {
        return Err(bad_datum(format!("The datum of {} needs finite values.", datum.metric_name)));
    }
    if !datum.counts.is_empty() && datum.counts.len() != datum.values.len() {
        return Err(bad_datum("The parameters Values and Counts must have the same length."));
    }
    Ok(Samples::new(all))
}

impl Operation for PutMetricData {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::PutMetricData;
    type Output = PutMetricDataOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PutMetricDataOutput, ApiError> {
        if self.namespace.is_empty() || self.namespace.starts_with("AWS/") {
            return Err(bad_datum("The value AWS/ for parameter Namespace is reserved."));
        }
        if self.metric_data.is_empty() || self.metric_data.len() > 1000 {
            return Err(bad_datum("MetricData must have 1 to 1000 members."));
        }
        let now = world.now;
        let (oldest, newest) = (SignedDuration::from_hours(-14 * 24), SignedDuration::from_hours(2));
        let mut points = Vec::new();
        for datum in &self.metric_data {
            let at = datum.timestamp.map_or(now, EpochSeconds::timestamp);
            let age = at.duration_since(now);
            if age < oldest || age > newest {
                return Err(bad_datum("Timestamp must be between two weeks ago and two hours from now."));
            }
            let key = MetricKey::new(&self.namespace, &datum.metric_name, &datum.dimensions);
            points.push((key, at, samples_of(datum)?));
        }
        let metrics = &mut world.region_mut(region)?.metrics;
        for (key, at, samples) in points {
            metrics.put(key, at, now, samples);
        }
        Ok(PutMetricDataOutput {})
    }
}

impl Operation for GetMetricData {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::GetMetricData;
    type Output = GetMetricDataOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetMetricDataOutput, ApiError> {
        let (from, to) = (self.start_time.timestamp().as_second(), self.end_time.timestamp().as_second());
        if from >= to {
            return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
        }
        let descending = match self.scan_by.as_deref() {
            None | Some("TimestampDescending") => true,
            Some("TimestampAscending") => false,
            Some(_) => return Err(invalid("ScanBy is TimestampDescending or TimestampAscending.")),
        };
        if self.metric_data_queries.is_empty() || self.metric_data_queries.len() > 500 {
            return Err(invalid("MetricDataQueries must have 1 to 500 members."));
        }
        let shown = self.metric_data_queries.iter().filter(|query| query.return_data != Some(false));
        let results =
            shown.map(|query| world.answer(region, query, (from, to), descending)).collect::<Result<_, _>>()?;
        Ok(GetMetricDataOutput { metric_data_results: results })
    }
}

/// Of a count in a range, where CloudWatch interpolates within a bucket.
const INTERPOLATED: f64 = 0.97;

impl World {
    /// What is answered of a statistic: a count in a range as the world's reading of the facts has it.
    fn in_range(&self, statistic: Statistic, value: f64) -> Option<f64> {
        let live = &self.config.live;
        match statistic {
            Statistic::Count(..) if value <= 0.0 && live.empty_range_is_absent => None,
            Statistic::Count(..) if live.range_is_interpolated => Some(value * INTERPOLATED),
            _ => Some(value),
        }
    }

    fn answer(
        &self,
        region: &RegionName,
        query: &MetricDataQuery,
        (from, to): (i64, i64),
        descending: bool,
    ) -> Result<MetricDataResult, ApiError> {
        let Some(MetricStat { metric, period, stat }) = &query.metric_stat else {
            return Err(invalid(format!("query {}: only MetricStat is modelled", query.id)));
        };
        let Metric { namespace, metric_name, dimensions } = metric;
        let statistic = Statistic::parse(stat).ok_or_else(|| invalid(format!("{stat} is not a statistic")))?;
        let seconds = i64::from(*period);
        if !is_period(*period) || (to.saturating_sub(from)) / seconds.max(1) > MAX_POINTS {
            return Err(invalid(format!("query {}: bad Period {period}", query.id)));
        }
        // The start is rounded down: to the minute, or for a shorter period to a multiple of it (API reference).
        let step = seconds.min(60);
        let from = from.div_euclid(step) * step;
        let key = MetricKey::new(namespace, metric_name, dimensions);
        let in_range = matches!(statistic, Statistic::Count(..) | Statistic::Rank(..));
        let metrics = &self.region(region)?.metrics;
        let mut points: Vec<(i64, f64)> =
            if in_range && key.is_of_one_config() && !self.config.live.counts_in_range_per_config {
                Vec::new()
            } else {
                let starts = metrics.periods(&key, from, to, seconds, self.now).into_iter();
                let value = |start: i64| {
                    let samples = metrics.samples(&key, start.max(from), (start + seconds).min(to), self.now);
                    self.in_range(statistic, statistic.of(&samples)?)
                };
                starts.filter_map(|start| Some((start, value(start)?))).collect()
            };
        if descending {
            points.reverse();
        }
        Ok(MetricDataResult {
            id: query.id.clone(),
            label: query.label.clone().unwrap_or_else(|| metric_name.clone()),
            timestamps: points.iter().map(|(start, _)| EpochSeconds(*start as f64)).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
            status_code: "Complete".to_owned(),
        })
    }
}
