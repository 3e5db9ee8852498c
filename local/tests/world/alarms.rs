use crate::support::*;
use meridian_local::services::cloudwatch::*;
use meridian_local::world::{Behaviour, LiveFacts, World};

fn state(world: &mut World, name: &str, alarm: &str) -> AlarmState {
    let ask = DescribeAlarms {
        alarm_names: vec![alarm.to_owned()],
        alarm_types: vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()],
        state_value: None,
    };
    let answer = call(world, name, ask).unwrap();
    let metric = answer.metric_alarms.first().map(|alarm| alarm.state_value);
    metric.or_else(|| answer.composite_alarms.first().map(|alarm| alarm.state_value)).unwrap()
}

#[test]
fn a_heartbeat_alarm_is_alarm_only_after_its_periods_of_silence() {
    for (extra_evaluation_periods, minutes) in [(0, 3), (2, 5)] {
        let mut config = night();
        config.live = LiveFacts { extra_evaluation_periods, ..LiveFacts::default() };
        let mut world = world(config);
        let mut heartbeat = own_alarm("fraud-heartbeat", "Heartbeat", 60, 3, "breaching");
        heartbeat.comparison_operator = "LessThanThreshold".to_owned();
        for minute in 0..6 {
            run_until(&mut world, &format!("03:0{minute}:30"));
            publish(&mut world, JP, "Heartbeat", 1.0);
            if minute == 0 {
                call(&mut world, JP, heartbeat.clone()).unwrap();
                assert_eq!(state(&mut world, JP, "fraud-heartbeat"), AlarmState::InsufficientData);
            }
        }
        run_until(&mut world, "03:06:06");
        assert_eq!(state(&mut world, JP, "fraud-heartbeat"), AlarmState::Ok);
        // The last heartbeat is in the minute that ends at 03:06.
        run_until(&mut world, &format!("03:{:02}:04", 6 + minutes));
        assert_eq!(state(&mut world, JP, "fraud-heartbeat"), AlarmState::Ok);
        run_until(&mut world, &format!("03:{:02}:05", 6 + minutes));
        assert_eq!(state(&mut world, JP, "fraud-heartbeat"), AlarmState::Alarm);
    }
}

#[test]
fn a_rewritten_alarm_keeps_its_state() {
    let mut world = world(night());
    call(&mut world, JP, own_alarm("fraud-verdict", "Verdict", 10, 1, "ignore")).unwrap();
    run_until(&mut world, "03:01:02");
    assert_eq!(state(&mut world, JP, "fraud-verdict"), AlarmState::InsufficientData);
    publish(&mut world, JP, "Verdict", 1.0);
    run_until(&mut world, "03:01:10");
    assert_eq!(state(&mut world, JP, "fraud-verdict"), AlarmState::Alarm);
    call(&mut world, JP, own_alarm("fraud-verdict", "Other", 10, 1, "ignore")).unwrap();
    run_until(&mut world, "03:20:00");
    assert_eq!(state(&mut world, JP, "fraud-verdict"), AlarmState::Alarm, "silence keeps it");
    publish(&mut world, JP, "Other", 0.0);
    run_until(&mut world, "03:20:10");
    assert_eq!(state(&mut world, JP, "fraud-verdict"), AlarmState::Ok);
}

#[test]
fn the_composite_alarm_follows_the_endpoint_wide_alarms() {
    let mut config = night();
    let behaviour = "release = \"v426\"\nlatency_factor = 3.0\nfrom = \"03:10\"\nregion = \"ap-southeast-2\"";
    config.behaviours = vec![toml::from_str::<Behaviour>(behaviour).unwrap()];
    let mut world = world(config);
    run_until(&mut world, "03:14:59");
    assert_eq!(state(&mut world, AU, "fraud-rollback"), AlarmState::Ok);
    run_until(&mut world, "03:15:06");
    assert_eq!(state(&mut world, AU, "fraud-endpoint-latency"), AlarmState::Alarm, "5 of 6 minutes");
    assert_eq!(state(&mut world, AU, "fraud-rollback"), AlarmState::Alarm);
    assert_eq!(state(&mut world, EU, "fraud-rollback"), AlarmState::Ok);
    run_until(&mut world, "03:15:10");
    let woken = world.take_invocations();
    assert!(woken.iter().any(|own| own.payload["detail"]["alarmName"] == "fraud-rollback"));
}

#[test]
fn bad_alarms_and_data_are_refused() {
    let mut world = world(night());
    let good = own_alarm("a", "M", 60, 3, "ignore");
    let bad = [
        PutMetricAlarm { period: 45, ..good.clone() },
        PutMetricAlarm { evaluation_periods: 0, ..good.clone() },
        PutMetricAlarm { datapoints_to_alarm: Some(4), ..good.clone() },
        PutMetricAlarm { extended_statistic: Some("p99".to_owned()), ..good.clone() },
        PutMetricAlarm { treat_missing_data: Some("maybe".to_owned()), ..good.clone() },
        PutMetricAlarm { comparison_operator: "Equal".to_owned(), ..good },
    ];
    for alarm in bad {
        assert!(call(&mut world, JP, alarm).is_err());
    }
    let datum = |value| MetricDatum { metric_name: "M".to_owned(), value: Some(value), ..MetricDatum::default() };
    let put =
        |namespace: &str, value| PutMetricData { namespace: namespace.to_owned(), metric_data: vec![datum(value)] };
    assert!(call(&mut world, JP, put("AWS/SageMaker", 1.0)).is_err());
    assert!(call(&mut world, JP, put("Meridian", f64::NAN)).is_err());
}
