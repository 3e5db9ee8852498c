use crate::support::*;
use meridian_handlers::context::FunctionKind;
use meridian_local::services::Outcome;
use meridian_local::services::s3::{HeadObject, PutObject};
use meridian_local::services::sagemaker::DescribeEndpoint;
use meridian_local::services::sns::Publish;
use meridian_local::world::{Fault, FaultKind, Invocation, InvocationEnd, What, When, World};
use serde_json::json;
use std::collections::BTreeMap;

/// The first invocation of a function that comes due, taken; others are never invoked.
fn next(world: &mut World, function: FunctionKind) -> Invocation {
    for _ in 0..10_000 {
        if let Some(own) = world.take_invocations().into_iter().find(|own| own.function == function) {
            return own;
        }
        world.step();
    }
    panic!("{function} is never called");
}

fn manifest(world: &mut World) {
    call(world, EU, PutObject::new(bucket(EU), "releases/manifests/x.json", "m")).unwrap();
}

#[test]
fn a_failed_async_call_is_retried_after_one_and_two_minutes() {
    let mut world = world(night());
    manifest(&mut world);
    let first = next(&mut world, FunctionKind::Replication);
    world.invocation_ended(first.id, InvocationEnd::FunctionError("no".to_owned()));
    let mut last = first.clone();
    for (attempt, wait) in [(2, 60), (3, 120)] {
        let begun = world.now();
        let again = loop {
            let own = next(&mut world, FunctionKind::Replication);
            if own.request_id == first.request_id {
                break own;
            }
        };
        assert_eq!((again.attempt, (world.now() - begun).get_seconds()), (attempt, wait));
        assert_eq!(again.payload, last.payload);
        world.invocation_ended(again.id, InvocationEnd::Crashed);
        last = again;
    }
    let given_up = world.log().iter().rev().find_map(|event| match &event.what {
        What::InvocationEnded { id, retried, .. } if *id == last.id => Some(*retried),
        _ => None,
    });
    assert_eq!(given_up, Some(false), "after three tries it is given up");
}

#[test]
fn an_invocation_ends_at_its_deadline() {
    let mut world = world(night());
    manifest(&mut world);
    let own = next(&mut world, FunctionKind::Replication);
    assert_eq!((own.deadline - world.now()).get_seconds(), 90);
    world.run_until(own.deadline);
    assert!(!world.is_running(own.id));
    let asked = world.call_as(Some(own.id), &region(EU), DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() });
    assert_eq!(asked, Outcome::Killed);
}

#[test]
fn a_hanging_function_is_never_handed_out() {
    let mut config = night();
    config.faults = vec![Fault { function: Some(FunctionKind::Replication), ..Fault::of(FaultKind::Hang) }];
    let mut world = world(config);
    manifest(&mut world);
    run_until(&mut world, "03:02:00");
    assert!(world.take_invocations().iter().all(|own| own.function != FunctionKind::Replication));
    let timed_out = |event: &meridian_local::world::WorldEvent| match &event.what {
        What::InvocationEnded { how, .. } => how == "timed_out",
        _ => false,
    };
    assert!(world.log().iter().any(timed_out));
}

/// A call between two regions where one is cut off from the others, or lost.
#[test]
fn a_region_that_is_cut_off_has_itself_and_one_that_is_lost_has_nothing() {
    use FaultKind::{Partitioned, RegionLost};
    for (kind, of, to, answered) in [
        (Partitioned, Some(EU), EU, true),
        (Partitioned, Some(EU), AU, false),
        (Partitioned, Some(AU), AU, false),
        (Partitioned, Some(JP), AU, true),
        (Partitioned, None, AU, false),
        (RegionLost, Some(AU), AU, false),
        (RegionLost, Some(AU), EU, true),
        (RegionLost, Some(EU), AU, false),
    ] {
        let mut config = night();
        let from = Some("03:00:20".parse().unwrap());
        config.faults = vec![Fault { region: of.map(region), from, ..Fault::of(kind) }];
        let mut world = world(config);
        manifest(&mut world);
        let own = next(&mut world, FunctionKind::Replication);
        assert_eq!(own.region, region(EU));
        run_until(&mut world, "03:00:20");
        assert!(world.is_running(own.id));
        let ask = DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() };
        let heard = world.call_as(Some(own.id), &region(to), ask.clone());
        assert_eq!(heard != Outcome::Hang, answered, "{kind:?} of {of:?}: EU calls {to}");
        let outside = world.call(&region(to), ask);
        assert_eq!(
            outside == Outcome::Hang,
            kind == RegionLost && of == Some(to),
            "{kind:?} of {of:?}: a person calls {to}"
        );
    }
    let mut config = night();
    config.faults = vec![Fault { region: Some(region(EU)), ..Fault::of(RegionLost) }];
    let mut world = world(config);
    run_until(&mut world, "03:20:00");
    let called: Vec<_> = world.take_invocations().into_iter().map(|own| own.region).collect();
    assert!(!called.is_empty() && !called.contains(&region(EU)), "none of its functions ends: {called:?}");
}

