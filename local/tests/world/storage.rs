use crate::support::*;
use jiff::SignedDuration;
use meridian_deployment::{Bucket, Deployment, Settings};
use meridian_handlers::context::FunctionKind;
use meridian_local::services::Outcome;
use meridian_local::services::s3::*;
use meridian_local::services::s3::{DeleteBucketReplication, GetBucketReplication, GetBucketVersioning};
use meridian_local::world::{Fault, FaultKind, What, World, WorldConfig};
use std::sync::Arc;

const KEY: &str = "ledger/fraud/home/00000000000000000001.json";
const MANIFEST: &str = "releases/manifests/x.json";

fn put(key: &str, body: &'static str) -> PutObject {
    PutObject::new(bucket(EU), key, body)
}

fn head(world: &mut World, name: &str, key: &str) -> Result<HeadObjectOutput, meridian_local::services::ApiError> {
    call(world, name, HeadObject { bucket: bucket(name), key: key.to_owned(), version_id: None })
}

#[test]
fn a_conditional_write_wins_once() {
    let mut world = world(night());
    let first = call(&mut world, EU, put(KEY, "one").if_absent()).unwrap();
    let second = call(&mut world, EU, put(KEY, "two").if_absent()).unwrap_err();
    assert_eq!((second.code.as_str(), second.status), ("PreconditionFailed", 412));

    let over = |etag: &str| PutObject { if_match: Some(etag.to_owned()), ..put(KEY, "three") };
    let third = call(&mut world, EU, over(&first.etag)).unwrap();
    assert_ne!(third.version_id, first.version_id);
    assert_eq!(call(&mut world, EU, over(&first.etag)).unwrap_err().status, 412, "the first version is not current");
    let nowhere = PutObject { if_match: Some(first.etag), ..put("none", "x") };
    assert_eq!(call(&mut world, EU, nowhere).unwrap_err().code, "NoSuchKey");
}

#[test]
fn a_restored_bucket_has_forgotten_what_was_written_since() {
    let mut world = world(night());
    call(&mut world, EU, put("kept", "one")).unwrap();
    let backup = world.now();
    run_until(&mut world, "03:02:00");
    call(&mut world, EU, put("kept", "two")).unwrap();
    call(&mut world, EU, put("new", "x")).unwrap();
    world.restore_bucket(&region(EU), backup);
    let last = world.log().last().map(|event| event.what.clone());
    assert_eq!(last, Some(What::BucketRestored { to: backup, gone: 2 }));
    assert_eq!(
        call(&mut world, EU, GetObject { bucket: bucket(EU), key: "kept".to_owned(), version_id: None }).unwrap().body,
        "one"
    );
    assert_eq!(head(&mut world, EU, "new").unwrap_err().code, "NoSuchKey");
}

#[test]
fn a_racing_write_is_a_conflict() {
    let mut config = night();
    config.faults =
        vec![Fault { operation: Some("PutObject".to_owned()), at_most: Some(1), ..Fault::of(FaultKind::Conflict) }];
    let mut world = world(config);
    let error = call(&mut world, EU, put(KEY, "one").if_absent()).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ConditionalRequestConflict", 409));
    assert!(call(&mut world, EU, put(KEY, "one").if_absent()).is_ok());
}

/// Whoever waits too short does not hear of it, and finds it done.
#[test]
fn a_late_answer_is_of_what_was_done_at_once() {
    let (mut config, by) = (night(), SignedDuration::from_secs(5));
    config.faults = vec![Fault {
        operation: Some("PutObject".to_owned()),
        at_most: Some(1),
        delay: Some(by),
        ..Fault::of(FaultKind::Slow)
    }];
    let mut world = world(config);
    let answer = world.call(&region(EU), put(KEY, "one").if_absent());
    assert!(matches!(answer, Outcome::Late(Ok(_), late) if late == by), "{answer:?}");
    assert!(head(&mut world, EU, KEY).is_ok());
}

#[test]
fn every_version_stays_readable() {
    let mut world = world(night());
    let old = call(&mut world, EU, put(KEY, "old")).unwrap();
    call(&mut world, EU, put(KEY, "new")).unwrap();
    let get = |version_id| GetObject { bucket: bucket(EU), key: KEY.to_owned(), version_id };
    assert_eq!(call(&mut world, EU, get(None)).unwrap().body, "new");
    assert_eq!(call(&mut world, EU, get(Some(old.version_id))).unwrap().body, "old");
    assert_eq!(call(&mut world, EU, get(Some("none".to_owned()))).unwrap_err().code, "NoSuchVersion");
}

