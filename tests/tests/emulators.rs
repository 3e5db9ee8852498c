//! The same calls to the local world and to public emulators of AWS: where they differ is known, and who is right.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use meridian_domain::Fleet;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use meridian_tests::skip;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Made by `scripts/wire-tools`, which `scripts/test` runs first.
const TOOLS: &str = ".tools/wire";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a script of `tests/wire` and returns what it printed; its exit code must be 0.
fn script<'a>(name: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> String {
    let python = root().join(TOOLS).join("bin/python");
    let ran = Command::new(python).arg(root().join("tests/wire").join(name)).args(arguments).output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{name}:\n{said}{complained}");
    said.into_owned()
}

/// The same, while a night runs as far as the script sleeps at its clock.
#[expect(clippy::disallowed_methods, reason = "a process is waited for: its time is the machine's")]
fn script_beside(session: &mut Session<'_>, name: &str, arguments: &[&OsStr], folder: &Path) -> String {
    let (python, said) = (root().join(TOOLS).join("bin/python"), folder.join("said.txt"));
    let file = File::create(&said).unwrap();
    let mut command = Command::new(python);
    command.arg(root().join("tests/wire").join(name)).args(arguments);
    let mut running = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    let status = loop {
        if let Some(status) = running.try_wait().unwrap() {
            break status;
        }
        match session.awaited() {
            Some(moment) => session.run_until(moment, &mut |_| {}).unwrap(),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let said = std::fs::read_to_string(said).unwrap();
    assert!(status.success(), "{name}:\n{said}");
    said
}

/// Where everything is in the world, as `tests/wire/servers.py` reads it.
fn place(fleet: &Fleet, endpoint: &str, clock: &str) -> Value {
    let buckets = fleet.regions.iter().map(|region| (region.name.to_string(), json!(region.bucket)));
    json!({
        "endpoint": endpoint,
        "clock": clock,
        "account": fleet.account,
        "buckets": Value::Object(buckets.collect()),
        "topic": fleet.topic_arn(&fleet.home),
        "package_group": fleet.name,
        "pipeline": fleet.pipeline,
    })
}

#[test]
fn the_world_differs_from_emulators_only_where_known_and_why() {
    if !root().join(TOOLS).join(".done").exists() {
        return skip("emulators", "no emulators to ask; scripts/wire-tools says why");
    }
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.jsonl");
    let options = Options {
        seed: 7,
        functions: Functions::Elsewhere,
        out: folder.path().to_owned(),
        record: Some(record.clone()),
    };
    // Nothing serves yet, as in an emulator that has just begun.
    let scenario = Scenario::load("first-night").unwrap();
    let mut session = Session::begin(Site::repository().unwrap(), &scenario, &options).unwrap();
    let fleet = session.fleet().clone();
    let door = session.open_door(0).unwrap();
    let place = place(&fleet, &door.url(), &door.clock_url()).to_string();
    let arguments = ["--place", &place, "--logs"].map(OsStr::new).into_iter().chain([folder.path().as_os_str()]);
    let arguments: Vec<&OsStr> = arguments.collect();
    println!("{}", script_beside(&mut session, "compare.py", &arguments, folder.path()));
    // What boto3 was answered, and by whom else: these are operations that no function calls.
    let uncalled = "HeadObject,DescribeModel,DescribeEndpointConfig,ListModelPackages,TestEventPattern,\
                    DescribeRule,ListRules,ListTargetsByRule,ListRuleNamesByTarget,PutCompositeAlarm,SetAlarmState,\
                    ListPipelines,GetPipelineExecution,ListPipelineExecutions,ListActionExecutions,\
                    DescribeScalableTargets,DescribeScalingPolicies,DescribeScheduledActions";
    let arguments = ["--answers", "--cover", uncalled].map(OsStr::new);
    println!("{}", script("check_record.py", arguments.into_iter().chain([record.as_os_str()])));
}

/// The functions' own programs, in somebody else's CloudFormation and Lambda.
#[test]
fn a_region_is_deployed_called_deleted_and_deployed_again() {
    let (root, test) = (root(), "a_region_is_deployed_called_deleted_and_deployed_again");
    let tools = [".venv/bin/python", ".tools/emulator/bin/python", "target/release/meridian", "target/release/promote"];
    if let Some(missing) = tools.iter().find(|tool| !root.join(tool).exists()) {
        return skip(test, &format!("no {missing}: make build, scripts/python-tools, scripts/emulator"));
    }
    let mut command = Command::new(root.join(".venv/bin/python"));
    command.args(["scripts/smoke_stack.py", "eu-west-1", "--yes", "--emulator", "--binaries", "target/release"]);
    let ran = command.current_dir(&root).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let page = include_str!("../../docs/first-account.md");
    let shown = page.split("<!-- smoke-stack -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    // How long each part took stands in brackets at the end of its line.
    let parts: Vec<&str> = said.lines().filter(|line| line.starts_with("  ")).collect();
    let parts: Vec<&str> = parts.iter().map(|line| line.rsplit_once(" (").map_or(*line, |(part, _)| part)).collect();
    assert_eq!(parts, shown.lines().collect::<Vec<_>>());
}

/// The emulator is somebody else's S3, SNS and CloudWatch: what the doctor asks them, and makes of their answers, is tried
/// on more than our own world.
#[test]
fn the_doctor_finds_what_an_emulator_breaks_and_nothing_else() {
    let meridian = root().join("target/release/meridian");
    if !root().join(TOOLS).join(".done").exists() || !meridian.is_file() {
        return skip(
            "doctor in an emulator",
            "no emulator, or no release binary: scripts/wire-tools says why; make build",
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let fleet = root().join("local/fleets/reference/fleet.toml");
    let arguments = [meridian.as_os_str(), fleet.as_os_str(), folder.path().as_os_str()];
    println!("{}", script("check_doctor.py", arguments));
}
