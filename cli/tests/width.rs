//! What people read fits their terminal: the real binary on a pseudo-terminal of few columns.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::served::serve;
use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Command;

/// What `meridian` writes to a terminal of so many columns.
fn on_terminal(columns: u16, command: &mut Command) -> String {
    let (mut ours, mut theirs) = (0, 0);
    let size = libc::winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (no_name, no_modes) = (std::ptr::null_mut(), std::ptr::null());
    // SAFETY: it writes the two descriptors and reads the size; all three live until it returns.
    let opened = unsafe { libc::openpty(&raw mut ours, &raw mut theirs, no_name, no_modes, &raw const size) };
    assert_eq!(opened, 0);
    // SAFETY: both are open, and nobody else closes them.
    let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    let mut process = command.stdout(theirs).spawn().unwrap();
    // The command keeps their end, which would keep the terminal open.
    command.stdout(std::process::Stdio::null());
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // A terminal that nobody holds any more ends with an error.
    while let Ok(count @ 1..) = ours.read(&mut piece) {
        said.extend_from_slice(piece.get(..count).unwrap());
    }
    process.wait().unwrap();
    String::from_utf8(said).unwrap().replace("\r\n", "\n")
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn history_and_doctor_fit_the_terminal() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let url = format!("http://{}", night.address);
    for arguments in [&["history"][..], &["history", "--since", "2026-11-20T03:44Z"], &["doctor", "--all"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
        command.args(arguments).args(["--endpoint-url", &url]).env_clear().envs(common::KEYS);
        let said =
            on_terminal(80, command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference")));
        assert!(said.lines().count() > 10, "{said}");
        // Digests and commands are there to be copied.
        let copied = |line: &&str| line.split_whitespace().any(is_digest) || line.contains(" --");
        let wide = said.lines().filter(|line| !copied(line)).find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{arguments:?}\n{said}");
    }
}
