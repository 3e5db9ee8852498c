//! Composite alarms: `PutCompositeAlarm`, and when one's rule is looked at. `SetAlarmState` and `DeleteAlarms`, of alarms of either kind.

use crate::services::cloudwatch::alarm_rule::AlarmRule;
use crate::services::cloudwatch::composite::{Composite, Seen};
use crate::services::cloudwatch::metrics::invalid;
use crate::services::cloudwatch::status::{Change, Status, stamp};
use crate::services::cloudwatch::types::{
    AlarmState, DeleteAlarms, DeleteAlarmsOutput, PutCompositeAlarm, PutCompositeAlarmOutput, SetAlarmState,
    SetAlarmStateOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use serde_json::{Value, json};

/// How many alarms a rule names at most (API reference of `PutCompositeAlarm`).
const MOST_CHILDREN: usize = 100;

impl World {
    /// Looks at every composite alarm one of whose alarms has changed, and at those above it.
    pub(crate) fn watch_composites(&mut self, region: &RegionName) {
        let most = self.regions.get(region).map_or(0, |own| own.alarms.composite.len());
        // In a circle of them there might be no end.
        for _ in 0..=most {
            let changes = self.composite_changes(region);
            if changes.is_empty() {
                return;
            }
            for change in changes {
                self.announce(region, change);
            }
        }
    }

    fn composite_changes(&mut self, name: &RegionName) -> Vec<Change> {
        let (now, prefix) = (self.now, self.arn("cloudwatch", name, "alarm:"));
        let Some(region) = self.regions.get_mut(name) else { return Vec::new() };
        let mut looks = Vec::new();
        for (alarm, own) in &region.alarms.composite {
            let short = |name: &'_ str| name.strip_prefix(&prefix).unwrap_or(name).to_owned();
            let state = |name: &str| region.alarms.state(&short(name));
            let named = own.rule.named();
            let states: Vec<Option<AlarmState>> = named.iter().map(|name| state(name)).collect();
            if own.seen == Seen::Then(states.clone()) {
                continue;
            }
            let value = if own.rule.holds(&state) { AlarmState::Alarm } else { AlarmState::Ok };
            let after = (value != own.status.value).then(|| {
                let speaking = own.rule.speaking_for(value == AlarmState::Alarm, &state);
                let changed: Vec<&str> = own.changed(&states).collect();
                let cause = changed.iter().find(|name| speaking.contains(name)).or(changed.first());
                let cause = cause.map(|name| short(name));
                let cause = cause.and_then(|name| region.alarms.status(&name).map(|status| (name, status)));
                let (reason, reason_data) = match cause {
                    Some((name, status)) => transition(&format!("{prefix}{name}"), status),
                    None => (format!("{prefix}{alarm} {} {}", own.seen.in_words(), value.as_str()), Value::Null),
                };
                Status { value, reason, reason_data, since: now }
            });
            looks.push((alarm.clone(), states, after));
        }
        let mut changes = Vec::new();
        for (alarm, states, after) in looks {
            let Some(own) = region.alarms.composite.get_mut(&alarm) else { continue };
            own.seen = Seen::Then(states);
            let Some(after) = after else { continue };
            let before = std::mem::replace(&mut own.status, after.clone());
            changes.push(Change { alarm, configuration: own.configuration(), before, after });
        }
        changes
    }
}

/// As CloudWatch says it: the alarm that changed, to what and when.
fn transition(arn: &str, status: &Status) -> (String, Value) {
    let (state, moment) = (status.value.as_str(), status.since.strftime("%A %d %B, %Y %H:%M:%S UTC"));
    let triggering = json!({ "arn": arn, "state": { "value": state, "timestamp": stamp(status.since) } });
    (format!("{arn} transitioned to {state} at {moment}"), json!({ "triggeringAlarms": [triggering] }))
}

impl Operation for PutCompositeAlarm {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::PutCompositeAlarm;
    type Output = PutCompositeAlarmOutput;

    fn apply(mut self, world: &mut World, region: &RegionName) -> Result<PutCompositeAlarmOutput, ApiError> {
        let (now, prefix) = (world.now, world.arn("cloudwatch", region, "alarm:"));
        let alarms = &mut world.region_mut(region)?.alarms;
        if self.alarm_name.is_empty() || self.alarm_name.len() > 255 {
            return Err(invalid("AlarmName must have 1 to 255 characters."));
        }
        if alarms.metric.contains_key(&self.alarm_name) {
            return Err(invalid("The alarm is a metric alarm."));
        }
        let rule = AlarmRule::parse(&self.alarm_rule)?;
        let named = rule.named();
        if named.len() > MOST_CHILDREN {
            return Err(invalid(format!("AlarmRule names more than {MOST_CHILDREN} alarms.")));
        }
        let is_gone = |name: &&&str| alarms.status(name.strip_prefix(&prefix).unwrap_or(name)).is_none();
        if let Some(gone) = named.iter().find(is_gone) {
            let gone: String = gone.chars().take(300).collect();
            return Err(invalid(format!(
                "Could not save the composite alarm as alarms [{gone}] in the alarm rule do not exist"
            )));
        }
        // A rewritten alarm keeps its state until its new rule has been looked at; a new one has none.
        let status = alarms.composite.get(&self.alarm_name).map(|old| old.status.clone());
        let seen = Seen::Never { is_new: status.is_none() };
        let status = status.unwrap_or_else(|| Status::initial(now));
        self.actions_enabled.get_or_insert(true);
        self.tags.clear();
        let composite = Composite { rule, status, seen, definition: self };
        alarms.composite.insert(composite.definition.alarm_name.clone(), composite);
        world.watch_composites(region);
        world.guard(region);
        Ok(PutCompositeAlarmOutput {})
    }
}

impl Operation for DeleteAlarms {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::DeleteAlarms;
    type Output = DeleteAlarmsOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DeleteAlarmsOutput, ApiError> {
        let alarms = &mut world.region_mut(region)?.alarms;
        if self.alarm_names.is_empty() || self.alarm_names.len() > 100 {
            return Err(invalid("AlarmNames must have 1 to 100 members."));
        }
        if self.alarm_names.iter().any(|name| alarms.status(name).is_none()) {
            return Err(ApiError::new("ResourceNotFound", 404, "There is no alarm of that name."));
        }
        for name in &self.alarm_names {
            alarms.metric.remove(name);
            alarms.composite.remove(name);
        }
        Ok(DeleteAlarmsOutput {})
    }
}

impl Operation for SetAlarmState {
    const SERVICE: Service = Service::CloudWatch;
    const OPERATION: OperationName = OperationName::SetAlarmState;
    type Output = SetAlarmStateOutput;

    /// A metric alarm is back in its own state when it is looked at next, a composite one when one of its alarms changes.
    fn apply(self, world: &mut World, region: &RegionName) -> Result<SetAlarmStateOutput, ApiError> {
        let Some(value) = AlarmState::parse(&self.state_value) else {
            return Err(invalid("StateValue is OK, ALARM or INSUFFICIENT_DATA."));
        };
        let data = self.state_reason_data.as_deref().map(serde_json::from_str).transpose();
        let reason_data = data.map_err(|_| ApiError::new("InvalidFormat", 400, "StateReasonData is not JSON."))?;
        if self.state_reason.chars().count() > 1023 {
            return Err(invalid("StateReason has at most 1023 characters."));
        }
        let now = world.now;
        let alarms = &mut world.region_mut(region)?.alarms;
        let name = self.alarm_name;
        let (status, configuration) = match (alarms.metric.get_mut(&name), alarms.composite.get_mut(&name)) {
            (Some(watch), _) => {
                let configuration = watch.configuration();
                (&mut watch.status, configuration)
            }
            (None, Some(own)) => {
                let configuration = own.configuration();
                (&mut own.status, configuration)
            }
            (None, None) => return Err(ApiError::new("ResourceNotFound", 404, "There is no alarm of that name.")),
        };
        let reason_data = reason_data.unwrap_or(Value::Null);
        let after = Status { value, reason: self.state_reason, reason_data, since: now };
        let before = std::mem::replace(status, after.clone());
        if before.value != value {
            world.announce(region, Change { alarm: name, configuration, before, after });
            world.watch_composites(region);
            world.guard(region);
        }
        Ok(SetAlarmStateOutput {})
    }
}
