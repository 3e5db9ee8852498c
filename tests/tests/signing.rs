//! Others' tools believe the signatures that `publish` writes, and a region believes theirs: OpenSSF's model-signing for keys on
//! P-256, securesystemslib for the DSSE envelope of either kind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::signing::PublicKey;
use meridian_domain::{Fleet, Image, ReleaseId, Sha256, keys};
use meridian_handlers::publish::{Prepared, PublishSpec, prepare};
use meridian_handlers::signing::{KeyFile, Signer, sign, verify};
use meridian_tests::skip;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Made by `scripts/signing-tools`, which `scripts/test` runs first.
const TOOLS: &str = ".tools/signing";
const FLEET: &str = include_str!("../../local/fleets/reference/fleet.toml");
/// The scalar says what it is worth: "this key is public: never trust!".
const P256: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdGhpcyBrZXkgaXMg
cHVibGljOiBuZXZlciB0cnVzdCGhRANCAAQoKd+xEapcYKbqgQJ8fyxIaBd8sQSw
f7cHRWR8NjRNdsx7Wm0lBF0L1hv9lNGH+dfbCPeDH+Q6LNwSWoje6nx7
-----END PRIVATE KEY-----
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn now() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

/// The repository's fleet, trusting this key alone.
fn fleet(key: &PublicKey) -> Fleet {
    let from = FLEET.lines().find(|line| line.starts_with("keys = [")).unwrap();
    let to = format!("keys = [{{ id = \"own\", public_key = '''\n{}''' }}]", key.pem());
    Fleet::parse(&FLEET.replace(from, &to)).unwrap()
}

/// A copy of `releases/`, as `aws s3 sync` makes one, with a signed release and another's archive in it.
struct Releases {
    folder: tempfile::TempDir,
    fleet: Fleet,
    prepared: Prepared,
    public_key: PathBuf,
}

impl Releases {
    fn signed_with(pem: &str) -> Self {
        let key = KeyFile::parse(pem).unwrap();
        let public = run(key.public_key()).unwrap();
        let fleet = fleet(&public);
        let image =
            Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None };
        let spec = PublishSpec {
            version: "v427".parse().unwrap(),
            archive: Bytes::from_static(b"archive"),
            features: vec!["amount".to_owned()],
            feature_files: Vec::new(),
            operating_threshold: 0.5,
            answer: meridian_domain::AnswerForm::default(),
            image,
            provenance: Default::default(),
        };
        let prepared = prepare(&fleet, now(), spec).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let public_key = folder.path().join("key.pem");
        std::fs::write(&public_key, public.pem()).unwrap();
        let own = Releases { folder, fleet, prepared, public_key };
        let (release, manifest) = (own.prepared.release, &own.prepared.manifest);
        own.write(&keys::archive(Sha256::of(b"another")), b"another");
        own.write(&manifest.archive.key, b"archive");
        own.write(&keys::manifest(release), &manifest.to_bytes());
        let bundle = run(sign(&key, &own.fleet.signing, release, manifest, now())).unwrap();
        own.write(&keys::signature(release), &bundle);
        own
    }

    fn release(&self) -> ReleaseId {
        self.prepared.release
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    fn write(&self, key: &str, body: &[u8]) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
    }

    /// The command that docs/signing.md gives.
    fn model_signing(&self, what: &str, key: &str, key_file: &Path, more: &[&str]) -> Output {
        Command::new(root().join(TOOLS).join("bin/model_signing"))
            .args([what, "key"])
            .arg(self.path(keys::RELEASES))
            .arg("--signature")
            .arg(self.path(&keys::signature(self.release())))
            .arg(key)
            .arg(key_file)
            .args(more)
            .output()
            .unwrap()
    }

    fn verifies(&self) -> bool {
        let output = self.model_signing("verify", "--public_key", &self.public_key, &["--ignore_unsigned_files"]);
        #[allow(clippy::print_stdout, reason = "what the tool said, for whoever reads the log")]
        let () = println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        output.status.success()
    }
}

fn has_tools(test: &str) -> bool {
    let there = root().join(TOOLS).join(".done").exists();
    if !there {
        skip(test, "no model-signing to ask; scripts/signing-tools says why");
    }
    there
}

#[test]
fn model_signing_verifies_what_publish_signed() {
    if !has_tools("model_signing_verifies_what_publish_signed") {
        return;
    }
    let releases = Releases::signed_with(P256);
    assert!(releases.verifies());
    let archive = releases.prepared.manifest.archive.key.clone();
    releases.write(&archive, b"archivf");
    assert!(!releases.verifies(), "an altered archive");
    releases.write(&archive, b"archive");
    let signature = keys::signature(releases.release());
    let bundle = std::fs::read_to_string(releases.path(&signature)).unwrap();
    let at = bundle.find("\"sig\": \"").unwrap() + 30;
    let other = if &bundle[at..=at] == "A" { "B" } else { "A" };
    releases.write(&signature, format!("{}{other}{}", &bundle[..at], &bundle[at + 1..]).as_bytes());
    assert!(!releases.verifies(), "an altered signature");
}

#[test]
fn a_region_believes_what_model_signing_signed() {
    if !has_tools("a_region_believes_what_model_signing_signed") {
        return;
    }
    let releases = Releases::signed_with(P256);
    let (release, signature) = (releases.release(), keys::signature(releases.release()));
    std::fs::remove_dir_all(releases.path("releases/signatures")).unwrap();
    std::fs::create_dir(releases.path("releases/signatures")).unwrap();
    std::fs::remove_dir_all(releases.path(&keys::archive(Sha256::of(b"another"))).parent().unwrap()).unwrap();
    let private = releases.path("private.pem");
    std::fs::write(&private, P256).unwrap();
    let output = releases.model_signing("sign", "--private_key", &private, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bundle = std::fs::read(releases.path(&signature)).unwrap();
    let signed = verify(&releases.fleet.signing, release, &bundle, now()).unwrap();
    assert_eq!(signed.key().as_str(), "own");
    assert!(signed.lists(&releases.prepared.manifest));
}

#[test]
fn securesystemslib_verifies_the_envelope_of_either_kind_of_key() {
    let test = "securesystemslib_verifies_the_envelope_of_either_kind_of_key";
    if !has_tools(test) {
        return;
    }
    for pem in [P256, &KeyFile::example_pem()] {
        let releases = Releases::signed_with(pem);
        let output = Command::new(root().join(TOOLS).join("bin/python"))
            .arg(root().join("tests/wire/verify_dsse.py"))
            .arg(releases.path(&keys::signature(releases.release())))
            .arg(&releases.public_key)
            .output()
            .unwrap();
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}{complained}");
        assert!(said.contains(&releases.release().to_string()), "{said}");
    }
}
