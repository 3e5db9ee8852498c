//! One line on standard error that says how far the work is: on a terminal only.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

/// Back to the line's start, and what stood there goes.
const CLEAR: &str = "\r\x1b[2K";

/// The line. It goes when this is dropped.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
}

impl Default for Progress {
    /// Shows nothing yet, and nothing ever where standard error is no terminal.
    fn default() -> Progress {
        Progress { shown: io::stderr().is_terminal() }
    }
}

impl Progress {
    /// Says what is being done.
    pub fn say(&self, text: &str) {
        if self.shown {
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(io::stderr(), "{CLEAR}{text}");
        }
    }

    /// A file that says how much of it was read.
    pub fn reading(&self, what: &str, file: File) -> Reading<'_> {
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        Reading { progress: self, what: what.to_owned(), file, bytes, read: 0, percent: None }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

/// A file as it is read.
#[derive(Debug)]
pub struct Reading<'a> {
    progress: &'a Progress,
    what: String,
    file: File,
    bytes: u64,
    read: u64,
    percent: Option<u64>,
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read += count as u64;
        let percent = (self.read * 100).checked_div(self.bytes).map(|percent| percent.min(100));
        if percent != self.percent {
            self.percent = percent;
            self.progress.say(&format!("{}: {} %", self.what, percent.unwrap_or(0)));
        }
        Ok(count)
    }
}
