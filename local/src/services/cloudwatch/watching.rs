//! Alarms evaluate by themselves: on every full minute once its metrics are visible, high-resolution ones every ten
//! seconds. A change goes to EventBridge, and to the guardrail of an update that names the alarm.

use crate::services::cloudwatch::alarms::WatchedMetric;
use crate::services::cloudwatch::evaluation::evaluate;
use crate::services::cloudwatch::metric_math::Point;
use crate::services::cloudwatch::metrics::Metrics;
use crate::services::cloudwatch::status::{Change, Status, stamp, state_json};
use crate::services::cloudwatch::types::{AlarmState, MetricDataQuery};
use crate::services::iam::ask::Ask;
use crate::services::sns::Publish;
use crate::world::config::LiveFacts;
use crate::world::log::What;
use crate::world::operation::Guarded;
use crate::world::queue::Event;
use crate::world::state::World;
use jiff::Timestamp;
use meridian_deployment::Principal;
use meridian_domain::RegionName;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How often high-resolution alarms are looked at, in seconds.
const TICK: i64 = 10;

impl World {
    /// All alarms of one kind, in every region.
    pub(crate) fn evaluate_alarms(&mut self, high_resolution: bool) {
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        for region in regions {
            for change in self.metric_changes(&region, high_resolution) {
                self.announce(&region, change);
            }
            self.watch_composites(&region);
            self.guard(&region);
        }
        if !high_resolution {
            self.look_from_outside();
        }
        if high_resolution {
            // On full tens of seconds, wherever the world began.
            let next = Timestamp::from_second(self.now.as_second().div_euclid(TICK) * TICK + TICK);
            self.queue.push(next.unwrap_or(Timestamp::MAX), Event::EvaluateAlarms { high_resolution });
        }
    }

    fn metric_changes(&mut self, name: &RegionName, high_resolution: bool) -> Vec<Change> {
        let (now, live) = (self.now, &self.config.live);
        let Some(region) = self.regions.get_mut(name) else { return Vec::new() };
        let metrics = &region.metrics;
        let due = region.alarms.metric.iter_mut().filter(|(_, watch)| (watch.period < 60) == high_resolution);
        due.filter_map(|(alarm, watch)| watch.change(alarm, metrics, live, now)).collect()
    }

    /// An alarm's change is told, and goes to EventBridge.
    pub(crate) fn announce(&mut self, region: &RegionName, change: Change) {
        let Change { alarm, configuration, before, after } = change;
        let changed = What::AlarmStateChanged {
            alarm: alarm.clone(),
            from: before.value,
            to: after.value,
            reason: after.reason.clone(),
        };
        self.record(region, changed);
        self.act(region, &alarm, &after);
        let (previous, state) = (state_json(&before), state_json(&after));
        let event = self.envelope(region).alarm_changed(&alarm, configuration, previous, state);
        self.publish(region, event);
    }
}

/// CloudWatch, as a principal.
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

impl World {
    /// An alarm that rings tells its topics, as far as they and their keys let CloudWatch (CloudWatch User Guide, "Using Amazon SNS
    /// with encryption").
    fn act(&mut self, region: &RegionName, alarm: &str, after: &Status) {
        if after.value != AlarmState::Alarm {
            return;
        }
        let watch = self.regions.get(region).and_then(|own| own.alarms.metric.get(alarm));
        let Some(watch) = watch.filter(|own| own.definition.actions_enabled != Some(false)) else { return };
        let said = watch.definition.alarm_description.iter().chain([&after.reason]);
        let message = said.map(String::as_str).collect::<Vec<_>>().join("\n");
        for topic in watch.definition.alarm_actions.clone() {
            let publish = Publish {
                topic_arn: topic.clone(),
                subject: None,
                message: message.clone(),
                attributes: BTreeMap::new(),
            };
            let account = self.account(region).to_owned();
            let asks = publish.asks(self, region).into_iter().map(|ask| ask.with("aws:SourceAccount", &account));
            let asks: Vec<Ask> = asks.collect();
            if let Err(denied) = self.authorise(region, &Principal::Service(CLOUDWATCH.to_owned()), &asks) {
                self.record(region, What::FaultBegan { fault: format!("CloudWatch is {denied}") });
                continue;
            }
            let (subject, message) = (format!("ALARM: \"{alarm}\" in {region}"), message.clone());
            self.record(region, What::PageSent { topic, subject, message, about: None, reason: None });
        }
    }
}

impl WatchedMetric {
    /// Looks at the metric, and keeps what came of it.
    pub(crate) fn change(
        &mut self,
        alarm: &str,
        metrics: &Metrics,
        live: &LiveFacts,
        now: Timestamp,
    ) -> Option<Change> {
        let after = self.look(metrics, live, now)?;
        let before = std::mem::replace(&mut self.status, after.clone());
        Some(Change { alarm: alarm.to_owned(), configuration: self.configuration(), before, after })
    }

