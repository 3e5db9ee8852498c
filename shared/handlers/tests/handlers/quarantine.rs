//! What is set aside until somebody knows what it is.

use crate::world::{Fault, World, fleet, run, signer};
use bytes::Bytes;
use meridian_domain::quarantine::Object;
use meridian_domain::reason::Barred;
use meridian_domain::{Chain, HubHistory, Image, Provenance, ReleaseId, Sha256, keys};
use meridian_handlers::files;
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::ErrorKind;
use meridian_handlers::publish::{PublishSpec, publish};
use meridian_handlers::quarantine::{Done, Named, QuarantineError, lift_quarantine, quarantine};
use std::collections::BTreeSet;

fn released(world: &World, version: &str, archive: &'static str) -> ReleaseId {
    let spec = PublishSpec {
        version: version.parse().unwrap(),
        archive: Bytes::from_static(archive.as_bytes()),
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        provenance: Provenance::default(),
    };
    run(publish(world, &fleet(), world.now(), spec, &signer())).unwrap()
}

fn ask(world: &World, named: &str) -> Result<Done, QuarantineError> {
    let (named, who) = (named.parse().unwrap(), "maria".parse().unwrap());
    run(quarantine(world, &fleet(), named, &who, "its writer is unknown".to_owned()))
}

fn lift(world: &World, named: &str) -> Result<Done, QuarantineError> {
    let (named, who) = (named.parse().unwrap(), "maria".parse().unwrap());
    run(lift_quarantine(world, &fleet(), named, &who, "it was training".to_owned()))
}

fn hub(world: &World) -> HubHistory {
    run(Journal::<HubHistory>::open(world, &fleet().home, Chain::Home)).unwrap().history().clone()
}

#[test]
fn a_quarantine_says_who_and_why_until_it_is_lifted() {
    let world = World::default();
    let release = released(&world, "v427", "archive");
    for name in [release.to_string(), keys::manifest(release), "v427".to_owned()] {
        assert_eq!(
            ask(&world, &name),
            Ok(Done { object: Object::Release(release), releases: vec![release] }),
            "{name}"
        );
        let hub_then = hub(&world);
        let Some(Barred::Quarantined(own)) = hub_then.barred(&release) else { panic!("{name}") };
        assert_eq!((own.who.as_str(), own.why.as_str()), ("maria", "its writer is unknown"));
        assert_eq!(lift(&world, &name).unwrap().releases, [release]);
        assert!(hub(&world).barred(&release).is_none());
    }
    assert_eq!(lift(&world, "v427"), Err(QuarantineError::NotThere(Object::Release(release))));
}

#[test]
fn an_archive_in_quarantine_takes_every_release_made_of_it() {
    let world = World::default();
    let key = keys::archive(Sha256::of(b"archive"));
    let (one, other) = (released(&world, "v427", "archive"), released(&world, "v428", "another"));
    assert_eq!(ask(&world, &key), Ok(Done { object: Object::Key(key.clone()), releases: vec![one] }));
    assert!(hub(&world).barred(&one).is_some() && hub(&world).barred(&other).is_none());
    // One that is published later is found by its manifest.
    let later = released(&world, "v429", "archive");
    let manifest = run(files::manifest(&world, &fleet().home, later)).unwrap();
    assert!(hub(&world).quarantine_of(later, &manifest).is_some());
    assert_eq!(lift(&world, &key).unwrap().releases, [one]);
    assert!(hub(&world).quarantine_of(later, &manifest).is_none());
}

#[test]
fn a_name_that_is_not_one_release_is_wrong_input() {
    let world = World::default();
    let (one, other) = (released(&world, "v427", "archive"), released(&world, "v427", "another"));
    let error = ask(&world, "v427").unwrap_err();
    assert!(error.is_input(), "{error}");
    let QuarantineError::Version { releases, .. } = error else { panic!("{error}") };
    assert_eq!(BTreeSet::from_iter(releases), BTreeSet::from([one, other]));
    let unknown = ask(&world, "v428").unwrap_err();
    assert!(unknown.is_input(), "{unknown}");
    assert!(matches!(&unknown, QuarantineError::Version { releases, .. } if releases.is_empty()), "{unknown}");
    assert!("ledger/fraud/home/x".parse::<Named>().is_err());
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    assert!(!ask(&world, &one.to_string()).unwrap_err().is_input());
}
