//! Acting with the role that a region lends, against a server that plays the region.

use crate::common::{Seen, aws_json, hang, region, server, start};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Advice, Reason};
use meridian_handlers::ports::{ASSUME_ROLE, Clock, Endpoints, ErrorKind, Notice, Page, Pager, Pipeline};
use serde_json::json;

const SECRETS: [&str; 2] = ["a-lent-secret", "a-lent-token"];

fn asks_for_a_role(seen: &Seen) -> bool {
    seen.header("authorization").contains("/sts/aws4_request")
}

/// STS's answer: keys that last an hour from the start of the night on.
fn lent(number: usize) -> Response {
    let until: Timestamp = start() + SignedDuration::from_hours(number as i64);
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASIALENT{number}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{until}</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>",
        SECRETS[0], SECRETS[1]
    );
    (StatusCode::OK, [("content-type", "text/xml")], body).into_response()
}

fn refused() -> Response {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized to \
                perform: sts:AssumeRole</Message></Error><RequestId>1</RequestId></ErrorResponse>";
    (StatusCode::FORBIDDEN, [("content-type", "text/xml")], body).into_response()
}

fn serving() -> Response {
    aws_json(200, json!({ "EndpointStatus": "InService", "EndpointConfigName": "c" }))
}

#[tokio::test]
async fn a_regions_role_is_assumed_from_its_own_sts() {
    let requests = std::sync::atomic::AtomicUsize::new(0);
    let server = server(move |seen| {
        if asks_for_a_role(seen) {
            return lent(1 + requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
        serving()
    })
    .await;
    let ports = server.ports().await.assuming_roles();
    let endpoint = ports.fleet().endpoint.clone();
    ports.describe(&region(), &endpoint).await.unwrap();
    ports.describe(&region(), &endpoint).await.unwrap();
    // Five minutes before its end the role is assumed again.
    ports.sleep(SignedDuration::from_secs(3301)).await;
    ports.describe(&region(), &endpoint).await.unwrap();
    let sent = server.calls();
    let credential = |seen: &Seen| {
        let scope = seen.header("authorization").split("Credential=").nth(1).unwrap().split(',').next().unwrap();
        let parts: Vec<String> = scope.split('/').map(str::to_owned).collect();
        format!("{} in {} for {}", parts[0], parts[2], parts[3])
    };
    let signed: Vec<String> = sent.iter().map(credential).collect();
    assert_eq!(
        signed,
        [
            "outside in ap-northeast-1 for sts",
            "ASIALENT1 in ap-northeast-1 for sagemaker",
            "ASIALENT1 in ap-northeast-1 for sagemaker",
            "outside in ap-northeast-1 for sts",
            "ASIALENT2 in ap-northeast-1 for sagemaker",
        ]
    );
    assert_eq!(sent[1].header("x-amz-security-token"), SECRETS[1]);
    let form = String::from_utf8(sent[0].body.to_vec()).unwrap();
    for member in [
        "Action=AssumeRole",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fmeridian-fraud-lent-ap-northeast-1",
        "ExternalId=fraud",
        "RoleSessionName=promote.eu-west-1",
    ] {
        assert!(form.split('&').any(|own| own == member), "{member}: {form}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_lent_shuts_the_region_unasked() {
    let server = server(|_| refused()).await;
    let ports = server.ports().await.assuming_roles();
    let endpoint = ports.fleet().endpoint.clone();
    let error = ports.describe(&region(), &endpoint).await.unwrap_err();
    assert_eq!((error.kind, error.operation, &error.region), (ErrorKind::Refused, ASSUME_ROLE, &region()));
    assert!(error.shuts_region() && error.to_string().contains("AccessDenied: "), "{error}");
    assert_eq!(ports.invoke(&region(), &endpoint, "1,2", "text/csv").await.unwrap_err(), error);
    assert!(server.calls().iter().all(asks_for_a_role) && server.calls().len() == 1);
}

#[tokio::test]
async fn an_sts_that_does_not_answer_is_given_up_like_any_call() {
    let server = server(|_| hang()).await;
    let ports = server.ports().await.assuming_roles();
    let endpoint = ports.fleet().endpoint.clone();
    let error = ports.describe(&region(), &endpoint).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (ErrorKind::Unreachable, ASSUME_ROLE));
    assert_eq!(ports.now().duration_since(start()), SignedDuration::from_secs(12));
    assert_eq!(ports.describe(&region(), &endpoint).await.unwrap_err(), error);
    assert_eq!(ports.now().duration_since(start()), SignedDuration::from_secs(12));
}

#[tokio::test]
async fn jobs_and_pages_are_a_functions_own() {
    let server = server(|seen| {
        if asks_for_a_role(seen) {
            return refused();
        }
        aws_json(200, json!({}))
    })
    .await;
    let ports = server.ports().await.assuming_roles();
    ports.succeed(&region(), "job-1", None, "done").await.unwrap();
    // What it answers is not SNS's format; that it is asked is enough.
    let why = Reason::Said { words: "why".to_owned(), by: None };
    let notice = Notice::Plan { why, advice: Advice::MendCause };
    let _ = ports.page(&region(), &Page { notice, subject: "subject".to_owned(), message: "message".to_owned() }).await;
    assert!(server.calls().len() >= 2 && !server.calls().iter().any(asks_for_a_role));
}

#[tokio::test]
async fn no_text_holds_a_lent_key() {
    let server = server(|seen| if asks_for_a_role(seen) { lent(1) } else { refused() }).await;
    let ports = server.ports().await.assuming_roles();
    let endpoint = ports.fleet().endpoint.clone();
    let error = ports.describe(&region(), &endpoint).await.unwrap_err();
    let texts = format!("{error} {error:?} {ports:?}");
    for secret in SECRETS {
        assert!(!texts.contains(secret), "{secret}: {texts}");
    }
}
