//! The services of AWS that the world knows, and how a call of one can end.

use crate::world::error::ApiError;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The services that the world knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Object storage (REST-XML).
    S3,
    /// SageMaker's control plane (JSON 1.1).
    SageMaker,
    /// SageMaker's data plane: endpoint invocations (REST-JSON).
    SageMakerRuntime,
    /// Metrics and alarms (rpc-v2-cbor from the Rust SDK).
    CloudWatch,
    /// Pipelines and their jobs (JSON 1.1).
    CodePipeline,
    /// Rules and what they call (JSON 1.1).
    EventBridge,
    /// Notifications (query).
    Sns,
    /// Assumed roles (query).
    Sts,
    /// How many instances endpoints have (JSON 1.1).
    ApplicationAutoScaling,
    /// Keys (JSON 1.1).
    Kms,
    /// Registries of images (JSON 1.1).
    Ecr,
    /// Roles, the same in every region (query).
    Iam,
    /// How much of everything an account may have (JSON 1.1).
    ServiceQuotas,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Service::S3 => "s3",
            Service::SageMaker => "sagemaker",
            Service::SageMakerRuntime => "sagemaker-runtime",
            Service::CloudWatch => "cloudwatch",
            Service::CodePipeline => "codepipeline",
            Service::EventBridge => "events",
            Service::Sns => "sns",
            Service::Sts => "sts",
            Service::ApplicationAutoScaling => "application-autoscaling",
            Service::Kms => "kms",
            Service::Ecr => "ecr",
            Service::Iam => "iam",
            Service::ServiceQuotas => "service-quotas",
        })
    }
}

/// How a call ends for the one who made it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// The service answered, if only with an error.
    Answer(Result<T, ApiError>),
    /// The call never returns: the caller's own time-out ends it.
    Hang,
    /// The service has done what it was asked, and its answer comes so much later.
    Late(Result<T, ApiError>, SignedDuration),
    /// The caller is killed now, before or after the call took effect.
    Killed,
}

/// A SageMaker or CloudWatch tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The tag's name.
    pub key: String,
    /// The tag's value.
    pub value: String,
}
