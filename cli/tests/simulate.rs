//! `meridian simulate` as a caller sees it.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use std::process::{Command, Output};

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference"))
        .args(["simulate", "judge"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_question_is_answered_with_a_table_and_its_promise() {
    let output = simulate(&["--runs", "200", "--seed", "3", "--question", "latency"]);
    assert_eq!(output.status.code(), Some(0));
    let told = text(output.stdout);
    assert!(told.contains("\nA slower model\n"), "{told}");
    assert!(told.contains("- kept: a model of twice the latency is found after the shift"), "{told}");
    assert!(!told.contains("Wrong fails") && !told.contains('|'), "{told}");
}

/// docs/judge-table.md is made of it.
#[test]
fn markdown_has_the_same_tables() {
    let output = simulate(&["--runs", "10", "--question", "latency", "--format", "markdown"]);
    let told = text(output.stdout);
    assert!(told.contains("## A slower model\n") && told.contains("\n| p99 ms |"), "{told}");
    assert!(told.contains("\n## Promises\n\n- "), "{told}");
}

#[test]
fn machines_are_told_the_same_in_json() {
    let output = simulate(&["--runs", "10", "--question", "latency", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["runs"], &told["seed"]), (&10.into(), &1.into()));
    assert_eq!(told["tables"][0]["rows"][0]["judge, canary"]["of"], 1);
}

#[test]
fn too_few_runs_are_no_proof() {
    let output = simulate(&["--runs", "1", "--question", "wrong-fails"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(output.stdout));
}

#[test]
fn wrong_input_names_what_was_expected() {
    let output = simulate(&["--runs", "10", "--question", "speed"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(output.stderr).contains("ask one of wrong-fails, beyond,"));
    let output = simulate(&["--runs", "10", "--fleet", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(output.stderr).contains("nowhere.toml: "));
}

#[test]
fn a_seed_that_is_no_number_is_refused_with_what_is_expected() {
    for command in [&["night"][..], &["simulate", "nights"], &["simulate", "judge", "--runs", "10"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_meridian")).args(command).args(["--seed", "x"]).output().unwrap();
        let said = text(output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let expected = "expected a whole number from 0 to 18446744073709551615";
        assert!(said.contains("'x' for '--seed") && said.contains(expected), "{said}");
    }
}

/// One night with nothing bad beyond the usual: the exit code, and the report.
fn one_night(scenario: &str) -> (Option<i32>, serde_json::Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference"))
        .args(["simulate", "nights", "--runs", "1", "--scenario", scenario, "--beyond", "0", "--json"])
        .output()
        .unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn an_equal_release_is_followed_through_the_whole_system() {
    let (code, told) = one_night("good-night");
    assert_eq!(code, Some(3), "one night is no proof: {told}");
    let row = &told["tables"][0]["rows"][0];
    let hits = ["arrives unpaged", "arrives", "paged", "tried again"].map(|column| row[column]["hits"].as_u64());
    assert_eq!(hits, [Some(1), Some(1), Some(0), Some(0)], "{row}");
}

/// The release of `bad-model` is condemned in the first region. One such night refutes 99 of 100.
#[test]
fn nights_in_which_a_release_does_not_arrive_exit_with_1() {
    let (code, told) = one_night("bad-model");
    assert_eq!((code, &told["promises"][0]["standing"]), (Some(1), &"broken".into()), "{told}");
}
