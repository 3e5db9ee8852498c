//! What invokes `status`.

use super::fields::{EventError, other_kind, quoted};
use super::front::{FrontEvent, is_balancers};
use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use meridian_domain::reason::EventFault;
use serde_json::Value;

const TAKES: &str = "a request of API Gateway or of a load balancer: GET /health";

/// What invokes `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// `GET /health`: does this region serve?
    Health,
}

impl StatusEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Anything but the requests that the API routes here.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        let wrong = |found: String| EventError(EventFault::Kind { function: "status", expected: TAKES, found });
        let asked = |method: &str, path: &str| match (method, path.trim_end_matches('/')) {
            ("GET" | "HEAD", "/health") => Ok(Self::Health),
            (method, _) => Err(wrong(format!("{} {}", quoted(method), quoted(path)))),
        };
        if is_balancers(event) {
            let request = FrontEvent::parse(event)?;
            return asked(&request.method, &request.path);
        }
        if event.get("httpMethod").is_none() {
            return Err(other_kind("status", TAKES, event));
        }
        let request: ApiGatewayProxyRequest = serde_json::from_value(event.clone())
            .map_err(|error| wrong(format!("a proxy request that cannot be read ({})", quoted(&error.to_string()))))?;
        asked(request.http_method.as_str(), request.path.as_deref().unwrap_or_default())
    }
}
