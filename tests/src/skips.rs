//! Tests that cannot run on this machine say so where `make test` counts them.

use std::io::Write;

/// Says that a test was skipped and why: to standard error, and to the file that `scripts/test` reads. Under CI a skip is
/// a failure.
pub fn skip(name: &str, reason: &str) {
    let line = format!("{name}: {reason}");
    eprintln!("SKIPPED {line}");
    #[expect(clippy::disallowed_methods, reason = "the test runner's own channel for skips")]
    let file = std::env::var_os("MERIDIAN_SKIPS");
    let written = file.map(|file| {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        writeln!(file, "{line}")
    });
    assert!(!matches!(written, Some(Err(_))), "the skip could not be counted: {line}");
}
