//! `meridian halt` and `meridian override`: what a person gets wrong, and how it is said.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use std::process::{Command, Output};

fn meridian(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fleet.toml"), include_str!("../../fleet.toml")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_meridian"))
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

const SAID: [&str; 4] = ["--why", "incident", "--who", "maria"];

#[test]
fn neither_is_written_without_who_and_why() {
    for missing in [&SAID[..2], &SAID[2..]] {
        for command in [&["halt"][..], &["override", "freeze", "--for", "1h"]] {
            let output = meridian(&[command, missing].concat());
            assert_eq!(output.status.code(), Some(2), "{command:?}: {}", error(&output));
        }
    }
}

#[test]
fn what_cannot_be_overridden_has_no_word() {
    for what in ["approval", "golden", "condemnation"] {
        let output = meridian(&[&["override", what, "--for", "1h"], &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains("freeze, skew, order"), "{}", error(&output));
    }
}

#[test]
fn an_override_of_the_whole_order_or_of_a_month_is_wrong_input() {
    for (asked, words) in [(["order", "--for", "1h"], "--region"), (["freeze", "--for", "720h"], "fleet.toml")] {
        let output = meridian(&[&["override"], &asked[..], &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains(words), "{}", error(&output));
    }
}

#[test]
fn a_ledger_that_cannot_be_reached_is_no_wrong_input() {
    for command in [&["halt"][..], &["halt", "--region", "sa-east-1"], &["override", "freeze", "--for", "1h"]] {
        let output = meridian(&[command, &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", error(&output));
        assert!(error(&output).contains("ledger chain"), "{}", error(&output));
    }
}
