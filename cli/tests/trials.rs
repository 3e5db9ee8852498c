//! The trials of `tests/trials`: what four new users type in their first hour, each a script, against the real program.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use std::process::Command;

fn tried(script: &str) {
    let path = format!("{}/../tests/trials/{script}.sh", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash").arg(&path).env("MERIDIAN", env!("CARGO_BIN_EXE_meridian")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}:\n{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn somebody_on_call_finds_what_the_pages_promise() {
    tried("on-call");
}

#[test]
fn another_team_rehearses_a_fleet_of_its_own() {
    tried("adopter");
}

#[test]
fn a_newcomers_mistakes_are_named_with_what_to_write_instead() {
    tried("newcomer");
}

#[test]
fn a_data_scientist_judges_models_on_a_hold_out_as_it_comes() {
    tried("desk");
}
