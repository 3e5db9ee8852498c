//! A pseudo-terminal of so many columns: what `meridian` writes there, and what a person types.

#![allow(dead_code, clippy::unwrap_used, reason = "each test takes what it needs")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// What `meridian` writes to a terminal of so many columns, standard error among it where that goes there too.
pub fn on_terminal(columns: u16, command: &mut Command, both: bool) -> String {
    talk(columns, command, both, "")
}

/// The same with what a person types there, where anything is typed.
pub fn talk(columns: u16, command: &mut Command, both: bool, typed: &str) -> String {
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
