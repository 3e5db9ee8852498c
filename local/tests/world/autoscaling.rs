use crate::support::*;
use meridian_local::services::autoscaling::*;
use meridian_local::services::sagemaker::EndpointStatus;
use meridian_local::world::{Fault, FaultKind, LiveFacts, What, World};

fn scalable() -> Scalable {
    Scalable::variant(format!("endpoint/{ENDPOINT}/variant/main"))
}

fn bounds(least: u32, most: u32) -> RegisterScalableTarget {
    RegisterScalableTarget { scalable: scalable(), min_capacity: Some(least), max_capacity: Some(most) }
}

fn instances(world: &mut World) -> (EndpointStatus, u32, u32) {
    let endpoint = describe(world, JP);
    let variant = &endpoint.production_variants[0];
    (endpoint.endpoint_status, variant.current_instance_count, variant.desired_instance_count)
}

#[test]
fn added_instances_take_as_long_as_provisioning_does() {
    let mut world = world(night());
    call(&mut world, JP, bounds(4, 6)).unwrap();
    assert_eq!(instances(&mut world), (EndpointStatus::Updating, 2, 4));
    run_until(&mut world, "03:02:59");
    assert_eq!(instances(&mut world), (EndpointStatus::Updating, 2, 4));
    run_until(&mut world, "03:03:00");
    assert_eq!(instances(&mut world), (EndpointStatus::InService, 4, 4));
    let added = |what: &What| matches!(what, What::InstancesAdded { instances: 4, .. });
    assert!(world.log().iter().any(|event| added(&event.what)));
}

#[test]
fn no_update_is_accepted_while_scaling() {
    let live = LiveFacts { scaling_shows_updating: false, ..LiveFacts::default() };
    let mut world = world(meridian_local::world::WorldConfig { live, ..night() });
    prepare_v427(&mut world, JP);
    call(&mut world, JP, bounds(4, 6)).unwrap();
    assert_eq!(instances(&mut world), (EndpointStatus::InService, 2, 4));
    let refused = call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap_err();
    assert!(refused.message.contains("in-progress"), "{refused}");
    run_until(&mut world, "03:03:00");
    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
}

#[test]
fn a_registered_variant_keeps_its_instance_type() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let mut larger = config("fraud-v427-larger-cfg", "fraud-v427");
    larger.production_variants[0].instance_type = Some("ml.m6i.2xlarge".to_owned());
    call(&mut world, JP, larger).unwrap();
    call(&mut world, JP, bounds(2, 6)).unwrap();
    let refused = call(&mut world, JP, canary("fraud-v427-larger-cfg", &[])).unwrap_err();
    assert!(refused.message.contains("instance type"), "{refused}");
    call(&mut world, JP, canary("fraud-v427-cfg", &[])).unwrap();
}

#[test]
fn an_unscaled_variant_may_change_its_instance_type() {
    let mut world = world(night());
    prepare_v427(&mut world, JP);
    let gone = DeregisterScalableTarget { scalable: scalable() };
    call(&mut world, JP, gone.clone()).unwrap();
    assert_eq!(call(&mut world, JP, gone).unwrap_err().code, "ObjectNotFoundException");
    let mut larger = config("fraud-v427-larger-cfg", "fraud-v427");
    larger.production_variants[0].instance_type = Some("ml.m6i.2xlarge".to_owned());
    call(&mut world, JP, larger).unwrap();
    call(&mut world, JP, canary("fraud-v427-larger-cfg", &[])).unwrap();
}

#[test]
fn a_dark_control_plane_delays_added_instances() {
    let dark = Fault {
        region: Some(region(JP)),
        from: Some("03:01".parse().unwrap()),
        until: Some("03:05".parse().unwrap()),
        ..Fault::of(FaultKind::Dark)
    };
    let mut world = world(meridian_local::world::WorldConfig { faults: vec![dark], ..night() });
    call(&mut world, JP, bounds(4, 6)).unwrap();
    run_until(&mut world, "03:05:30");
    assert_eq!(instances(&mut world).1, 2);
    run_until(&mut world, "03:06:00");
    assert_eq!(instances(&mut world), (EndpointStatus::InService, 4, 4));
}

