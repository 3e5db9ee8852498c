use crate::support::*;
use meridian_local::services::Outcome;
use meridian_local::services::cloudwatch::{Metric, MetricDataQuery, MetricStat, PutMetricAlarm};
use meridian_local::services::sagemaker::InvokeEndpoint;
use meridian_local::services::sagemaker::*;
use meridian_local::world::{Behaviour, Fault, FaultKind, LiveFacts, Stage, Timing, What, World};

/// One made-up record of 400 features.
fn payload() -> String {
    let values: Vec<String> = (0..400).map(|n| format!("{}.5", n % 7)).collect();
    values.join(",")
}

fn ask(world: &mut World, name: &str) -> String {
    let invoke = InvokeEndpoint {
        endpoint_name: ENDPOINT.to_owned(),
        content_type: Some("text/csv".to_owned()),
        accept: None,
        target_variant: None,
        body: payload().into(),
    };
    String::from_utf8(call(world, name, invoke).unwrap().body.to_vec()).unwrap()
}

fn dark(from: &str, until: &str) -> Fault {
    Fault {
        region: Some(region(JP)),
        from: Some(from.parse().unwrap()),
        until: Some(until.parse().unwrap()),
        ..Fault::of(FaultKind::Dark)
    }
}

#[test]
fn silence_is_consent_the_timer_shifts_without_an_alarm() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-endpoint-latency"])).unwrap();
    run_until(&mut world, "03:30:00");
    let wanted = [
        ("03:00:00", Stage::Provisioning),
        ("03:03:00", Stage::Canary),
        ("03:11:00", Stage::Shifting),
        ("03:12:00", Stage::Soaking),
        ("03:22:00", Stage::InService),
    ];
    assert_eq!(stages(&world, JP), wanted.map(|(time, stage)| (time.to_owned(), stage)));
    let endpoint = describe(&mut world, JP);
    assert_eq!(endpoint.endpoint_status, EndpointStatus::InService);
    assert_eq!(endpoint.endpoint_config_name, "fraud-v427-cfg");
    assert_eq!(endpoint.failure_reason, None);
}

#[test]
fn a_pending_deployment_shows_beside_the_old_configuration() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
    for (time, status) in
        [("03:01:00", "Creating"), ("03:04:00", "Baking"), ("03:11:30", "ActivatingTraffic"), ("03:15:00", "Baking")]
    {
        run_until(&mut world, time);
        let endpoint = describe(&mut world, JP);
        assert_eq!(endpoint.endpoint_status, EndpointStatus::Updating);
        assert_eq!(endpoint.endpoint_config_name, "fraud-v426-cfg");
        let pending = endpoint.pending_deployment_summary.unwrap();
        assert_eq!(pending.endpoint_config_name, "fraud-v427-cfg");
        assert_eq!(pending.production_variants[0].variant_status[0].status, status, "at {time}");
    }
}

#[test]
fn a_guardrail_rollback_ends_in_service_on_the_old_config() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    call(&mut world, JP, own_alarm("fraud-verdict", "Verdict", 10, 1, "ignore")).unwrap();
    call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-verdict"])).unwrap();
    run_until(&mut world, "03:05:00");
    publish(&mut world, JP, "Verdict", 1.0);
    run_until(&mut world, "03:05:11");
    assert_eq!(describe(&mut world, JP).endpoint_status, EndpointStatus::RollingBack);
    run_until(&mut world, "03:10:00");
    let endpoint = describe(&mut world, JP);
    assert_eq!(endpoint.endpoint_status, EndpointStatus::InService);
    assert_eq!(endpoint.endpoint_config_name, "fraud-v426-cfg");
    assert!(endpoint.pending_deployment_summary.is_none());
    assert!(endpoint.failure_reason.unwrap().contains("fraud-verdict"));
    assert_eq!(stages(&world, JP).last().unwrap(), &("03:06:10".to_owned(), Stage::InService));
}

#[test]
fn a_slow_green_fleet_trips_its_own_alarm_in_the_canary() {
    let mut config = night();
    config.behaviours = vec![slow("v427")];
    let mut world = world(config);
    prepare_v427(&mut world, JP);
    let mut green = own_alarm("fraud-green-latency", "ModelLatency", 60, 1, "notBreaching");
    green.namespace = "AWS/SageMaker".to_owned();
    green.dimensions = dimensions(Some("fraud-v427-cfg"));
    (green.statistic, green.extended_statistic, green.threshold) = (None, Some("p99".to_owned()), 20_000.0);
    call(&mut world, JP, green).unwrap();
    call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-green-latency"])).unwrap();
    run_until(&mut world, "03:04:30");
    assert_eq!(stages(&world, JP).last().unwrap(), &("03:04:05".to_owned(), Stage::RollingBack));
}

