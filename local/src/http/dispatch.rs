//! What happens to a request before and after its protocol.

use super::record::{Asked, Recorder};
use super::reply::{Reply, WireRequest};
use super::runtime_api::line::{ChildId, Report, Switchboard};
use super::scope::Scope;
use super::{cbor, date, invoke, json, query, s3};
use crate::engine::{SharedWorld, lock};
use crate::services::{ApiError, Outcome};
use crate::world::InvocationId;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest request: far above SageMaker's 6 MB, below what would hurt.
const LARGEST_BODY: usize = 256 << 20;

/// The status of what looks like an answer where there is none.
const SILENT: u16 = 503;

/// What every request needs.
pub(super) struct Dispatcher {
    world: SharedWorld,
    switchboard: Arc<Switchboard>,
    requests: AtomicU64,
    record: Option<Arc<Recorder>>,
}

impl Dispatcher {
    pub fn new(world: SharedWorld, switchboard: Arc<Switchboard>, record: Option<Arc<Recorder>>) -> Self {
        Dispatcher { world, switchboard, requests: AtomicU64::new(0), record }
    }

    /// Request ids are counted, not drawn: they reach error messages, which must not differ from run to run.
    fn request_id(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The invocation that a request belongs to; `None` for callers that are no functions.
    fn caller(&self, child: Option<ChildId>) -> Result<Option<InvocationId>, ApiError> {
        let Some(child) = child else { return Ok(None) };
        self.switchboard.invocation(child).map(Some).ok_or_else(|| {
            ApiError::new("AccessDeniedException", 403, "a function without an invocation is frozen, and calls nobody")
        })
    }

    /// The region that a request is for. IAM's are signed for us-east-1 from everywhere: they are home's here.
    fn place(&self, mut scope: Scope) -> Result<Scope, ApiError> {
        let world = lock(&self.world);
        if scope.service == "iam" {
            scope.region = world.config().fleet.home.clone();
        }
        if world.config().fleet.regions.iter().any(|region| region.name == scope.region) {
            return Ok(scope);
        }
        let message = format!("the local world has no region {}: it has those of the fleet", scope.region);
        Err(ApiError::new("UnrecognizedClientException", 403, message))
    }
}

/// The protocols, as a request's headers tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Json,
    Cbor,
    Query,
    Invoke,
    S3,
}

impl Protocol {
    fn of(parts: &Parts, scope: Option<&Scope>) -> Self {
        let is_form = parts
            .headers
            .get("content-type")
            .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        if parts.headers.contains_key("x-amz-target") {
            Protocol::Json
        } else if parts.headers.contains_key("smithy-protocol") {
            Protocol::Cbor
        } else if is_form {
            Protocol::Query
        } else if invoke::is_path(parts.uri.path()) && scope.is_some_and(|scope| scope.service == "sagemaker") {
            Protocol::Invoke
        } else {
            Protocol::S3
        }
    }

    fn serve(self, call: &WireRequest<'_>) -> Outcome<Reply> {
        match self {
            Protocol::Json => json::serve(call),
            Protocol::Cbor => cbor::serve(call),
            Protocol::Query => query::serve(call),
            Protocol::Invoke => invoke::serve(call),
            Protocol::S3 => s3::serve(call),
        }
    }

    fn error(self, error: &ApiError, parts: &Parts, request_id: &str) -> Reply {
        match self {
            Protocol::Json => {
                json::error(error, parts.headers.get("content-type").and_then(|value| value.to_str().ok()))
            }
            Protocol::Cbor => cbor::error(error),
            Protocol::Query => query::error(error, Scope::of(&parts.headers).ok().as_ref(), request_id),
            Protocol::Invoke => invoke::error(error),
            Protocol::S3 => s3::error(error, &parts.method, request_id),
        }
    }
}

/// Takes `/_child/CHILD` off the front of a path.
fn take_child(parts: &mut Parts) -> Option<ChildId> {
    let target = parts.uri.path_and_query()?.as_str().strip_prefix("/_child/")?;
    let (child, rest) = target.split_at(target.find(['/', '?']).unwrap_or(target.len()));
    let child = ChildId(child.parse().ok()?);
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    parts.uri = rest.parse().ok()?;
    Some(child)
}

/// Answers one request to AWS.
pub(super) async fn serve(dispatcher: Arc<Dispatcher>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let child = take_child(&mut parts);
    let request_id = dispatcher.request_id();
    let scope = Scope::of(&parts.headers);
    let protocol = Protocol::of(&parts, scope.as_ref().ok());
    let mut asked = dispatcher.record.as_ref().map(|_| Asked::of(&parts, scope.as_ref().ok()));
    let outcome = match axum::body::to_bytes(body, LARGEST_BODY).await {
        Ok(body) => {
            asked.iter_mut().for_each(|asked| asked.body = body.clone());
            answer(&dispatcher, scope, child, protocol, &parts, body, &request_id)
        }
        Err(error) => Outcome::Answer(Err(ApiError::new("IncompleteBody", 400, error.to_string()))),
    };
    let said = |answer: Result<Reply, ApiError>| match answer {
        Ok(reply) => reply,
        Err(error) => protocol.error(&error, &parts, &request_id),
    };
    let reply = match outcome {
        Outcome::Answer(answer) => said(answer),
        // Meridian's own client waits for so long in virtual time; any other one has its answer at once.
        Outcome::Late(answer, by) => said(answer).with("x-meridian-late", by.to_string()),
        Outcome::Hang => {
            // Meridian's own client makes a silence of it. Any other one has words for its user.
            let error = ApiError::new(
                "ServiceUnavailable",
                SILENT,
                "the simulated AWS does not answer this call; the \
                local world says so at once, where AWS would let its caller wait",
            );
            protocol.error(&error, &parts, &request_id).with("x-meridian-hang", "true")
        }
        Outcome::Killed => match child {
            Some(child) => {
                dispatcher.switchboard.give_up(child, Report::Killed);
                // The process is about to be killed, and this connection with it.
                std::future::pending().await
            }
            None => {
                Reply { status: SILENT, headers: vec![("x-meridian-killed", "true".to_owned())], body: Bytes::new() }
            }
        },
    };
    finish(reply, asked, &dispatcher, &request_id)
}

fn answer(
    dispatcher: &Dispatcher,
    scope: Result<Scope, ApiError>,
    child: Option<ChildId>,
    protocol: Protocol,
    parts: &Parts,
    body: Bytes,
    request_id: &str,
) -> Outcome<Reply> {
    let checked = scope.and_then(|scope| {
        let scope = dispatcher.place(scope)?;
        Ok((dispatcher.caller(child)?, scope))
    });
    match checked {
        Ok((caller, scope)) => {
            protocol.serve(&WireRequest { world: &dispatcher.world, caller, scope: &scope, parts, body, request_id })
        }
        Err(error) => Outcome::Answer(Err(error)),
    }
}

fn finish(reply: Reply, asked: Option<Asked>, dispatcher: &Dispatcher, request_id: &str) -> Response {
    let now = lock(&dispatcher.world).now();
    let reply = reply
        .with("date", date::http(now))
        .with("x-meridian-now", now.to_string())
        .with("x-amzn-requestid", request_id)
        .with("x-amz-request-id", request_id);
    let mut response = http::Response::new(());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        // A value that no header can hold (a line break in an ETag, say) is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if let (Some(recorder), Some(asked)) = (&dispatcher.record, asked) {
        recorder.write(&asked, &response, &reply.body);
    }
    response.map(|()| Body::from(reply.body))
}
