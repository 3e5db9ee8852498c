//! A world of one page: an HTTP server that answers every AWS call the same way, and a clock that obeys at once.

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
pub struct World {
    pub address: String,
    now: Mutex<Timestamp>,
    calls: Mutex<Vec<Seen>>,
    sleeps: Mutex<Vec<Timestamp>>,
    respond: Box<Respond>,
}

impl World {
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
pub async fn world(respond: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Arc<World> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = Arc::new(World {
        address: format!("http://{}", listener.local_addr().unwrap()),
        now: Mutex::new(start()),
        calls: Mutex::default(),
        sleeps: Mutex::default(),
        respond: Box::new(respond),
    });
    let router = Router::new()
        .route("/_clock/7", get(async |State(world): State<Arc<World>>| tell(&world)))
        .route("/_clock/7/sleep", post(sleep))
        .fallback(call)
        .with_state(world.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    world
}

async fn sleep(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let until: Timestamp = asked["until"].as_str().unwrap().parse().unwrap();
    world.sleeps.lock().unwrap().push(until);
    {
        let mut now = world.now.lock().unwrap();
        *now = until.max(*now);
    }
    tell(&world)
}

fn tell(world: &World) -> Response {
    (StatusCode::OK, json!({ "now": world.now() }).to_string()).into_response()
}

async fn call(State(world): State<Arc<World>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let seen = Seen { uri, headers, body };
    let mut response = (world.respond)(&seen);
    world.calls.lock().unwrap().push(seen);
    let now = HeaderValue::from_str(&world.now().to_string()).unwrap();
    response.headers_mut().insert("x-meridian-now", now);
    response
}

/// What the world says of a call that it never answers.
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
