//! What `meridian doctor` finds in an account and what mends it: as data, and in words.

mod account;
mod bucket;
mod check;
mod global;
mod home;
mod mend;
mod serving;
mod watch;

pub use account::{Image, Key, LentFault, LentRole, Quota, Role, SigningKey};
pub use bucket::{Bucket, BucketState, Right, Way};
pub use check::{Check, Service};
pub use global::{GLOBAL, Global};
pub use home::{Network, PackageGroup, Pipeline, Replication, RuleFault};
pub use mend::{Command, Deployment, Mend, Property, RunbookPart};
pub use serving::{Bytes, Endpoint, Ledger, Model, Neighbour};
pub use watch::{Alarm, Clock, RollbackAlarm, Topic};

use crate::{Voice, unseen};
use meridian_domain::RegionName;
use meridian_domain::reason::{OperationName, Unseen};
use serde::Serialize;

/// What a check found. How that counts, whoever checks decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a variant is named for the part of the account that it is about")]
pub enum Found {
    /// What answers in the service's place has no such operation: a local world or an emulator.
    NotSimulated,
    /// It was asked, and there is no answer of use.
    Unknown(Unknown),
    /// The services that answered; or, where there are any, those that did not.
    Answering(Vec<Service>),
    NotAnswering(Vec<Service>),
    Bucket(Bucket),
    Topic(Topic),
    Alarm(Alarm),
    RollbackAlarm(RollbackAlarm),
    Endpoint(Endpoint),
    Ledger(Ledger),
    Neighbour(Neighbour),
    Bytes(Bytes),
    Image(Image),
    Model(Model),
    Key(Key),
    Quota(Quota),
    LentRole(LentRole),
    Clock(Clock),
    Replication(Replication),
    Pipeline(Pipeline),
    PackageGroup(PackageGroup),
    Role(Role),
    SigningKey(SigningKey),
    Network(Network),
}

/// Why something that was asked is unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// A service, a chain or a file could not be read.
    Unseen(Unseen),
    /// A list has it without a value.
    NoValue {
        /// What was asked.
        operation: OperationName,
        /// The service's code for the reason, where it gives one.
        code: Option<String>,
    },
    /// It hangs on what serves, and the ledger was not read.
    NoLedger,
    /// It hangs on what serves, and nothing does.
    NothingServes,
}

/// Gives every area its way into [`Found`].
macro_rules! areas {
    ($($area:ident),* $(,)?) => {
        $(impl From<$area> for Found {
            fn from(found: $area) -> Self {
                Self::$area(found)
            }
        })*
    };
}

areas! {
    Unknown, Bucket, Topic, Alarm, RollbackAlarm, Endpoint, Ledger, Neighbour, Bytes, Image, Model, Key, Quota, LentRole, Clock,
    Replication, Pipeline, PackageGroup, Role, SigningKey, Network,
}

impl Voice<'_> {
    /// What a check of the region `place` found, said behind the check's name, without a full stop.
    pub fn found(self, place: &RegionName, found: &Found) -> String {
        match found {
            Found::NotSimulated => "not simulated".to_owned(),
            Found::Unknown(why) => unknown(why),
            Found::Answering(services) => format!("all answer: {}", check::names(services)),
            Found::NotAnswering(services) => {
                format!("no answer, or an error of its own, from {}", check::names(services))
            }
            Found::Bucket(bucket) => bucket::words(bucket),
            Found::Topic(topic) => watch::topic(topic),
            Found::Alarm(alarm) => watch::alarm(alarm),
            Found::RollbackAlarm(alarm) => watch::rollback_alarm(alarm),
            Found::Endpoint(endpoint) => serving::endpoint(endpoint),
            Found::Ledger(ledger) => self.ledger_found(ledger),
            Found::Neighbour(neighbour) => serving::neighbour(neighbour),
            Found::Bytes(bytes) => serving::bytes(*bytes).to_owned(),
            Found::Image(image) => account::image(place, *image),
            Found::Model(model) => serving::model(model),
            Found::Key(key) => account::key(key),
            Found::Quota(quota) => account::quota(quota),
            Found::LentRole(role) => account::lent_role(role),
            Found::Clock(clock) => watch::clock(*clock),
            Found::Replication(replication) => self.replication_found(replication),
            Found::Pipeline(pipeline) => home::pipeline(pipeline),
            Found::PackageGroup(group) => home::package_group(group),
            Found::Role(role) => account::role(role),
            Found::SigningKey(key) => account::signing_key(key),
            Found::Network(network) => self.network_found(network),
        }
    }
}

fn unknown(why: &Unknown) -> String {
    match why {
        Unknown::Unseen(why) => unseen::words(why),
        Unknown::NoValue { operation, code } => {
            format!("{operation} lists it without a value: {}", code.as_deref().unwrap_or("no reason given"))
        }
        Unknown::NoLedger => "the ledger does not say what serves".to_owned(),
        Unknown::NothingServes => "nothing serves yet".to_owned(),
    }
}

/// What is said of something that its service does not have.
fn none(what: impl std::fmt::Display) -> String {
    format!("there is none: {what}")
}
