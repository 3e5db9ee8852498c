//! A function that panics, as a process of its own between Lambda's runtime API and AWS, which are played here.

use crate::common::{Seen, Server, aws_json, server};
use axum::response::{IntoResponse, Response};
use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What no log, error, page or answer may repeat (I12).
const RECORD: &str = "0.123,0.456";

/// Not a test: the function of the others.
#[test]
#[ignore = "a function, started by the other tests"]
fn a_function() {
    function::run(FunctionKind::Promote, async |_, _, event: Value| panic!("cannot take {}", event["record"]));
}

/// The process, ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gives the function one event, and answers when it asks for another, or is no more.
async fn given(event: Value) -> Arc<Server> {
    let polls = Arc::new(AtomicUsize::new(0));
    let asked = polls.clone();
    let server = server(move |seen| respond(seen, &event, &asked)).await;
    let api = server.address.trim_start_matches("http://");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "panics::a_function"])
        .env_clear()
        .envs([("AWS_LAMBDA_RUNTIME_API", api), ("AWS_LAMBDA_FUNCTION_NAME", "promote")])
        .envs([("AWS_LAMBDA_FUNCTION_VERSION", "1"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")])
        .envs([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", &server.address)])
        .envs([("AWS_ACCESS_KEY_ID", "NOTAREALKEY"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut running = Running(child.unwrap());
    #[expect(clippy::disallowed_methods, reason = "a process is waited for: its time is the machine's")]
    for _ in 0..600 {
        if polls.load(Ordering::SeqCst) > 1 || running.0.try_wait().unwrap().is_some() {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the function asked for no other event; seen: {:?}", paths(&server));
}

fn respond(seen: &Seen, event: &Value, polls: &AtomicUsize) -> Response {
    let path = seen.uri.path();
    if path.ends_with("/invocation/next") {
        polls.fetch_add(1, Ordering::SeqCst);
        let head = [
            ("lambda-runtime-aws-request-id", "the-request"),
            ("lambda-runtime-deadline-ms", "99999999999999"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:test"),
        ];
        return (head, event.to_string()).into_response();
    }
    match seen.header("x-amz-target") {
        "" if path == "/" => {
            "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>".into_response()
        }
        _ => aws_json(200, json!({})),
    }
}

fn paths(server: &Server) -> Vec<String> {
    server.calls().iter().map(|seen| seen.uri.path().to_owned()).collect()
}

/// What the function sent before it asked for another event.
fn said(server: &Server) -> Vec<Seen> {
    let is_poll = |seen: &Seen| seen.uri.path().ends_with("/invocation/next");
    let said: Vec<Seen> =
        server.calls().into_iter().skip_while(|seen| is_poll(seen)).take_while(|seen| !is_poll(seen)).collect();
    for seen in &said {
        assert!(!String::from_utf8_lossy(&seen.body).contains(RECORD), "{}", seen.uri);
    }
    said
}

fn job(event: Value) -> Value {
    let mut event = event;
    event["CodePipeline.job"] = json!({ "id": "job-1", "data": {} });
    event["record"] = json!(RECORD);
    event
}

#[tokio::test]
async fn a_job_whose_handler_panics_is_failed_and_paged() {
    let server = given(job(json!({}))).await;
    let said = said(&server);
    let [page, failure, answer] = said.as_slice() else { panic!("{:?}", paths(&server)) };
    let page = String::from_utf8_lossy(&page.body);
    assert!(page.contains("Action=Publish") && page.contains("job-1"), "{page}");
    assert_eq!(failure.header("x-amz-target"), "CodePipeline_20150709.PutJobFailureResult");
    let failure = failure.json();
    assert_eq!((&failure["jobId"], &failure["failureDetails"]["type"]), (&json!("job-1"), &json!("JobFailed")));
    let why = "the function panicked: a defect; its log names the line";
    assert_eq!(failure["failureDetails"]["message"], why);
    // The call went well, so that Lambda does not repeat it.
    assert!(answer.uri.path().ends_with("/invocation/the-request/response"), "{}", answer.uri);
    assert_eq!(answer.json(), json!({ "outcome": "failed", "reason": "panicked", "why": why }));
}

#[tokio::test]
async fn a_panic_without_a_job_fails_so_that_lambda_retries() {
    let server = given(json!({ "record": RECORD })).await;
    let said = said(&server);
    let [answer] = said.as_slice() else { panic!("{:?}", paths(&server)) };
    assert!(answer.uri.path().ends_with("/invocation/the-request/error"), "{}", answer.uri);
    assert_eq!(answer.json()["errorType"], "Panicked");
}
