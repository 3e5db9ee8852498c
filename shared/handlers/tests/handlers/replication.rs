//! Releases that arrive: attested, refused, or waited for, until a wave starts.

use crate::world::{Fault, Sent, World, context, fleet, image, name, run, signer};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::FileFault;
use meridian_domain::{
    Actor, Binding, Chain, Manifest, Provenance, Reason, Record, RegionName, ReleaseId, Sha256, keys,
};
use meridian_handlers::context::HandlerError;
use meridian_handlers::files;
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::ports::ErrorKind;
use meridian_handlers::publish::{PublishSpec, publish};
use meridian_handlers::replication::ReplicationEvent;
use meridian_handlers::replication::handle;
use meridian_local::engine::lock;
use meridian_messages::pages::{HomeNotice, Notice, Sender};
use serde_json::{Value, json};

mod attesting;
mod checkpoints;
mod copies;
mod lost;
mod lost_home;
mod place;
mod signed;
mod stand_in;
mod takeover;
mod tries;
mod trouble;

const HOME: &str = "eu-west-1";
const OTHERS: [&str; 3] = ["ap-southeast-2", "ap-northeast-1", "sa-east-1"];

fn spec(version: &str) -> PublishSpec {
    PublishSpec {
        version: version.parse().unwrap(),
        archive: Bytes::from(format!("archive of {version}")),
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        image: image(),
        provenance: Provenance::default(),
    }
}

fn released(world: &World, version: &str) -> ReleaseId {
    dated(world, version, world.now())
}

/// A release whose manifest says that training finished at `created`.
fn dated(world: &World, version: &str, created: Timestamp) -> ReleaseId {
    run(publish(world, &fleet(), created, spec(version), &signer())).unwrap()
}

fn arrive(world: &World, region: &str, release: ReleaseId) -> Result<Value, HandlerError> {
    run(handle(world, &context(region), &ReplicationEvent::ManifestCreated { release }))
}

