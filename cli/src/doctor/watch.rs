//! What watches a region, judged: its topic, its alarms, and the clock of its services.

use super::answer::answered;
use super::facts::RegionFacts;
use super::findings::Finding;
use meridian_aws::inspect::{AlarmFacts, TopicFacts, endpoint_alarms};
use meridian_domain::{Fleet, alarms};
use meridian_messages::doctor::{Alarm, Check, Clock, Deployment, Mend, Property, RollbackAlarm, RunbookPart, Topic};

/// A signature older than five minutes is refused; a clock that is this far off is on its way there.
const LARGEST_SKEW: i64 = 2;
/// What mends an alarm that is not as the template makes it.
const DEPLOY: Mend = Mend::Deploy(Deployment::Plain);

/// Whether anybody hears what is paged to the topic `arn`.
pub fn topic(facts: &RegionFacts, arn: String) -> Finding {
    let made = |property| Mend::Deploy(Deployment::With(property));
    let absent = Topic::Absent { arn: arn.clone() };
    answered(Check::Topic, &facts.topic, absent, made(Property::Topic), |own| match &own.key {
        None => Finding::wrong(Check::Topic, Topic::Unencrypted, made(Property::TopicKey)),
        Some(key) if key.ends_with("alias/aws/sns") => {
            Finding::wrong(Check::Topic, Topic::ClosedToAlarms { key: key.clone() }, made(Property::TopicKey))
        }
        Some(_) => heard(own, arn),
    })
}

fn heard(own: &TopicFacts, topic: String) -> Finding {
    let subscribe = |pending| Mend::Deploy(Deployment::Subscriber { topic, pending });
    match (own.confirmed, own.pending.unwrap_or_default()) {
        (None, _) => Finding::unknown(Check::Topic, Topic::Uncounted),
        (Some(0), 0) => Finding::wrong(Check::Topic, Topic::Unsubscribed, subscribe(false)),
        (Some(0), pending) => Finding::wrong(Check::Topic, Topic::Unconfirmed { pending }, subscribe(true)),
        (Some(confirmed), _) => Finding::fine(Check::Topic, Topic::Subscribed { confirmed }),
    }
}

/// The alarms over the whole endpoint, and the composite one.
pub fn alarms(fleet: &Fleet, facts: &RegionFacts) -> Vec<Finding> {
    let judge = &fleet.judge;
    // SageMaker's latencies are in microseconds.
    let bounds = [judge.latency_bound.as_secs_f64() * 1e6, judge.max_4xx, judge.max_5xx];
    let names = endpoint_alarms(fleet.name.as_str());
    let client_errors = alarms::client_errors_name(fleet);
    let alarms = names.iter().zip(bounds).map(|(name, bound)| {
        let absent = || Alarm::Absent { name: name.clone() };
        answered(Check::Alarm, &facts.watch.alarms, absent(), DEPLOY, |all| match find(all, name) {
            None => Finding::wrong(Check::Alarm, absent(), DEPLOY),
            Some(own) => alarm(own, bound, *name == client_errors),
        })
    });
    let mut findings: Vec<Finding> = alarms.collect();
    let name = alarms::composite_name(fleet);
    let needed = names.iter().filter(|name| **name != client_errors);
    let absent = || RollbackAlarm::Absent { name: name.clone() };
    findings.push(answered(Check::RollbackAlarm, &facts.watch.alarms, absent(), DEPLOY, |all| {
        match find(all, &name) {
            None => Finding::wrong(Check::RollbackAlarm, absent(), DEPLOY),
            Some(own) => rollback_alarm(own, needed),
        }
    }));
    findings
}

fn find<'a>(all: &'a [AlarmFacts], name: &str) -> Option<&'a AlarmFacts> {
    all.iter().find(|alarm| alarm.name == name)
}

fn alarm(own: &AlarmFacts, expected: f64, of_callers: bool) -> Finding {
    let (name, found) = (own.name.clone(), own.threshold);
    let runbook = Mend::Read(RunbookPart::Start);
    match found {
        Some(threshold) if (threshold - expected).abs() <= expected * 1e-9 => match own.state == "ALARM" {
            true if of_callers => Finding::warning(Check::Alarm, Alarm::ClientErrors { name }, runbook),
            true => Finding::wrong(Check::Alarm, Alarm::InAlarm { name }, runbook),
            false => Finding::fine(Check::Alarm, Alarm::Quiet { name, threshold: expected }),
        },
        _ => Finding::wrong(Check::Alarm, Alarm::OtherThreshold { name, found, expected }, DEPLOY),
    }
}

fn rollback_alarm<'a>(own: &AlarmFacts, mut needed: impl Iterator<Item = &'a String>) -> Finding {
    let (name, rule) = (own.name.clone(), own.rule.as_deref().unwrap_or_default());
    if let Some(alarm) = needed.find(|alarm| !rule.contains(alarm.as_str())) {
        let alarm = alarm.clone();
        return Finding::wrong(Check::RollbackAlarm, RollbackAlarm::LeavesOut { name, alarm }, DEPLOY);
    }
    if own.state == "ALARM" {
        let runbook = Mend::Read(RunbookPart::Start);
        return Finding::wrong(Check::RollbackAlarm, RollbackAlarm::InAlarm { name }, runbook);
    }
    Finding::fine(Check::RollbackAlarm, RollbackAlarm::Quiet { name })
}

/// The clock of a region's services; `comparable` is false where it is not this machine's to compare.
pub fn clock(facts: &RegionFacts, comparable: bool) -> Finding {
    match facts.watch.skew.map(|skew| skew.as_secs().abs()) {
        _ if !comparable => Finding::not_checked(Check::Clock, Clock::NotAws),
        None => Finding::unknown(Check::Clock, Clock::Unavailable),
        Some(seconds) if seconds > LARGEST_SKEW => {
            Finding::warning(Check::Clock, Clock::Off { seconds }, Mend::SetClock)
        }
        Some(_) => Finding::fine(Check::Clock, Clock::Right),
    }
}