/// Green's 4xx less blue's: what callers send both of them trips nothing, whatever their rate.
#[test]
fn a_guard_of_metric_math_rings_for_what_green_answers_more_of() {
    for (release, ends) in [("*", Stage::Canary), ("v427", Stage::RollingBack)] {
        let mut config = night();
        config.behaviours = vec![toml::from_str(&format!("release = \"{release}\"\nerrors_4xx = 0.025")).unwrap()];
        let mut world = world(config);
        prepare_v427(&mut world, EU);
        call(&mut world, EU, excess("fraud-green-4xx", "green - blue")).unwrap();
        call(&mut world, EU, canary("fraud-v427-cfg", &["fraud-green-4xx"])).unwrap();
        run_until(&mut world, "03:04:30");
        assert_eq!(
            std::mem::discriminant(&stages(&world, EU).last().unwrap().1),
            std::mem::discriminant(&ends),
            "{release}"
        );
    }
    let mut world = world(night());
    for wrong in ["green - gone", "green -", "FILL(green, 0)"] {
        assert!(call(&mut world, EU, excess("fraud-green-4xx", wrong)).is_err(), "{wrong}");
    }
    let both = PutMetricAlarm { period: 60, ..excess("fraud-green-4xx", "green - blue") };
    assert!(call(&mut world, EU, both).is_err());
}

fn excess(name: &str, expression: &str) -> PutMetricAlarm {
    let part = |id: &str, config: &str| MetricDataQuery {
        id: id.to_owned(),
        metric_stat: Some(MetricStat {
            metric: Metric {
                namespace: "AWS/SageMaker".to_owned(),
                metric_name: "Invocation4XXErrors".to_owned(),
                dimensions: dimensions(Some(config)),
            },
            period: 60,
            stat: "Average".to_owned(),
        }),
        expression: None,
        label: None,
        return_data: Some(false),
    };
    let all = MetricDataQuery {
        id: "excess".to_owned(),
        metric_stat: None,
        expression: Some(expression.to_owned()),
        label: None,
        return_data: Some(true),
    };
    PutMetricAlarm {
        alarm_name: name.to_owned(),
        metrics: vec![part("green", "fraud-v427-cfg"), part("blue", "fraud-v426-cfg"), all],
        evaluation_periods: 1,
        threshold: 0.01,
        comparison_operator: "GreaterThanThreshold".to_owned(),
        treat_missing_data: Some("notBreaching".to_owned()),
        ..PutMetricAlarm::default()
    }
}

fn slow(release: &str) -> Behaviour {
    toml::from_str(&format!("release = \"{release}\"\nlatency_factor = 3.0")).unwrap()
}

#[test]
fn late_alarms_count_in_soak_only_under_that_reading() {
    for (watched, ends_on) in [(false, "fraud-v427-cfg"), (true, "fraud-v426-cfg")] {
        let mut config = night();
        config.live = LiveFacts { alarms_watched_during_termination_wait: watched, ..LiveFacts::default() };
        let mut world = world(config);
        prepare_v427(&mut world, JP);
        call(&mut world, JP, own_alarm("fraud-verdict", "Verdict", 10, 1, "ignore")).unwrap();
        call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-verdict"])).unwrap();
        run_until(&mut world, "03:15:00");
        publish(&mut world, JP, "Verdict", 1.0);
        run_until(&mut world, "03:30:00");
        assert_eq!(describe(&mut world, JP).endpoint_config_name, ends_on);
    }
}

#[test]
fn a_dark_control_plane_freezes_updates_while_it_serves() {
    let mut config = night();
    config.faults = vec![dark("03:04", "03:20")];
    let mut world = world(config);
    prepare_v427(&mut world, JP);
    call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-endpoint-latency"])).unwrap();
    run_until(&mut world, "03:15:00");
    let asked = world.call(&region(JP), DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() });
    assert_eq!(asked, Outcome::Hang);
    assert!(ask(&mut world, JP).parse::<f32>().is_ok());
    assert!(call(&mut world, EU, DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() }).is_ok());
    run_until(&mut world, "03:26:59");
    assert_eq!(stages(&world, JP).last().unwrap().1, Stage::Canary, "seven minutes of bake were left");
    run_until(&mut world, "03:27:00");
    assert_eq!(stages(&world, JP).last().unwrap().1, Stage::Shifting);
}

