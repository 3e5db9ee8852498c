//! What all services have in common: the world's state and its time, regions, faults, calls, customers and the log.
//!
//! The files stand on floors, and import downwards only: types and state of each service (`crate::services`), then
//! [`World`](state), which holds them, then the operations. No file here or in `crate::services` imports this one.

pub(crate) mod call;
pub(crate) mod config;
pub(crate) mod crash_injection;
pub(crate) mod customers;
pub(crate) mod error;
pub(crate) mod fault;
pub(crate) mod install;
pub(crate) mod invocation;
pub(crate) mod lag;
pub(crate) mod log;
pub(crate) mod moment;
pub(crate) mod operation;
pub(crate) mod queue;
pub(crate) mod random;
pub(crate) mod region;
pub(crate) mod scheduled;
pub(crate) mod service;
pub(crate) mod start;
pub(crate) mod state;
pub(crate) mod step;
pub(crate) mod time;

pub use crate::services::eventbridge::event::BusEvent;
pub use crate::services::iam::ask::Ask;
pub use crate::services::iam::session::{Caller, SessionKeys};
pub use crate::services::route53::health::HealthCounts;
pub(crate) use config::{ANY_RELEASE, TEMPLATE};
pub use config::{Behaviour, LiveFacts, Timing, WorldConfig};
pub use crash_injection::CrashInjection;
pub use customers::before::Before;
pub use customers::clients::{Answers, Clients};
pub use customers::feature::FeatureChange;
pub use error::WorldError;
pub use fault::{Fault, FaultKind, Target, When};
pub use install::{InstallError, InstalledRelease};
pub use invocation::{Invocation, InvocationEnd, InvocationId};
pub use log::{Stage, What, WorldEvent};
pub use moment::{Moment, MomentError};
pub use operation::Guarded;
pub use state::World;
