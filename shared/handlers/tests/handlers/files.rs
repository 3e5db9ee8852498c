//! Files of releases, held against what they should be.

use crate::world::{Fault, World, name, run};
use bytes::Bytes;
use meridian_domain::reason::FileFault;
use meridian_domain::{File, ReleaseId, Sha256, keys};
use meridian_handlers::files::{consume, create_once, golden, golden_checked, published};
use meridian_handlers::pipe::Outlet;
use std::io::{BufReader, Read};

#[test]
fn what_was_made_of_other_bytes_than_promised_is_never_answered() {
    let (world, region) = (World::default(), name("eu-west-1"));
    let body = Bytes::from(vec![7; 300_000]);
    let key = "releases/archives/a/model.tar.gz";
    let sha256 = run(create_once(&world, &region, key, body.clone())).unwrap();
    let file = File { key: key.to_owned(), sha256, bytes: body.len() as u64 };
    let length =
        |outlet: Outlet| BufReader::new(outlet).bytes().map(|byte| byte.map(u64::from)).sum::<Result<u64, _>>();
    assert_eq!(run(consume(&world, &region, &file, length)).unwrap().unwrap(), 2_100_000);
    // A reader that has seen enough, of bytes that are the promised ones.
    let first = |outlet: Outlet| BufReader::new(outlet).bytes().next().and_then(Result::ok);
    assert_eq!(run(consume(&world, &region, &file, first)).unwrap(), Some(7));
    let other = File { sha256: Sha256::of(b"other"), ..file.clone() };
    assert!(run(consume(&world, &region, &other, first)).unwrap_err().fault().is_some());
    world.fault("GetObject", Fault::AnswerLost);
    let broken = run(consume(&world, &region, &file, length)).unwrap_err();
    assert!(broken.fault().is_none() && !broken.is_missing(), "{broken}");
    assert!(run(consume(&world, &region, &File { key: "none".to_owned(), ..file }, length)).unwrap_err().is_missing());
}

#[test]
fn a_reader_that_panics_is_an_error_that_names_the_file() {
    let (world, region) = (World::default(), name("eu-west-1"));
    let (key, body) = ("evaluations/holdout.parquet", Bytes::from_static(b"0.123,0.456"));
    let sha256 = run(create_once(&world, &region, key, body.clone())).unwrap();
    let file = File { key: key.to_owned(), sha256, bytes: body.len() as u64 };
    let error = run(consume(&world, &region, &file, |_| -> () { panic!("cannot take 0.123") })).unwrap_err();
    assert_eq!(error, FileFault::ReaderPanicked { file: key.to_owned(), region }.into());
}

#[test]
fn golden_records_are_the_ones_that_evaluation_wrote() {
    let (world, region) = (World::default(), name("eu-west-1"));
    let release = ReleaseId(Sha256::of(b"manifest"));
    let body = Bytes::from_static(br#"{"release":"v427","records":[]}"#);
    let digest = run(create_once(&world, &region, &keys::golden(release), body)).unwrap();
    assert!(run(golden_checked(&world, &region, release, Some(digest))).is_ok());
    let (file, expected) = (keys::golden(release), Sha256::of(b"others"));
    let error = run(golden_checked(&world, &region, release, Some(expected))).unwrap_err();
    assert_eq!(error, FileFault::Altered { file, region: region.clone(), expected, found: digest }.into());
    assert!(run(golden(&world, &region, release)).is_ok());
}

/// S3's pages of a listing have a thousand keys.
#[test]
fn every_release_is_found_however_many_there_are() {
    let (world, region) = (World::default(), name("eu-west-1"));
    let mut releases: Vec<ReleaseId> = (0..1001_u32).map(|nth| ReleaseId(Sha256::of(&nth.to_be_bytes()))).collect();
    releases.iter().for_each(|release| world.put(&region, &keys::manifest(*release), "{}"));
    releases.sort();
    assert_eq!(run(published(&world, &region)).unwrap(), releases);
}
