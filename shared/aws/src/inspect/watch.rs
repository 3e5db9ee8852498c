//! What watches a region: its alarms, its topic, and the clock of its services.

use super::{Said, said};
use crate::AwsPorts;
use aws_sdk_cloudwatch::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudwatch::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudwatch::error::BoxError;
use aws_sdk_cloudwatch::types::AlarmType;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{RegionName, alarms};
use meridian_handlers::ports::Clock;
use meridian_handlers::ports::OperationName;
use std::sync::{Arc, Mutex, PoisonError};

/// A region's alarms, and its services' clock.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchFacts {
    /// Those of the endpoint and the composite one, as far as they exist.
    pub alarms: Said<Vec<AlarmFacts>>,
    /// How far the service's clock is ahead of this machine's; none where it did not say.
    pub skew: Option<SignedDuration>,
}

/// A metric or composite alarm, as CloudWatch shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlarmFacts {
    /// The name that CloudWatch has it under.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// The bound of a metric alarm.
    pub threshold: Option<f64>,
    /// The rule of a composite one.
    pub rule: Option<String>,
}

/// A region's topic, as SNS shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicFacts {
    /// The key that it encrypts with: an id, an alias, or the ARN of either.
    pub key: Option<String>,
    /// How many subscribe, where that is said.
    pub confirmed: Option<u32>,
    /// How many were asked to subscribe, and have not followed the link.
    pub pending: Option<u32>,
}

impl AwsPorts {
    /// Asks for the alarms over a region's endpoint, and how late it is there.
    pub async fn inspect_watch(&self, region: &RegionName) -> WatchFacts {
        let date = Date::default();
        let describe = self.clients.own_cloudwatch(region).await.describe_alarms();
        let answer = describe
            .set_alarm_names(Some(endpoint_alarms(self.fleet.name.as_str()).to_vec()))
            .alarm_names(alarms::composite_name(&self.fleet))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .customize()
            .interceptor(date.clone())
            .send()
            .await;
        let now = self.now();
        let skew = date.0.lock().unwrap_or_else(PoisonError::into_inner).map(|there| there.duration_since(now));
        let alarms = said(region, OperationName::DescribeAlarms, answer).map(|own| {
            let state = |state: Option<aws_sdk_cloudwatch::types::StateValue>| state.map(|own| own.as_str().to_owned());
            let metric = own.metric_alarms.unwrap_or_default().into_iter().map(|alarm| AlarmFacts {
                name: alarm.alarm_name.unwrap_or_default(),
                state: state(alarm.state_value).unwrap_or_default(),
                threshold: alarm.threshold,
                rule: None,
            });
            let composite = own.composite_alarms.unwrap_or_default().into_iter().map(|alarm| AlarmFacts {
                name: alarm.alarm_name.unwrap_or_default(),
                state: state(alarm.state_value).unwrap_or_default(),
                threshold: None,
                rule: alarm.alarm_rule,
            });
            metric.chain(composite).collect()
        });
        WatchFacts { alarms, skew }
    }

    /// Asks for the topic that pages a region's people.
    pub async fn inspect_topic(&self, region: &RegionName) -> Said<TopicFacts> {
        let arn = self.fleet.topic_arn(region);
        let answer = self.clients.sns(region).await.get_topic_attributes().topic_arn(arn).send().await;
        said(region, OperationName::GetTopicAttributes, answer).map(|own| {
            let mut attributes = own.attributes.unwrap_or_default();
            let count = |name: &str| attributes.get(name).and_then(|own| own.parse().ok());
            let (confirmed, pending) = (count("SubscriptionsConfirmed"), count("SubscriptionsPending"));
            TopicFacts { key: attributes.remove("KmsMasterKeyId").filter(|key| !key.is_empty()), confirmed, pending }
        })
    }
}

/// The template's alarms over the whole endpoint: latency, 4xx, 5xx.
pub fn endpoint_alarms(fleet: &str) -> [String; 3] {
    ["latency", "4xx", "5xx"].map(|what| format!("{fleet}-endpoint-{what}"))
}

/// The `Date` of an answer.
#[derive(Clone, Debug, Default)]
struct Date(Arc<Mutex<Option<Timestamp>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let at = context.response().headers().get("date").and_then(moment);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
        Ok(())
    }
}

/// `Fri, 20 Nov 2026 03:00:00 GMT`.
fn moment(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let at = super::moment("Fri, 20 Nov 2026 03:00:08 GMT");
        assert_eq!(at, "2026-11-20T03:00:08Z".parse().ok());
        assert_eq!(super::moment("yesterday"), None);
    }
}
