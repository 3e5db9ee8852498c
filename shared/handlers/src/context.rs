//! What every handler is told about where and for whom it runs, and how it fails.

use crate::events::EventError;
use crate::files::FileError;
use crate::front::Callers;
use crate::journal::JournalError;
use crate::memory::{FrontMemory, StatusMemory};
use crate::ports::PortError;
use meridian_domain::reason::{Failure, JobFailure, LeftUndone, Unseen};
use meridian_domain::{Actor, Fleet, FleetError, Reason, Region, RegionName, Sha256, StepKind, Violation};
use meridian_messages::Voice;
use meridian_messages::failure::{PANICKED, words};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The six Lambda functions: what each is for. Its name is its binary and the last part of the deployed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionKind {
    /// Attests replicas and, in home, starts waves.
    Replication,
    /// Evaluates a challenger before any region sees it.
    ShadowEval,
    /// Takes one region to a release, and verifies the fleet.
    Promote,
    /// Rolls back its own region.
    Rollback,
    /// Says whether its own region serves.
    Status,
    /// Lets callers through to the region's endpoint, behind a load balancer. Deployed as `front`.
    #[serde(rename = "front")]
    Proxy,
}

impl FunctionKind {
    /// Every function, as [`FunctionKind`] lists them.
    pub const ALL: [Self; 6] =
        [Self::Replication, Self::ShadowEval, Self::Promote, Self::Rollback, Self::Status, Self::Proxy];

    /// The name of the binary, and the last part of the function's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replication => "replication",
            Self::ShadowEval => "shadow-eval",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Status => "status",
            Self::Proxy => "front",
        }
    }

    /// Whether it acts in each region with the role that the region lends. The others act with their own: `rollback` must not
    /// wait for anybody's leave (I6), and none of them changes anything in a region that is not theirs.
    pub fn assumes_roles(self) -> bool {
        self == Self::Promote
    }
}

impl fmt::Display for FunctionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where and for whom a handler runs. Made once in a process; each call gets its own with [`Context::for_request`].
#[derive(Clone, Debug)]
pub struct Context {
    /// The fleet's policy: the `fleet.toml` that the process was started with.
    pub fleet: Arc<Fleet>,
    /// Digest of the `fleet.toml` that `fleet` was read from.
    pub policy: Sha256,
    /// True where home is another region than policy says, because it has moved since.
    pub moved: bool,
    /// The region in which this function runs.
    pub region: RegionName,
    /// Lambda's id of this call.
    pub request_id: String,
    /// What a warm process may remember between calls.
    pub memory: StatusMemory,
    /// Who may ask `front` for a score.
    pub callers: Arc<Callers>,
    /// What a warm process of `front` may remember between calls.
    pub front: FrontMemory,
}

impl Context {
    /// The context of a process that has not been called yet.
    ///
    /// # Errors
    /// A `fleet.toml` that is wrong, or one without `region`.
    pub fn new(fleet_toml: &str, region: RegionName) -> Result<Self, HandlerError> {
        let context = Self {
            fleet: Arc::new(Fleet::parse(fleet_toml)?),
            policy: Sha256::of(fleet_toml.as_bytes()),
            moved: false,
            region,
            request_id: String::new(),
            memory: StatusMemory::default(),
            callers: Arc::default(),
            front: FrontMemory::default(),
        };
        context.own_region()?;
        Ok(context)
    }

    /// The same for one call.
    pub fn for_request(&self, request_id: impl Into<String>) -> Self {
        Self { request_id: request_id.into(), ..self.clone() }
    }

    /// The same, in a fleet whose home is another region than its policy says, because it has moved since.
    #[must_use]
    pub fn at_home(&self, home: Option<&RegionName>) -> Self {
        match home.filter(|home| **home != self.fleet.home) {
            Some(home) => {
                let fleet = self.fleet.at_home(home);
                Self { moved: fleet.home == *home, fleet: Arc::new(fleet), ..self.clone() }
            }
            None => self.clone(),
        }
    }

    /// True in the region that runs the pipeline.
    pub fn is_home(&self) -> bool {
        self.region == self.fleet.home
    }

