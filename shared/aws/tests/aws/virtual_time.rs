//! Time-outs, retries and sleeps cost seconds of the world, exactly, and none of ours.

use crate::common::{aws_error, aws_json, hang, region, server, start};
use jiff::{SignedDuration, Timestamp};
use meridian_handlers::ports::{Clock, Endpoints, ErrorKind, Ledger, OperationName, PortError};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn after(count: i64) -> Timestamp {
    start() + seconds(count)
}

async fn describe(ports: &meridian_aws::AwsPorts) -> Result<bool, PortError> {
    let endpoint = ports.fleet().endpoint.clone();
    ports.describe(&region(), &endpoint).await.map(|view| view.is_some())
}

#[tokio::test]
async fn a_silent_region_is_given_up_after_twelve_seconds() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await;
    let error = describe(&ports).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(error.to_string(), "DescribeEndpoint in ap-northeast-1: unreachable: no answer in time");
    // Three tries of 3 s, pauses of 1 s and 2 s between them.
    assert_eq!(server.sleeps(), [3, 4, 7, 9, 12].map(after));
    assert_eq!(ports.now(), after(12));
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_dark_region_costs_the_same_however_often_it_is_asked() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await;
    // The SDK's own quota of retries would be used up after 25 of them.
    for round in 1..=30 {
        assert!(describe(&ports).await.is_err());
        assert_eq!(server.now(), after(12 * round));
    }
}

#[tokio::test]
async fn throttling_is_retried_after_pauses_without_jitter() {
    let server = server(|_| aws_error(400, "ThrottlingException", "Rate exceeded")).await;
    let error = describe(&server.ports().await).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert_eq!(server.sleeps(), [1, 3].map(after));
}

#[tokio::test]
async fn an_answer_costs_no_time() {
    let server = server(|_| aws_error(400, "ValidationException", "Could not find endpoint \"fraud\".")).await;
    assert_eq!(describe(&server.ports().await).await, Ok(false));
    assert_eq!(server.sleeps(), []);
}

#[tokio::test]
async fn a_server_error_is_retried_and_the_answer_taken() {
    let asked = AtomicUsize::new(0);
    let server = server(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => aws_json(500, json!({})),
        _ => aws_json(200, json!({ "EndpointStatus": "InService", "EndpointConfigName": "fraud-v426" })),
    })
    .await;
    assert_eq!(describe(&server.ports().await).await, Ok(true));
    assert_eq!(server.now(), after(1));
}

#[tokio::test]
async fn sleeps_that_overlap_end_in_their_order_and_once() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await;
    let nap = async |length| {
        ports.sleep(seconds(length)).await;
        ports.now()
    };
    let (long, short, call) = tokio::join!(nap(20), nap(2), describe(&ports));
    assert_eq!((long, short), (after(20), after(2)));
    assert!(call.is_err());
    // One after the other, the earliest first: two requests at once would let time pass before the first woke.
    assert_eq!(server.sleeps(), [2, 3, 4, 7, 9, 12, 20].map(after));
}

#[tokio::test]
async fn a_call_that_its_caller_gave_up_is_not_waited_for() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await;
    tokio::select! {
        _ = describe(&ports) => panic!("the call never returns so soon"),
        () = ports.sleep(seconds(1)) => {}
    }
    ports.sleep(seconds(1)).await;
    assert_eq!(server.sleeps(), [1, 2].map(after));
}

#[tokio::test]
async fn a_dark_bucket_is_given_up_like_everything_else() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await;
    let error = ports.entries(&region(), &meridian_domain::Chain::Home, 0).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (ErrorKind::Unreachable, OperationName::ListObjectsV2));
    assert_eq!(server.now(), after(12));
}