    /// The alarm's new status, where it changes.
    fn look(&self, metrics: &Metrics, live: &LiveFacts, now: Timestamp) -> Option<Status> {
        let definition = &self.definition;
        let period = i64::from(self.period);
        let periods = definition.evaluation_periods as usize;
        let looked_at = i64::from(definition.evaluation_periods) + i64::from(live.extra_evaluation_periods);
        let end = now.as_second().div_euclid(period) * period;
        let mut recent = Vec::new();
        let mut range = Vec::new();
        for back in (1..=looked_at).rev() {
            let start = end - back * period;
            let value = match self.source.value(metrics, (start, start + period), now, self.low_samples_ignored) {
                Point::Value(value) => Some(value),
                Point::Missing => None,
                Point::TooFew => return None,
            };
            recent.extend(value.map(|value| (start, value)));
            range.push(value.map(|value| self.comparison.breaches(value, definition.threshold)));
        }
        let value = evaluate(&range, periods, self.to_alarm() as usize, self.missing)?;
        if value == self.status.value {
            return None;
        }
        let recent: Vec<(i64, f64)> = recent.into_iter().rev().take(periods).collect();
        Some(Status {
            value,
            reason: self.reason(value, &recent),
            reason_data: self.reason_data(&recent, now),
            since: now,
        })
    }

    /// As CloudWatch says it.
    fn reason(&self, value: AlarmState, recent: &[(i64, f64)]) -> String {
        let (n, threshold) = (recent.len(), self.definition.threshold);
        if recent.is_empty() {
            let filled = if value == AlarmState::InsufficientData { "Insufficient Data" } else { "Threshold Crossed" };
            return format!("{filled}: no datapoints were received for {} periods", self.definition.evaluation_periods);
        }
        let date = |second: i64| Timestamp::from_second(second).map(|at| at.strftime("%d/%m/%y %H:%M:%S").to_string());
        let points: Vec<String> = recent
            .iter()
            .map(|(start, value)| format!("{} ({})", round(*value), date(*start).unwrap_or_default()))
            .collect();
        let word = if value == AlarmState::Alarm { "was" } else { "was not" };
        format!(
            "Threshold Crossed: the last {n} datapoints [{}]: {word} {} the threshold ({threshold:?}) in {} of {}",
            points.join(", "),
            self.comparison.in_words(),
            self.to_alarm(),
            self.definition.evaluation_periods,
        )
    }

    fn reason_data(&self, recent: &[(i64, f64)], now: Timestamp) -> Value {
        let statistic = self.definition.statistic.as_ref().or(self.definition.extended_statistic.as_ref());
        json!({
            "version": "1.0",
            "queryDate": stamp(now),
            "statistic": statistic,
            "period": self.period,
            "recentDatapoints": recent.iter().rev().map(|(_, value)| round(*value)).collect::<Vec<f64>>(),
            "threshold": self.definition.threshold,
        })
    }

    /// `configuration` of a metric alarm's event.
    pub fn configuration(&self) -> Value {
        let definition = &self.definition;
        if !definition.metrics.is_empty() {
            let metrics: Vec<Value> = definition.metrics.iter().map(part).collect();
            return json!({ "description": definition.alarm_description, "metrics": metrics });
        }
        let dimensions: serde_json::Map<String, Value> =
            definition.dimensions.iter().map(|own| (own.name.clone(), json!(own.value))).collect();
        json!({
            "description": definition.alarm_description,
            "metrics": [{
                "id": "00000000-0000-4000-8000-000000000000",
                "metricStat": {
                    "metric": {
                        "dimensions": dimensions,
                        "name": definition.metric_name,
                        "namespace": definition.namespace,
                    },
                    "period": definition.period,
                    "stat": definition.statistic.as_ref().or(definition.extended_statistic.as_ref()),
                },
                "returnData": true,
            }],
        })
    }
}

/// One part of metric math, as an event has it.
fn part(query: &MetricDataQuery) -> Value {
    let returned = query.return_data != Some(false);
    match &query.metric_stat {
        None => json!({ "id": query.id, "expression": query.expression, "returnData": returned }),
        Some(own) => {
            let dimensions: serde_json::Map<String, Value> =
                own.metric.dimensions.iter().map(|own| (own.name.clone(), json!(own.value))).collect();
            let metric = json!({
                "dimensions": dimensions, "name": own.metric.metric_name, "namespace": own.metric.namespace
            });
            json!({
                "id": query.id,
                "metricStat": { "metric": metric, "period": own.period, "stat": own.stat },
                "returnData": returned,
            })
        }
    }
}

/// To four places: reasons are for reading.
fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
