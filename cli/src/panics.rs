//! What a person reads where a library panics on a damaged file.

use crate::{BAD_INPUT, terminal};
use std::panic::{self, PanicHookInfo};
use std::path::Path;

/// Runs `read`, which reads `file`. The reader of Parquet panics on some damaged files, and this program does not unwind: the
/// error is said, and the program ended, from the panic hook.
pub fn naming<T>(file: &Path, read: impl FnOnce() -> T) -> T {
    let before = panic::take_hook();
    let name = file.display().to_string();
    panic::set_hook(Box::new(move |panic| give_up(&name, panic)));
    let read = read();
    panic::set_hook(before);
    read
}

#[expect(clippy::disallowed_methods, reason = "there is no way back to main from a panic")]
fn give_up(file: &str, panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(|location| format!(" at {location}")).unwrap_or_default();
    let damaged = "the file is damaged, so write it again; or it is a defect of meridian's";
    terminal::error(&format!("{file}: the held-out file cannot be read: its reader gave up{at}: {damaged}"));
    std::process::exit(i32::from(BAD_INPUT));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Not a test: the program of the one below.
    #[test]
    #[ignore = "a program, started by the other test"]
    fn a_program() {
        naming(Path::new("holdout.parquet"), || panic!("cannot take 0.123,0.456"));
    }

    #[test]
    fn a_file_that_its_reader_panics_on_is_named_with_exit_code_2() {
        let this = std::env::current_exe().unwrap();
        let ran = Command::new(this)
            .args(["--ignored", "--exact", "panics::tests::a_program", "--nocapture"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(
            said.contains(
                "holdout.parquet: the held-out file cannot be read: its reader gave up at cli/src/panics.rs:"
            ),
            "{said}"
        );
        assert!(!said.contains("0.123"), "{said}");
    }
}
