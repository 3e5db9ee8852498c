//! What S3 says of objects that it did not replicate in time: each is paged, once.

use super::*;
use meridian_handlers::replication::ReplicationTrouble;
use meridian_messages::pages::Unreplicated;

fn trouble(what: &str, key: &str) -> ReplicationTrouble {
    ReplicationTrouble {
        what: what.to_owned(),
        key: key.to_owned(),
        destination: "fraud-models-jp".to_owned(),
        reason: Some("AssumeRoleNotPermitted".to_owned()),
    }
}

fn fails(world: &World, keys: &[&str]) {
    let troubles = keys.iter().map(|key| trouble("OperationFailedReplication", key)).collect();
    run(handle(world, &context(HOME), &ReplicationEvent::ReplicationFailed(troubles))).unwrap();
}

#[test]
fn replication_trouble_is_paged_with_objects_and_what_to_do() {
    let world = World::default();
    let troubles = vec![
        trouble("OperationFailedReplication", "releases/archives/x.tar.gz"),
        trouble("OperationMissedThreshold", "releases/manifests/x.json"),
        trouble("OperationReplicatedAfterThreshold", "releases/manifests/late.json"),
    ];
    run(handle(&world, &context(HOME), &ReplicationEvent::ReplicationFailed(troubles))).unwrap();
    let open = |event: &str, key: &str| Unreplicated {
        key: key.to_owned(),
        bucket: "fraud-models-jp".to_owned(),
        event: event.to_owned(),
        reason: Some("AssumeRoleNotPermitted".to_owned()),
    };
    let notice = Notice::NotReplicated(vec![
        open("OperationFailedReplication", "releases/archives/x.tar.gz"),
        open("OperationMissedThreshold", "releases/manifests/x.json"),
    ]);
    assert_eq!(world.pages(), [Sent::of(notice, &name(HOME), &Sender::Region)]);
}

#[test]
fn replication_trouble_of_one_release_and_region_is_paged_once() {
    let world = World::default();
    for key in ["archive", "manifest", "archive"] {
        fails(&world, &[key]);
    }
    assert_eq!(world.pages().len(), 1);
    world.pass(SignedDuration::from_hours(24));
    fails(&world, &["archive", "manifest"]);
    assert_eq!(world.pages().len(), 1);
    // The next night's objects on the same way are news.
    fails(&world, &["another archive"]);
    assert_eq!(world.pages().len(), 2);
}

#[test]
fn replication_trouble_is_paged_without_a_ledger_too() {
    let world = World::default();
    world.fault("ListObjectsV2", Fault::Fails(ErrorKind::Unreachable));
    fails(&world, &["archive"]);
    assert_eq!(world.pages().len(), 1);
}
