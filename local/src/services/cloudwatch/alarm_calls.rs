//! `PutMetricAlarm` and `DescribeAlarms`.

use crate::services::cloudwatch::alarms::{Alarms, WatchedMetric};
use crate::services::cloudwatch::status::Status;
use crate::services::cloudwatch::types::{
    CompositeAlarm, DescribeAlarms, DescribeAlarmsOutput, MetricAlarm, PutMetricAlarm, PutMetricAlarmOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl Operation for PutMetricAlarm {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::PutMetricAlarm;
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
        let watch = WatchedMetric::new(self, status)?;
        alarms.metric.insert(watch.definition.alarm_name.clone(), watch);
        Ok(PutMetricAlarmOutput {})
    }
}

impl Operation for DescribeAlarms {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::DescribeAlarms;
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
                    state_transitioned_timestamp: watch.status.since.into(),
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
                    state_reason_data: own.status.data(),
                    state_updated_timestamp: own.status.since.into(),
                    state_transitioned_timestamp: own.status.since.into(),
                })
                .collect(),
        })
    }
}
