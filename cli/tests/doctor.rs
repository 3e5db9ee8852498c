//! `meridian doctor` against a night that is served, and without anybody to ask.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// A night that is served. Ends with the test.
struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(scenario: &str, at: &str) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["night", "--serve", "--scenario", scenario, "--at", at, "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut story = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = story.find_map(|line| line.ok().filter(|line| line.contains("The night is open at "))).unwrap();
    let url = line.split("The night is open at ").nth(1).unwrap();
    let url = url[..url.find(' ').unwrap()].to_owned();
    // Its pipe stays open: a story that nobody reads ends well.
    std::thread::spawn(move || story.for_each(drop));
    Served(process, url)
}

fn doctor(url: &str, keys: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.env_clear().args(["doctor", "--json", "--fleet", "../fleet.toml", "--endpoint-url", url]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    if keys {
        command.env("AWS_ACCESS_KEY_ID", "NOTAREALKEY").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    }
    command.output().unwrap()
}

/// How one check of a region came out.
fn outcomes(document: &Value, place: &str, check: &str) -> Vec<String> {
    let all = document["findings"].as_array().unwrap().iter();
    let own = all.filter(|finding| finding["place"] == place && finding["check"] == check);
    own.map(|finding| finding["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_fleet_that_is_well_is_found_well_and_what_the_world_does_not_model_is_listed() {
    let served = serve("good-night", "02:59:30");
    let output = doctor(&served.1, true);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert_eq!(document["well"], true);
    for place in ["EU", "AU", "JP", "BR"] {
        for check in ["endpoint", "ledger", "bytes", "rollback alarm"] {
            assert_eq!(outcomes(&document, place, check), ["fine"], "{place} {check}: {document:#}");
        }
        assert_eq!(outcomes(&document, place, "alarm"), ["fine"; 3], "{place}: {document:#}");
    }
    let unasked = document["findings"].as_array().unwrap().iter().filter(|finding| finding["place"].is_null());
    assert!(unasked.clone().count() > 0 && unasked.clone().all(|own| own["outcome"] == "not-checked"), "{document:#}");
}

#[test]
fn a_region_whose_control_plane_is_dark_is_unknown_and_not_fine() {
    let served = serve("tokyo-dark", "03:47:10");
    let output = doctor(&served.1, true);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{document:#}");
    assert_eq!(outcomes(&document, "JP", "endpoint"), ["unknown"]);
    assert_eq!(outcomes(&document, "JP", "rollback alarm"), ["fine"], "CloudWatch goes on");
    assert_eq!(outcomes(&document, "BR", "endpoint"), ["fine"]);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let output = doctor("http://127.0.0.1:9", false);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there are no credentials"), "{said}");
}
