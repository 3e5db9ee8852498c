//! An HTTP server that answers every AWS call the same way, and a clock that obeys at once.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use meridian_aws::{AwsClock, AwsPorts, Policy};
use meridian_domain::RegionName;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// One call that arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Respond = dyn Fn(&Seen) -> Response + Send + Sync;

/// The server's state: the time, how it answers, what it was asked.
pub struct Server {
    pub address: String,
    now: Mutex<Timestamp>,
    calls: Mutex<Vec<Seen>>,
    sleeps: Mutex<Vec<Timestamp>>,
    respond: Box<Respond>,
}

impl Server {
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
    pub fn calls(&self) -> Vec<Seen> {
        self.calls.lock().unwrap().clone()
    }
    /// The moments that the clock was asked to go on to.
    pub fn sleeps(&self) -> Vec<Timestamp> {
        self.sleeps.lock().unwrap().clone()
    }
    pub fn clock(&self) -> AwsClock {
        AwsClock::new(Some(&format!("{}/_clock/7", self.address)))
    }
    /// The real adapters, pointed at this server.
    pub async fn ports(&self) -> AwsPorts {
        let clock = self.clock();
        clock.sync().await.unwrap();
        AwsPorts::new(Policy::compiled_in().unwrap().fleet, clock, Some(self.address.parse().unwrap()))
    }
}

pub fn start() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

pub fn region() -> RegionName {
    "ap-northeast-1".parse().unwrap()
}

/// A server that answers AWS calls with `respond`.
pub async fn server(respond: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Arc<Server> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Arc::new(Server {
        address: format!("http://{}", listener.local_addr().unwrap()),
        now: Mutex::new(start()),
        calls: Mutex::default(),
        sleeps: Mutex::default(),
        respond: Box::new(respond),
    });
    let router = Router::new()
        .route("/_clock/7", get(async |State(server): State<Arc<Server>>| tell(&server)))
        .route("/_clock/7/sleep", post(sleep))
        .fallback(call)
        .with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    server
}

async fn sleep(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let until: Timestamp = asked["until"].as_str().unwrap().parse().unwrap();
    server.sleeps.lock().unwrap().push(until);
    {
        let mut now = server.now.lock().unwrap();
        *now = until.max(*now);
    }
    tell(&server)
}

fn tell(server: &Server) -> Response {
    (StatusCode::OK, json!({ "now": server.now() }).to_string()).into_response()
}

async fn call(State(server): State<Arc<Server>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let seen = Seen { uri, headers, body };
    let mut response = (server.respond)(&seen);
    server.calls.lock().unwrap().push(seen);
    let now = HeaderValue::from_str(&server.now().to_string()).unwrap();
    response.headers_mut().insert("x-meridian-now", now);
    response
}

/// What the server says of a call that it never answers.
pub fn hang() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [("x-meridian-hang", "true")]).into_response()
}

/// An answer of the services that speak json1.1.
pub fn aws_json(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

/// A json1.1 error.
pub fn aws_error(status: u16, code: &str, message: &str) -> Response {
    aws_json(status, json!({ "__type": code, "message": message }))
}
