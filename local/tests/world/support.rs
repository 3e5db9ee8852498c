//! A fleet of four regions with v426 in service, and short ways to call it.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Bounds, Fleet, RegionName};
use meridian_local::services::cloudwatch::{Dimension, MetricDatum, PutMetricAlarm, PutMetricData};
use meridian_local::services::sagemaker::*;
use meridian_local::services::{ApiError, Operation, Outcome};
use meridian_local::world::{InstalledRelease, Stage, Timing, What, World, WorldConfig};
use std::collections::BTreeMap;

pub const EU: &str = "eu-west-1";
pub const AU: &str = "ap-southeast-2";
pub const JP: &str = "ap-northeast-1";
pub const BR: &str = "sa-east-1";
pub const ENDPOINT: &str = "fraud";
/// Of the image that serves.
pub const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000426";

static V426: &[u8] = include_bytes!("../../models/v426.tar.gz");
static V427: &[u8] = include_bytes!("../../models/v427.tar.gz");

pub fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

/// The reference night's configuration, without health checks: their calls only make logs longer.
pub fn night() -> WorldConfig {
    let fleet = Fleet::parse(include_str!("../../fleets/reference/fleet.toml")).unwrap();
    let timing = Timing { provisioning: Bounds::only(SignedDuration::from_mins(3)), ..Timing::default() };
    WorldConfig { health_checks: false, timing, ..WorldConfig::new(fleet, at("03:00:00"), 7) }
}

/// A world in which v426 serves everywhere.
pub fn world(config: WorldConfig) -> World {
    let mut world = World::new(config).unwrap();
    for name in [EU, AU, JP, BR] {
        world.install(&region(name), &champion(name)).unwrap();
    }
    world
}

fn champion(region: &str) -> InstalledRelease {
    let key = "releases/archives/v426/model.tar.gz".to_owned();
    InstalledRelease {
        version: "v426".to_owned(),
        release: "a".repeat(64).parse().unwrap(),
        instance_type: "ml.m6i.xlarge".to_owned(),
        model_name: "fraud-v426".to_owned(),
        config_name: "fraud-v426-cfg".to_owned(),
        image: format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/xgboost@{DIGEST}"),
        execution_role: format!("arn:aws:iam::111122223333:role/meridian-fraud-endpoint-{region}"),
        namespace: "Meridian/Model".to_owned(),
        objects: BTreeMap::from([(key.clone(), Bytes::from_static(V426))]),
        archive_key: key,
    }
}

/// Calls, and expects an answer.
pub fn call<O: Operation>(world: &mut World, name: &str, operation: O) -> Result<O::Output, ApiError> {
    match world.call(&region(name), operation) {
        Outcome::Answer(answer) => answer,
        Outcome::Late(_, by) => panic!("{} is {by:#} late", O::NAME),
        Outcome::Hang => panic!("{} hangs", O::NAME),
        Outcome::Killed => panic!("{} killed", O::NAME),
    }
}

pub fn run_until(world: &mut World, time: &str) {
    world.run_until(at(time));
}

pub fn run_for(world: &mut World, seconds: i64) {
    let until = world.now() + SignedDuration::from_secs(seconds);
    world.run_until(until);
}

pub fn bucket(name: &str) -> String {
    let titles = BTreeMap::from([(EU, "eu"), (AU, "au"), (JP, "jp"), (BR, "br")]);
    format!("fraud-models-{}", titles[name])
}

/// Puts v427's archive, model and configuration into a region.
pub fn prepare_v427(world: &mut World, name: &str) {
    let key = "releases/archives/v427/model.tar.gz";
    let put = meridian_local::services::s3::PutObject::new(bucket(name), key, V427);
    call(world, name, put).unwrap();
    let environment = [("MERIDIAN_RELEASE", "b".repeat(64)), ("MERIDIAN_VERSION", "v427".to_owned())];
    let model = CreateModel {
        model_name: "fraud-v427".to_owned(),
        primary_container: ContainerDefinition {
            image: Some("xgboost@sha256:0".to_owned()),
            model_data_url: Some(format!("s3://{}/{key}", bucket(name))),
            additional_model_data_sources: Vec::new(),
            environment: environment.map(|(key, value)| (key.to_owned(), value)).into(),
        },
        ..CreateModel::default()
    };
    call(world, name, model).unwrap();
    call(world, name, config("fraud-v427-cfg", "fraud-v427")).unwrap();
}