#[test]
fn bytes_that_do_not_match_their_checksum_are_refused() {
    let mut world = world(night());
    let wrong = PutObject { checksum_sha256: Some([0; 32]), ..put(KEY, "one") };
    assert_eq!(call(&mut world, EU, wrong).unwrap_err().code, "BadDigest");
    let digest = *meridian_domain::Sha256::of(b"one").as_bytes();
    let right = PutObject { checksum_sha256: Some(digest), ..put(KEY, "one") };
    assert_eq!(call(&mut world, EU, right).unwrap().checksum_sha256, digest);
}

#[test]
fn a_bucket_answers_in_its_own_region_only() {
    let mut world = world(night());
    assert_eq!(call(&mut world, JP, put(KEY, "one")).unwrap_err().code, "PermanentRedirect");
    let nowhere = PutObject::new("nowhere", KEY, "one");
    assert_eq!(call(&mut world, EU, nowhere).unwrap_err().code, "NoSuchBucket");
    assert_eq!(head(&mut world, EU, "none").unwrap_err().code, "NoSuchKey");
}

#[test]
fn listings_are_in_key_order_and_go_on_where_they_ended() {
    let mut world = world(night());
    for n in [3, 1, 5, 2, 4] {
        call(&mut world, EU, PutObject::new(bucket(EU), format!("ledger/{n}"), "x")).unwrap();
    }
    call(&mut world, EU, put("lodger", "x")).unwrap();
    let list =
        ListObjectsV2 { bucket: bucket(EU), prefix: "ledger/".to_owned(), max_keys: Some(2), ..Default::default() };
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let page = call(&mut world, EU, ListObjectsV2 { continuation_token: token.take(), ..list.clone() }).unwrap();
        assert_eq!(page.is_truncated, page.next_continuation_token.is_some());
        seen.extend(page.contents.into_iter().map(|object| object.key));
        token = page.next_continuation_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["ledger/1", "ledger/2", "ledger/3", "ledger/4", "ledger/5"]);
    let after = ListObjectsV2 { start_after: Some("ledger/3".to_owned()), max_keys: None, ..list };
    assert_eq!(call(&mut world, EU, after).unwrap().contents.len(), 2);
}

#[test]
fn releases_are_replicated_after_a_lag_with_the_same_version_id() {
    let mut world = world(night());
    let written = call(&mut world, EU, put(MANIFEST, "m")).unwrap();
    call(&mut world, EU, put(KEY, "ledger")).unwrap();
    assert_eq!(head(&mut world, EU, MANIFEST).unwrap().replication_status, Some(ReplicationStatus::Pending));
    run_until(&mut world, "03:00:02.9");
    assert!(head(&mut world, JP, MANIFEST).is_err(), "no copy arrives before its lag");

    run_until(&mut world, "03:00:08");
    for name in [AU, JP, BR] {
        let copy = head(&mut world, name, MANIFEST).unwrap();
        assert_eq!(copy.version_id, written.version_id);
        assert_eq!(copy.checksum_sha256, written.checksum_sha256);
        assert_eq!(copy.replication_status, Some(ReplicationStatus::Replica));
        assert!(head(&mut world, name, KEY).is_err(), "the ledger is not replicated");
    }
    assert_eq!(head(&mut world, EU, MANIFEST).unwrap().replication_status, Some(ReplicationStatus::Completed));
}

#[test]
fn each_regions_replication_is_invoked_by_its_own_copy() {
    let mut world = world(night());
    call(&mut world, EU, put(MANIFEST, "m")).unwrap();
    run_until(&mut world, "03:00:10");
    let woken: Vec<_> = world.take_invocations().into_iter().filter(|own| own.payload["source"] == "aws.s3").collect();
    assert_eq!(woken.len(), 4);
    assert!(woken.iter().all(|own| own.function == FunctionKind::Replication));
    assert!(woken.iter().all(|own| own.payload["detail"]["bucket"]["name"] == bucket(own.region.as_str())));
}

#[test]
fn a_copy_can_be_late_or_never_come() {
    let mut config = night();
    let late = meridian_local::world::Moment::At(at("03:00:00"));
    config.faults = vec![
        Fault {
            region: Some(region(JP)),
            from: Some(late),
            delay: Some(jiff::SignedDuration::from_mins(10)),
            ..Fault::of(FaultKind::ReplicationDelay)
        },
        Fault { region: Some(region(BR)), ..Fault::of(FaultKind::ReplicationFail) },
    ];
    let mut world = world(config);
    call(&mut world, EU, put(MANIFEST, "m")).unwrap();
    run_until(&mut world, "03:00:30");
    let told = world.take_invocations();
    assert!(told.iter().any(|own| own.payload["Records"][0]["eventName"] == "Replication:OperationFailedReplication"));
    run_until(&mut world, "03:09:00");
    assert!(head(&mut world, AU, MANIFEST).is_ok());
    assert!(head(&mut world, JP, MANIFEST).is_err());
    run_until(&mut world, "03:11:00");
    assert!(head(&mut world, JP, MANIFEST).is_ok());
    assert!(head(&mut world, BR, MANIFEST).is_err());
    assert_eq!(head(&mut world, EU, MANIFEST).unwrap().replication_status, Some(ReplicationStatus::Failed));
}

