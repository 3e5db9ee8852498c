//! What a region serves: its endpoint, what the ledgers say, and where its instances fetch what they run.

use super::none;
use crate::Voice;
use crate::ledger::departed;
use jiff::Timestamp;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::reason::Fault;
use meridian_domain::{Chain, EndpointStatus, Reason, ResourceName};
use serde::Serialize;

/// A region's endpoint; `config` is the configuration that SageMaker says it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum Endpoint {
    Absent {
        name: ResourceName,
    },
    Updating {
        config: ResourceName,
    },
    NotInService {
        status: EndpointStatus,
        config: ResourceName,
    },
    /// The ledger was not read, and so does not confirm it.
    Unconfirmed {
        config: ResourceName,
    },
    /// The ledger says something else: another configuration, or that nothing serves.
    OtherThanLedger {
        config: ResourceName,
        ledger: Option<ResourceName>,
    },
    /// Fewer instances serve than stand in two zones.
    TooFewInstances {
        instances: u32,
    },
    /// SageMaker does not say how many instances serve.
    Uncounted,
    InService {
        config: ResourceName,
        instances: u32,
    },
}

/// A region's own chain.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// There is none to read.
    Absent,
    /// A halt stands in it.
    Halted(Reason),
    /// What the region serves is unknown.
    Unknown {
        /// The time from which it holds.
        since: Timestamp,
        /// What SageMaker says of the endpoint.
        why: Fault,
    },
    /// Every entry follows from the one before, and says nothing of the kind.
    Whole,
}

/// The chains of the next region, of which this one keeps the last entries that it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbour {
    /// There is none to read.
    Absent,
    /// They hold what was seen.
    AsSeen,
    /// One does not.
    Departed {
        /// Which.
        chain: Chain,
        /// The entry that was seen.
        kept: KeptHead,
        /// How the chain differs from it.
        departure: Departure,
    },
}

/// Manifest and archive of what serves, in the region's own bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// There is no endpoint.
    NothingServes,
    /// One of the two is not there.
    Absent,
    /// Both are there.
    Own,
}

/// Where a region's instances fetch what they run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "URIs as SageMaker has them; `registry` and `bucket` are the beginnings of the region's own"
)]
pub enum Model {
    /// There is no endpoint.
    NothingServes,
    Absent,
    /// SageMaker names no image or no archive.
    Unnamed,
    ForeignImage {
        image: String,
        registry: String,
    },
    ForeignArchive {
        archive: String,
        bucket: String,
    },
    /// All of it from the region itself.
    Own,
}

pub(super) fn endpoint(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Absent { name } => format!("there is no {name} yet"),
        Endpoint::Updating { config } => format!("an update is in progress, from {config}"),
        Endpoint::NotInService { status, config } => format!("{status:?}, not InService, on {config}"),
        Endpoint::Unconfirmed { config } => format!("on {config}, and the ledger cannot confirm it"),
        Endpoint::OtherThanLedger { config, ledger } => {
            let ledger = ledger.as_ref().map_or("nothing", ResourceName::as_str);
            format!("it serves {config}, and the region's ledger says {ledger}")
        }
        Endpoint::TooFewInstances { instances } => {
            format!("{instances} instance serves: one zone's failure stops the region")
        }
        Endpoint::Uncounted => "the number of instances is unknown".to_owned(),
        Endpoint::InService { config, instances } => format!("InService on {config}, {instances} instances"),
    }
}

impl Voice<'_> {
    pub(super) fn ledger_found(self, ledger: &Ledger) -> String {
        match ledger {
            Ledger::Absent => none("the chain"),
            Ledger::Halted(why) => format!("halted: {}", self.why(why)),
            Ledger::Unknown { since, why } => format!("its state is unknown since {since}: {}", self.fault(why)),
            Ledger::Whole => "every entry follows from the one before".to_owned(),
        }
    }
}

pub(super) fn neighbour(neighbour: &Neighbour) -> String {
    match neighbour {
        Neighbour::Absent => none("the neighbour's ledger"),
        Neighbour::AsSeen => "the next region's ledger has the entries that were seen here".to_owned(),
        Neighbour::Departed { chain, kept, departure } => format!("chain {chain} {}", departed(*departure, kept)),
    }
}

pub(super) fn bytes(bytes: Bytes) -> &'static str {
    match bytes {
        Bytes::NothingServes => "nothing serves yet",
        Bytes::Absent => "there is none: the manifest or the archive of what serves, in this region's own bucket",
        Bytes::Own => "the region's own bucket has what serves",
    }
}

pub(super) fn model(model: &Model) -> String {
    match model {
        Model::NothingServes => "nothing serves yet".to_owned(),
        Model::Absent => none("the model of what serves"),
        Model::Unnamed => "the source of its image and archive is unknown".to_owned(),
        Model::ForeignImage { image, registry } => {
            format!("its instances fetch {image}, which is not in {registry}")
        }
        Model::ForeignArchive { archive, bucket } => {
            format!("its instances fetch {archive}, which is not in {bucket}")
        }
        Model::Own => "image and archive are fetched from the region itself".to_owned(),
    }
}
