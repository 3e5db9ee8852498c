//! The Lambda Runtime API and the virtual clock, as children see them.
//!
//! ```text
//! GET  /_runtime/CHILD/2018-06-01/runtime/invocation/next      answers when there is work
//! POST /_runtime/CHILD/2018-06-01/runtime/invocation/ID/response
//! POST /_runtime/CHILD/2018-06-01/runtime/invocation/ID/error
//! POST /_runtime/CHILD/2018-06-01/runtime/init/error
//! GET  /_clock/CHILD                                           {"now": "2026-11-20T03:00:00Z"}
//! POST /_clock/CHILD/sleep   {"until": "2026-11-20T03:00:30Z"} answers {"now": ...} when that moment has come
//! any  /_child/CHILD/...                                       a call of AWS, as if without this prefix
//! ```
//!
//! While a child sleeps it must do nothing else: the engine takes the request as its word that all of it waits. For one
//! who is no child there is the clock `/_clock/outside`: a sleep there waits for the engine where the door is for guests,
//! and lets the world's time pass by itself where no engine drives it.

use super::super::guests::Guests;
use super::line::{ChildId, Report, Switchboard, Work};
use crate::engine::{SharedWorld, lock};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Board = State<Arc<Switchboard>>;

#[derive(Deserialize)]
struct SleepRequest {
    until: Timestamp,
}

/// The routes of the children.
pub(crate) fn router(board: Arc<Switchboard>, world: SharedWorld, guests: Option<Guests>) -> Router {
    let outside = Router::new()
        .route("/_clock/outside", get(outside_now))
        .route("/_clock/outside/sleep", post(outside_sleep))
        .with_state((world, guests));
    Router::new()
        .route("/_runtime/{child}/2018-06-01/runtime/invocation/next", get(next))
        .route("/_runtime/{child}/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/_runtime/{child}/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/_runtime/{child}/2018-06-01/runtime/init/error", post(init_error))
        .route("/_clock/{child}", get(now))
        .route("/_clock/{child}/sleep", post(sleep))
        .with_state(board)
        .merge(outside)
}

async fn next(State(board): Board, Path(child): Path<u64>) -> Response {
    match board.ask(ChildId(child)) {
        None => gone(),
        Some(Ok(work)) => hand_over(&work),
        Some(Err(waiting)) => waiting.await.map_or_else(|_| gone(), |work| hand_over(&work)),
    }
}

fn hand_over(work: &Work) -> Response {
    let invocation = &work.invocation;
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id.clone()),
        ("lambda-runtime-deadline-ms", invocation.deadline.as_millisecond().to_string()),
        ("lambda-runtime-invoked-function-arn", work.arn.clone()),
        ("lambda-runtime-trace-id", trace_id(invocation.deadline, invocation.id.0)),
    ];
    (headers, json_text(&invocation.payload)).into_response()
}

/// X-Ray's form, made from what the world knows.
fn trace_id(at: Timestamp, id: u64) -> String {
    format!("Root=1-{:08x}-{id:024x};Sampled=0", at.as_second())
}

async fn response(State(board): Board, Path((child, id)): Path<(u64, String)>, body: Bytes) -> Response {
    let report = match serde_json::from_slice::<Value>(&body) {
        Ok(answer) => Report::Answered(answer),
        Err(error) => Report::Failed(format!("the function's answer is not JSON: {error}")),
    };
    accepted(board.finish(ChildId(child), &id, report))
}

async fn error(State(board): Board, Path((child, id)): Path<(u64, String)>, body: Bytes) -> Response {
    accepted(board.finish(ChildId(child), &id, Report::Failed(diagnostic(&body))))
}

async fn init_error(State(board): Board, Path(child): Path<u64>, body: Bytes) -> Response {
    board.give_up(ChildId(child), Report::InitFailed(diagnostic(&body)));
    accepted(true)
}

/// The message of `{"errorType": ..., "errorMessage": ...}`.
fn diagnostic(body: &[u8]) -> String {
    let text = |value: Value| value.get("errorMessage").and_then(Value::as_str).map(str::to_owned);
    serde_json::from_slice(body).ok().and_then(text).unwrap_or_else(|| "an error without a message".to_owned())
}

fn accepted(known: bool) -> Response {
    if known {
        (StatusCode::ACCEPTED, json_text(&json!({ "status": "OK" }))).into_response()
    } else {
        let body = json!({ "errorType": "InvalidRequestID", "errorMessage": "this child is not at work at that one" });
        (StatusCode::BAD_REQUEST, json_text(&body)).into_response()
    }
}

async fn now(State(board): Board, Path(_any): Path<u64>) -> Response {
    tell(board.now())
}

async fn sleep(State(board): Board, Path(child): Path<u64>, body: Bytes) -> Response {
    let until = match until(&body) {
        Ok(until) => until,
        Err(why) => return refused(why),
    };
    if until > board.now() {
        let Some(waiting) = board.sleep(ChildId(child), until) else { return gone() };
        // An error means that another sleep took this one's place.
        let _superseded = waiting.await;
    }
    tell(board.now())
}

type Outside = State<(SharedWorld, Option<Guests>)>;

async fn outside_now(State((world, _)): Outside) -> Response {
    tell(lock(&world).now())
}

async fn outside_sleep(State((world, guests)): Outside, body: Bytes) -> Response {
    let until = match until(&body) {
        Ok(until) => until,
        Err(why) => return refused(why),
    };
    match guests {
        None => lock(&world).run_until(until),
        Some(guests) if until > lock(&world).now() => {
            // An error means that the night is over: then nobody needs to wait.
            let _over = guests.wait(until).await;
        }
        Some(_) => {}
    }
    tell(lock(&world).now())
}

fn until(body: &[u8]) -> Result<Timestamp, serde_json::Error> {
    serde_json::from_slice(body).map(|SleepRequest { until }| until)
}

fn refused(why: serde_json::Error) -> Response {
    let text = format!("the body is not {{\"until\": \"2026-11-20T03:00:30Z\"}}: {why}");
    (StatusCode::BAD_REQUEST, text).into_response()
}

fn tell(now: Timestamp) -> Response {
    json_text(&json!({ "now": now })).into_response()
}

fn json_text(value: &Value) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], value.to_string())
}

fn gone() -> Response {
    (StatusCode::GONE, "this child is not known").into_response()
}
