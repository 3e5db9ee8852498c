//! `meridian publish --kms` signs with a key that the template makes, and `meridian doctor` looks at it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_domain::Fleet;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use std::path::Path;
use std::process::{Command, Output};

const FLEET: &str = include_str!("../../local/fleets/reference/fleet.toml");
/// What the local world's KMS signs with: docs/signing.md says that everybody can read its private half.
const PUBLIC_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKCnfsRGqXGCm6oECfH8sSGgXfLEEsH+3B0VkfDY0TXbMe1ptJQRdC9Yb/ZTRh/nX2wj3gx/kOizcElqI3up8ew==";

/// What a night takes place on whose home has a signing key, and its ARN.
fn site(out: &Path) -> (Site, Options, String) {
    let site = Site::with_parameters(&[("SignsWithKms", "true")]).unwrap();
    let home = Fleet::parse(FLEET).unwrap().home;
    let keys = &site.deployment.stacks[&home].keys;
    let arn = keys.iter().find(|key| key.spec.is_some()).unwrap().arn.clone();
    let away = site.deployment.stacks.iter().filter(|(region, _)| **region != home);
    assert!(away.flat_map(|(_, stack)| &stack.keys).all(|key| key.spec.is_none()), "home alone has one");
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.to_owned(), record: None };
    (site, options, arn)
}

/// The repository's fleet, trusting the key of KMS beside its own.
fn policy(folder: &Path, arn: &str, public_key: &str) {
    let keys = FLEET.lines().find(|line| line.starts_with("keys = [")).unwrap();
    let more = format!(
        "{}, {{ id = \"training\", public_key = \"{public_key}\", kms = \"{arn}\" }}]",
        &keys[..keys.len() - 1]
    );
    std::fs::write(folder.join("fleet.toml"), FLEET.replace(keys, &more)).unwrap();
}

fn meridian(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(arguments)
        .args(["--endpoint-url", url])
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "NOTAREALKEY")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder)
        .output()
        .unwrap()
}

fn publish(folder: &Path, url: &str, key: &str) -> Output {
    // The container of the night's releases: every registry has it.
    let digest = "eec7c25a6e0ca601b3d5a9379186b0897373411e59d1b2e161c2570f924dd407";
    let files = ["--archive", "model.tar.gz", "--features", "features.txt"];
    let image = ["--image-repository", "sagemaker-xgboost", "--image-digest", digest, "--operating-threshold", "0.81"];
    let own = ["publish", "--version", "v427", "--created", "2026-11-20T02:59:00Z", "--kms", key];
    meridian(folder, url, &[own.as_slice(), &files, &image].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_key_of_kms_signs_a_release_and_the_doctor_finds_it_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (file, committed) in [("model.tar.gz", "v427.tar.gz"), ("features.txt", "features.txt")] {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/models");
        std::fs::copy(models.join(committed), path.join(file)).unwrap();
    }
    let (site, options, arn) = site(path);
    let scenario = Scenario::load("good-night").unwrap();
    let mut night = Session::begin(site, &scenario, &options).unwrap();
    let url = night.open_door(0).unwrap().url();
    policy(path, &arn, PUBLIC_KEY);
    let first = publish(path, &url, &arn);
    assert!(first.status.success(), "{}", text(&first.stderr));
    // ECDSA signs otherwise each time: what lies there is believed.
    let again = publish(path, &url, &arn);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert_eq!(text(&first.stdout), text(&again.stdout));
    // The key of the bucket signs nothing, and one that is not there does not either.
    let bucket = publish(path, &url, "alias/meridian-fraud");
    assert_eq!(bucket.status.code(), Some(1), "{}", text(&bucket.stderr));
    assert!(text(&bucket.stderr).contains("InvalidKeyUsageException"), "{}", text(&bucket.stderr));
    let none = publish(path, &url, "no-such-key");
    assert!(text(&none.stderr).contains("there is no key no-such-key"), "{}", text(&none.stderr));
    let said = |output: &Output| {
        let all = text(&output.stdout);
        all.lines()
            .find(|line| line.contains("signing key") && line.contains("training"))
            .unwrap_or_default()
            .to_owned()
    };
    let well = said(&meridian(path, &url, &["doctor", "--all"]));
    assert!(well.contains("training is enabled and is the one that fleet.toml trusts"), "{well}");
    policy(path, &arn, &PUBLIC_KEY.replace("KCnf", "KCng"));
    let other = said(&meridian(path, &url, &["doctor", "--all"]));
    assert!(other.contains("WRONG") && other.contains("another public half"), "{other}");
}
