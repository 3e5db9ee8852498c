//! `meridian publish` refuses bad input before it writes anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::terminal::talk;
use meridian_handlers::signing::KeyFile;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const MODEL: &[u8] = include_bytes!("../../local/models/v427.tar.gz");
const FEATURES: &str = include_str!("../../local/models/features.txt");

fn publish(change: impl Fn(&Path)) -> Output {
    publish_with(&common::KEYS, change)
}

fn publish_with(keys: &[(&str, &str)], change: impl Fn(&Path)) -> Output {
    let folder = files();
    change(folder.path());
    command(folder.path(), keys).output().unwrap()
}

/// A folder with all that a release is made of.
fn files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("fleet.toml"), include_str!("../../local/fleets/reference/fleet.toml")).unwrap();
    std::fs::write(path.join("model.tar.gz"), MODEL).unwrap();
    std::fs::write(path.join("features.txt"), FEATURES).unwrap();
    std::fs::write(path.join("key.pem"), KeyFile::example_pem()).unwrap();
    folder
}

fn command(folder: &Path, keys: &[(&str, &str)]) -> Command {
    let digest = "0".repeat(64);
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command
        .args(["publish", "--version", "v427", "--archive", "model.tar.gz"])
        .args(["--features", "features.txt", "--operating-threshold", "0.81"])
        .args(["--image-repository", "sagemaker-xgboost", "--image-digest", &digest])
        .args(["--key", "key.pem"])
        // Nothing listens there: whatever gets this far fails fast.
        .args(["--endpoint-url", "http://127.0.0.1:9"])
        .env_clear()
        .envs(keys.iter().copied())
        .current_dir(folder);
    command
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Nothing listens where it would be written.
#[test]
fn a_dry_run_names_the_release_and_writes_nothing() {
    let folder = files();
    let output = command(folder.path(), &common::KEYS).arg("--dry-run").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let said = common::text(&output.stdout);
    let release = said.strip_prefix("would be published: v427 as ").unwrap();
    assert!(release.trim_end().len() == 64, "{said}");
    // It fails where publishing would.
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let output = command(folder.path(), &common::KEYS).arg("--dry-run").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
}

#[test]
fn a_person_at_a_terminal_is_asked_before_publication() {
    let folder = files();
    let said = talk(200, &mut command(folder.path(), &common::KEYS), true, "n\n");
    assert!(said.contains("v427 will be published as ") && said.contains("Go on? [y/N]"), "{said}");
    assert!(said.contains("nothing was written; not published: v427 as "), "{said}");
    let said = talk(200, command(folder.path(), &common::KEYS).arg("--yes"), true, "n\n");
    assert!(!said.contains("Go on?") && said.contains("v427 is not published"), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let output = publish(|path| std::fs::remove_file(path.join("model.tar.gz")).unwrap());
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("model.tar.gz"), "{}", error(&output));
}

#[test]
fn a_wrong_fleet_policy_is_named_with_its_line() {
    let right = include_str!("../../local/fleets/reference/fleet.toml");
    let wrong = right.replace("peak_rps = 600", "peak_rps = -600");
    assert_ne!(wrong, right);
    let output = publish(|path| std::fs::write(path.join("fleet.toml"), &wrong).unwrap());
    let error = error(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("peak_rps") && error.contains("line"), "{error}");
}

#[test]
fn a_disallowed_image_is_refused_before_any_write() {
    let right = include_str!("../../local/fleets/reference/fleet.toml");
    let other = right.replace("repository = \"sagemaker-xgboost\"", "repository = \"another\"");
    assert_ne!(other, right);
    let output = publish(|path| std::fs::write(path.join("fleet.toml"), &other).unwrap());
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("does not allow the image sagemaker-xgboost"), "{}", error(&output));
}

#[test]
fn a_hold_out_that_says_too_little_is_refused_before_any_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("fleet.toml"), include_str!("../../local/fleets/reference/fleet.toml")).unwrap();
    std::fs::write(path.join("holdout.csv"), "label,customer_region,amount\n1,eu,2\n0,eu,3\n").unwrap();
    std::fs::write(path.join("features.txt"), "amount\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args([
            "holdout",
            "approve",
            "holdout.csv",
            "--features",
            "features.txt",
            "--who",
            "ana",
            "--why",
            "new labels",
        ])
        .args(["--endpoint-url", "http://127.0.0.1:9"])
        .env_clear()
        .current_dir(path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("2 records, fewer than the 1000"), "{}", error(&output));
}

#[test]
fn aws_that_does_not_answer_is_no_wrong_input() {
    let output = publish(|_| {});
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("v427 is not published"), "{}", error(&output));
    let help = Command::new(env!("CARGO_BIN_EXE_meridian")).args(["publish", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("1 AWS refused it"));
}

/// What is wrong with the files is said without credentials too, and first.
#[test]
fn a_publisher_without_credentials_is_told_what_to_set() {
    let output = publish_with(&[], |_| {});
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
    assert!(error(&output).contains("AWS_PROFILE"), "{}", error(&output));
}

#[test]
fn an_untrusted_key_is_refused_and_its_public_half_is_shown() {
    let other = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGFuZCB0aGlzIG9uZSBpcyBhIHN0cmFuZ2VyJ3MhISEh\n-----END PRIVATE KEY-----\n";
    let output = publish(|path| std::fs::write(path.join("key.pem"), other).unwrap());
    let said = error(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("does not trust this key") && said.contains("BEGIN PUBLIC KEY"), "{said}");
    let output = publish(|path| std::fs::write(path.join("key.pem"), "no key").unwrap());
    let said = error(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("key.pem: it holds no private key"), "{said}");
}

/// The committed model with another objective.
fn multiclass() -> Vec<u8> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(MODEL));
    let mut model = Vec::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut model).unwrap();
    let (own, other) = (b"\x0fbinary:logistic", b"\x0emulti:softprob");
    let at = model.windows(own.len()).position(|bytes| bytes == own).unwrap();
    model.splice(at..at + own.len(), *other);
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut packed = tar::Builder::new(gzip);
    let mut header = tar::Header::new_ustar();
    header.set_size(model.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    packed.append_data(&mut header, "xgboost-model", &*model).unwrap();
    packed.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_model_that_would_be_rejected_is_refused_before_any_write() {
    for (archive, features, why) in [
        (multiclass(), FEATURES, "objective `multi:softprob`"),
        (b"an archive".to_vec(), FEATURES, "not compressed with gzip"),
        (MODEL.to_vec(), "amount\nage\n", "the manifest's features differ from the model's"),
    ] {
        let output = publish(|path| {
            std::fs::write(path.join("model.tar.gz"), &archive).unwrap();
            std::fs::write(path.join("features.txt"), features).unwrap();
        });
        let said = error(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("v427 is not published, for evaluation would reject it") && said.contains(why), "{said}");
    }
}