#[test]
fn when_the_control_plane_returns_alarms_are_looked_at_first() {
    for timers_run_while_dark in [false, true] {
        let mut config = night();
        config.faults = vec![dark("03:04", "03:20")];
        config.live = LiveFacts { timers_run_while_dark, ..LiveFacts::default() };
        let mut world = world(config);
        prepare_v427(&mut world, JP);
        call(&mut world, JP, own_alarm("fraud-verdict", "Verdict", 10, 1, "ignore")).unwrap();
        call(&mut world, JP, canary("fraud-v427-cfg", &["fraud-verdict"])).unwrap();
        run_until(&mut world, "03:10:00");
        publish(&mut world, JP, "Verdict", 1.0);
        run_until(&mut world, "03:20:00");
        assert_eq!(stages(&world, JP).last().unwrap(), &("03:20:00".to_owned(), Stage::RollingBack));
        run_until(&mut world, "03:21:00");
        assert_eq!(describe(&mut world, JP).endpoint_config_name, "fraud-v426-cfg");
    }
}

#[test]
fn an_endpoint_answers_with_the_model_that_serves() {
    let mut world = world(night());
    let old = ask(&mut world, JP);
    prepare_v427(&mut world, JP);
    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
    run_until(&mut world, "03:05:00");
    let answers: Vec<String> = (0..100).map(|_| ask(&mut world, JP)).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == old).count(), 50, "green is one instance of two");
    run_until(&mut world, "03:13:00");
    let new = ask(&mut world, JP);
    assert_ne!(new, old);
    assert!((0..50).all(|_| ask(&mut world, JP) == new));
}

#[test]
fn a_model_whose_bytes_are_missing_never_takes_traffic() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let model = CreateModel {
        model_name: "lost".to_owned(),
        primary_container: ContainerDefinition {
            model_data_url: Some(format!("s3://{}/releases/lost", bucket(JP))),
            ..ContainerDefinition::default()
        },
        ..CreateModel::default()
    };
    call(&mut world, JP, model).unwrap();
    call(&mut world, JP, config("lost-cfg", "lost")).unwrap();
    call(&mut world, JP, canary("lost-cfg", &[])).unwrap();
    run_until(&mut world, "03:10:00");
    assert!(!stages(&world, JP).iter().any(|(_, stage)| *stage == Stage::Canary));
    assert!(describe(&mut world, JP).failure_reason.unwrap().contains("Could not download"));
}

#[test]
fn a_first_endpoint_is_created_and_served() {
    let mut world = World::new(night()).unwrap();
    prepare_v427(&mut world, JP);
    let create = CreateEndpoint {
        endpoint_name: ENDPOINT.to_owned(),
        endpoint_config_name: "fraud-v427-cfg".to_owned(),
        tags: Vec::new(),
    };
    call(&mut world, JP, create.clone()).unwrap();
    assert_eq!(describe(&mut world, JP).endpoint_status, EndpointStatus::Creating);
    assert!(call(&mut world, JP, canary("fraud-v427-cfg", &[])).is_err());
    run_until(&mut world, "03:03:00");
    assert_eq!(describe(&mut world, JP).endpoint_status, EndpointStatus::InService);
    assert!(ask(&mut world, JP).parse::<f32>().is_ok());
    assert!(call(&mut world, JP, create).unwrap_err().message.contains("already existing"));
}

#[test]
fn a_second_update_and_bad_members_are_refused() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let unknown = call(&mut world, JP, canary("none", &[])).unwrap_err();
    assert_eq!(unknown.code, "ValidationException");
    assert!(unknown.message.starts_with("Could not find endpoint configuration"));
    let no_alarm = call(&mut world, JP, canary("fraud-v427-cfg", &["none"])).unwrap_err();
    assert!(no_alarm.message.contains("does not exist"));

    let mut half = canary("fraud-v427-cfg", &[]);
    let policy = half.deployment_config.as_mut().unwrap().blue_green_update_policy.as_mut().unwrap();
    policy.traffic_routing_configuration.canary_size.as_mut().unwrap().value = 51;
    assert!(call(&mut world, JP, half).unwrap_err().message.contains("50 %"));
    let mut long = canary("fraud-v427-cfg", &[]);
    let policy = long.deployment_config.as_mut().unwrap().blue_green_update_policy.as_mut().unwrap();
    policy.traffic_routing_configuration.wait_interval_in_seconds = 3601;
    assert!(call(&mut world, JP, long).unwrap_err().message.contains("WaitIntervalInSeconds"));
    assert!(call(&mut world, JP, config(&"x".repeat(64), "fraud-v427")).unwrap_err().message.contains("constraint"));

    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
    let second = call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap_err();
    assert!(second.message.starts_with("Cannot update in-progress endpoint"));
}

