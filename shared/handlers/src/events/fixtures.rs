//! Every file of `events/`: each parses, is written back and parses to the same; each has the shape that AWS documents;
//! each hostile one is refused by the field that is wrong, or does no more than make a function look.

use super::tests::{HOME, fixture, replication};
use super::{PipelineJob, is_job, job_id};
use crate::context::FunctionKind;
use crate::front::FrontEvent;
use crate::replication::ReplicationEvent;
use crate::rollback::RollbackEvent;
use crate::shadow_eval::ShadowEvent;
use crate::status::StatusEvent;
use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::s3::S3Event;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// CodePipeline's job, whose `Debug` prints credentials: here they are made up.
#[expect(clippy::disallowed_types, reason = "the shape is held against it, and nothing is printed")]
type Job = aws_lambda_events::codepipeline_job::CodePipelineJobEvent;

fn functions() -> impl Iterator<Item = &'static str> {
    FunctionKind::ALL.into_iter().map(FunctionKind::name)
}

/// The names of a folder's fixtures.
fn names(folder: &str) -> Vec<String> {
    let path = format!("{}/../../events/{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut names: Vec<String> =
        files.map(|file| format!("{folder}/{}", file.unwrap().file_name().to_string_lossy())).collect();
    names.sort();
    names
}

/// What a function makes of an event, in a text that two readings can be compared by; or its error.
fn read(function: &str, event: &Value) -> Result<String, String> {
    let region = event.get("region").and_then(Value::as_str).filter(|region| region.contains('-')).unwrap_or(HOME);
    let region = if region == "us-east-1" { HOME } else { region };
    let text = |error: super::EventError| error.to_string();
    match function {
        "replication" => replication(region, event).map(|event| format!("{event:?}")).map_err(text),
        "rollback" => RollbackEvent::parse(event).map(|event| format!("{event:?}")).map_err(text),
        "status" => StatusEvent::parse(event).map(|event| format!("{event:?}")).map_err(text),
        "front" => FrontEvent::parse(event).map(compared).map_err(text),
        "shadow-eval" if !is_job(event) => {
            let fleet = crate::own_policy::fleet();
            let own = fleet.regions.iter().find(|own| own.name.as_str() == region).unwrap();
            ShadowEvent::parse(event, own).map(|event| format!("{event:?}")).map_err(text)
        }
        job => {
            let fleet = crate::own_policy::fleet();
            let parsed = PipelineJob::parse(if job == "promote" { "promote" } else { "shadow-eval" }, event);
            let policy = "37c85fced417a5561af8281eb0d89f173ab48ed3548c8f562730576781f7c75d".parse().unwrap();
            parsed.and_then(|job| job.check(&fleet, policy).map(|()| format!("{job:?}"))).map_err(text)
        }
    }
}

/// Every field of a request, which prints none of them itself.
fn compared(own: FrontEvent) -> String {
    let FrontEvent { method, path, authorization, content_type, content_encoding, accept, body } = own;
    format!("{method} {path} {authorization:?} {content_type:?} {content_encoding:?} {accept:?} {body:?}")
}

/// Through a published type and back: what a function reads stays the same.
fn survives<T: DeserializeOwned + Serialize + PartialEq>(function: &str, name: &str, event: &Value) {
    let typed: T = serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = serde_json::to_value(&typed).unwrap();
    let again: T = serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(typed == again, "{name} changes when it is written and read");
    // Nothing that a function reads is lost by a type that does not know it.
    if !written.to_string().contains("\"Records\"") {
        assert_eq!(read(function, &written), read(function, event), "{name}");
    }
}

#[test]
fn every_fixture_parses_and_parses_again_to_the_same() {
    for function in functions() {
        let files = names(function);
        assert!(!files.is_empty(), "{function} has no fixture");
        for name in files {
            let event = fixture(&name);
            let text = serde_json::to_string(&event).unwrap();
            let again: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(again, event, "{name}");
            read(function, &event).unwrap_or_else(|error| panic!("{name}: {error}"));
            match function {
                _ if event.pointer("/requestContext/elb").is_some() => {
                    survives::<AlbTargetGroupRequest>(function, &name, &event);
                }
                "status" => survives::<ApiGatewayProxyRequest>(function, &name, &event),
                "promote" | "shadow-eval" if is_job(&event) => survives::<Job>(function, &name, &event),
                _ if event.get("Records").is_some() => survives::<S3Event>(function, &name, &event),
                // SageMaker is documented to send epoch milliseconds, which the published envelope does not take.
                _ if event["time"].as_str().is_some_and(|time| time.bytes().all(|byte| byte.is_ascii_digit())) => {
                    assert!(serde_json::from_value::<EventBridgeEvent>(event).is_err(), "{name}");
                }
                _ => survives::<EventBridgeEvent>(function, &name, &event),
            }
        }
    }
}

/// Two fixtures of one function say different things, or one of them is superfluous.
#[test]
fn fixtures_cover_every_shape_that_a_function_meets() {
    let events = |function: &str| -> BTreeSet<String> {
        let kind = |name: &String| {
            let event = fixture(name);
            let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let job = event.pointer("/CodePipeline.job/data").map(|data| {
                let again = data.get("continuationToken").map_or("first call", |_| "continuation");
                let parameters = data.pointer("/actionConfiguration/configuration/UserParameters").unwrap();
                let parameters: Value = serde_json::from_str(parameters.as_str().unwrap()).unwrap();
                format!("{} {again}", parameters["action"].as_str().unwrap())
            });
            let alarm = event.pointer("/detail/configuration").map(|configuration| {
                if configuration.get("alarmRule").is_some() { "composite" } else { "metric" }.to_owned()
            });
            let kind = job
                .or(alarm)
                .unwrap_or_else(|| [text("/detail-type"), text("/Records/0/eventName"), text("/httpMethod")].concat());
            format!(
                "{kind}{}",
                if text("/detail/state/value").is_empty() {
                    String::new()
                } else {
                    format!(" {}", text("/detail/state/value"))
                }
            )
        };
        names(function).iter().map(kind).collect()
    };
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (
            "replication",
            [
                "Object Created",
                "Replication:OperationFailedReplication",
                "Replication:OperationMissedThreshold",
                "Replication:OperationNotTracked",
                "Replication:OperationReplicatedAfterThreshold",
                "Scheduled Event",
            ]
            .as_slice(),
        ),
        ("shadow-eval", &["Object Created", "Scheduled Event", "register continuation", "register first call"]),
        ("promote", &["promote continuation", "promote first call", "verify continuation", "verify first call"]),
        (
            "rollback",
            &[
                "SageMaker Endpoint Deployment State Change",
                "SageMaker Endpoint State Change",
                "Scheduled Event",
                "composite ALARM",
                "composite OK",
                "metric ALARM",
                "metric INSUFFICIENT_DATA",
            ],
        ),
        ("status", &["GET", "HEAD"]),
        ("front", &["GET", "POST"]),
    ]);
    for (function, expected) in expected {
        let found = events(function);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{function}");
    }
}

