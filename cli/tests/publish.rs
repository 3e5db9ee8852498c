//! `meridian publish` refuses bad input before it writes anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use std::process::{Command, Output};

fn publish(change: impl Fn(&std::path::Path)) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("fleet.toml"), include_str!("../../fleet.toml")).unwrap();
    std::fs::write(path.join("model.tar.gz"), b"an archive").unwrap();
    std::fs::write(path.join("holdout.csv.gz"), b"records").unwrap();
    std::fs::write(path.join("features.txt"), "amount\nage\n").unwrap();
    change(path);
    let digest = "0".repeat(64);
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["publish", "--version", "v427", "--archive", "model.tar.gz", "--holdout", "holdout.csv.gz"])
        .args(["--features", "features.txt", "--operating-threshold", "0.81"])
        .args(["--image-repository", "sagemaker-xgboost", "--image-digest", &digest])
        // Nothing listens there: whatever gets this far fails fast.
        .args(["--endpoint-url", "http://127.0.0.1:9"])
        .env_clear()
        .current_dir(path)
        .output()
        .unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_missing_file_is_named() {
    let output = publish(|path| std::fs::remove_file(path.join("model.tar.gz")).unwrap());
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("model.tar.gz"), "{}", error(&output));
}

#[test]
fn a_wrong_fleet_policy_is_named_with_its_line() {
    let right = include_str!("../../fleet.toml");
    let wrong = right.replace("peak_rps = 600", "peak_rps = -600");
    assert_ne!(wrong, right);
    let output = publish(|path| std::fs::write(path.join("fleet.toml"), &wrong).unwrap());
    let error = error(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("peak_rps") && error.contains("line"), "{error}");
}

#[test]
fn aws_that_does_not_answer_is_no_wrong_input() {
    let output = publish(|_| {});
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("v427 is not published"), "{}", error(&output));
    let help = Command::new(env!("CARGO_BIN_EXE_meridian")).args(["publish", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("1 AWS did not take it"));
}
