//! Who may knock: programs on this machine, and no web page that a browser on it shows.
//!
//! The door listens on 127.0.0.1 only, which keeps other machines out and not the pages that a browser here loads from them. A page
//! whose own name comes to lead to 127.0.0.1 (DNS rebinding) would read every answer: it is known by the `Host` that it asks for.
//! One of another origin cannot read, but could send what needs no permission: it is known by its `Origin`, and by a type of body
//! that no client of AWS's sends.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode};
use std::net::IpAddr;

/// A container's name for the machine that it runs on. It is no name of the DNS: nobody else can answer to it.
const OF_CONTAINERS: &str = "host.docker.internal";

/// Why a request is not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "the request asks for the host {0:?}: the local world answers to localhost, 127.0.0.1 or [::1] at its own port {1}, or to \
         another IP address that leads here; call it by one of these"
    )]
    Host(String, u16),
    #[error(
        "the request comes from a page of {0:?}: the local world serves programs, and no web pages; call it from a shell"
    )]
    Origin(String),
    #[error("the body's type is {found:?}: expected {expected:?}; send it as content-type")]
    Type { found: String, expected: &'static str },
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Refusal::Host(..) => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Origin(_) => StatusCode::FORBIDDEN,
            Refusal::Type { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        (status, self.to_string()).into_response()
    }
}

/// Lets a request through to a door at `port`, or answers why not.
pub(super) async fn guard(port: u16, request: Request<Body>, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match check(&parts, port) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(parts: &Parts, port: u16) -> Result<(), Refusal> {
    let named = text(&parts.headers, HOST.as_str());
    // A request may name its host in its first line too.
    let hosts = [Some(named.as_str()), parts.uri.authority().map(Authority::as_str)];
    if let Some(other) = hosts.into_iter().flatten().find(|host| !is_own(host, port)) {
        return Err(Refusal::Host(other.to_owned(), port));
    }
    let origin = text(&parts.headers, ORIGIN.as_str());
    if !origin.is_empty() {
        return Err(Refusal::Origin(origin));
    }
    let found = text(&parts.headers, CONTENT_TYPE.as_str());
    match expected(parts) {
        Some(expected) if !found.starts_with(expected) => Err(Refusal::Type { found, expected }),
        _ => Ok(()),
    }
}

/// Whether a host, with its port, is this machine. An address cannot be made to lead elsewhere, as a name can; behind a relay
/// in a container it is the relay's, with the relay's port.
fn is_own(host: &str, port: u16) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let (name, own_port) = (authority.host().to_ascii_lowercase(), authority.port_u16() == Some(port));
    if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        return own_port || !address.is_loopback();
    }
    // S3's clients put a bucket before the host.
    let is_local = |own: &str| name == own || name.strip_suffix(own).is_some_and(|bucket| bucket.ends_with('.'));
    own_port && (is_local("localhost") || is_local("127.0.0.1") || name == OF_CONTAINERS)
}

/// How the body's type must begin. S3's objects and the endpoint's payloads have any; a form is known by its type.
fn expected(parts: &Parts) -> Option<&'static str> {
    if parts.headers.contains_key("x-amz-target") {
        Some("application/x-amz-json-1.")
    } else if parts.headers.contains_key("smithy-protocol") {
        Some("application/cbor")
    } else if parts.uri.path().starts_with("/_clock/") && parts.method != Method::GET {
        Some("application/json")
    } else {
        None
    }
}

/// A header's text; empty where there is none, and of no meaning where it is no text.
fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LOCALHOST:8080",
            "[::1]:8080",
            "127.1.2.3:8080",
            "fraud-models-eu.localhost:8080",
            "a.b.127.0.0.1:8080",
            "host.docker.internal:8080",
            // A relay's.
            "172.17.0.2:9000",
        ] {
            assert!(is_own(host, 8080), "{host}");
        }
        for host in [
            "",
            "evil.example:8080",
            "evil.example",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:8081",
            "notlocalhost:8080",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example:8080",
            "evil.example:8080@localhost:8081",
            "localhost:8080/",
        ] {
            assert!(!is_own(host, 8080), "{host}");
        }
    }
}
