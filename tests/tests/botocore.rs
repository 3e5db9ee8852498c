//! What the functions ask and the local world answers, over the wire, held against botocore's own models of the services.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use meridian_handlers::context::FunctionKind;
use meridian_local::night::{self, Functions, Options, Scenario, Session, Site};
use meridian_local::services::OPERATIONS;
use meridian_tests::skip;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Made by `scripts/wire-tools`, which `scripts/test` runs first.
const TOOLS: &str = ".tools/wire";

/// Together these call everything that a function calls, and hear most of the errors that a function may hear: endpoints
/// that are not there yet, a release that is rejected, control planes that do not answer, a rollback that fails, and other instances.
const NIGHTS: [&str; 5] = ["first-night", "bad-eval", "tokyo-dark", "update-rollback-failed", "type-change"];

/// Neither a function nor the doctor calls these in such nights: they are there for people who look into the world, for
/// `doctor --smoke`, and for keys of KMS that sign. `emulators.rs` and `http_door.rs` hold the
/// former's answers, `cli/tests/kms.rs` the latter's.
const UNCALLED: [&str; 22] = [
    "GetPublicKey",
    "Sign",
    "HeadObject",
    "DeleteBucketReplication",
    "ListModelPackages",
    "TestEventPattern",
    "DescribeRule",
    "ListRules",
    "ListTargetsByRule",
    "ListRuleNamesByTarget",
    "PutCompositeAlarm",
    "SetAlarmState",
    "ListPipelines",
    "StopPipelineExecution",
    "RetryStageExecution",
    "DescribeScalableTargets",
    "DescribeScalingPolicies",
    "DescribeScheduledActions",
    "DeleteModel",
    "DeleteEndpointConfig",
    "DeleteEndpoint",
    "DeleteAlarms",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a night with the real binaries, and leaves a record of it.
fn recorded(name: &str, binaries: &Path, folder: &Path) -> PathBuf {
    let record = folder.join(name).with_extension("jsonl");
    let functions = Functions::Binaries(binaries.to_owned());
    let options = Options { seed: 7, functions, out: folder.join(name), record: Some(record.clone()) };
    let report = night::run(&Scenario::load(name).unwrap(), &options, &mut |_| {}).unwrap();
    assert!(report.as_expected, "{name}: {:?}", report.unexpected);
    record
}

/// Lets the doctor look at a night, and leaves a record of what it asked and heard.
fn examined(meridian: &Path, folder: &Path) -> PathBuf {
    let record = folder.join("doctor.jsonl");
    let functions = Functions::InProcess;
    let options = Options { seed: 7, functions, out: folder.to_owned(), record: Some(record.clone()) };
    let scenario = Scenario::load("good-night").unwrap();
    let mut night = Session::begin(Site::repository().unwrap(), &scenario, &options).unwrap();
    let url = night.open_door(0).unwrap().url();
    let doctor = Command::new(meridian)
        .args(["doctor", "--endpoint-url", &url, "--fleet"])
        .arg(root().join("local/fleets/reference/fleet.toml"))
        .env("AWS_ACCESS_KEY_ID", "NOTAREALKEY")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .output()
        .unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    record
}

/// Lets the doctor carry an execution through the pipeline, and leaves a record of that.
#[expect(clippy::disallowed_methods, reason = "between two looks at another process")]
fn pinged(meridian: &Path, folder: &Path) -> PathBuf {
    let record = folder.join("ping.jsonl");
    let functions = Functions::InProcess;
    let options = Options { seed: 7, functions, out: folder.to_owned(), record: Some(record.clone()) };
    let scenario = Scenario::load("good-night").unwrap();
    let mut night = Session::begin(Site::repository().unwrap(), &scenario, &options).unwrap();
    let url = night.open_door(0).unwrap().url();
    let mut command = Command::new(meridian);
    command.args(["doctor", "--ping", "--yes", "--quiet", "--endpoint-url", &url, "--fleet"]);
    command.arg(root().join("local/fleets/reference/fleet.toml").canonicalize().unwrap()).current_dir(folder);
    command.env("AWS_ACCESS_KEY_ID", "NOTAREALKEY").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    let mut doctor = command.stdout(Stdio::null()).spawn().unwrap();
    let status = loop {
        if let Some(status) = doctor.try_wait().unwrap() {
            break status;
        }
        match night.awaited() {
            Some(at) => night.run_until(at, &mut |_| {}).unwrap(),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    assert!(status.success());
    record
}

#[test]
fn every_request_and_every_answer_is_as_botocore_models_it() {
    let (root, test) = (root(), "every_request_and_every_answer_is_as_botocore_models_it");
    let tools = root.join(TOOLS);
    if !tools.join(".done").exists() {
        return skip(test, "no botocore to ask; scripts/wire-tools says why");
    }
    let binaries = root.join("target/release");
    if let Some(function) = FunctionKind::ALL.iter().find(|function| !binaries.join(function.name()).is_file()) {
        return skip(test, &format!("no release binary {function}; run: make build"));
    }
    let meridian = binaries.join("meridian");
    if !meridian.is_file() {
        return skip(test, "no release binary meridian; run: make build");
    }
    let folder = tempfile::tempdir().unwrap();
    let nights = NIGHTS.iter().map(|name| recorded(name, &binaries, folder.path()));
    let records: Vec<PathBuf> =
        nights.chain([examined(&meridian, folder.path()), pinged(&meridian, folder.path())]).collect();
    let called: Vec<&str> = OPERATIONS.into_iter().filter(|operation| !UNCALLED.contains(operation)).collect();
    let check = Command::new(tools.join("bin/python"))
        .arg(root.join("tests/wire/check_record.py"))
        .args(["--cover", &called.join(",")])
        .args(records)
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    assert!(check.status.success(), "{said}{complained}");
    println!("{said}");
}
