//! `meridian doctor --probe` against a served night.

use crate::quiet::{beside, doctor, opened_at, pages, quiet};
use meridian_local::night::Site;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// A region whose copies never come.
const LOST: &str = r#"
[[fault]]
kind = "replication-delay"
region = "sa-east-1"
until = "20:00"
delay = "2h"
"#;

/// Runs the command at a night of its own: what it said, and whom the night paged where.
fn probe(site: Site, more: &str, folder: &Path, arguments: &[&str]) -> (Output, Vec<(String, String)>) {
    let scenario = quiet(more);
    let mut night = opened_at(site, &scenario, folder);
    let mut command = doctor(&mut night, "--probe");
    command.args(arguments);
    let output = beside(&mut night, command, |_, _| {});
    (output, pages(&night))
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
