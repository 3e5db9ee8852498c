//! A composite alarm, as it was put.

use crate::services::cloudwatch::alarm_rule::AlarmRule;
use crate::services::cloudwatch::status::Status;
use crate::services::cloudwatch::types::{AlarmState, PutCompositeAlarm};
use serde_json::{Value, json};

/// A composite alarm, its rule understood.
#[derive(Clone, Debug)]
pub(crate) struct Composite {
    pub definition: PutCompositeAlarm,
    /// Its alarms are meant by their names.
    pub rule: AlarmRule,
    pub status: Status,
    /// The states of its alarms when it was looked at last.
    pub seen: Seen,
}

/// When a composite alarm was looked at last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// Not since it was made, or written anew.
    Never { is_new: bool },
    /// When its alarms stood so.
    Then(Vec<Option<AlarmState>>),
}

impl Composite {
    /// The template's: any of some alarms raises it.
    pub fn of_stack(own: &meridian_deployment::Composite, status: Status) -> Self {
        let alarms: Vec<String> = own.any_of.iter().map(|child| format!("ALARM(\"{child}\")")).collect();
        let definition = PutCompositeAlarm {
            alarm_name: own.name.clone(),
            alarm_rule: alarms.join(" OR "),
            alarm_description: own.description.clone(),
            actions_enabled: Some(true),
            ..PutCompositeAlarm::default()
        };
        // They are all OK after a quiet day, as it is itself.
        let seen = Seen::Then(vec![Some(AlarmState::Ok); own.any_of.len()]);
        Composite { definition, rule: AlarmRule::any_alarm(&own.any_of), status, seen }
    }

    /// `configuration` of its event.
    pub fn configuration(&self) -> Value {
        let description = self.definition.alarm_description.as_deref().unwrap_or_default();
        json!({ "description": description, "alarmRule": self.definition.alarm_rule })
    }

    /// The alarms that stand otherwise than when it was looked at last, in the rule's order.
    pub fn changed<'a>(&'a self, states: &'a [Option<AlarmState>]) -> impl Iterator<Item = &'a str> {
        let before: &[Option<AlarmState>] = match &self.seen {
            Seen::Then(before) => before,
            Seen::Never { .. } => states,
        };
        let moved = before.iter().zip(states).map(|(before, now)| before != now);
        self.rule.named().into_iter().zip(moved).filter_map(|(name, moved)| moved.then_some(name))
    }
}

impl Seen {
    /// As CloudWatch says that none of its alarms is why an alarm changes.
    pub fn in_words(&self) -> &'static str {
        match self {
            Seen::Never { is_new: true } => "was created and its alarm rule evaluates to",
            Seen::Never { is_new: false } | Seen::Then(_) => "was updated and its new alarm rule evaluates to",
        }
    }
}
