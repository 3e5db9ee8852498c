//! A region proves a release's bytes and attests them, or says once why it does not.

use super::*;

#[test]
fn publishing_twice_is_publishing_once() {
    let world = World::default();
    assert_eq!(released(&world, "v427"), released(&world, "v427"));
    assert_eq!(world.files(&name(HOME)).len(), 3);
}

#[test]
fn a_dry_run_of_publishing_names_the_release_and_writes_nothing() {
    let world = World::default();
    let dry = OperatorPorts { ports: &world, writes: false };
    let release = run(publish(&dry, &fleet(), world.now(), spec("v427"), &signer())).unwrap();
    assert!(world.files(&name(HOME)).is_empty());
    assert_eq!(released(&world, "v427"), release);
}

#[test]
fn a_region_attests_what_it_has_read_once() {
    let world = World::default();
    let release = released(&world, "v427");
    world.replicate(&name("sa-east-1"));
    for _ in 0..2 {
        assert_eq!(arrive(&world, "sa-east-1", release).unwrap()["outcome"], "attested");
    }
    let version = "v427".parse().unwrap();
    assert_eq!(
        world.records(&name("sa-east-1"), Chain::Region(name("sa-east-1"))),
        [Record::Attested { release, version }]
    );
}

#[test]
fn an_archive_may_land_after_its_manifest() {
    let world = World::default();
    let release = released(&world, "v427");
    let region = name("sa-east-1");
    world.replicate(&region);
    let late = keys::archive(Sha256::of(b"archive of v427"));
    world.remove(&region, &late);
    let from = world.now();
    world.later(20, move |world| world.replicate(&region));
    assert_eq!(arrive(&world, "sa-east-1", release).unwrap()["outcome"], "attested");
    assert_eq!(world.now().duration_since(from), SignedDuration::from_secs(20));
}

/// Instances that start in a region fetch their container from its own registry.
/// A feature file counts as the archive does: late, it is waited for; with other bytes the release is refused.
#[test]
fn a_release_is_attested_with_every_file_of_its_feature_pipeline() {
    let region = name("sa-east-1");
    let file = |body: &'static str| ("pipeline.yaml".to_owned(), Bytes::from_static(body.as_bytes()));
    let key = keys::feature_file(Sha256::of(b"scale: 2"), "pipeline.yaml");
    let (late, altered) = (World::default(), World::default());
    let spec = PublishSpec { feature_files: vec![file("scale: 2")], ..spec("v427") };
    for world in [&late, &altered] {
        let release = run(publish(world, &fleet(), world.now(), spec.clone(), &signer())).unwrap();
        world.replicate(&region);
        world.remove(&region, &key);
        assert_eq!(arrive(world, "sa-east-1", release).unwrap()["outcome"], "missing");
    }
    late.put(&region, &key, &b"scale: 2"[..]);
    assert_eq!(look(&late, "sa-east-1")["attested"], 1);
    altered.put(&region, &key, &b"scale: 3"[..]);
    assert_eq!(look(&altered, "sa-east-1")["attested"], 0);
    let (expected, found) = (Sha256::of(b"scale: 2"), Sha256::of(b"scale: 3"));
    let fault = FileFault::Altered { file: key, region: region.clone(), expected, found };
    assert_eq!(altered.pages(), [refusal(region.as_str(), "v427", &fault)]);
}

#[test]
fn a_region_attests_once_its_registry_has_the_image() {
    let world = World::default();
    let release = released(&world, "v427");
    let region = name("sa-east-1");
    world.replicate(&region);
    lock(&world.local).lose_images(&region);
    assert_eq!(arrive(&world, "sa-east-1", release).unwrap()["outcome"], "missing");
    assert_eq!((attested(&world, "sa-east-1"), world.pages().len()), (0, 0));
    // What is missing costs no reading of the archive, sweep after sweep.
    let archive = keys::archive(Sha256::of(b"archive of v427"));
    assert!(!world.reads.borrow().contains(&archive));
    lock(&world.local).keep_image(&region, &image());
    assert_eq!(look(&world, "sa-east-1")["attested"], 1);
}

