//! Functions as processes: this test binary plays them itself, speaking the Lambda Runtime API by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use meridian_handlers::context::FunctionKind;
use meridian_local::engine::{Engine, EngineError, SharedWorld};
use meridian_local::host::wire::{Wire, WireError, WireSettings};
use meridian_local::world::{Fault, FaultKind, When};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use support::{at, ended_invocations, quiet, request, shared, signed};

/// A directory in which each function is a script that runs [`a_function`] of this binary.
fn binaries(directory: &Path) {
    let this = std::env::current_exe().unwrap();
    let script = format!("#!/bin/sh\nexec '{}' --exact a_function --ignored --nocapture\n", this.display());
    for function in FunctionKind::ALL {
        let path = directory.join(function.name());
        std::fs::write(&path, &script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn engine(world: &SharedWorld, directory: &Path, behaviour: &'static str, patience: Duration) -> Engine<Wire> {
    binaries(directory);
    let mut settings = WireSettings::new(directory, directory);
    settings.environment = Box::new(move |_, _| vec![("BEHAVIOUR".to_owned(), behaviour.to_owned())]);
    settings.patience = patience;
    Engine::new(world.clone(), Wire::new(world.clone(), settings).unwrap())
}

const MINUTE: Duration = Duration::from_secs(60);

/// How the first invocation of a function in a region ended, and after how many seconds.
fn first_end(world: &SharedWorld, function: FunctionKind, place: &str) -> (String, i64) {
    let ended = ended_invocations(world)
        .into_iter()
        .find(|invocation| invocation.function == function && invocation.region.as_str() == place);
    ended.map(|invocation| (invocation.how, invocation.lasted.as_secs())).unwrap()
}

#[test]
fn processes_answer_fail_crash_time_out_and_are_killed() {
    let mut config = quiet();
    let operation = Some("PutMetricData".to_owned());
    config.faults.push(Fault { operation, when: When::Before, ..Fault::of(FaultKind::Kill) });
    let world = shared(config);
    let directory = tempfile::tempdir().unwrap();
    let mut engine = engine(&world, directory.path(), "as the region says", MINUTE);
    engine.run_until(at("03:07:00")).unwrap();

    let replication = |place| first_end(&world, FunctionKind::Replication, place);
    assert_eq!(replication("eu-west-1"), ("answered".to_owned(), 30));
    assert_eq!(replication("ap-southeast-2"), ("crashed".to_owned(), 0), "killed at a call");
    assert_eq!(replication("ap-northeast-1"), ("timed_out".to_owned(), 90));
    assert_eq!(replication("sa-east-1"), ("crashed".to_owned(), 0), "ended by itself");
    // It sees the time, its deadline and its own name as on Lambda; or else it would have crashed.
    let told = first_end(&world, FunctionKind::Rollback, "eu-west-1");
    assert_eq!(told, ("error".to_owned(), 0));
}

#[test]
fn a_process_stays_warm() {
    let world = shared(quiet());
    let directory = tempfile::tempdir().unwrap();
    let mut engine = engine(&world, directory.path(), "echo", MINUTE);
    engine.run_until(at("03:30:00")).unwrap();
    let ended = ended_invocations(&world);
    assert!(ended.len() >= 40 && ended.iter().all(|invocation| invocation.how == "answered"), "{ended:?}");
    assert_eq!(engine.host().spawned(), 8, "one for each function and region");
}

#[test]
fn an_idle_process_fails_the_run_with_its_name_and_log() {
    let world = shared(quiet());
    let directory = tempfile::tempdir().unwrap();
    let mut engine = engine(&world, directory.path(), "silence", Duration::from_millis(400));
    let error = engine.run_until(at("03:06:00")).unwrap_err();
    let EngineError::Host(WireError::Silent { region, log, .. }) = &error else { panic!("{error}") };
    assert!(log.starts_with(directory.path()) && log.exists(), "{error}");
    assert!(error.to_string().contains(&format!("in {region} has neither slept nor answered")), "{error}");
}

#[test]
fn a_process_that_cannot_start_fails_the_run() {
    let world = shared(quiet());
    let directory = tempfile::tempdir().unwrap();
    let mut engine = engine(&world, directory.path(), "death", MINUTE);
    let error = engine.run_until(at("03:06:00")).unwrap_err();
    assert!(error.to_string().contains("did not start: its process ended"), "{error}");

    let mut engine = self::engine(&shared(quiet()), directory.path(), "init error", MINUTE);
    let error = engine.run_until(at("03:06:00")).unwrap_err();
    assert!(error.to_string().contains("did not start: no fleet"), "{error}");

    let settings = WireSettings::new(directory.path().join("none"), directory.path());
    let world = shared(quiet());
    let mut engine = Engine::new(world.clone(), Wire::new(world, settings).unwrap());
    let error = engine.run_until(at("03:06:00")).unwrap_err();
    assert!(matches!(&error, EngineError::Host(WireError::Binary { .. })), "{error}");
}

// --- the functions ---

#[expect(clippy::disallowed_methods, reason = "this test is a function when it is started as one")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Not a test: what the scripts of [`binaries`] run.
#[test]
#[ignore = "a function, started by the other tests"]
fn a_function() {
    let runtime = format!("{}/2018-06-01/runtime", variable("AWS_LAMBDA_RUNTIME_API"));
    match variable("BEHAVIOUR").as_str() {
        "" | "death" => return,
        "init error" => {
            let body = json!({ "errorType": "Init", "errorMessage": "no fleet" }).to_string();
            request("POST", &format!("{runtime}/init/error"), &[], body.as_bytes()).unwrap();
            return;
        }
        _ => {}
    }
    // Ends when the host goes: the long poll breaks.
    while let Ok(work) = request("GET", &format!("{runtime}/invocation/next"), &[], b"") {
        let id = work.header("lambda-runtime-aws-request-id").to_owned();
        let (kind, body) = handle(&work);
        let done = request("POST", &format!("{runtime}/invocation/{id}/{kind}"), &[], body.as_bytes());
        if done.is_err() {
            return;
        }
    }
}

fn handle(work: &support::Answer) -> (&'static str, String) {
    match variable("BEHAVIOUR").as_str() {
        "echo" => return ("response", String::from_utf8_lossy(&work.body).into_owned()),
        "silence" => {
            let quiet = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let _never = quiet.accept();
        }
        _ => {}
    }
    if variable("AWS_LAMBDA_FUNCTION_NAME") == "meridian-fraud-rollback" {
        return ("error", json!({ "errorType": "Told", "errorMessage": told(work) }).to_string());
    }
    match variable("AWS_REGION").as_str() {
        "eu-west-1" => {
            let before = now();
            assert_eq!(sleep(30).duration_since(before), SignedDuration::from_secs(30));
        }
        "ap-southeast-2" => {
            let headers = [
                ("authorization", &*signed("ap-southeast-2", "monitoring")),
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData"),
            ];
            let url = variable("AWS_ENDPOINT_URL");
            let never = request("POST", &url, &headers, br#"{"Namespace": "Meridian", "MetricData": []}"#);
            panic!("killed, and still here: {never:?}");
        }
        "ap-northeast-1" => {
            let never = sleep(3600);
            panic!("past the deadline, and still here at {never}");
        }
        _ => panic_without_an_answer(),
    }
    ("response", "null".to_owned())
}

fn time(answer: &support::Answer) -> Timestamp {
    answer.json()["now"].as_str().unwrap().parse().unwrap()
}

fn now() -> Timestamp {
    time(&request("GET", &variable("MERIDIAN_CLOCK_URL"), &[], b"").unwrap())
}

/// Sleeps for some virtual seconds, and says what time it is then.
fn sleep(seconds: i64) -> Timestamp {
    let body = json!({ "until": now() + SignedDuration::from_secs(seconds) }).to_string();
    let url = format!("{}/sleep", variable("MERIDIAN_CLOCK_URL"));
    time(&request("POST", &url, &[("content-type", "application/json")], body.as_bytes()).unwrap())
}

/// The test harness ends the process where a test panics: a crash.
fn panic_without_an_answer() {
    panic!("a function crashes");
}

/// The status of a look at an object that is not there. The SDK puts the bucket straight after the address, too.
fn ask_for_an_object() -> u16 {
    let url = format!("{}fraud-models-eu/releases/golden/none", variable("AWS_ENDPOINT_URL"));
    request("HEAD", &url, &[("authorization", &*signed("eu-west-1", "s3"))], b"").unwrap().status
}

fn told(work: &support::Answer) -> String {
    assert_eq!(ask_for_an_object(), 404);
    let deadline: i64 = work.header("lambda-runtime-deadline-ms").parse().unwrap();
    assert_eq!(deadline, now().as_millisecond() + 60_000);
    let arn = work.header("lambda-runtime-invoked-function-arn");
    assert_eq!(arn.split(':').next_back(), Some("meridian-fraud-rollback"));
    format!("{arn} until {deadline}")
}
