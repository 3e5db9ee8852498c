//! What `meridian --version` says beside the version: the commit that it was built from, and the compiler.

use std::path::Path;
use std::process::Command;

fn main() {
    // A commit moves HEAD or the branch that it names; an archive of the sources has neither.
    let git = Path::new("../.git");
    for watched in ["HEAD", "logs/HEAD"] {
        if git.join(watched).exists() {
            println!("cargo::rerun-if-changed={}", git.join(watched).display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "no commit known".to_owned());
    // The toolchain file chooses it, as it does for cargo.
    let compiler = said("rustc", &["--version"]).unwrap_or_else(|| "an unknown compiler".to_owned());
    println!("cargo::rustc-env=MERIDIAN_BUILD={commit}, {compiler}");
}

/// The first line that a program prints, where it runs and succeeds.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned();
    (!line.is_empty()).then_some(line)
}
