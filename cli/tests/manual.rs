//! What a person has before anything else: the version, help, completions and man pages.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_tests::skip;
use std::path::Path;
use std::process::{Command, Output};

#[path = "../build.rs"]
#[allow(dead_code, clippy::print_stdout, reason = "cargo runs it; here it is only asked what it watches")]
mod build;

fn meridian(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = meridian(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_version_names_the_commit_and_the_compiler() {
    let version = said(&["--version"]);
    let words: Vec<&str> = version.split(['(', ',']).map(str::trim).collect();
    assert!(version.starts_with(concat!("meridian ", env!("CARGO_PKG_VERSION"), " (")), "{version}");
    assert!(words.iter().any(|word| word.starts_with("rustc ")), "{version}");
    let commit = words.get(1).unwrap();
    assert!(*commit == "no commit known" || commit.chars().all(|c| c.is_ascii_hexdigit()), "{version}");
}

/// In a worktree `.git` is a file, and HEAD elsewhere.
#[test]
fn a_commit_in_a_worktree_makes_the_version_anew() {
    if Command::new("git").arg("--version").output().is_err() {
        return skip("a_commit_in_a_worktree_makes_the_version_anew", "no git here");
    }
    let folder = tempfile::tempdir().unwrap();
    let git = |place: &Path, arguments: &[&str]| {
        let who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"];
        let run = Command::new("git").args(who).args(arguments).current_dir(place).output().unwrap();
        assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    };
    let commit = ["commit", "--quiet", "--allow-empty", "--message", "a commit"];
    let (main, tree) = (folder.path().join("main"), folder.path().join("tree"));
    std::fs::create_dir(&main).unwrap();
    git(&main, &["init", "--quiet"]);
    git(&main, &commit);
    git(&main, &["worktree", "add", "--quiet", "-b", "work", tree.to_str().unwrap()]);
    for place in [&main, &tree] {
        let watched = build::watched(place);
        let read = || watched.iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>();
        let before = read();
        git(place, &commit);
        assert_ne!(read(), before, "{watched:?}");
    }
    assert_eq!(build::watched(folder.path()), Vec::<std::path::PathBuf>::new(), "there is no repository");
}

#[test]
fn every_shell_gets_completions_with_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = said(&["completions", shell]);
        assert!(["status", "history", "quarantine"].iter().all(|command| script.contains(command)), "{shell}");
    }
}

#[test]
fn every_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    said(&["man", pages.to_str().unwrap()]);
    let commands = said(&["--help"]);
    let commands = commands.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let commands = commands.map_while(|line| line.strip_prefix("  "));
    // A description of several lines goes on further in.
    let commands = commands.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
    let commands: Vec<&str> = commands.collect();
    assert!(commands.contains(&"status") && commands.len() > 15, "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let page = std::fs::read_to_string(pages.join(format!("meridian-{command}.1")));
        assert!(page.is_ok_and(|page| page.contains(".SH")), "{command}");
    }
}
