use crate::support::*;
use meridian_local::world::World;
use serde_json::Value;

fn on_bus(world: &World, detail_type: &str) -> Vec<Value> {
    world.bus().iter().filter(|own| own.event["detail-type"] == detail_type).map(|own| own.event.clone()).collect()
}

#[test]
fn sagemakers_events_have_their_times_in_milliseconds() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
    run_until(&mut world, "03:30:00");
    let changes = on_bus(&world, "SageMaker Endpoint State Change");
    let statuses: Vec<&str> = changes.iter().filter_map(|own| own["detail"]["EndpointStatus"].as_str()).collect();
    assert_eq!(statuses, ["UPDATING", "IN_SERVICE"]);
    let last = changes.last().unwrap();
    assert_eq!(last["time"], at("03:22:00").as_millisecond().to_string());
    assert_eq!(last["detail"]["EndpointConfigName"], "fraud-v427-cfg");
    let stages = on_bus(&world, "SageMaker Endpoint Deployment State Change");
    assert_eq!(stages[0]["detail"]["PendingDeploymentSummary"]["EndpointConfigName"], "fraud-v427-cfg");
}

#[test]
fn metric_and_composite_alarms_have_configurations_of_their_own() {
    let mut config = night();
    config.behaviours = vec![toml::from_str("release = \"v426\"\nerrors_5xx = 0.5").unwrap()];
    let mut world = world(config);
    run_until(&mut world, "03:06:00");
    let changes = on_bus(&world, "CloudWatch Alarm State Change");
    let of = |name: &str| changes.iter().find(|own| own["detail"]["alarmName"] == name).unwrap();
    let metric = &of("fraud-endpoint-5xx")["detail"];
    assert_eq!(metric["configuration"]["metrics"][0]["metricStat"]["metric"]["name"], "Invocation5XXErrors");
    assert_eq!(metric["previousState"]["value"], "OK");
    assert_eq!(metric["state"]["value"], "ALARM");
    let composite = &of("fraud-rollback")["detail"];
    let rule = composite["configuration"]["alarmRule"].as_str().unwrap();
    assert!(rule.contains("OR ALARM(\"fraud-endpoint-5xx\")"), "{rule}");
}
