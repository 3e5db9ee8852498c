//! `meridian doctor --smoke` against a served night: it finds how this world reads what AWS leaves open, and leaves nothing behind.

use crate::quiet::{beside, doctor, opened, quiet};
use meridian_local::engine::lock;
use meridian_local::night::{Scenario, Session};
use meridian_local::services::Outcome;
use meridian_local::services::cloudwatch::DescribeAlarms;
use meridian_local::services::sagemaker::DescribeEndpoint;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// Every reading that the drills see, other than it usually is.
const OTHERWISE: &str = r#"
[live]
alarms_watched_during_termination_wait = false
rollback_shows_rolling_back = false
rollback_leaves_failure_reason = false
soak_shows_baking = false
same_configuration_refused = true
new_configuration_unknown_seconds = 30
metric_delay_seconds = 20
metric_complete_seconds = 90
extra_evaluation_periods = 0
"#;
/// It can be seen only where the wait after the shift is not shown as a bake itself.
const LAST_BAKE: &str = "final_bake_seconds = 60\n";

/// As nothing says otherwise, with the times that a night's timing has.
const USUAL: &str = "[live]\nmetric_delay_seconds = 5\nmetric_complete_seconds = 120\n";

/// A quiet night whose instances take four minutes.
fn drilled(live: &str) -> Scenario {
    quiet(&format!("[timing]\nprovisioning = \"4m\"\n{live}"))
}

/// Runs the command, and lets the night's time pass for as long as it waits.
fn smoke(night: &mut Session, folder: &Path, more: &[&str]) -> Output {
    stopped(night, folder, more, |_| false)
}

/// The same, with Ctrl-C as soon as `now` says so.
fn stopped(night: &mut Session, folder: &Path, more: &[&str], now: impl Fn(&Session) -> bool) -> Output {
    let mut command = doctor(night, "--smoke");
    command.arg("AU").args(more).current_dir(folder);
    let mut pressed = false;
    beside(night, command, |night, process| {
        if !pressed && now(night) {
            pressed = true;
            Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
        }
    })
}

/// Whether the endpoint or one of its alarms is still there.
fn is_left(night: &Session) -> bool {
    let (region, world) = ("ap-southeast-2".parse().unwrap(), night.world());
    let mut world = lock(world);
    let endpoint = world.call(&region, DescribeEndpoint { endpoint_name: "fraud-smoke".to_owned() });
    let alarms = world
        .call(&region, DescribeAlarms { alarm_names: vec!["fraud-smoke-verdict".to_owned()], ..Default::default() });
    let Outcome::Answer(Ok(alarms)) = alarms else { panic!("CloudWatch does not answer") };
    matches!(endpoint, Outcome::Answer(Ok(_))) || !alarms.metric_alarms.is_empty()
}

fn came(document: &Value, drill: &str) -> String {
    let all = document["drills"].as_array().unwrap();
    let own = all.iter().find(|own| own["drill"] == drill).unwrap_or_else(|| panic!("{drill}: {document:#}"));
    own["came"]["what"].as_str().unwrap().to_owned()
}

/// What the world's own readings are, by the file that was written: read over the opposite of all that it may say.
fn is_what_the_world_does(folder: &Path, world: &Scenario, opposite: &Scenario) {
    let file = std::fs::read_to_string(folder.join("live-facts.toml")).unwrap();
    assert_eq!(opposite.live.under(&file).unwrap(), world.live, "{file}");
    assert!(world.live.under("soak_shows_nothing = true").is_err());
}

#[test]
fn the_drills_of_a_usual_world_end_as_the_page_shows() {
    let (scenario, folder) = (drilled(USUAL), tempfile::tempdir().unwrap());
    let mut night = opened(&scenario, folder.path());
    let output = smoke(&mut night, folder.path(), &["--yes"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let page = include_str!("../../../docs/first-account.md");
    let shown = page.split("<!-- smoke -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(lines, shown.lines().collect::<Vec<_>>());
    assert!(!is_left(&night));
    is_what_the_world_does(folder.path(), &scenario, &drilled(OTHERWISE));
}

#[test]
fn what_somebody_stops_takes_away_what_it_made() {
    let (scenario, folder) = (drilled(USUAL), tempfile::tempdir().unwrap());
    let mut night = opened(&scenario, folder.path());
    let output = stopped(&mut night, folder.path(), &["--yes"], is_left);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!is_left(&night));
    assert!(!folder.path().join("live-facts.toml").exists());
}

#[test]
fn what_would_be_confirmed_is_the_drills() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    let output = command.args(["doctor", "--dry-run"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--smoke"));
}

#[test]
fn the_drills_find_how_a_world_reads_what_aws_leaves_open_and_leave_nothing_behind() {
    let (scenario, folder) = (drilled(&format!("{OTHERWISE}{LAST_BAKE}")), tempfile::tempdir().unwrap());
    let mut night = opened(&scenario, folder.path());
    let output = smoke(&mut night, folder.path(), &["--json", "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (drill, what) in [
        ("first", "arrived"),
        ("golden", "answered"),
        ("good", "arrived"),
        ("revert", "went_back"),
        ("silence", "went_back"),
        ("ringing", "went_back"),
        ("in_soak", "arrived"),
        ("same", "refused"),
        ("other_type", "refused"),
    ] {
        assert_eq!(came(&document, drill), what, "{drill}: {document:#}");
    }
    assert!(!is_left(&night));
    is_what_the_world_does(folder.path(), &scenario, &drilled(USUAL));
}

#[test]
fn a_dry_run_says_what_would_be_made_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = drilled(USUAL);
    let mut night = opened(&scenario, folder.path());
    let output = smoke(&mut night, folder.path(), &["--dry-run"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("Nothing was made.") && said.contains("fraud-smoke"), "{said}");
    assert!(said.contains("dollars"), "{said}");
    assert!(!is_left(&night));
    assert!(!folder.path().join("live-facts.toml").exists());
}