/// The members that AWS documents for each shape, as the examples that `aws_lambda_events` is published with have them.
const DOCUMENTED: &[(&str, &[&str])] = &[
    (
        "/CodePipeline.job",
        &[
            "/id",
            "/accountId",
            "/data/actionConfiguration/configuration/FunctionName",
            "/data/actionConfiguration/configuration/UserParameters",
            "/data/inputArtifacts/0/location/s3Location/bucketName",
            "/data/inputArtifacts/0/location/s3Location/objectKey",
            "/data/inputArtifacts/0/location/type",
            "/data/inputArtifacts/0/name",
            "/data/artifactCredentials/accessKeyId",
            "/data/artifactCredentials/secretAccessKey",
            "/data/artifactCredentials/sessionToken",
            // The user guide's example has it, and the template's pipeline; the published example and type do not.
            "/data/encryptionKey/id",
            "/data/encryptionKey/type",
        ],
    ),
    (
        "/Records/0",
        &[
            "/eventVersion",
            "/eventSource",
            "/awsRegion",
            "/eventTime",
            "/eventName",
            "/userIdentity/principalId",
            "/requestParameters/sourceIPAddress",
            "/responseElements/x-amz-request-id",
            "/responseElements/x-amz-id-2",
            "/s3/s3SchemaVersion",
            "/s3/configurationId",
            "/s3/bucket/name",
            "/s3/bucket/ownerIdentity/principalId",
            "/s3/bucket/arn",
            "/s3/object/key",
            "/s3/object/versionId",
            "/s3/object/eTag",
            "/s3/object/sequencer",
            "/replicationEventData/replicationRuleId",
            "/replicationEventData/destinationBucket",
            "/replicationEventData/s3Operation",
            "/replicationEventData/requestTime",
        ],
    ),
    ("/detail", &[]),
    ("/requestContext/elb", &["/targetGroupArn"]),
    ("/requestContext", &["/stage", "/requestId", "/resourcePath", "/httpMethod", "/apiId", "/identity/sourceIp"]),
];

