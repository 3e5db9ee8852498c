//! What a person reads where a library panics on a damaged file.

use crate::{BAD_INPUT, terminal};
use meridian_scoring::HoldoutError;
use std::panic;
use std::path::Path;

/// Runs `read`, which reads `file`. The reader of Parquet panics on some damaged files, and this program does not unwind: the
/// error is said, and the program ended, from the panic hook.
pub fn naming<T>(file: &Path, read: impl FnOnce() -> T) -> T {
    let before = panic::take_hook();
    let name = file.display().to_string();
    panic::set_hook(Box::new(move |_| give_up(&name)));
    let read = read();
    panic::set_hook(before);
    read
}

#[expect(clippy::disallowed_methods, reason = "there is no way back to main from a panic")]
fn give_up(file: &str) {
    let damaged = HoldoutError::gave_up();
    terminal::error(&format!("{file}: {damaged}"));
    std::process::exit(i32::from(BAD_INPUT));
}