/// Where home's `replication` may write.
const KEY: &str = "ledger/fraud/eu-west-1/00000000000000000001.json";

#[test]
fn a_killed_call_took_effect_or_not_as_the_fault_says() {
    for (when, there) in [(When::Before, false), (When::After, true)] {
        let mut config = night();
        config.faults = vec![Fault {
            function: Some(FunctionKind::Replication),
            operation: Some("PutObject".to_owned()),
            at_most: Some(1),
            when,
            ..Fault::of(FaultKind::Kill)
        }];
        let mut world = world(config);
        manifest(&mut world);
        let own = next(&mut world, FunctionKind::Replication);
        let put = || PutObject::new(bucket(EU), KEY, "x").if_absent();
        assert_eq!(world.call_as(Some(own.id), &region(EU), put()), Outcome::Killed);
        assert!(!world.is_running(own.id));
        let head = HeadObject { bucket: bucket(EU), key: KEY.to_owned(), version_id: None };
        assert_eq!(call(&mut world, EU, head).is_ok(), there);
        let another = PutObject::new(bucket(EU), "another", "x");
        assert!(call(&mut world, EU, another).is_ok(), "only the function is killed, and only once");
    }
}

#[test]
fn calls_fail_throttle_or_hang_as_scheduled() {
    let mut config = night();
    let fault = |kind, region_name: &str| Fault {
        region: Some(region(region_name)),
        operation: Some("DescribeEndpoint".to_owned()),
        until: Some("03:05".parse().unwrap()),
        ..Fault::of(kind)
    };
    config.faults =
        vec![fault(FaultKind::Throttle, EU), fault(FaultKind::TimeOut, AU), fault(FaultKind::Unavailable, JP)];
    let mut world = world(config);
    let ask = || DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() };
    assert_eq!(call(&mut world, EU, ask()).unwrap_err().code, "ThrottlingException");
    assert_eq!(world.call(&region(AU), ask()), Outcome::Hang);
    assert_eq!(call(&mut world, JP, ask()).unwrap_err().status, 503);
    assert!(call(&mut world, BR, ask()).is_ok());
    run_until(&mut world, "03:05:00");
    assert!(call(&mut world, EU, ask()).is_ok());
}

#[test]
fn every_event_arrives_twice_where_the_world_says_so() {
    let mut config = night();
    config.deliver_twice = true;
    let mut world = world(config);
    manifest(&mut world);
    run_until(&mut world, "03:00:15");
    let events: Vec<_> = world.take_invocations().into_iter().filter(|own| own.payload["source"] == "aws.s3").collect();
    assert_eq!(events.len(), 8);
    let home: Vec<_> = events.iter().filter(|own| own.region == region(EU)).collect();
    assert_eq!(home[0].payload, home[1].payload);
}

#[test]
fn sweeps_come_every_five_minutes_to_every_region() {
    let mut world = world(night());
    run_until(&mut world, "03:10:01");
    let sweeps = world.log().iter().filter(|event| match &event.what {
        What::InvocationStarted { source, attempt, .. } => source == "sweep" && *attempt == 1,
        _ => false,
    });
    assert_eq!(sweeps.count(), 2 * 2 * 4, "two functions, two rounds, four regions");
}

#[test]
fn three_bad_checks_leave_dns_and_three_good_ones_return() {
    let mut config = night();
    config.health_checks = true;
    let mut world = world(config);
    let mut status = 503;
    for minutes in [1, 2, 3, 4] {
        for _ in 0..2 {
            run_for(&mut world, 30);
            for own in world.take_invocations().iter().filter(|own| own.function == FunctionKind::Status) {
                assert!(own.synchronous);
                world.invocation_ended(own.id, InvocationEnd::Answered(json!({ "statusCode": status })));
            }
        }
        match minutes {
            1 => assert!(world.is_healthy(&region(JP))),
            2 => {
                assert!(!world.is_healthy(&region(JP)));
                status = 200;
            }
            3 => assert!(!world.is_healthy(&region(JP))),
            _ => assert!(world.is_healthy(&region(JP))),
        }
    }
    let counts = world.health_counts(&region(JP));
    assert_eq!((counts.good, counts.bad), (4, 4));
}

#[test]
fn a_page_reaches_the_regions_own_topic_only() {
    let mut world = world(night());
    let page = |name: &str| Publish {
        topic_arn: world_topic(name),
        subject: Some("JP deferred".to_owned()),
        message: "do this".to_owned(),
        attributes: BTreeMap::new(),
    };
    call(&mut world, JP, page(JP)).unwrap();
    assert!(call(&mut world, EU, page(JP)).is_err());
    let paged = |event: &&meridian_local::world::WorldEvent| matches!(event.what, What::PageSent { .. });
    assert_eq!(world.log().iter().filter(paged).count(), 1);
}

fn world_topic(name: &str) -> String {
    night().fleet.topic_arn(&region(name))
}