#[test]
fn fixtures_have_the_members_that_aws_documents() {
    for name in functions().flat_map(names) {
        let event = fixture(&name);
        let (part, members) = DOCUMENTED
            .iter()
            .find_map(|(pointer, members)| Some((event.pointer(pointer)?, members)))
            .unwrap_or_else(|| panic!("{name} has no documented shape"));
        for member in *members {
            let text = part.pointer(member).and_then(Value::as_str);
            assert!(text.is_some_and(|text| !text.is_empty()), "{name}: {member} is no text");
        }
        if event.get("detail").is_some() {
            for member in ["version", "id", "detail-type", "source", "account", "time", "region"] {
                assert!(event[member].is_string(), "{name}: {member} is no text");
            }
            assert!(event["resources"].is_array() && event["detail"].is_object(), "{name}");
        }
    }
}

#[test]
fn no_fixture_holds_what_could_be_a_credential() {
    for name in functions().chain(["hostile"]).flat_map(names).filter(|name| name.ends_with(".json")) {
        let path = format!("{}/../../events/{name}", env!("CARGO_MANIFEST_DIR"));
        let parsed: Result<Value, _> = serde_json::from_str(&std::fs::read_to_string(path).unwrap());
        let Ok(event) = parsed else { continue };
        let Some(secrets) = event.pointer("/CodePipeline.job/data/artifactCredentials") else { continue };
        assert_eq!(secrets["accessKeyId"], "ASIAEXAMPLEEXAMPLE00", "{name}");
        assert!(secrets["secretAccessKey"].as_str().unwrap().starts_with("not-a-secret"), "{name}");
        assert!(secrets["sessionToken"].as_str().unwrap().starts_with("not-a-token"), "{name}");
    }
}

/// What `events/hostile/expected.json` says of a fixture.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    functions: Vec<String>,
    /// The call fails, with these words.
    refused: Option<String>,
    /// The job is answered as failed, with these words.
    failed: Option<String>,
    /// It makes the function look, and nothing that it says is believed.
    looks: Option<bool>,
    /// It is answered as if it were harmless, for it is.
    answers: Option<bool>,
}

fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_value(fixture("hostile/expected.json")).unwrap()
}

#[test]
fn every_hostile_event_is_in_the_list() {
    let listed: Vec<String> = expected().into_keys().collect();
    let there: Vec<String> = names("hostile").into_iter().filter(|name| !name.ends_with("/expected.json")).collect();
    assert_eq!(listed, there);
}

/// Events of which only a handler knows that they are wrong.
const BY_THE_HANDLER: [&str; 2] = ["hostile/parameters-region-of-no-fleet.json", "hostile/register-for-promote.json"];

#[test]
fn a_hostile_event_is_refused_or_harmless() {
    for (name, expected) in expected() {
        let path = format!("{}/../../events/{name}", env!("CARGO_MANIFEST_DIR"));
        let parsed: Result<Value, _> = serde_json::from_str(&std::fs::read_to_string(path).unwrap());
        let Ok(event) = parsed else {
            // Lambda's own runtime refuses it before a function sees it.
            assert_eq!(expected.refused.as_deref(), Some(""), "{name}");
            continue;
        };
        for function in &expected.functions {
            let read = read(function, &event);
            match (&expected.refused, &expected.failed) {
                // It reads well; the handler finds what is wrong: see the test in containers.
                (None, Some(_)) if BY_THE_HANDLER.contains(&name.as_str()) => {
                    read.unwrap_or_else(|error| panic!("{function}, {name}: {error}"));
                }
                (Some(words), None) | (None, Some(words)) => {
                    let error = read.err().unwrap_or_else(|| panic!("{function} takes {name}"));
                    assert!(error.contains(words.as_str()), "{function}, {name}: {error}");
                    assert!(error.len() < 600 && !error.contains(char::is_control), "{function}, {name}: {error}");
                    assert!(!error.contains("not-a-secret"), "{function}, {name}: {error}");
                    assert_eq!(
                        expected.failed.is_some(),
                        job_id(&event).is_some(),
                        "{name}: is there a job to answer?"
                    );
                }
                _ => {
                    assert!(expected.looks == Some(true) || expected.answers == Some(true), "{name}");
                    read.unwrap_or_else(|error| panic!("{function} refuses {name}: {error}"));
                }
            }
        }
    }
}

/// A word of S3's that a page repeats cannot write lines of its own into it.
#[test]
fn a_reason_is_repeated_in_one_short_line() {
    let mut event = fixture("replication/replication-failed.json");
    let reason = format!("No\nNow: all is well.\u{1b}[2K{}", "x".repeat(5000));
    event["Records"][0]["replicationEventData"]["failureReason"] = reason.into();
    let Ok(ReplicationEvent::ReplicationFailed(troubles)) = replication(HOME, &event) else { panic!("a failure") };
    let reason = troubles[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("NoNow: all is well.[2Kxxx") && reason.len() == 100, "{reason}");
}
