//! Why something could not be seen.

use super::{FailureDetail, FileFault, OperationName};
use crate::fleet::names::RegionName;
use crate::ledger::{Chain, ChainError};
use serde::{Deserialize, Serialize};

/// How a service fails to do what it is asked. Kinds that callers act on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Asked too often; the retries are used up.
    Throttled,
    /// The thing named is not there.
    NotFound,
    /// It exists already, or has changed since it was read: look again.
    Conflict,
    /// Understood and declined: wrong input, missing permission, wrong state. Repeating does not help.
    Refused,
    /// No answer in time, or a server-side failure: whether it was done is unknown.
    Unreachable,
    /// The object is larger than was asked for; nothing of it was read. Repeating does not help.
    TooLarge,
}

/// A request that a service did not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFailure {
    /// How it failed.
    pub kind: ErrorKind,
    /// The region it is about.
    pub region: RegionName,
    /// The operation that failed.
    pub operation: OperationName,
    /// What the service answered; what was found where it answered nothing, or nothing that is an answer.
    pub detail: Box<FailureDetail>,
}

/// Why something could not be seen. It is then never assumed (I13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// Nobody has asked.
    NotAsked,
    /// Its ledger was not asked.
    LedgerNotRead,
    /// Its endpoint was not asked.
    EndpointNotRead,
    /// A service failed.
    Service(ServiceFailure),
    /// A chain of the ledger could not be read or written.
    Ledger {
        /// The chain that was to be read or written.
        chain: Chain,
        /// What the store answered.
        failure: ServiceFailure,
    },
    /// A chain of the ledger was altered.
    Altered {
        /// The region it lies in.
        region: RegionName,
        /// The chain that was altered.
        chain: Chain,
        /// What is wrong with it.
        fault: ChainError,
    },
    /// Home has moved: its chain goes on elsewhere, and who acts is home no more.
    HomeMoved {
        /// The region that is home.
        to: RegionName,
    },
    /// A file that it takes cannot be used.
    File(Box<FileFault>),
    /// There is no such alarm, or it may not be read.
    NoAlarm {
        /// Name of the alarm.
        alarm: String,
    },
    /// The ledger has no canary, so there are no counts to read.
    NoCanaryOnRecord,
    /// The ledger has nothing that serves, so there is no traffic to read.
    NothingOnRecord,
    /// The ledger does not say how the region's instances scale.
    ScalingNotOnRecord,
}

/// The service of a region that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IllService {
    /// S3, where the region's ledger lies.
    Ledger,
    /// SageMaker's control plane.
    ControlPlane,
    /// SageMaker's data plane.
    Runtime,
    /// CloudWatch's metrics and alarms.
    Metrics,
    /// STS, or what refuses its role to home.
    Roles,
    /// Application Auto Scaling.
    Scaling,
}

impl Unseen {
    /// Which of the region's services it is laid to.
    pub fn service(&self) -> IllService {
        match self {
            Self::Service(failure) | Self::Ledger { failure, .. } => failure.operation.service(),
            Self::LedgerNotRead | Self::Altered { .. } | Self::HomeMoved { .. } | Self::File(_) => IllService::Ledger,
            Self::NoAlarm { .. } => IllService::Metrics,
            Self::NotAsked
            | Self::EndpointNotRead
            | Self::NoCanaryOnRecord
            | Self::NothingOnRecord
            | Self::ScalingNotOnRecord => IllService::ControlPlane,
        }
    }
}

impl From<ServiceFailure> for Unseen {
    fn from(failure: ServiceFailure) -> Self {
        Self::Service(failure)
    }
}

impl From<FileFault> for Unseen {
    fn from(fault: FileFault) -> Self {
        Self::File(Box::new(fault))
    }
}

/// Something that was looked at: known, or not to be seen and never assumed (I13).
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<T> {
    /// The value that was read.
    Known(T),
    /// Why it could not be seen.
    Unknown(Unseen),
}

impl<T> Seen<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Seen::Known(value) => Some(value),
            Seen::Unknown(_) => None,
        }
    }
}
