//! The simulated AWS, a folder for each service: its types in AWS's own member names, its state, and its operations.
//!
//! The types are the one vocabulary of both doors into the world: tests and the in-process engine build them directly, the
//! HTTP door reads them off the wire. In each folder `types` and the state know nothing of the world; the operations are
//! carried out on it ([`Operation::apply`]).

pub mod autoscaling;
pub(crate) mod by_name;
pub mod cloudwatch;
pub mod codepipeline;
pub mod ecr;
pub mod eventbridge;
pub mod iam;
pub mod kms;
pub(crate) mod lambda;
pub(crate) mod load_balancer;
pub(crate) mod operations;
pub mod quotas;
pub(crate) mod route53;
pub mod s3;
pub mod sagemaker;
pub mod sns;
pub mod sts;

pub use crate::world::error::ApiError;
pub use crate::world::operation::Operation;
pub use crate::world::service::{Outcome, Service, Tag};
pub use crate::world::time::EpochSeconds;
pub use operations::{EFFECTS, OPERATIONS};
