//! `meridian lift`: what a person gets wrong, and how it is said.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use std::process::{Command, Output};

fn lift(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fleet.toml"), include_str!("../../fleet.toml")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .arg("lift")
        .args(arguments)
        // Nothing listens there: whatever gets this far fails fast.
        .args(["--endpoint-url", "http://127.0.0.1:9"])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_region_that_the_fleet_does_not_have_is_wrong_input() {
    let output = lift(&["--region", "us-east-1", "--why", "mended"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("sa-east-1"), "{}", error(&output));
}

#[test]
fn a_halt_is_not_lifted_without_a_reason() {
    for arguments in [&["--region", "home"][..], &["--region", "home", "--why", ""]] {
        let output = lift(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains("--why"), "{}", error(&output));
    }
}

#[test]
fn a_ledger_that_cannot_be_read_is_no_wrong_input() {
    for region in ["home", "sa-east-1"] {
        let output = lift(&["--region", region, "--why", "mended"]);
        assert_eq!(output.status.code(), Some(1), "{}", error(&output));
        assert!(error(&output).contains("ledger chain"), "{}", error(&output));
    }
}
