//! A night in which nothing happens but what the doctor makes happen.

use meridian_local::engine::lock;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use meridian_local::world::What;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const NIGHT: &str = r#"
title = "Nothing happens"
start = "2026-11-20T08:00:00Z"
lasts = "24h"

[expect]
serves = { eu-west-1 = "v426", ap-southeast-2 = "v426", ap-northeast-1 = "v426", sa-east-1 = "v426" }
pages = 0
executions = []
"#;

pub fn quiet(more: &str) -> Scenario {
    Scenario::parse("quiet", &format!("{NIGHT}{more}")).unwrap()
}

pub fn opened<'a>(scenario: &'a Scenario, folder: &Path) -> Session<'a> {
    opened_at(Site::repository().unwrap(), scenario, folder)
}

pub fn opened_at<'a>(site: Site, scenario: &'a Scenario, folder: &Path) -> Session<'a> {
    let options = Options { seed: 7, functions: Functions::InProcess, out: folder.to_owned(), record: None };
    Session::begin(site, scenario, &options).unwrap()
}

/// The doctor, asked for this rung of the reference fleet, which the night serves.
pub fn doctor(night: &mut Session, rung: &str) -> Command {
    doctor_of(night, rung, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml")))
}

/// The same with another policy.
pub fn doctor_of(night: &mut Session, rung: &str, fleet: &Path) -> Command {
    let url = night.open_door(0).unwrap().url();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.args(["doctor", "--endpoint-url", &url, "--fleet"]);
    command.arg(fleet).arg(rung).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("AWS_ACCESS_KEY_ID", "NOTAREALKEY").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    command
}

/// Runs the command, and lets the night's time pass for as long as it waits.
#[expect(clippy::disallowed_methods, reason = "between two looks at another process")]
pub fn beside(night: &mut Session, mut command: Command, mut each: impl FnMut(&Session, &Child)) -> Output {
    let mut process = command.spawn().unwrap();
    while process.try_wait().unwrap().is_none() {
        each(night, &process);
        match night.awaited() {
            Some(at) => night.run_until(at, &mut |_| {}).unwrap(),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    process.wait_with_output().unwrap()
}

/// Whom the night paged where, and with which subject.
pub fn pages(night: &Session) -> Vec<(String, String)> {
    let world = lock(night.world());
    let pages = world.log().iter().filter_map(|event| match &event.what {
        What::PageSent { subject, .. } => Some((event.region.to_string(), subject.clone())),
        _ => None,
    });
    pages.collect()
}
