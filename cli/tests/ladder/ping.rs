//! `meridian doctor --ping`.

use crate::quiet::{beside, doctor, doctor_of, opened, opened_at, pages, quiet};
use meridian_local::engine::lock;
use meridian_local::night::{Scenario, Session, Site};
use meridian_local::world::What;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// Runs the command at a night of its own; what is to be held of the night afterwards, `then` does.
fn ping(site: Site, more: &str, folder: &Path, arguments: &[&str], then: impl FnOnce(&Session)) -> (i32, String) {
    let scenario = quiet(more);
    let mut night = opened_at(site, &scenario, folder);
    let mut command = doctor(&mut night, "--ping");
    command.args(arguments).current_dir(folder);
    let Output { status, stdout, stderr } = beside(&mut night, command, |_, _| {});
    then(&night);
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

fn started(night: &Session) -> usize {
    let world = lock(night.world());
    world.log().iter().filter(|event| matches!(event.what, What::ExecutionStarted { .. })).count()
}

#[test]
fn a_ping_is_carried_for_ten_minutes_and_promotes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = ping(Site::repository().unwrap(), "", folder.path(), &["--yes"], |night| {
        assert_eq!(pages(night), []);
        let world = lock(night.world());
        let writes = |what: &What| matches!(what, What::EndpointStage { .. });
        assert!(!world.log().iter().any(|event| writes(&event.what)));
    });
    assert_eq!(code, 0, "{said}");
    let page = include_str!("../../../docs/first-account.md");
    let shown = page.split("<!-- ping -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(said, shown);
    let facts = std::fs::read_to_string(folder.path().join("live-facts.toml")).unwrap();
    assert!(facts.ends_with("pipeline_calls_seconds = 31\n"), "{facts}");
}

/// As the other rung does.
#[test]
fn what_the_file_said_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live-facts.toml");
    std::fs::write(&file, "soak_shows_baking = false\n").unwrap();
    let (code, said) = ping(Site::repository().unwrap(), "", folder.path(), &["--yes"], |_| {});
    assert_eq!(code, 0, "{said}");
    let facts = std::fs::read_to_string(&file).unwrap();
    assert!(facts.contains("soak_shows_baking = false") && facts.contains("pipeline_calls_seconds"), "{facts}");
    std::fs::write(&file, "soak shows baking").unwrap();
    let (code, said) = ping(Site::repository().unwrap(), "", folder.path(), &["--yes"], |night| {
        assert_eq!(started(night), 0);
    });
    assert!(code == 2 && said.contains("live-facts.toml") && said.contains("--facts"), "{said}");
}

#[test]
fn a_call_that_comes_too_late_for_the_timers_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let slow = "[live]\npipeline_calls_seconds = 90\n";
    let (code, said) = ping(Site::repository().unwrap(), slow, folder.path(), &["--yes"], |_| {});
    assert!(code == 1 && said.contains("  wrong  Register: called 8 times"), "{said}");
    assert!(said.contains("alarms and timers have room for 60s only"), "{said}");
}

/// The role that BR lends may not be looked with: said of BR, and of nobody else.
#[test]
fn a_region_that_lends_no_role_is_named() {
    let folder = tempfile::tempdir().unwrap();
    const REFUSED: &str =
        "[[fault]]\nkind = \"throttle\"\noperation = \"AssumeRole\"\nfunction = \"promote\"\nregion = \"sa-east-1\"\n";
    let (code, said) = ping(Site::repository().unwrap(), REFUSED, folder.path(), &["--yes", "--json"], |night| {
        assert_eq!(pages(night), []);
    });
    let document: Value = serde_json::from_str(&said).unwrap();
    let refused = |own: &&Value| own["pinged"]["ping"] == "refused";
    let refused: Vec<&Value> = document["actions"].as_array().unwrap().iter().filter(refused).collect();
    assert_eq!((code, refused.len()), (1, 1), "{said}");
    assert_eq!((&refused[0]["action"], document["ended"].as_str()), (&Value::from("Promote-BR"), Some("succeeded")));
}

/// The functions were deployed with another policy: the ping says so, and pages nobody.
#[test]
fn another_policy_than_the_functions_fails_and_pages_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = folder.path().join("fleet.toml");
    let own = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml"));
    std::fs::write(&fleet, format!("{}# changed\n", own.unwrap())).unwrap();
    let scenario = quiet("");
    let mut night = opened_at(Site::repository().unwrap(), &scenario, folder.path());
    let mut command = doctor_of(&mut night, "--ping", &fleet);
    command.arg("--yes").current_dir(folder.path());
    let output = beside(&mut night, command, |_, _| {});
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("  wrong  Register: failed: ") && said.contains("policy"), "{said}");
    assert_eq!(pages(&night), []);
}

#[test]
fn a_ping_does_not_stand_in_a_waves_way() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |scenario: &Scenario, until: &str| {
        let mut night = opened(scenario, folder.path());
        night.run_until(until.parse().unwrap(), &mut |_| {}).unwrap();
        let before = started(&night);
        let mut command = doctor(&mut night, "--ping");
        command.arg("--yes").current_dir(folder.path());
        let output = beside(&mut night, command, |_, _| {});
        assert_eq!((output.status.code(), started(&night)), (Some(2), before));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&Scenario::load("good-night").unwrap(), "2026-11-20T03:30:00Z");
    assert!(said.contains("the wave of v427 is under way, and would wait for the ping"), "{said}");
    let unread = "[[fault]]\nkind = \"throttle\"\nservice = \"s3\"\nregion = \"eu-west-1\"\n";
    let said = refused(&quiet(unread), "2026-11-20T08:00:30Z");
    assert!(said.contains("home's ledger cannot be read: a wave may be under way"), "{said}");
}

#[test]
fn a_dry_run_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = ping(Site::repository().unwrap(), "", folder.path(), &["--dry-run"], |night| {
        assert_eq!(started(night), 0);
    });
    assert!(code == 0 && said.starts_with("Nothing was started. fraud-promotion is started with no release"), "{said}");
    assert!(said.contains("about 0.03 dollars"), "{said}");
}