/// Training pushes an image before it publishes: where home's registry has lost it, no copy comes either.
#[test]
fn an_image_that_home_has_not_is_paged_once_and_attested_once_it_is_there() {
    let world = World::default();
    let release = released(&world, "v427");
    lock(&world.local).lose_images(&name(HOME));
    for _ in 0..2 {
        assert_eq!(arrive(&world, HOME, release).unwrap()["outcome"], "refused");
    }
    let fault = FileFault::NoImage { image: image(), region: name(HOME) };
    assert_eq!(world.pages(), [refusal(HOME, "v427", &fault)]);
    assert!(started(&world).is_empty());
    lock(&world.local).keep_image(&name(HOME), &image());
    assert_eq!(look(&world, HOME)["attested"], 1);
}

#[test]
fn a_release_whose_image_home_has_not_is_not_published() {
    let world = World::default();
    lock(&world.local).lose_images(&name(HOME));
    let error = run(publish(&world, &fleet(), world.now(), spec("v427"), &signer())).unwrap_err();
    assert!(error.to_string().contains("eu-west-1's registry has no image sagemaker-xgboost@sha256:"), "{error}");
    assert!(world.files(&name(HOME)).is_empty());
    // A registry that does not answer says nothing.
    world.fault("DescribeImages", Fault::Fails(ErrorKind::Refused));
    released(&world, "v427");
}

#[test]
fn other_bytes_are_paged_and_not_attested() {
    let world = World::default();
    let release = released(&world, "v427");
    world.replicate(&name("sa-east-1"));
    let (region, key) = (name("sa-east-1"), keys::archive(Sha256::of(b"archive of v427")));
    world.put(&region, &key, &b"archive of v42"[..]);
    assert_eq!(arrive(&world, "sa-east-1", release).unwrap()["outcome"], "refused");
    assert_eq!(attested(&world, "sa-east-1"), 0);
    let (expected, found) = (Sha256::of(b"archive of v427"), Sha256::of(b"archive of v42"));
    let fault = FileFault::Altered { file: key, region: region.clone(), expected, found };
    assert_eq!(world.pages(), [refusal(region.as_str(), "v427", &fault)]);
}

#[test]
fn a_changed_manifest_is_paged_and_not_attested() {
    let world = World::default();
    let release = released(&world, "v427");
    world.replicate(&name("sa-east-1"));
    world.put(&name("sa-east-1"), &keys::manifest(release), "{}");
    let reply = arrive(&world, "sa-east-1", release).unwrap();
    let fault = meridian_domain::Manifest::parse(release, b"{}").unwrap_err();
    assert_eq!(refused_for(&reply), fault.into());
    assert_eq!((attested(&world, "sa-east-1"), world.pages().len()), (0, 1));
}

/// A manifest that is larger than any is refused once, by its length: nothing of it is read, in no sweep.
#[test]
fn a_manifest_without_end_is_refused_unread_and_paged_once() {
    let world = World::default();
    let good = released(&world, "v427");
    let body = Bytes::from(vec![b' '; 2 << 20]);
    let release = ReleaseId(Sha256::of(&body));
    world.put(&name(HOME), &keys::manifest(release), body);
    // Training itself went wrong: it signed what it wrote.
    let manifest = meridian_handlers::publish::prepare(&fleet(), world.now(), spec("v428")).unwrap().manifest;
    sign(&world, release, &manifest);
    assert_eq!(arrive(&world, HOME, release).unwrap()["outcome"], "refused");
    for region in OTHERS {
        world.replicate(&name(region));
        arrive(&world, region, good).unwrap();
    }
    arrive(&world, HOME, good).unwrap();
    for _ in 0..3 {
        look(&world, HOME);
    }
    let pages = world.pages();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert!(world.reads.borrow().iter().all(|key| *key != keys::manifest(release)));
    assert_eq!(started(&world).len(), 1);
}

#[test]
fn an_image_that_policy_forbids_is_paged_and_not_attested() {
    let world = World::default();
    let release = released(&world, "v427");
    let mut manifest = run(files::manifest(&world, &name(HOME), release)).unwrap();
    manifest.image.repository = "mallory/xgboost".parse().unwrap();
    let (release, bytes) = (manifest.id(), Bytes::from(manifest.to_bytes()));
    world.put(&name(HOME), &keys::manifest(release), bytes);
    sign(&world, release, &manifest);
    for _ in 0..2 {
        let reply = arrive(&world, HOME, release).unwrap();
        assert_eq!(reply["outcome"], "refused");
        let fault = fleet().check_image(&manifest).unwrap_err();
        assert_eq!(refused_for(&reply), fault.into());
    }
    assert_eq!((attested(&world, HOME), world.pages().len(), started(&world).len()), (0, 1, 0));
}
