//! JSON 1.0 and 1.1: the operation in `X-Amz-Target`, one object in, one object out.

use super::registry;
use super::reply::{Reply, WireRequest, malformed, map, unknown};
use crate::services::{ApiError, Outcome, Service};
use serde_json::{Value, json};

/// Serves one call.
pub(super) fn serve(call: &WireRequest<'_>) -> Outcome<Reply> {
    let target = call.header("x-amz-target").unwrap_or_default();
    let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
    let service = match prefix {
        "SageMaker" => Service::SageMaker,
        "CodePipeline_20150709" => Service::CodePipeline,
        "AWSEvents" => Service::EventBridge,
        "AnyScaleFrontendService" => Service::ApplicationAutoScaling,
        "GraniteServiceVersion20100801" => Service::CloudWatch,
        "TrentService" => Service::Kms,
        "AmazonEC2ContainerRegistry_V20150921" => Service::Ecr,
        "ServiceQuotasV20190624" => Service::ServiceQuotas,
        other => return Outcome::Answer(Err(unknown(other, operation))),
    };
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    let input: Value = match serde_json::from_slice(body) {
        Ok(input) => input,
        Err(error) => return Outcome::Answer(Err(malformed(format!("the body is not JSON: {error}")))),
    };
    let content_type = content_type(call.header("content-type"));
    map(registry::call(call, service, operation, input), |output| Ok(Reply::json(200, content_type, &output)))
}

/// An error in this protocol.
pub(super) fn error(error: &ApiError, request_type: Option<&str>) -> Reply {
    let body = json!({ "__type": error.code, "message": error.message });
    Reply::json(error.status, content_type(request_type), &body)
}

fn content_type(request: Option<&str>) -> &'static str {
    match request {
        Some("application/x-amz-json-1.0") => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    }
}
