//! What `meridian --version` says beside the version: the commit that it was built from, and the compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let here = Path::new(".");
    watched(here).iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
    println!("cargo::rerun-if-changed=build.rs");
    let commit =
        said(here, "git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "no commit known".to_owned());
    // The toolchain file chooses it, as it does for cargo.
    let compiler = said(here, "rustc", &["--version"]).unwrap_or_else(|| "an unknown compiler".to_owned());
    println!("cargo::rustc-env=MERIDIAN_BUILD={commit}, {compiler}");
}

/// The files that change with a folder's commit: HEAD, or the branch that it names. Git knows where a worktree has them; an archive of
/// the sources has none.
pub fn watched(folder: &Path) -> Vec<PathBuf> {
    let branch = said(folder, "git", &["symbolic-ref", "--quiet", "HEAD"]);
    let names = ["HEAD", "logs/HEAD"].into_iter().chain(branch.as_deref());
    let paths = names.filter_map(|name| said(folder, "git", &["rev-parse", "--git-path", name]));
    // Relative to the folder, or absolute. One that is missing would run this program each time.
    paths.map(|path| folder.join(path)).filter(|path| path.exists()).collect()
}

/// The first line that a program prints in a folder, where it runs and succeeds.
fn said(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().ok();
    let output = output.filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned();
    (!line.is_empty()).then_some(line)
}
