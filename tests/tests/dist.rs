//! What people without a toolchain install and deploy: scripts/dist, and the two programs that it is made with.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_deployment::expanded;
use meridian_tests::skip;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FUNCTIONS: [&str; 6] = ["front", "promote", "replication", "rollback", "shadow-eval", "status"];

/// An ELF file's e_machine.
const X86_64: u8 = 62;
const ARM64: u8 = 183;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(program: impl AsRef<OsStr>, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    let output = command.args(arguments).env("MERIDIAN_FLEET_DIR", reference()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    output
}

/// A Python that reads TOML. Where there is none, the test is skipped.
fn python() -> Option<&'static str> {
    let reads = |python: &&str| {
        Command::new(python).args(["-c", "import tomllib"]).output().is_ok_and(|run| run.status.success())
    };
    let found = ["python3.11", "python3"].into_iter().find(reads);
    if found.is_none() {
        skip("dist", "no Python 3.11 or newer here");
    }
    found
}

/// Whether the release's binaries are there. Where one is not, the test is skipped.
fn built() -> bool {
    let missing = ["meridian"].into_iter().chain(FUNCTIONS).find(|name| !release(name).is_file());
    if let Some(name) = missing {
        skip("dist", &format!("no release binary {name}; run: make build"));
    }
    missing.is_none()
}

/// Whether Lambda can start the functions that are packed: those of `make sam-build`, or the release's where this machine's glibc is
/// old enough. Where it cannot, the test is skipped.
fn startable(python: &str) -> bool {
    const NEWEST: &str = "import pathlib, sys; sys.path.insert(0, 'scripts'); from lambda_programs import GLIBC, glibc; \
                          sys.exit(max(glibc(pathlib.Path(path)) for path in sys.argv[1:]) > GLIBC)";
    let old_enough = || {
        let functions = FUNCTIONS.map(release);
        Command::new(python).args(["-c", NEWEST]).args(functions).current_dir(root()).status().unwrap().success()
    };
    let can = root().join(".aws-sam/build").is_dir() || old_enough();
    if !can {
        skip("dist", "the release's functions need a newer glibc than Lambda has; run: make sam-build");
    }
    can
}

/// The fleet whose functions are packed here.
fn reference() -> PathBuf {
    root().join("local/fleets/reference")
}

fn release(binary: &str) -> PathBuf {
    root().join("target/release").join(binary)
}

/// The SBOM of an archive with these binaries, each given as NAME=FILE.
fn sbom(python: &str, binaries: &[String]) -> Value {
    let compiler = text(&run("rustc", &["-vV"], &root()).stdout);
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let run = Command::new(python)
        .args(["scripts/sbom.py", "meridian", env!("CARGO_PKG_VERSION"), host])
        .args(binaries)
        .env("SOURCE_DATE_EPOCH", "1764039600")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The SBOM of the functions, whose programs are any file.
fn sbom_of_functions(python: &str) -> Value {
    sbom(python, &FUNCTIONS.map(|name| format!("{name}=LICENSE")))
}

fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).unwrap()
}

fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

/// Programs that do nothing, for this processor, with `tail` behind an ELF file's first bytes.
fn programs(machine: u8, tail: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut program = b"\x7fELF".to_vec();
    program.resize(18, 0);
    program.extend([machine, 0]);
    program.extend(tail.as_bytes());
    for name in FUNCTIONS {
        std::fs::write(folder.path().join(name), &program).unwrap();
    }
    folder
}

/// Lays the functions out in `out`, with zips beside it.
fn pack(python: &str, binaries: &Path, out: &Path) -> Output {
    Command::new(python)
        .args(["scripts/pack_functions.py", "--zips", "1.2.3", "--binaries"])
        .args([binaries, out])
        .env("SOURCE_DATE_EPOCH", "1764039600")
        .env("MERIDIAN_FLEET_DIR", reference())
        .current_dir(root())
        .output()
        .unwrap()
}

/// The functions laid out, in the folder `packed` of the one that is returned.
fn packed(python: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let run = pack(python, programs(X86_64, "GLIBC_2.34").path(), &folder.path().join("packed"));
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(text(&run.stdout), "x86_64\n");
    folder
}