fn deployed(change: impl FnOnce(&mut Deployment)) -> World {
    let config = night();
    let template = include_str!("../../../template.yaml");
    let mut deployment = Deployment::of(template, &Settings::of_fleet(&config.fleet)).unwrap();
    change(&mut deployment);
    world(WorldConfig { deployment: Some(Arc::new(deployment)), ..config })
}

fn deployed_bucket<'a>(deployment: &'a mut Deployment, name: &str) -> &'a mut Bucket {
    deployment.stacks.get_mut(&region(name)).unwrap().buckets.get_mut(&bucket(name)).unwrap()
}

/// Which regions have a manifest a minute after home wrote it.
fn copied(world: &mut World) -> Vec<&'static str> {
    call(world, EU, put(MANIFEST, "{}")).unwrap();
    run_for(world, 60);
    [AU, JP, BR].into_iter().filter(|name| head(world, name, MANIFEST).is_ok()).collect()
}

#[test]
fn neither_a_disabled_rule_nor_one_without_kms_objects_copies() {
    assert_eq!(copied(&mut deployed(|_| {})), [AU, JP, BR]);
    let off = |own: &mut Deployment| deployed_bucket(own, EU).replication[0].enabled = false;
    assert_eq!(copied(&mut deployed(off)), [JP, BR]);
    let left_out = |own: &mut Deployment| deployed_bucket(own, EU).replication[1].kms_objects = None;
    assert_eq!(copied(&mut deployed(left_out)), [AU, BR]);
}

#[test]
fn nothing_is_copied_into_a_bucket_that_keeps_no_versions() {
    let mut world = deployed(|own| deployed_bucket(own, JP).versioning = Some("Suspended".to_owned()));
    assert_eq!(copied(&mut world), [AU, BR]);
    assert_eq!(head(&mut world, EU, MANIFEST).unwrap().replication_status, Some(ReplicationStatus::Failed));
}

#[test]
fn bucket_settings_are_shown_in_its_region_to_its_account() {
    let mut world = world(night());
    let ask = |name: &str, owner: Option<&str>| GetBucketVersioning {
        bucket: name.to_owned(),
        expected_bucket_owner: owner.map(str::to_owned),
    };
    let told = call(&mut world, EU, ask("fraud-models-eu", Some("111122223333"))).unwrap();
    assert_eq!(told.status.as_deref(), Some("Enabled"));
    let foreign = call(&mut world, EU, ask("fraud-models-eu", Some("444455556666"))).unwrap_err();
    assert_eq!((foreign.code.as_str(), foreign.status), ("AccessDenied", 403));
    assert_eq!(call(&mut world, EU, ask("fraud-models-jp", None)).unwrap_err().code, "PermanentRedirect");
    assert_eq!(call(&mut world, EU, ask("somebody-elses", None)).unwrap_err().code, "NoSuchBucket");
    let away = GetBucketReplication { bucket: bucket(JP), expected_bucket_owner: None };
    assert_eq!(call(&mut world, JP, away).unwrap_err().code, "ReplicationConfigurationNotFoundError");
}

/// A copy that is on its way arrives all the same.
#[test]
fn nothing_is_copied_any_more_once_a_person_has_deleted_the_rules() {
    let mut world = deployed(|_| {});
    let rules = || GetBucketReplication { bucket: bucket(EU), expected_bucket_owner: None };
    assert!(!call(&mut world, EU, rules()).unwrap().rules.is_empty());
    let delete = |name: &str| DeleteBucketReplication { bucket: name.to_owned(), expected_bucket_owner: None };
    assert_eq!(call(&mut world, EU, delete(&bucket(JP))).unwrap_err().code, "PermanentRedirect");
    let before = format!("{MANIFEST}.before");
    call(&mut world, EU, put(&before, "{}")).unwrap();
    for _ in 0..2 {
        call(&mut world, EU, delete(&bucket(EU))).unwrap();
    }
    assert_eq!(call(&mut world, EU, rules()).unwrap_err().code, "ReplicationConfigurationNotFoundError");
    assert!(copied(&mut world).is_empty());
    assert_eq!(head(&mut world, EU, MANIFEST).unwrap().replication_status, None);
    assert!(head(&mut world, JP, &before).is_ok());
}