#[test]
fn all_at_once_shifts_without_baking() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let update = UpdateEndpoint { deployment_config: None, ..canary("fraud-v427-cfg", &[]) };
    call(&mut world, JP, update).unwrap();
    run_until(&mut world, "03:10:00");
    let wanted = [("03:00:00", Stage::Provisioning), ("03:03:00", Stage::Shifting), ("03:04:00", Stage::InService)];
    let seen: Vec<_> = stages(&world, JP).into_iter().filter(|(_, stage)| *stage != Stage::Soaking).collect();
    assert_eq!(seen, wanted.map(|(time, stage)| (time.to_owned(), stage)));
}

#[test]
fn an_update_that_runs_for_too_long_is_turned_back() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let mut update = canary("fraud-v427-cfg", &[]);
    let policy = update.deployment_config.as_mut().unwrap().blue_green_update_policy.as_mut().unwrap();
    policy.maximum_execution_timeout_in_seconds = Some(600);
    call(&mut world, JP, update).unwrap();
    run_until(&mut world, "03:20:00");
    assert_eq!(describe(&mut world, JP).endpoint_config_name, "fraud-v426-cfg");
}

#[test]
fn a_package_is_registered_once_and_decided_with_a_reason() {
    let mut world = world(night());
    let create = CreateModelPackage {
        model_package_group_name: "fraud".to_owned(),
        client_token: Some("b".repeat(32)),
        ..CreateModelPackage::default()
    };
    let first = call(&mut world, EU, create.clone()).unwrap().model_package_arn;
    assert_eq!(call(&mut world, EU, create.clone()).unwrap().model_package_arn, first, "the token is idempotent");
    let long = CreateModelPackage { client_token: Some("b".repeat(37)), ..create.clone() };
    assert!(call(&mut world, EU, long).is_err());
    let describe = DescribeModelPackage { model_package_name: first.clone() };
    let package = call(&mut world, EU, describe.clone()).unwrap();
    assert_eq!(package.model_approval_status, ModelApprovalStatus::PendingManualApproval);
    let decide = UpdateModelPackage {
        model_package_arn: first.clone(),
        model_approval_status: Some(ModelApprovalStatus::Rejected),
        approval_description: Some("AUC dropped".to_owned()),
        ..UpdateModelPackage::default()
    };
    call(&mut world, EU, decide).unwrap();
    assert_eq!(call(&mut world, EU, describe).unwrap().approval_description.as_deref(), Some("AUC dropped"));
    let approved = ListModelPackages {
        model_package_group_name: Some("fraud".to_owned()),
        model_approval_status: Some(ModelApprovalStatus::Approved),
        ..ListModelPackages::default()
    };
    assert!(call(&mut world, EU, approved).unwrap().model_package_summary_list.is_empty());
}

/// By the seed, within the bounds: what a plan may not rest on.
#[test]
fn instances_come_within_the_bounds_at_a_time_of_their_own() {
    let arrivals: std::collections::BTreeSet<String> = (0..20)
        .map(|seed| {
            let mut config = night();
            (config.seed, config.timing.provisioning) = (seed, Timing::default().provisioning);
            let mut world = world(config);
            prepare_v427(&mut world, JP);
            call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
            run_until(&mut world, "03:09:00");
            stages(&world, JP).into_iter().find(|(_, stage)| *stage == Stage::Canary).unwrap().0
        })
        .collect();
    assert!(arrivals.len() > 10, "{arrivals:?}");
    let within = |at: &String| ("03:03:00".."03:08:01").contains(&at.as_str());
    assert!(arrivals.iter().all(within), "{arrivals:?}");
}

/// Of two instances ten per cent is one of them, and so half of the requests.
#[test]
fn a_canary_is_whole_instances() {
    for (capacity_type, value, taken) in [
        ("CAPACITY_PERCENT", 10, Some(50)),
        ("CAPACITY_PERCENT", 50, Some(50)),
        ("INSTANCE_COUNT", 1, Some(50)),
        ("INSTANCE_COUNT", 2, None),
    ] {
        let mut world = world(night());
        prepare_v427(&mut world, AU);
        let mut update = canary("fraud-v427-cfg", &[]);
        let policy = update.deployment_config.as_mut().unwrap().blue_green_update_policy.as_mut().unwrap();
        let size = CapacitySize { capacity_type: capacity_type.to_owned(), value };
        policy.traffic_routing_configuration.canary_size = Some(size);
        let asked = call(&mut world, AU, update);
        assert_eq!(asked.is_ok(), taken.is_some(), "{capacity_type} {value}");
        run_until(&mut world, "03:05:00");
        let share = world.log().iter().rev().find_map(|event| match &event.what {
            What::EndpointStage { stage: Stage::Canary, percent, .. } => Some(*percent),
            _ => None,
        });
        assert_eq!(share, taken, "{capacity_type} {value}");
    }
}