#[test]
fn a_release_is_whole_and_the_same_each_time_it_is_made() {
    if !built() || !python().is_some_and(startable) {
        return;
    }
    let made = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &made {
        run(root().join("scripts/dist"), &[folder.path().to_str().unwrap()], &root());
        run("sha256sum", &["--check", "--quiet", "SHA256SUMS"], folder.path());
    }
    let [folder, other] = made.each_ref().map(|folder| folder.path());
    let sums = read(folder.join("SHA256SUMS"));
    assert_eq!(sums, read(other.join("SHA256SUMS")), "two releases of the same binaries differ");
    let summed: BTreeSet<&str> = sums.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name != "SHA256SUMS").collect();
    assert_eq!(summed, files.iter().map(String::as_str).collect());
    // Two archives, an SBOM of each, and a zip of each function.
    assert_eq!(files.len(), 4 + FUNCTIONS.len(), "{files:?}");

    for archive in files.iter().filter(|name| name.ends_with(".tar.gz")) {
        run("tar", &["-xzf", archive, "--strip-components=1", "--one-top-level=unpacked"], folder);
        let beside = archive.replace(".tar.gz", ".cdx.json");
        assert_eq!(read(folder.join("unpacked/sbom.cdx.json")), read(folder.join(beside)));
    }
    let unpacked = folder.join("unpacked");
    let version = run(unpacked.join("bin/meridian"), &["--version"], folder);
    assert!(text(&version.stdout).starts_with("meridian "));
    for file in ["share/man/man1/meridian-status.1", "share/bash-completion/completions/meridian", "LICENSE"] {
        assert!(unpacked.join(file).is_file(), "{file}");
    }
    for name in FUNCTIONS {
        assert!(unpacked.join(format!("functions/{name}/bootstrap")).is_file(), "{name}");
    }
}

#[test]
fn the_packed_template_deploys_the_same_and_builds_nothing() {
    let Some(python) = python() else { return };
    let folder = packed(python);
    let template = read(folder.path().join("packed/template.yaml"));
    assert_eq!(expanded(&template).unwrap(), expanded(&read(root().join("template.yaml"))).unwrap());
    assert!(!template.contains("BuildMethod"));
    let code: BTreeSet<&str> = template.lines().filter_map(|line| line.trim().strip_prefix("CodeUri: ")).collect();
    let folders = FUNCTIONS.map(|name| format!("functions/{name}"));
    assert_eq!(code, folders.iter().map(String::as_str).collect());
    let samconfig = read(folder.path().join("packed/samconfig.toml"));
    assert_eq!(samconfig, read(reference().join("samconfig.toml")));
}

#[cfg(unix)]
#[test]
fn each_packed_program_has_the_policy_beside_it() {
    use std::os::unix::fs::PermissionsExt;
    let Some(python) = python() else { return };
    let folder = packed(python);
    let policy = read(reference().join("fleet.toml"));
    assert_eq!(read(folder.path().join("packed/fleet.toml")), policy);
    for name in FUNCTIONS {
        let beside = folder.path().join("packed/functions").join(name);
        let mode = std::fs::metadata(beside.join("bootstrap")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "{name}");
        assert_eq!(read(beside.join("fleet.toml")), policy, "{name}");
    }
}

#[test]
fn each_functions_zip_holds_its_program_and_the_policy() {
    let Some(python) = python() else { return };
    let folder = packed(python);
    let listing = "import sys, zipfile; print([(i.filename, oct(i.external_attr >> 16), i.date_time[0]) for i in zipfile.ZipFile(sys.argv[1]).infolist()])";
    for name in FUNCTIONS {
        let zip = format!("meridian-{name}-1.2.3-x86_64.zip");
        let listed = text(&run(python, &["-c", listing, &zip], folder.path()).stdout);
        assert_eq!(listed.trim(), "[('bootstrap', '0o100755', 2025), ('fleet.toml', '0o100644', 2025)]", "{zip}");
    }
}

#[test]
fn programs_that_lambda_could_not_start_are_not_packed() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let texts = tempfile::tempdir().unwrap();
    for name in FUNCTIONS {
        std::fs::write(texts.path().join(name), "#!/bin/sh").unwrap();
    }
    let cases = [
        (programs(ARM64, ""), "built for arm64, and samconfig.toml asks for x86_64"),
        (programs(X86_64, "GLIBC_2.9 GLIBC_2.38"), "needs glibc 2.38, and Lambda has 2.34"),
        (texts, "is no program for Lambda's processors"),
        (tempfile::tempdir().unwrap(), "make build"),
    ];
    for (binaries, expected) in cases {
        let run = pack(python, binaries.path(), &folder.path().join("packed"));
        assert!(!run.status.success(), "{expected}");
        assert!(text(&run.stderr).contains(expected), "{}", text(&run.stderr));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was packed");
}

