//! `meridian doctor --probe` against a served night.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_local::engine::lock;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use meridian_local::world::What;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
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

/// A region whose copies never come.
const LOST: &str = r#"
[[fault]]
kind = "replication-delay"
region = "sa-east-1"
until = "20:00"
delay = "2h"
"#;

/// Runs the command at a night of its own: what it said, and whom the night paged where.
#[expect(clippy::disallowed_methods, reason = "between two looks at another process")]
fn probe(site: Site, more: &str, folder: &Path, arguments: &[&str]) -> (Output, Vec<(String, String)>) {
    let scenario = Scenario::parse("quiet", &format!("{NIGHT}{more}")).unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: folder.to_owned(), record: None };
    let mut night = Session::begin(site, &scenario, &options).unwrap();
    let url = night.open_door(0).unwrap().url();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.args(["doctor", "--probe", "--endpoint-url", &url, "--fleet"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("AWS_ACCESS_KEY_ID", "NOTAREALKEY").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    let mut process = command.spawn().unwrap();
    while process.try_wait().unwrap().is_none() {
        match night.awaited() {
            Some(at) => night.run_until(at, &mut |_| {}).unwrap(),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    let world = lock(night.world());
    let pages = world.log().iter().filter_map(|event| match &event.what {
        What::PageSent { subject, .. } => Some((event.region.to_string(), subject.clone())),
        _ => None,
    });
    let pages = pages.collect();
    drop(world);
    (process.wait_with_output().unwrap(), pages)
}

#[test]
fn a_probe_comes_to_every_region_and_so_does_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (output, pages) = probe(Site::repository().unwrap(), "", folder.path(), &["--yes", "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{said:#}{}", String::from_utf8_lossy(&output.stderr));
    let regions = said["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 4);
    assert!(regions.iter().all(|own| own["is_there"] == true && own["paged"].is_null()), "{said:#}");
    assert!(regions.iter().skip(1).all(|own| own["replicated"].as_str().is_some()), "{said:#}");
    let everywhere = ["eu-west-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"];
    let of = |region: &str| (region.to_owned(), format!("ALARM: \"meridian-fraud-dead-letters\" in {region}"));
    assert_eq!(pages, everywhere.map(of));
}

#[test]
fn a_copy_that_does_not_come_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (output, _) = probe(Site::repository().unwrap(), LOST, folder.path(), &["--yes"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("wrong  BR: the probe did not come"), "{said}");
}

/// Whose policy names CloudWatch no more: the alarm rings, and nobody hears.
#[test]
fn a_topic_that_does_not_take_alarms_pages_nobody() {
    for (owner, sid) in [("OnCallFromAlarms", "Alarms"), ("ReleaseKey", "AlarmsPage")] {
        let folder = tempfile::tempdir().unwrap();
        let mut site = Site::repository().unwrap();
        site.deployment = site.deployment.without(owner, sid);
        let (output, pages) = probe(site, "", folder.path(), &["--yes"]);
        assert!(output.status.success(), "{owner}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(pages, [], "{owner}");
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (output, pages) = probe(Site::repository().unwrap(), "", folder.path(), &["--dry-run"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.starts_with("Nothing was done. releases/probes/"), "{said}");
    assert_eq!(pages, []);
}
