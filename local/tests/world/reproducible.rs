use crate::support::*;
use meridian_local::services::s3::PutObject;
use meridian_local::world::{Fault, FaultKind, World};

/// A busy hour: replication, an update, a dark control plane, an alarm.
fn hour(seed: u64) -> World {
    let mut config = night();
    config.seed = seed;
    config.health_checks = true;
    config.behaviours = vec![toml::from_str("release = \"v427\"\nlatency_factor = 3.0\nfrom = \"03:14\"").unwrap()];
    config.faults = vec![Fault {
        region: Some(region(JP)),
        from: Some("03:05".parse().unwrap()),
        until: Some("03:09".parse().unwrap()),
        ..Fault::of(FaultKind::Dark)
    }];
    let mut world = world(config);
    call(&mut world, EU, PutObject::new(bucket(EU), "releases/manifests/x.json", "m")).unwrap();
    for name in [AU, JP] {
        prepare_v427(&mut world, name);
        call(&mut world, name, canary("fraud-v427-cfg", &["fraud-endpoint-latency"])).unwrap();
    }
    run_until(&mut world, "04:00:00");
    world
}

#[test]
fn the_same_seed_makes_the_same_log_byte_for_byte() {
    let log = |seed| {
        let mut world = hour(seed);
        let taken = world.take_invocations();
        (serde_json::to_string(world.log()).unwrap(), format!("{taken:?} {:?}", world.bus()))
    };
    assert_eq!(log(7), log(7));
    assert_ne!(log(7).0, log(8).0);
}

#[test]
fn a_log_reads_back_as_it_was_written() {
    let world = hour(7);
    let text = serde_json::to_string(world.log()).unwrap();
    let read: Vec<meridian_local::world::WorldEvent> = serde_json::from_str(&text).unwrap();
    assert_eq!(read, world.log());
    assert!(text.contains("\"kind\":\"endpoint_stage\""));
}
