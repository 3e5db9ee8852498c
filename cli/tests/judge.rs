//! `meridian judge` as a person and a script run it: the real binary on files of counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::{fields, text};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Minutes of three metrics in one region: `bad` of 3,600 requests on green in 5xx, 4 in the others; 33 of 32,400 on blue.
fn counts(region: &str, from: i64, minutes: i64, bad: u64) -> String {
    let mut text = String::new();
    for minute in from..from + minutes {
        for (metric, bad) in [("4xx", 4), ("5xx", bad), ("latency_over_20ms", 4)] {
            let green = format!(r#"{{"total":3600,"bad":{bad}}}"#);
            text.push_str(&format!(
                "{{\"minute\":{minute},\"region\":\"{region}\",\"metric\":\"{metric}\",\"green\":{green},\"blue\":{{\"total\":32400,\"bad\":33}}}}\n"
            ));
        }
    }
    text
}

/// Runs on counts from standard input, in an empty folder.
fn judge(counts: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["judge", "--counts", "-"])
        .args(more)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(counts.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json(counts: &str) -> (Value, Option<i32>) {
    let output = judge(counts, &["--json"]);
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_exit_code_is_the_verdict() {
    let equal = judge(&counts("eu-west-1", 0, 30, 4), &[]);
    assert_eq!(equal.status.code(), Some(0), "{}{}", text(&equal.stdout), text(&equal.stderr));
    assert!(text(&equal.stdout).starts_with("PASS  what it can still cost is within policy, decided at minute 29"));
    let worse = judge(&counts("eu-west-1", 0, 30, 15), &[]);
    assert_eq!(worse.status.code(), Some(1));
    assert!(text(&worse.stdout).starts_with("FAIL  the release is worse"), "{}", text(&worse.stdout));
    let silent =
        "{\"minute\":0,\"region\":\"eu-west-1\",\"metric\":\"5xx\",\"green\":null,\"blue\":{\"total\":9000,\"bad\":3}}";
    let missing = judge(silent, &[]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(text(&missing.stdout).starts_with("INCONCLUSIVE"), "{}", text(&missing.stdout));
}

#[test]
fn wrong_input_is_exit_code_2_and_names_line_and_field() {
    let bad = judge(&(counts("eu-west-1", 0, 1, 4) + "{\"minute\":1}\n"), &[]);
    assert_eq!((bad.status.code(), text(&bad.stdout).as_str()), (Some(2), ""));
    assert!(
        text(&bad.stderr).contains("-, line 4: region: missing; expected an AWS region name"),
        "{}",
        text(&bad.stderr)
    );
    assert_eq!(judge("", &[]).status.code(), Some(2));
    assert_eq!(judge("", &["--policy", "no-such.toml"]).status.code(), Some(2));
}

#[test]
fn the_document_has_what_scripts_ask_for() {
    let two = counts("eu-west-1", 0, 30, 4) + &counts("ap-southeast-2", 36, 20, 20);
    let (document, code) = json(&two);
    assert_eq!((document["wave"]["verdict"].as_str(), code), (Some("fail"), Some(1)));
    let minute = document["wave"]["decided_at_minute"].as_i64().unwrap();
    assert!((37..50).contains(&minute), "{minute}");
    let (eu, au) = (&document["regions"]["eu-west-1"], &document["regions"]["ap-southeast-2"]);
    assert_eq!((eu["verdict"].as_str(), au["verdict"].as_str()), (Some("pass"), Some("fail")));
    assert_eq!(au["metric"], "5xx");
    for region in [eu, au] {
        for number in ["e_value", "effect", "smallest_detectable_effect"] {
            assert!(region[number].is_number(), "{number} of {region}");
        }
        assert_eq!(region["interval"].as_array().map(Vec::len), Some(2));
    }
    assert!(au["e_value"].as_f64().unwrap() > 1_000.0 && eu["e_value"].as_f64().unwrap() < 1.0);
    assert!((au["effect"].as_f64().unwrap() - 20.0 * 9.0 / 33.0).abs() < 1e-9);
    // What decided it is data, and beside it in words.
    let decided = &au["grounds"]["metrics"][0];
    assert_eq!((decided["metric"].as_str(), decided["finding"]["worse"]["than"].as_f64()), (Some("5xx"), Some(1.25)));
    assert_eq!(document["wave"]["grounds"]["failed"]["region"], "ap-southeast-2");
    assert_eq!(document["wave"]["grounds"]["failed"]["grounds"], au["grounds"]);
    assert_eq!(document["wave"]["why"], format!("ap-southeast-2: {}", au["why"].as_str().unwrap()));
    assert!(au["why"].as_str().unwrap().ends_with("worse than 1.25 times"), "{}", au["why"]);
}

#[test]
fn a_fleets_policy_splits_alpha_over_its_regions_and_names_them() {
    let policy = root().join("local/fleets/reference/fleet.toml");
    let output = judge(&counts("eu-west-1", 0, 30, 4), &["--policy", policy.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("\nEU "), "{}", text(&output.stdout));
    let output = judge(&counts("ap-south-1", 0, 30, 4), &["--policy", policy.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("ap-south-1 is not in the policy"), "{}", text(&output.stderr));
}

#[test]
fn every_field_and_every_key_of_the_policy_is_described() {
    let page = std::fs::read_to_string(root().join("docs/judging.md")).unwrap();
    let (document, _) = json(&(counts("eu-west-1", 0, 30, 4) + &counts("ap-southeast-2", 36, 20, 20)));
    let mut found = fields(&document, &["regions", "metrics"], &["policy"]);
    found.extend(document["policy"].as_object().unwrap().keys().cloned());
    found.retain(|field| !page.contains(&format!("`{field}`")));
    assert!(found.is_empty(), "docs/judging.md does not describe {}", found.join(", "));
}
