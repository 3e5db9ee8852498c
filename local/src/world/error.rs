//! Errors as the services answer them, and why a world cannot be made.

use meridian_deployment::DeploymentError;
use meridian_domain::RegionName;
use serde::{Deserialize, Serialize};

/// Why a world cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// A fault or a behaviour names a region that the fleet does not have.
    #[error("{what} names {region}, which is not a region of the fleet")]
    UnknownRegion {
        /// A fault or a behaviour.
        what: &'static str,
        /// The region that it names.
        region: RegionName,
    },
    /// The template cannot be deployed with the fleet's parameters.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A region's stack lacks something that the fleet names.
    #[error("the stack of {region}: {what}")]
    Stack {
        /// The region whose stack it is.
        region: RegionName,
        /// What is missing, or wrong.
        what: String,
    },
    /// A fault that can never be met.
    #[error("fault {fault:?}: {why}")]
    Fault {
        /// What a person would call it.
        fault: String,
        /// What is wrong with it.
        why: String,
    },
}

/// An error that a service answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// AWS's error code, e.g. `ValidationException` or `NoSuchKey`.
    pub code: String,
    /// The message for people.
    pub message: String,
    /// The HTTP status that goes with the code.
    pub status: u16,
    /// What a container answered, where it is one's error: its status and its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<(u16, String)>,
}

impl ApiError {
    /// An error with its code, HTTP status and message.
    pub fn new(code: &str, status: u16, message: impl Into<String>) -> Self {
        ApiError { code: code.to_owned(), message: message.into(), status, original: None }
    }

    /// `ValidationException` (400): SageMaker's answer to bad members and, by its own habit, to unknown names.
    pub fn validation(message: impl Into<String>) -> Self {
        ApiError::new("ValidationException", 400, message)
    }

    /// `ModelError` (424): the container behind the endpoint answered with an error.
    pub fn model(status: u16, words: String) -> Self {
        let side = if status < 500 { "client" } else { "server" };
        let message = format!("Received {side} error ({status}) from primary with message \"{words}\".");
        ApiError { original: Some((status, words)), ..ApiError::new("ModelError", 424, message) }
    }

    /// `InternalFailure` (500): the service's own fault; clients retry it.
    pub fn internal() -> Self {
        ApiError::new("InternalFailure", 500, "The request processing has failed because of an unknown error.")
    }

    /// `ServiceUnavailable` (503): clients retry it.
    pub fn unavailable() -> Self {
        ApiError::new("ServiceUnavailable", 503, "The service is temporarily unable to handle the request.")
    }

    /// `ThrottlingException` (400): clients wait and retry.
    pub fn throttled() -> Self {
        ApiError::new("ThrottlingException", 400, "Rate exceeded")
    }
}
