//! What a look at the whole fleet sees of its alarms.

use crate::world::{World, fleet, name, run};
use meridian_domain::overview::Need;
use meridian_domain::reason::Unseen;
use meridian_handlers::overview::{look, paging_names};
use meridian_local::services::cloudwatch::SetAlarmState;
use std::collections::BTreeSet;

const AU: &str = "ap-southeast-2";

fn of_au(world: &World) -> Vec<Need> {
    let told = run(look(world, &fleet(), "2026-03-12T03:00:00Z".parse().unwrap()));
    let own = |need: &Need| match need {
        Need::PagingAlarm { region, .. } | Need::AlarmUnseen { region, .. } => *region == name(AU),
        _ => false,
    };
    told.needs.into_iter().filter(own).collect()
}

/// SQS holds a lost event: its alarm is the only thing that says so.
#[test]
fn lost_events_are_seen_and_need_a_person() {
    let world = World::default();
    assert_eq!(of_au(&world), []);
    let alarm = "meridian-fraud-dead-letters".to_owned();
    let (state_value, state_reason) = ("ALARM".to_owned(), "a test".to_owned());
    let set = SetAlarmState { alarm_name: alarm.clone(), state_value, state_reason, state_reason_data: None };
    world.ask(&name(AU), set).unwrap();
    assert_eq!(of_au(&world), [Need::PagingAlarm { region: name(AU), alarm }]);
}

#[test]
fn an_alarm_of_a_region_that_does_not_answer_is_unseen() {
    let world = World::default();
    world.dark.borrow_mut().insert(name(AU));
    let needs = of_au(&world);
    assert!(matches!(needs.as_slice(), [Need::AlarmUnseen { why: Unseen::Service(_), .. }]), "{needs:?}");
}

/// Which alarms page is the template's to say.
#[test]
fn every_alarm_of_the_template_that_pages_is_looked_at() {
    let template = include_str!("../../../../template.yaml");
    let names = template.lines().filter_map(|line| line.trim().strip_prefix("AlarmName: !Sub meridian-${FleetName}-"));
    let names: BTreeSet<String> = names.map(|name| format!("meridian-fraud-{name}")).collect();
    assert_eq!(paging_names(&fleet()).collect::<BTreeSet<_>>(), names);
}
