//! The archive that people without a toolchain install from.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn the_archive_is_whole_and_the_same_each_time_it_is_made() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    if !root.join("target/release/meridian").is_file() {
        return meridian_tests::skip("dist", "no release binary meridian; run: make build");
    }
    let made = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &made {
        run(root.join("scripts/dist"), &[folder.path().to_str().unwrap()], &root);
        run("sha256sum", &["--check", "--quiet", "SHA256SUMS"], folder.path());
    }
    let sums = made.each_ref().map(|folder| std::fs::read(folder.path().join("SHA256SUMS")).unwrap());
    assert!(sums.first() == sums.last(), "two archives of one binary differ");
    let [folder, _] = &made;
    let archive = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let archive = archive.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap();
    run("tar", &["-xzf", archive.to_str().unwrap(), "--strip-components=1"], folder.path());
    let version = run(folder.path().join("bin/meridian"), &["--version"], folder.path());
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("meridian "));
    for file in
        ["share/man/man1/meridian-status.1", "share/bash-completion/completions/meridian", "LICENSE", "template.yaml"]
    {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}