#[test]
fn an_sbom_has_what_cyclonedx_requires() {
    let Some(python) = python() else { return };
    let document = sbom_of_functions(python);
    assert_eq!(word(&document, "/bomFormat"), "CycloneDX");
    assert_eq!(word(&document, "/specVersion"), "1.5");
    assert_eq!(document["version"], 1);
    assert_eq!(word(&document, "/metadata/timestamp"), "2025-11-25T03:00:00Z");
    assert!(word(&document, "/serialNumber").starts_with("urn:uuid:"));
    let archive = word(&document, "/metadata/component/bom-ref");
    assert_eq!(word(&document, "/metadata/component/type"), "application");

    let mut known = BTreeSet::from([archive]);
    for component in list(&document, "/components") {
        assert!(["application", "library"].contains(&word(component, "/type")));
        assert!(known.insert(word(component, "/bom-ref")), "{component} stands there twice");
    }
    let needs: BTreeMap<&str, BTreeSet<&str>> = list(&document, "/dependencies")
        .iter()
        .map(|entry| {
            let on = list(entry, "/dependsOn").iter().filter_map(Value::as_str);
            (word(entry, "/ref"), on.collect())
        })
        .collect();
    assert!(needs.values().flatten().all(|on| known.contains(on)), "a dependency is no component");
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![archive]);
    while let Some(name) = waiting.pop() {
        if reached.insert(name) {
            waiting.extend(&needs[name]);
        }
    }
    assert_eq!(reached, known, "not everything hangs on the archive");
}

#[test]
fn an_sbom_names_each_packages_url_licence_and_checksum() {
    let Some(python) = python() else { return };
    let document = sbom_of_functions(python);
    let lock: toml::Table = toml::from_str(&read(root().join("Cargo.lock"))).unwrap();
    let locked = lock["package"].as_array().unwrap().iter();
    let checksums: BTreeMap<(&str, &str), &str> = locked
        .filter_map(|own| {
            let name = (own["name"].as_str()?, own["version"].as_str()?);
            Some((name, own.get("checksum")?.as_str()?))
        })
        .collect();
    for component in list(&document, "/components") {
        let (name, version) = (word(component, "/name"), word(component, "/version"));
        let licence = word(component, "/licenses/0/expression");
        assert!(!licence.is_empty() && !licence.contains('/'), "{name}: {licence}");
        let url = word(component, "/purl");
        match checksums.get(&(name, version)) {
            Some(checksum) => {
                assert_eq!(url.split_once('@').unwrap().0, format!("pkg:cargo/{name}"));
                assert_eq!(word(component, "/hashes/0/alg"), "SHA-256");
                assert_eq!(word(component, "/hashes/0/content"), *checksum, "{name}");
            }
            None => assert_eq!(url, format!("pkg:generic/{name}@{version}")),
        }
    }
}

#[test]
fn an_sbom_leaves_out_what_only_builds_or_tests() {
    let Some(python) = python() else { return };
    let document = sbom_of_functions(python);
    let scopes: BTreeMap<&str, &str> =
        list(&document, "/components").iter().map(|own| (word(own, "/name"), word(own, "/scope"))).collect();
    for (name, scope) in
        [("promote", "required"), ("aws-sdk-s3", "required"), ("meridian-domain", "required"), ("syn", "excluded")]
    {
        assert_eq!(scopes.get(name), Some(&scope), "{name}");
    }
    for name in ["insta", "proptest", "cc", "meridian", "meridian-local", "meridian-tests"] {
        assert!(!scopes.contains_key(name), "{name}");
    }
}

/// A panic names the source file that it is in, so a binary names packages that it is made of.
#[test]
fn an_sbom_lists_every_package_that_its_binaries_name() {
    let Some(python) = python() else { return };
    if !built() {
        return;
    }
    let command_line = sbom(python, &[format!("meridian={}", release("meridian").display())]);
    let functions = sbom(python, &FUNCTIONS.map(|name| format!("{name}={}", release(name).display())));
    for (binary, document) in [("meridian", &command_line), ("promote", &functions), ("front", &functions)] {
        let linked = list(document, "/components").iter().filter(|own| own["scope"] == "required");
        let linked: BTreeSet<String> =
            linked.map(|own| format!("{}-{}", word(own, "/name"), word(own, "/version"))).collect();
        let program = text(&std::fs::read(release(binary)).unwrap());
        let paths = program.split("/registry/src/").skip(1);
        let named: BTreeSet<&str> = paths.filter_map(|path| path.split('/').nth(1)).collect();
        assert!(named.len() > 20, "{binary} names only {named:?}");
        let unlisted: Vec<&&str> = named.iter().filter(|name| !linked.contains(**name)).collect();
        assert!(unlisted.is_empty(), "{binary} is made of {unlisted:?} too");
        let own = list(document, "/components").iter().find(|own| own["name"] == binary).unwrap();
        let sum = text(&run("sha256sum", &[release(binary).to_str().unwrap()], &root()).stdout);
        assert_eq!(sum.split_whitespace().next(), Some(word(own, "/hashes/0/content")), "{binary}");
    }
}