/// What a reply says is wrong with the release's files.
fn refused_for(reply: &Value) -> FileFault {
    match serde_json::from_value(reply["reason"].clone()) {
        Ok(Reason::File(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn look(world: &World, region: &str) -> Value {
    run(handle(world, &context(region), &ReplicationEvent::Sweep)).unwrap()
}

fn attested(world: &World, region: &str) -> usize {
    let records = world.records(&name(region), Chain::Region(name(region)));
    records.iter().filter(|record| matches!(record, Record::Attested { .. })).count()
}

fn started(world: &World) -> Vec<(ReleaseId, Actor, Vec<RegionName>)> {
    let started = |record| match record {
        // Every wave says by which rules it walks.
        Record::WaveStarted { release, execution, late, policy, .. } if policy == Some(context(HOME).policy) => {
            (release, execution, late)
        }
        other => panic!("{other:?}"),
    };
    world.records(&name(HOME), Chain::Home).into_iter().map(started).collect()
}

/// v427, attested everywhere, and its wave, which has started.
fn on_its_way(world: &World) -> (ReleaseId, Actor) {
    let release = released(world, "v427");
    for region in OTHERS {
        world.replicate(&name(region));
        arrive(world, region, release).unwrap();
    }
    arrive(world, HOME, release).unwrap();
    let (_, execution, _) = started(world).remove(0);
    (release, execution)
}

/// Training signs a release with these files, in home.
fn sign(world: &World, release: ReleaseId, manifest: &Manifest) {
    let statement = meridian_domain::signing::Statement::of(release, manifest);
    let (id, key) = ("example".parse().unwrap(), meridian_domain::signing::EXAMPLE_KEY);
    let signature = run(meridian_handlers::signing::bundle(&signer(), &id, &key, &statement)).unwrap();
    world.put(&name(HOME), &keys::signature(release), signature);
}

/// The page of a release that a region does not attest.
fn refusal(region: &str, release: &str, fault: &FileFault) -> Sent {
    let notice = Notice::BytesRefused { release: release.to_owned(), what: fault.clone() };
    Sent::of(notice, &name(region), &Sender::Region)
}

#[test]
fn home_waits_for_every_region_and_starts_one_wave() {
    let world = World::default();
    let release = released(&world, "v427");
    for (seconds, region) in [8, 12, 30].into_iter().zip(OTHERS) {
        world.later(seconds, move |world| {
            let record = Record::Attested { release, version: "v427".parse().unwrap() };
            world.write(&name(region), Chain::Region(name(region)), "replication", record);
        });
    }
    let from = world.now();
    let reply = arrive(&world, HOME, release).unwrap();
    assert_eq!(world.now().duration_since(from), SignedDuration::from_secs(30));
    let execution: Actor = reply["wave"].as_str().unwrap().parse().unwrap();
    assert_eq!(started(&world), [(release, execution, vec![])]);
    let spec = world.started.borrow()[0].clone();
    assert_eq!(spec.token, release.to_string());
    assert_eq!(spec.source.0, "Source");
    // A doubled event and the sweep find it started.
    assert_eq!(arrive(&world, HOME, release).unwrap()["wave"], reply["wave"]);
    look(&world, HOME);
    assert_eq!((started(&world).len(), world.started.borrow().len(), world.pages().len()), (1, 1, 0));
}

#[test]
fn what_events_missed_the_sweep_finds() {
    let world = World::default();
    let releases = ["v425", "v426", "v427"].map(|version| {
        world.pass(SignedDuration::from_secs(1));
        released(&world, version)
    });
    for region in OTHERS {
        world.replicate(&name(region));
        assert_eq!(look(&world, region)["attested"], 3);
    }
    look(&world, HOME);
    // Only the newest walks.
    assert_eq!(started(&world).into_iter().map(|wave| wave.0).collect::<Vec<_>>(), [releases[2]]);
    look(&world, HOME);
    assert_eq!(started(&world).len(), 1);
}

#[test]
fn past_the_deadline_the_wave_starts_without_the_late_region() {
    let world = World::default();
    let release = released(&world, "v427");
    for region in ["ap-southeast-2", "sa-east-1"] {
        world.replicate(&name(region));
        arrive(&world, region, release).unwrap();
    }
    assert_eq!(arrive(&world, HOME, release).unwrap()["wave"], Value::Null);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(look(&world, HOME)["wave"], Value::Null);
    world.pass(SignedDuration::from_mins(5));
    look(&world, HOME);
    let waves = started(&world);
    assert_eq!((waves.len(), &waves[0].2), (1, &vec![name("ap-northeast-1")]));
    assert_eq!(world.pages(), [late(&world, &["ap-northeast-1"])]);
}

/// On record as late it would count as told, and `promote` would page nobody when it leaves the region behind.
#[test]
fn a_late_region_that_no_topic_would_tell_of_is_left_to_promote() {
    let world = World::default();
    let release = released(&world, "v427");
    arrive(&world, HOME, release).unwrap();
    world.pass(SignedDuration::from_mins(15));
    world.mute(ErrorKind::Refused);
    look(&world, HOME);
    let waves = started(&world);
    assert_eq!((waves.len(), &waves[0].2), (1, &vec![]));
    assert_eq!(world.pages(), []);
}

#[test]
fn a_call_that_died_before_recording_the_wave_is_finished() {
    let world = World::default();
    let release = released(&world, "v427");
    for region in OTHERS {
        world.replicate(&name(region));
        arrive(&world, region, release).unwrap();
    }
    look(&world, HOME);
    // The hub's entry is lost with the call; the execution has started.
    world.alter(&name(HOME), &Chain::Home, Vec::clear);
    arrive(&world, HOME, release).unwrap();
    assert_eq!(started(&world).len(), 1);
    assert!(world.started.borrow().iter().all(|start| start.token == release.to_string()));
}

#[test]
fn a_region_that_cannot_be_read_counts_as_missing_until_it_can() {
    let world = World::default();
    let release = released(&world, "v427");
    for region in OTHERS {
        world.replicate(&name(region));
        arrive(&world, region, release).unwrap();
    }
    world.dark.borrow_mut().insert(name("ap-northeast-1"));
    assert_eq!(arrive(&world, HOME, release).unwrap()["wave"], Value::Null);
    world.dark.borrow_mut().clear();
    look(&world, HOME);
    assert_eq!(started(&world)[0].2, []);
}

#[test]
fn without_the_hubs_ledger_no_wave_starts() {
    let world = World::default();
    let release = released(&world, "v427");
    world.dark.borrow_mut().insert(name(HOME));
    assert!(arrive(&world, HOME, release).unwrap_err().is_regional());
    assert!(world.started.borrow().is_empty());
}

#[test]
fn the_replication_deadline_starts_with_homes_copy() {
    let world = World::default();
    let release = released(&world, "v427");
    world.pass(SignedDuration::from_mins(30));
    assert_eq!(arrive(&world, HOME, release).unwrap()["wave"], Value::Null);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(look(&world, HOME)["wave"], Value::Null);
    world.pass(SignedDuration::from_mins(5));
    look(&world, HOME);
    assert_eq!(started(&world)[0].2.len(), OTHERS.len());
}

#[test]
fn a_late_arrival_of_an_older_release_starts_nothing() {
    let world = World::default();
    let older = released(&world, "v426");
    world.pass(SignedDuration::from_secs(1));
    let newer = released(&world, "v427");
    for region in OTHERS {
        world.replicate(&name(region));
        look(&world, region);
    }
    arrive(&world, HOME, newer).unwrap();
    for _ in 0..2 {
        let reply = arrive(&world, HOME, older).unwrap();
        assert_eq!((&reply["outcome"], &reply["wave"]), (&json!("attested"), &Value::Null));
    }
    assert_eq!(started(&world).into_iter().map(|wave| wave.0).collect::<Vec<_>>(), [newer]);
    assert_eq!(world.started.borrow().len(), 1);
}

#[test]
fn an_older_release_overtaken_while_it_waited_starts_nothing() {
    let world = World::default();
    let older = released(&world, "v426");
    world.pass(SignedDuration::from_secs(1));
    let newer = released(&world, "v427");
    world.later(30, move |world| {
        for region in OTHERS {
            let version = "v426".parse().unwrap();
            let record = Record::Attested { release: older, version };
            world.write(&name(region), Chain::Region(name(region)), "other", record);
        }
        let (version, execution) = ("v427".parse().unwrap(), "wave".parse().unwrap());
        let record = Record::WaveStarted {
            release: newer,
            version,
            execution,
            late: vec![],
            order: None,
            resumes: None,
            policy: None,
        };
        world.write(&name(HOME), Chain::Home, "other", record);
    });
    assert_eq!(arrive(&world, HOME, older).unwrap()["wave"], Value::Null);
    assert!(world.started.borrow().is_empty());
}

#[test]
fn a_region_that_refuses_a_release_says_so_once() {
    let world = World::default();
    let release = released(&world, "v427");
    world.replicate(&name("sa-east-1"));
    let (region, key) = (name("sa-east-1"), keys::archive(Sha256::of(b"archive of v427")));
    let good = world.object(&region, &key).unwrap();
    world.put(&region, &key, "other bytes");
    for _ in 0..2 {
        arrive(&world, "sa-east-1", release).unwrap();
        assert_eq!(look(&world, "sa-east-1")["open"], 1);
    }
    assert_eq!(world.pages().len(), 1);
    // ... and mended bytes are attested all the same.
    world.put(&region, &key, good);
    assert_eq!(look(&world, "sa-east-1")["attested"], 1);
}

#[test]
fn no_page_is_lost_between_page_and_entry() {
    for operation in ["Publish", "PutEntry"] {
        let world = World::default();
        let release = released(&world, "v427");
        // A refusal.
        world.replicate(&name("sa-east-1"));
        world.put(&name("sa-east-1"), &keys::manifest(release), "{}");
        world.fault(operation, Fault::Fails(ErrorKind::Unreachable));
        assert!(arrive(&world, "sa-east-1", release).is_err());
        arrive(&world, "sa-east-1", release).unwrap();
        assert!(!world.pages().is_empty(), "{operation}");
        // A wave without a region.
        arrive(&world, HOME, release).unwrap();
        world.pass(SignedDuration::from_mins(15));
        match operation {
            "Publish" => world.mute(ErrorKind::Unreachable),
            operation => world.fault(operation, Fault::Fails(ErrorKind::Unreachable)),
        }
        assert!(arrive(&world, HOME, release).is_err());
        arrive(&world, HOME, release).unwrap();
        assert_eq!(world.pages().last(), Some(&late(&world, &OTHERS)), "{operation}");
        assert_eq!(started(&world).len(), 1);
    }
}

/// The page of the one wave, which started without these regions.
fn late(world: &World, regions: &[&str]) -> Sent {
    let late = regions.iter().map(|region| name(region)).collect();
    let archive = keys::archive(Sha256::of(b"archive of v427"));
    let notice = Notice::ReplicasLate { version: "v427".parse().unwrap(), late, archive, image: image() };
    let Some(Record::WaveStarted { execution, .. }) =
        world.records(&name(HOME), Chain::Home).into_iter().find(|record| matches!(record, Record::WaveStarted { .. }))
    else {
        panic!("no wave has started")
    };
    Sent::of(notice, &name(HOME), &Sender::Wave(execution))
}
