//! Names and times that sentences are made of.

use jiff::Timestamp;
use meridian_domain::reason::{ErrorKind, FailureDetail, OperationName, ServiceFailure};
use meridian_domain::{
    Actor, Fleet, Frozen, Override, Reason, RegionName, ReleaseId, ResourceName, Rule, Sha256, Version,
};

pub const EU: &str = "eu-west-1";
pub const AU: &str = "ap-southeast-2";
pub const JP: &str = "ap-northeast-1";
pub const BR: &str = "sa-east-1";

pub fn fleet() -> Fleet {
    Fleet::parse(include_str!("../../../../local/fleets/reference/fleet.toml")).unwrap()
}

pub fn name(region: &str) -> RegionName {
    region.parse().unwrap()
}

pub fn actor(name: &str) -> Actor {
    name.parse().unwrap()
}

pub fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// What a service says that is asked too often.
pub fn throttled(region: &str, operation: OperationName) -> ServiceFailure {
    let detail = Box::new(FailureDetail::Said("ThrottlingException: Rate exceeded".to_owned()));
    ServiceFailure { kind: ErrorKind::Throttled, region: name(region), operation, detail }
}

pub fn resource(name: &str) -> ResourceName {
    name.parse().unwrap()
}

pub fn release(text: &str) -> ReleaseId {
    ReleaseId(Sha256::of(text.as_bytes()))
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

pub fn said(words: &str) -> Reason {
    Reason::Said { words: words.to_owned(), by: None }
}

pub fn frozen() -> Frozen {
    let (name, why) = ("peak".to_owned(), "card volumes peak".to_owned());
    Frozen { name, why, from: at("02:00:00"), until: at("09:00:00") }
}

pub fn overridden() -> Override {
    let (what, why) = (Rule::Freeze, "the fix must go out".to_owned());
    Override { what, region: Some(name(JP)), who: actor("maria"), why, until: at("04:00:00") }
}
