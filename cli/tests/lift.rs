//! `meridian lift`: what a person gets wrong, and how it is said.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::{error, offline};
use std::process::Output;

fn lift(arguments: &[&str]) -> Output {
    offline(&[&["lift"], arguments].concat())
}

#[test]
fn a_region_that_the_fleet_does_not_have_is_wrong_input() {
    let output = lift(&["--region", "us-east-1", "--who", "maria", "--why", "mended"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("sa-east-1"), "{}", error(&output));
}

#[test]
fn a_halt_is_not_lifted_without_a_reason() {
    for arguments in [&["--region", "home", "--who", "maria"][..], &["--region", "home", "--who", "maria", "--why", ""]]
    {
        let output = lift(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains("--why"), "{}", error(&output));
    }
}

#[test]
fn a_ledger_that_cannot_be_read_is_no_wrong_input() {
    for region in ["home", "sa-east-1"] {
        let output = lift(&["--region", region, "--who", "maria", "--why", "mended"]);
        assert_eq!(output.status.code(), Some(1), "{}", error(&output));
        assert!(error(&output).contains("ledger chain"), "{}", error(&output));
    }
}
