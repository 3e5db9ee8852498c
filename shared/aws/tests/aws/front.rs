//! The proxy before the endpoint, with the real adapters: what it sends, what it answers, and what it logs of it.

use crate::common::{Seen, Server, aws_error, hang, region, server};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use meridian_aws::logging;
use meridian_handlers::context::Context;
use meridian_handlers::entry;
use meridian_handlers::front::Callers;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing::instrument::WithSubscriber;

/// What the endpoint answers.
type Respond = fn(&Seen) -> Response;

const TOKEN: &str = "not-a-token";
/// SHA-256 of it.
const DIGEST: &str = "ce6f21ae951df0ba38d6ce0e0175465bf5e9882edcf2ba677bca63b296f17ce7";
const RECORD: &str = "4711.125,7.5";
const WORDS: &str = "cannot read 4711.125";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn context() -> Context {
    let callers = Arc::new(Callers::parse(&format!("checkout={DIGEST}")).unwrap());
    Context {
        callers,
        ..Context::new(include_str!("../../../../local/fleets/reference/fleet.toml"), region()).unwrap()
    }
}

fn event(token: &str, body: Value) -> Value {
    json!({
        "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:a:1:targetgroup/fraud-front/1" } },
        "httpMethod": "POST",
        "path": "/score",
        "headers": { "authorization": format!("Bearer {token}"), "content-type": "text/csv" },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// What the proxy answers, and every line that it logs meanwhile, the finest included.
async fn asked(server: &Server, event: Value) -> (Result<Value, String>, String) {
    let (lines, ports) = (Lines::default(), server.ports().await);
    let writer = lines.clone();
    let logs = logging::subscriber("trace,hyper=off,aws=info", server.clock(), move || writer.clone()).unwrap();
    let answer = entry::front(&ports, &context(), event).with_subscriber(logs).await;
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (answer.map_err(|error| error.to_string()), lines)
}

fn model_error(_: &Seen) -> Response {
    let body = json!({ "Message": format!("Received client error: {WORDS}"), "OriginalMessage": WORDS,
        "OriginalStatusCode": 415, "LogStreamArn": "arn" });
    (StatusCode::FAILED_DEPENDENCY, [("x-amzn-errortype", "ModelError")], body.to_string()).into_response()
}

fn score(_: &Seen) -> Response {
    (StatusCode::OK, [("content-type", "text/csv; charset=utf-8")], "0.25").into_response()
}

/// The front also looks into the region's ledger, for what a record must look like.
fn asked_of_the_model(server: &Server) -> Vec<Seen> {
    server.calls().into_iter().filter(|call| call.uri.path() == "/endpoints/fraud/invocations").collect()
}

#[tokio::test]
async fn a_record_goes_to_the_endpoint_as_it_came_and_the_answer_back() {
    let server = server(score).await;
    let (answer, _) = asked(&server, event(TOKEN, RECORD.into())).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("0.25")));
    let calls = asked_of_the_model(&server);
    let [call] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    assert_eq!(call.body[..], *RECORD.as_bytes());
    assert_eq!(call.header("content-type"), "text/csv");
    // The customer's token ends here.
    assert!(!format!("{:?}", call.headers).contains(TOKEN), "{:?}", call.headers);
}

#[tokio::test]
async fn a_model_error_has_its_status_and_is_not_retried() {
    let server = server(model_error).await;
    let (answer, _) = asked(&server, event(TOKEN, RECORD.into())).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(415), &json!(WORDS)));
    assert_eq!(asked_of_the_model(&server).len(), 1);
}

#[tokio::test]
async fn what_sagemaker_says_is_told_in_statuses_of_the_front() {
    let table: [(Respond, u64); 5] = [
        (|_| aws_error(400, "ThrottlingException", "Rate exceeded"), 429),
        (|_| aws_error(400, "ValidationError", "Endpoint fraud of account 1 not found."), 503),
        (|_| aws_error(403, "AccessDeniedException", "not authorized"), 503),
        (|_| aws_error(503, "ServiceUnavailable", "later"), 503),
        (|_| hang(), 504),
    ];
    for (respond, status) in table {
        let server = server(respond).await;
        let (answer, log) = asked(&server, event(TOKEN, RECORD.into())).await;
        assert_eq!(answer.unwrap()["statusCode"], status);
        // The region's people see who asked and why there was no score.
        assert!(log.contains("\"caller\":\"checkout\"") && log.contains("InvokeEndpoint in"), "{log}");
    }
}

#[tokio::test]
async fn nothing_of_a_customer_is_in_the_proxys_logs() {
    let answers: [Respond; 4] =
        [score, model_error, |_| aws_error(400, "ThrottlingException", "Rate exceeded"), |_| hang()];
    let long = "4711.125,".repeat(10_000);
    let mut broken = event(TOKEN, RECORD.into());
    broken["headers"] = json!(format!("authorization: Bearer {TOKEN}"));
    let events = [
        event(TOKEN, RECORD.into()),
        event("another-token", RECORD.into()),
        event(TOKEN, long.into()),
        event(TOKEN, json!([RECORD])),
        event(TOKEN, Value::Null),
        broken,
    ];
    let mut lines = 0;
    for respond in answers {
        for event in &events {
            let server = server(respond).await;
            let (answer, log) = asked(&server, event.clone()).await;
            let error = answer.err().unwrap_or_default();
            for secret in ["4711", "7.5", "0.25", TOKEN, "another-token", DIGEST, "not-a-secret", "Signature="] {
                assert!(!log.contains(secret), "{secret} in {log}");
                assert!(!error.contains(secret), "{secret} in {error}");
            }
            lines += log.lines().count();
        }
    }
    assert!(lines > 10, "{lines} lines: is it still logged at all?");
}