#[test]
fn what_is_registered_is_shown_and_what_is_not_is_refused() {
    let mut world = world(night());
    let namespace = || NAMESPACE.to_owned();
    let night = PutScheduledAction {
        scheduled_action_name: "night".to_owned(),
        scalable: scalable(),
        schedule: "cron(0 22 * * ? *)".to_owned(),
        timezone: Some("Asia/Tokyo".to_owned()),
        scalable_target_action: ScalableTargetAction { min_capacity: Some(2), max_capacity: Some(6) },
    };
    call(&mut world, JP, DeregisterScalableTarget { scalable: scalable() }).unwrap();
    let unregistered = call(&mut world, JP, night.clone()).unwrap_err();
    assert_eq!(unregistered.code, "ObjectNotFoundException");
    let half = RegisterScalableTarget { max_capacity: None, ..bounds(2, 6) };
    assert!(call(&mut world, JP, half.clone()).unwrap_err().message.contains("MaxCapacity must be set"));
    assert!(call(&mut world, JP, bounds(7, 6)).unwrap_err().message.contains("less than MinCapacity"));
    call(&mut world, JP, bounds(2, 6)).unwrap();
    // What is not said again is kept.
    call(&mut world, JP, RegisterScalableTarget { min_capacity: Some(1), ..half }).unwrap();
    let targets =
        call(&mut world, JP, DescribeScalableTargets { service_namespace: namespace(), ..Default::default() }).unwrap();
    let target = &targets.scalable_targets[0];
    assert_eq!((targets.scalable_targets.len(), target.min_capacity, target.max_capacity), (1, 1, 6));
    call(&mut world, JP, night.clone()).unwrap();
    let shown = DescribeScheduledActions { service_namespace: namespace(), ..Default::default() };
    assert_eq!(call(&mut world, JP, shown.clone()).unwrap().scheduled_actions[0].put, night);
    let gone = DeleteScheduledAction { scheduled_action_name: "night".to_owned(), scalable: scalable() };
    call(&mut world, JP, gone.clone()).unwrap();
    assert!(call(&mut world, JP, shown).unwrap().scheduled_actions.is_empty());
    assert_eq!(call(&mut world, JP, gone).unwrap_err().code, "ObjectNotFoundException");
    let nobody = RegisterScalableTarget { scalable: Scalable::variant("table/fraud".to_owned()), ..bounds(2, 6) };
    assert!(call(&mut world, JP, nobody).unwrap_err().message.contains("no endpoint's variant"));
    let every = DescribeScalingPolicies { service_namespace: "dynamodb".to_owned(), ..Default::default() };
    assert!(call(&mut world, JP, every).unwrap().scaling_policies.is_empty());
}

#[test]
fn scaling_shows_exactly_what_was_registered() {
    let mut world = world(night());
    call(&mut world, JP, bounds(2, 6)).unwrap();
    let (own, other) = (scalable().resource_id, "endpoint/other/variant/main".to_owned());
    let asks = |resources: &[&String], service: &str| DescribeScalableTargets {
        service_namespace: service.to_owned(),
        resource_ids: resources.iter().map(|id| (*id).clone()).collect(),
        scalable_dimension: None,
    };
    for (ask, found) in [
        (asks(&[], NAMESPACE), 1),
        (asks(&[&other, &own], NAMESPACE), 1),
        (asks(&[&other], NAMESPACE), 0),
        (asks(&[], "ecs"), 0),
    ] {
        assert_eq!(call(&mut world, JP, ask.clone()).unwrap().scalable_targets.len(), found, "{ask:?}");
    }
    let action = PutScheduledAction {
        scheduled_action_name: "floor".to_owned(),
        scalable: scalable(),
        schedule: "cron(0 2 * * ? *)".to_owned(),
        timezone: None,
        scalable_target_action: ScalableTargetAction { min_capacity: Some(3), max_capacity: None },
    };
    call(&mut world, JP, action).unwrap();
    let asks = |name: &str, resource: &String| DescribeScheduledActions {
        service_namespace: NAMESPACE.to_owned(),
        scheduled_action_names: vec![name.to_owned()],
        resource_id: Some(resource.clone()),
        scalable_dimension: Some(DIMENSION.to_owned()),
    };
    for (name, resource, found) in [("floor", &own, 1), ("other", &own, 0), ("floor", &other, 0)] {
        let said = call(&mut world, JP, asks(name, resource)).unwrap().scheduled_actions;
        assert_eq!(said.len(), found, "{name} {resource}");
        let named = ":resource/sagemaker/endpoint/fraud/variant/main:scheduledActionName/floor";
        assert!(said.iter().all(|own| own.scheduled_action_arn.ends_with(named)), "{said:?}");
    }
}
