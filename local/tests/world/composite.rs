use crate::support::*;
use meridian_local::services::ApiError;
use meridian_local::services::cloudwatch::*;
use meridian_local::world::World;

fn put(world: &mut World, name: &str, rule: &str) -> Result<(), ApiError> {
    let (alarm_name, alarm_rule) = (name.to_owned(), rule.to_owned());
    call(world, JP, PutCompositeAlarm { alarm_name, alarm_rule, ..PutCompositeAlarm::default() }).map(drop)
}

fn tell(world: &mut World, name: &str, state: &str) -> Result<(), ApiError> {
    let told = SetAlarmState {
        alarm_name: name.to_owned(),
        state_value: state.to_owned(),
        state_reason: "told so".to_owned(),
        state_reason_data: None,
    };
    call(world, JP, told).map(drop)
}

fn shown(world: &mut World, name: &str) -> (AlarmState, String) {
    let ask = DescribeAlarms {
        alarm_names: vec![name.to_owned()],
        alarm_types: vec!["CompositeAlarm".to_owned()],
        state_value: None,
    };
    let own = call(world, JP, ask).unwrap().composite_alarms.remove(0);
    (own.state_value, own.state_reason)
}

/// With two alarms of a metric that nobody sends.
fn two() -> World {
    let mut world = world(night());
    for name in ["one", "two"] {
        call(&mut world, JP, own_alarm(name, "Unheard", 60, 1, "ignore")).unwrap();
        tell(&mut world, name, "OK").unwrap();
    }
    world
}

#[test]
fn a_composite_alarm_follows_its_rule_at_once() {
    let mut world = two();
    put(&mut world, "whole", "ALARM(one) AND NOT ALARM(two)").unwrap();
    let (state, reason) = shown(&mut world, "whole");
    assert_eq!(state, AlarmState::Ok);
    assert!(reason.ends_with(":alarm:whole was created and its alarm rule evaluates to OK"), "{reason}");
    tell(&mut world, "one", "ALARM").unwrap();
    assert_eq!(shown(&mut world, "whole").0, AlarmState::Alarm);
    tell(&mut world, "two", "ALARM").unwrap();
    assert_eq!(shown(&mut world, "whole").0, AlarmState::Ok);
    put(&mut world, "whole", "ALARM(one) OR ALARM(two)").unwrap();
    let (state, reason) = shown(&mut world, "whole");
    assert_eq!(state, AlarmState::Alarm);
    assert!(reason.ends_with(":alarm:whole was updated and its new alarm rule evaluates to ALARM"), "{reason}");
}

#[test]
fn a_composite_alarm_names_the_member_that_changed() {
    let mut world = two();
    put(&mut world, "whole", "ALARM(one) OR ALARM(two)").unwrap();
    for (member, state, of_whole) in [
        ("two", "ALARM", AlarmState::Alarm),
        ("two", "INSUFFICIENT_DATA", AlarmState::Ok),
        ("one", "ALARM", AlarmState::Alarm),
    ] {
        tell(&mut world, member, state).unwrap();
        let (whole, reason) = shown(&mut world, "whole");
        assert_eq!(whole, of_whole);
        assert!(
            reason.contains(&format!(":alarm:{member} transitioned to {state} at Friday 20 November, 2026")),
            "{reason}"
        );
    }
}

#[test]
fn nested_composite_alarms_follow_and_circles_end() {
    let mut world = two();
    put(&mut world, "whole", "ALARM(one)").unwrap();
    put(&mut world, "above", "ALARM(whole)").unwrap();
    tell(&mut world, "one", "ALARM").unwrap();
    assert_eq!(shown(&mut world, "above").0, AlarmState::Alarm);
    put(&mut world, "whole", "NOT ALARM(above)").unwrap();
    tell(&mut world, "two", "ALARM").unwrap();
    run_until(&mut world, "03:05:00");
}

#[test]
fn a_composite_alarms_set_state_holds_until_a_member_changes() {
    let mut world = two();
    put(&mut world, "whole", "ALARM(one)").unwrap();
    tell(&mut world, "whole", "ALARM").unwrap();
    run_until(&mut world, "03:05:00");
    assert_eq!(shown(&mut world, "whole"), (AlarmState::Alarm, "told so".to_owned()));
    tell(&mut world, "one", "INSUFFICIENT_DATA").unwrap();
    assert_eq!(shown(&mut world, "whole").0, AlarmState::Ok);
}

#[test]
fn a_set_state_is_announced_and_holds_until_the_next_look() {
    let mut world = world(night());
    tell(&mut world, "fraud-endpoint-latency", "ALARM").unwrap();
    assert_eq!(shown(&mut world, "fraud-rollback").0, AlarmState::Alarm);
    run_until(&mut world, "03:00:01");
    let woken = world.take_invocations();
    assert!(woken.iter().any(|own| own.payload["detail"]["alarmName"] == "fraud-rollback"), "{woken:?}");
    run_until(&mut world, "03:02:00");
    assert_eq!(shown(&mut world, "fraud-rollback").0, AlarmState::Ok);
}

#[test]
fn a_bad_rule_an_unknown_alarm_and_a_taken_name_are_refused() {
    let mut world = two();
    for (name, rule) in [
        ("whole", ""),
        ("whole", "ALARM(one) XOR ALARM(two)"),
        ("whole", "ALARM(none)"),
        ("one", "ALARM(two)"),
        ("", "TRUE"),
    ] {
        assert_eq!(put(&mut world, name, rule).unwrap_err().code, "ValidationError", "{name}: {rule}");
    }
    let many = vec!["ALARM(one)"; 101].join(" OR ");
    assert_eq!(put(&mut world, "whole", &many).unwrap_err().code, "ValidationError");
    assert_eq!(tell(&mut world, "none", "OK").unwrap_err().code, "ResourceNotFound");
    assert_eq!(tell(&mut world, "one", "FINE").unwrap_err().code, "ValidationError");
    put(&mut world, "whole", "ALARM(one)").unwrap();
    let taken = call(&mut world, JP, own_alarm("whole", "Unheard", 60, 1, "ignore")).unwrap_err();
    assert_eq!(taken.code, "ValidationException");
}

#[test]
fn an_alarm_shows_its_actions_as_on_unless_switched_off() {
    let mut world = two();
    put(&mut world, "whole", "ALARM(one)").unwrap();
    let types = ["MetricAlarm", "CompositeAlarm"].map(str::to_owned).to_vec();
    let all = call(&mut world, JP, DescribeAlarms { alarm_types: types, ..DescribeAlarms::default() }).unwrap();
    assert!(all.metric_alarms.iter().all(|own| own.definition.actions_enabled == Some(true)), "{all:?}");
    assert!(all.composite_alarms.iter().all(|own| own.actions_enabled == Some(true)), "{all:?}");
    let off = PutMetricAlarm { actions_enabled: Some(false), ..own_alarm("one", "Unheard", 60, 1, "ignore") };
    call(&mut world, JP, off).unwrap();
    let ask = DescribeAlarms { alarm_names: vec!["one".to_owned()], ..DescribeAlarms::default() };
    assert_eq!(call(&mut world, JP, ask).unwrap().metric_alarms[0].definition.actions_enabled, Some(false));
}
