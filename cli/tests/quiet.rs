//! `--quiet`: every command prints what was asked for, in a line where it has a verdict, and nothing beside it.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;
#[path = "common/desk.rs"]
mod desk;

use common::served::serve;
use common::{error, text};
use std::path::Path;
use std::process::{Command, Output};

const EXAM: [&str; 8] =
    ["--holdout", "holdout.csv.gz", "--label", "label", "--region-column", "customer_region", "--threshold", "0.81"];

/// Runs where the example's fleet.toml is.
fn beside_the_fleet(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/fleets/reference");
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).arg("--quiet").current_dir(root).output().unwrap()
}

/// The one line that was printed, without a word on standard error.
fn line(output: &Output) -> String {
    let said = text(&output.stdout);
    assert_eq!((said.lines().count(), error(output).as_str()), (1, ""), "{said}");
    said.trim_end().to_owned()
}

#[test]
fn a_quiet_evaluation_is_its_verdict() {
    let judged = |arguments: &[&str]| desk::meridian(&[arguments, &EXAM].concat());
    let models = ["--challenger", "v429.tar.gz", "--champion", "v426.tar.gz"];
    let output = judged(&[&["evaluate", "-q"], &models[..]].concat());
    assert_eq!((line(&output).as_str(), output.status.code()), ("FAIL  the challenger would be rejected", Some(1)));
    // Models that remember nothing of their features are remarked upon.
    let output = judged(&["compare", "-q", "v426.tar.gz", "v427.tar.gz", "v429.tar.gz"]);
    assert_eq!(
        (text(&output.stdout).as_str(), error(&output).as_str()),
        ("v427.tar.gz  pass\nv429.tar.gz  fail\n", "")
    );
    let document = judged(&[&["evaluate", "--quiet", "--json"], &models[..]].concat());
    assert!(text(&document.stdout).starts_with("{\n"), "what was asked for is printed");
}

#[test]
fn a_quiet_forecast_is_one_line() {
    assert!(
        line(&beside_the_fleet(&["plan", "--at", "2026-11-20T03:02:00Z"])).starts_with("All 4 regions on it by 04:")
    );
    assert!(line(&beside_the_fleet(&["cost"])).ends_with(" US dollars a month"));
    let simulated = beside_the_fleet(&["simulate", "judge", "--runs", "200", "--seed", "3", "--question", "latency"]);
    assert!(line(&simulated).starts_with("kept: "));
    assert_eq!(
        line(&beside_the_fleet(&["simulate", "histories", "--runs", "3"])),
        "3 histories: no invariant was broken"
    );
}

#[test]
fn a_quiet_look_at_a_fleet_is_its_answer() {
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    assert_eq!(line(&night.meridian(&["status", "--quiet"])), "Nothing needs you.");
    let found = line(&night.meridian(&["doctor", "--quiet"]));
    assert!(found.contains(" fine, 0 wrong, 0 unknown"), "{found}");
    let served = line(&night.meridian(&["history", "--region", "JP", "--quiet"]));
    assert!(served.starts_with("JP  ap-northeast-1") && served.contains("v427"), "{served}");
}

#[test]
fn a_quiet_night_that_is_served_tells_its_address() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    let night = ["night", "--scenario", "bad-eval", "--serve", "--pace", "86400", "--close", "--quiet"];
    let said = text(&command.args(night).output().unwrap().stdout);
    let (first, second) = (said.lines().next().unwrap(), said.lines().nth(2).unwrap());
    assert!(first.starts_with("http://127.0.0.1:") && second.starts_with("The fleet at "), "{said}");
}
