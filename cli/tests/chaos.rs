//! `meridian chaos` as a caller sees it.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use std::path::Path;
use std::process::{Command, Output};

fn meridian(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn nights_that_keep_what_must_hold_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["chaos", "--nights", "2", "--seed", "427"]);
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.ends_with("2 nights of seed 427: each kept what must hold\n"), "{told}");
    assert!(told.starts_with("the release reached every region in "), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_night_is_printed_as_a_scenario_that_can_be_played() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = meridian(folder.path(), &["chaos", "--seed", "427", "--print", "3"]);
    assert_eq!(drawn.status.code(), Some(0));
    std::fs::write(folder.path().join("drawn.toml"), &drawn.stdout).unwrap();
    let played = meridian(folder.path(), &["night", "--scenario", "drawn.toml", "--seed", "430"]);
    let story = String::from_utf8(played.stdout).unwrap();
    assert!(story.contains("training publishes v427"), "{story}");
}