pub fn config(name: &str, model: &str) -> CreateEndpointConfig {
    CreateEndpointConfig {
        endpoint_config_name: name.to_owned(),
        production_variants: vec![ProductionVariant {
            variant_name: "main".to_owned(),
            model_name: Some(model.to_owned()),
            initial_instance_count: Some(2),
            instance_type: Some("ml.m6i.xlarge".to_owned()),
            initial_variant_weight: None,
        }],
        data_capture_config: None,
        tags: Vec::new(),
    }
}

/// A canary of ten per cent, with eight minutes of bake and ten of soak, turned back by the named alarms.
pub fn canary(config: &str, alarms: &[&str]) -> UpdateEndpoint {
    UpdateEndpoint {
        endpoint_name: ENDPOINT.to_owned(),
        endpoint_config_name: config.to_owned(),
        retain_all_variant_properties: Some(true),
        exclude_retained_variant_properties: Vec::new(),
        deployment_config: Some(DeploymentConfig {
            blue_green_update_policy: Some(BlueGreenUpdatePolicy {
                traffic_routing_configuration: TrafficRoutingConfig {
                    routing_type: "CANARY".to_owned(),
                    wait_interval_in_seconds: 480,
                    canary_size: Some(CapacitySize { capacity_type: "CAPACITY_PERCENT".to_owned(), value: 10 }),
                    linear_step_size: None,
                },
                termination_wait_in_seconds: Some(600),
                maximum_execution_timeout_in_seconds: Some(7200),
            }),
            rolling_update_policy: None,
            auto_rollback_configuration: (!alarms.is_empty()).then(|| AutoRollbackConfig {
                alarms: alarms.iter().map(|name| RollbackAlarm { alarm_name: (*name).to_owned() }).collect(),
            }),
        }),
    }
}

pub fn describe(world: &mut World, name: &str) -> DescribeEndpointOutput {
    call(world, name, DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() }).unwrap()
}

/// An alarm over one of Meridian's own metrics: over 0.5 breaches.
pub fn own_alarm(name: &str, metric: &str, period: u32, periods: u32, missing: &str) -> PutMetricAlarm {
    PutMetricAlarm {
        alarm_name: name.to_owned(),
        namespace: "Meridian".to_owned(),
        metric_name: metric.to_owned(),
        statistic: Some("Maximum".to_owned()),
        period,
        evaluation_periods: periods,
        threshold: 0.5,
        comparison_operator: "GreaterThanThreshold".to_owned(),
        treat_missing_data: Some(missing.to_owned()),
        ..PutMetricAlarm::default()
    }
}

pub fn publish(world: &mut World, name: &str, metric: &str, value: f64) {
    let datum = MetricDatum { metric_name: metric.to_owned(), value: Some(value), ..MetricDatum::default() };
    let put = PutMetricData { namespace: "Meridian".to_owned(), metric_data: vec![datum] };
    call(world, name, put).unwrap();
}

/// `EndpointName`, `VariantName` and, for one configuration, `EndpointConfigName`.
pub fn dimensions(config: Option<&str>) -> Vec<Dimension> {
    let whole = [Dimension::new("EndpointName", ENDPOINT), Dimension::new("VariantName", "main")];
    whole.into_iter().chain(config.map(|config| Dimension::new("EndpointConfigName", config))).collect()
}

/// The stages that a region's endpoint went through, with their times.
pub fn stages(world: &World, name: &str) -> Vec<(String, Stage)> {
    let own = world.log().iter().filter(|event| event.region == region(name));
    own.filter_map(|event| match &event.what {
        What::EndpointStage { stage, .. } => Some((event.at.strftime("%H:%M:%S").to_string(), *stage)),
        _ => None,
    })
    .collect()
}
