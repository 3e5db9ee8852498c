//! What people read fits their terminal: the real binary on a pseudo-terminal of few columns.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::served::serve;
use common::text;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// What `meridian` writes to a terminal of so many columns, standard error among it where that goes there too.
fn on_terminal(columns: u16, command: &mut Command, both: bool) -> String {
    talk(columns, command, both, "")
}

/// The same with what a person types there, where anything is typed.
fn talk(columns: u16, command: &mut Command, both: bool, typed: &str) -> String {
    let (mut ours, mut theirs) = (0, 0);
    let size = libc::winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (no_name, no_modes) = (std::ptr::null_mut(), std::ptr::null());
    // SAFETY: it writes the two descriptors and reads the size; all three live until it returns.
    let opened = unsafe { libc::openpty(&raw mut ours, &raw mut theirs, no_name, no_modes, &raw const size) };
    assert_eq!(opened, 0);
    // SAFETY: both are open, and nobody else closes them.
    let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    if both {
        command.stderr(theirs.try_clone().unwrap());
    }
    if !typed.is_empty() {
        command.stdin(theirs.try_clone().unwrap());
        ours.write_all(typed.as_bytes()).unwrap();
    }
    let mut process = command.stdout(theirs).spawn().unwrap();
    // The command keeps their end, which would keep the terminal open.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // A terminal that nobody holds any more ends with an error.
    while let Ok(count @ 1..) = ours.read(&mut piece) {
        said.extend_from_slice(piece.get(..count).unwrap());
    }
    process.wait().unwrap();
    String::from_utf8(said).unwrap().replace("\r\n", "\n")
}

/// `meridian`, where fleet.toml is.
fn meridian(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.args(arguments).env_clear().envs(common::KEYS);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference"));
    command
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// No line is wider, but for what is there to be copied: digests, addresses and commands.
fn assert_fits(said: &str, columns: usize) {
    let is_copied = |word: &str| is_digest(word) || word.contains("://") || word.starts_with("--");
    let copied = |line: &&str| line.split_whitespace().any(is_copied);
    let wide = said.lines().filter(|line| !copied(line)).find(|line| line.chars().count() > columns);
    assert_eq!(wide, None, "{said}");
}

#[test]
fn what_is_told_of_a_fleet_fits_the_terminal() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let url = format!("http://{}", night.address);
    for arguments in [&["history"][..], &["history", "--since", "2026-11-20T03:44Z"], &["doctor", "--all"], &["status"]]
    {
        let said = on_terminal(80, &mut meridian(&[arguments, &["--endpoint-url", &url]].concat()), false);
        assert!(said.lines().count() > 10, "{said}");
        assert_fits(&said, 80);
    }
}

#[test]
fn a_night_and_a_forecast_fit_the_terminal() {
    let served = ["night", "--scenario", "bad-eval", "--serve", "--pace", "86400", "--close"];
    for arguments in [&["night", "--scenario", "tokyo-dark"][..], &served, &["plan"], &["cost"]] {
        let said = on_terminal(80, &mut meridian(arguments), false);
        assert!(said.lines().count() > 10, "{said}");
        assert_fits(&said, 80);
    }
}

#[test]
fn help_and_errors_fit_the_terminal() {
    for arguments in [&["--help"][..], &["evaluate", "--help"], &["cost", "--help"], &["history", "--region", "Tokio"]]
    {
        let said = on_terminal(80, &mut meridian(arguments), true);
        assert!(!said.is_empty());
        assert_fits(&said, 80);
    }
}

#[test]
fn a_person_at_a_terminal_is_asked_before_anything_is_written() {
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let url = format!("http://{}", night.address);
    let halt = ["halt", "--region", "AU", "--who", "maria", "--why", "incident 4711", "--endpoint-url", &url];
    let halted = |typed: &str| talk(200, &mut meridian(&halt), true, typed);
    let needs_nobody = || text(&night.meridian(&["status"]).stdout).contains("Nothing needs you.");
    for refusal in ["n\n", "\n", "what?\n"] {
        let said = halted(refusal);
        assert!(said.contains("Go on? [y/N]") && said.contains("nothing was written; not done:"), "{said}");
    }
    assert!(needs_nobody());
    let said = halted("y\n");
    assert!(said.contains("Go on? [y/N]") && !said.contains("nothing was written"), "{said}");
    assert!(!needs_nobody());
}

/// A page told in the story says what to type, and it can be copied as it stands.
#[test]
fn no_command_is_broken() {
    let said = on_terminal(80, &mut meridian(&["night", "--scenario", "rerun-bad"]), false);
    let typed = |line: &&str| line.contains("aws sagemaker update-endpoint --region ");
    let commands: Vec<&str> = said.lines().filter(typed).collect();
    assert!(!commands.is_empty(), "{said}");
    assert!(commands.iter().all(|line| line.ends_with(" --retain-all-variant-properties")), "{said}");
}

#[test]
fn progress_is_a_bar_on_a_terminal_only_and_is_cleared() {
    let score = ["score", "--model", "v427.tar.gz", "--input", "holdout.csv.gz", "--ignore", "label,customer_region"];
    let shown = |more: &[&str]| {
        let mut command = meridian(&[&score[..], more].concat());
        on_terminal(80, command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/models")), true)
    };
    let said = shown(&[]);
    assert!(said.contains("reading holdout.csv.gz [==") && said.contains("] 100 %"), "{said}");
    assert!(said.contains("\r\u{1b}[2Krow,margin,probability\n"), "{said}");
    assert!(shown(&["--quiet"]).starts_with("row,margin,probability\n"));
}