    /// The policy of the region in which this function runs.
    ///
    /// # Errors
    /// The function was deployed in a region that the fleet does not have.
    pub fn own_region(&self) -> Result<&Region, HandlerError> {
        self.region_named(&self.region)
    }

    /// The policy of a region.
    ///
    /// # Errors
    /// The fleet does not have it.
    pub fn region_named(&self, name: &RegionName) -> Result<&Region, HandlerError> {
        self.fleet.region(name).ok_or_else(|| {
            let (region, fleet) = (name.clone(), self.fleet.name.clone());
            let regions = self.fleet.regions.iter().map(|own| own.name.clone()).collect();
            Failure::NoSuchRegion { region, fleet, regions }.into()
        })
    }

    /// Who acts where no pipeline execution does: a function and its region, such as `rollback.sa-east-1`.
    pub fn actor(&self, function: FunctionKind) -> Actor {
        let name = format!("{function}.{}", self.region);
        name.parse().unwrap_or_else(|_| unreachable!("{name:?} is made of parsed names"))
    }
}

impl From<FleetError> for HandlerError {
    fn from(error: FleetError) -> Self {
        Self::Fleet(Box::new(error))
    }
}

/// Why a handler could not do its work. What the world answered is in here; what a release deserves is not an error.
/// Its text is for logs: nothing decides by it. A failed job's page and pipeline message are made of its [`JobFailure`].
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The event is not one that this function takes.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A service did not do what it was asked.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The ledger could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of the release is not what the manifest or the ledger says.
    #[error(transparent)]
    File(#[from] FileError),
    /// The fleet's policy is wrong.
    #[error(transparent)]
    Fleet(Box<FleetError>),
    /// A wrong pipeline, a fleet that lacks something, or a defect.
    #[error("{}", words(.0))]
    Failed(Failure),
    /// The audit refused a step: a defect of the planner.
    #[error("{}", Voice::of(.fleet).refused_step(.step, .violations))]
    StepRefused {
        /// Whose regions are named.
        fleet: Arc<Fleet>,
        /// The step that was refused.
        step: StepKind,
        /// What it would break.
        violations: Vec<Violation>,
    },
    /// A region's own watch could not do all that it should: Lambda repeats the call.
    #[error("{}", Voice::of(.fleet).unfinished(.done, .left))]
    Unfinished {
        /// Whose regions are named.
        fleet: Arc<Fleet>,
        /// Why its last step was planned: the message begins with it.
        done: Box<Reason>,
        /// What is left to do.
        left: LeftUndone,
    },
    /// The handler panicked: a defect. Its host says so, because no handler can.
    #[error("{}", PANICKED)]
    Panicked,
}

impl From<Failure> for HandlerError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<&HandlerError> for JobFailure {
    fn from(error: &HandlerError) -> Self {
        match error {
            HandlerError::Event(error) => Self::Event((*error.0).clone()),
            HandlerError::Port(error) => Self::Unseen(error.clone().into()),
            HandlerError::Journal(error) => Self::Unseen(error.into()),
            HandlerError::File(error) => Self::Unseen(error.clone().into()),
            HandlerError::Fleet(error) => Self::Policy(error.to_string()),
            HandlerError::Failed(failure) => Self::Failed(failure.clone()),
            HandlerError::StepRefused { fleet: _, step, violations } => {
                Self::StepRefused { step: step.clone(), violations: violations.clone() }
            }
            HandlerError::Unfinished { fleet: _, done, left } => {
                Self::Unfinished { done: done.clone(), left: left.clone() }
            }
            HandlerError::Panicked => Self::Panicked,
        }
    }
}

impl HandlerError {
    /// What a service did not answer, where it is at fault and the same call may do later.
    pub fn regional(&self) -> Option<Unseen> {
        match self {
            HandlerError::Port(error) | HandlerError::File(FileError::Port(error)) => {
                error.is_regional().then(|| error.clone().into())
            }
            HandlerError::Journal(error) => error.is_regional().then(|| error.into()),
            _ => None,
        }
    }

    /// True if a service is at fault and the same call may do later.
    pub fn is_regional(&self) -> bool {
        self.regional().is_some()
    }
}
