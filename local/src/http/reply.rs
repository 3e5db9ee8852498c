//! What the protocols have in common: a call as it came in, and an answer before it goes out.

use super::scope::Scope;
use crate::engine::{SharedWorld, lock};
use crate::services::iam::{Caller, SessionKeys};
use crate::services::{ApiError, Operation, Outcome, Service};
use crate::world::{InvocationId, World};
use bytes::Bytes;
use http::request::Parts;
use serde::Serialize;

/// One request to AWS, read to its end.
pub(super) struct WireRequest<'a> {
    pub world: &'a SharedWorld,
    /// The invocation that makes it, where a child process does.
    pub caller: Option<InvocationId>,
    pub scope: &'a Scope,
    pub parts: &'a Parts,
    pub body: Bytes,
    pub request_id: &'a str,
}

impl WireRequest<'_> {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Carries one operation out, if the request is signed for its service.
    pub fn run<O: Operation>(&self, operation: O) -> Outcome<O::Output> {
        match self.scope.expect(O::SERVICE) {
            Ok(()) => {
                let mut world = lock(self.world);
                let caller = Caller { invocation: self.caller, session: self.session(&world) };
                world.call_as(caller, &self.scope.region, operation)
            }
            Err(error) => Outcome::Answer(Err(error)),
        }
    }

    /// The session whose keys the request is signed with. Other keys are the caller's own, whatever they are.
    fn session(&self, world: &World) -> Option<SessionKeys> {
        let id = world.is_session(&self.scope.key).then(|| self.scope.key.clone())?;
        Some(SessionKeys { id, token: self.header("x-amz-security-token").unwrap_or_default().to_owned() })
    }
}

/// An answer in a protocol's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Reply {
    /// An answer with a body of a type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Reply { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    /// An answer in JSON.
    pub fn json(status: u16, content_type: &str, body: &impl Serialize) -> Self {
        // The types that are written here cannot fail; if one did, the client would say so of an empty body.
        Reply::new(status, content_type, serde_json::to_vec(body).unwrap_or_default())
    }

    /// The same answer with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The same outcome with another answer.
pub(super) fn map<T, U>(outcome: Outcome<T>, then: impl FnOnce(T) -> Result<U, ApiError>) -> Outcome<U> {
    match outcome {
        Outcome::Answer(answer) => Outcome::Answer(answer.and_then(then)),
        Outcome::Late(answer, by) => Outcome::Late(answer.and_then(then), by),
        Outcome::Hang => Outcome::Hang,
        Outcome::Killed => Outcome::Killed,
    }
}

/// The error for an operation that the world does not have.
pub(super) fn unknown(service: &str, operation: &str) -> ApiError {
    let message = format!("the local world does not know {service}.{operation}");
    ApiError::new("UnknownOperationException", 400, message)
}

/// The error for a request that is not what its protocol says.
pub(super) fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new("SerializationException", 400, message)
}

/// A service's name as people write it before an operation's.
pub(super) fn title(service: Service) -> &'static str {
    match service {
        Service::S3 => "S3",
        Service::SageMaker => "SageMaker",
        Service::SageMakerRuntime => "SageMakerRuntime",
        Service::CloudWatch => "CloudWatch",
        Service::CodePipeline => "CodePipeline",
        Service::EventBridge => "EventBridge",
        Service::Sns => "SNS",
        Service::Sts => "STS",
        Service::ApplicationAutoScaling => "ApplicationAutoScaling",
        Service::Kms => "KMS",
        Service::Ecr => "ECR",
        Service::Iam => "IAM",
        Service::ServiceQuotas => "ServiceQuotas",
    }
}
