//! SageMaker's data plane (REST-JSON): raw bytes to an endpoint, raw bytes back.

use super::form;
use super::reply::{Reply, WireRequest, map, title, unknown};
use crate::services::sagemaker::InvokeEndpoint;
use crate::services::{ApiError, Outcome, Service};
use http::Method;
use serde_json::json;

/// Whether the path is the data plane's: it shares its signing name with the control plane.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with("/endpoints/")
}

/// Serves one call.
pub(super) fn serve(call: &WireRequest<'_>) -> Outcome<Reply> {
    let path = call.parts.uri.path();
    let endpoint = path.strip_prefix("/endpoints/").and_then(|rest| rest.strip_suffix("/invocations"));
    let (Some(endpoint), &Method::POST) = (endpoint, &call.parts.method) else {
        let request = format!("{} {path}", call.parts.method);
        return Outcome::Answer(Err(unknown(title(Service::SageMakerRuntime), &request)));
    };
    let text = |name| call.header(name).map(str::to_owned);
    let operation = InvokeEndpoint {
        endpoint_name: form::decode(endpoint),
        content_type: text("content-type"),
        accept: text("accept"),
        target_variant: text("x-amzn-sagemaker-target-variant"),
        body: call.body.clone(),
    };
    map(call.run(operation), |output| {
        Ok(Reply::new(200, &output.content_type, output.body)
            .with("x-amzn-invoked-production-variant", output.invoked_production_variant))
    })
}

/// An error in this protocol.
pub(super) fn error(error: &ApiError) -> Reply {
    let mut body = json!({ "message": error.message, "Message": error.message });
    if let (Some((status, words)), Some(members)) = (&error.original, body.as_object_mut()) {
        members.insert("OriginalStatusCode".to_owned(), (*status).into());
        members.insert("OriginalMessage".to_owned(), words.as_str().into());
    }
    Reply::json(error.status, "application/json", &body).with("x-amzn-errortype", error.code.clone())
}
