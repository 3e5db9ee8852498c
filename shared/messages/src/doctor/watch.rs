//! What watches a region: its topic, its alarms, and the clock of its services.

use super::none;
use serde::Serialize;

/// The topic that pages a region's people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`key` is an id, an alias, or the ARN of either; a number counts subscriptions")]
pub enum Topic {
    Absent {
        arn: String,
    },
    /// It has no key.
    Unencrypted,
    /// Its key is AWS's own, whose policy names no service.
    ClosedToAlarms {
        key: String,
    },
    /// SNS does not say how many subscribe.
    Uncounted,
    /// Nobody subscribes.
    Unsubscribed,
    /// Nobody has followed the link.
    Unconfirmed {
        pending: u32,
    },
    Subscribed {
        confirmed: u32,
    },
}

/// One of the template's alarms over the whole endpoint, by its name. A threshold is in CloudWatch's unit: microseconds of latency, or
/// a share of the requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum Alarm {
    Absent {
        name: String,
    },
    /// It has another threshold than `fleet.toml`, or none.
    OtherThreshold {
        name: String,
        found: Option<f64>,
        expected: f64,
    },
    /// The callers' alarm is in ALARM: nothing is wrong with the region for that.
    ClientErrors {
        name: String,
    },
    InAlarm {
        name: String,
    },
    Quiet {
        name: String,
        threshold: f64,
    },
}

/// The composite alarm that invokes `rollback`, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum RollbackAlarm {
    Absent {
        name: String,
    },
    /// Its rule does not name one of the alarms that it has to.
    LeavesOut {
        name: String,
        alarm: String,
    },
    InAlarm {
        name: String,
    },
    Quiet {
        name: String,
    },
}

/// The clock of a region's services beside this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Not AWS answers, but something with a clock of its own.
    NotAws,
    /// No answer says what time it is.
    Unavailable,
    /// They differ.
    Off {
        /// By how much, rounded down to seconds.
        seconds: i64,
    },
    /// They agree, to two seconds.
    Right,
}

pub(super) fn topic(topic: &Topic) -> String {
    match topic {
        Topic::Absent { arn } => none(arn),
        Topic::Unencrypted => "it is not encrypted: it has no key".to_owned(),
        Topic::ClosedToAlarms { key } => format!("CloudWatch may not use {key}: no alarm pages anybody"),
        Topic::Uncounted => "its number of subscribers is unknown".to_owned(),
        Topic::Unsubscribed => "no subscriber: pages reach nobody".to_owned(),
        Topic::Unconfirmed { pending } => {
            format!("pages reach nobody: {pending} subscriptions pending, none confirmed")
        }
        Topic::Subscribed { confirmed } => format!("{confirmed} confirmed subscribers"),
    }
}

pub(super) fn alarm(alarm: &Alarm) -> String {
    match alarm {
        Alarm::Absent { name } => format!("there is no alarm {name}"),
        Alarm::OtherThreshold { name, found: Some(found), expected } => {
            format!("{name}: threshold {found}, and fleet.toml says {expected}")
        }
        Alarm::OtherThreshold { name, found: None, expected } => {
            format!("{name}: no threshold, and fleet.toml says {expected}")
        }
        Alarm::ClientErrors { name } => {
            format!("{name} is in ALARM: rollback compares the releases, and rolls back if the new one is worse")
        }
        Alarm::InAlarm { name } => in_alarm(name),
        Alarm::Quiet { name, threshold } => format!("{name}: threshold {threshold}"),
    }
}

pub(super) fn rollback_alarm(alarm: &RollbackAlarm) -> String {
    match alarm {
        RollbackAlarm::Absent { name } => format!("there is no composite alarm {name}: rollback is not invoked"),
        RollbackAlarm::LeavesOut { name, alarm } => format!("{name} does not include {alarm}"),
        RollbackAlarm::InAlarm { name } => in_alarm(name),
        RollbackAlarm::Quiet { name } => format!("{name} includes latency and 5xx"),
    }
}

fn in_alarm(name: &str) -> String {
    format!("{name} is in ALARM: no region starts")
}

pub(super) fn clock(clock: Clock) -> String {
    match clock {
        Clock::NotAws => "not AWS's endpoint: it has its own clock".to_owned(),
        Clock::Unavailable => "clock unavailable".to_owned(),
        Clock::Off { seconds } => format!("this machine's clock is {seconds} s off"),
        Clock::Right => "as this machine's, to two seconds".to_owned(),
    }
}
