//! One line on standard error that says how far the work is: on a terminal only, and not with `--quiet`.

use meridian_domain::edge;
use std::fs::File;
use std::io::{self, Read, Write};

/// Back to the line's start, and what stood there goes.
const CLEAR: &str = "\r\x1b[2K";
/// Columns of a full bar.
const BAR: usize = 20;

/// The line. It goes when this is dropped. By default nothing is shown.
#[derive(Debug, Default)]
pub struct Progress {
    columns: Option<usize>,
}

impl Progress {
    /// Shows nothing yet. `columns` are the terminal's on standard error; without them nothing is ever shown.
    pub fn new(columns: Option<usize>) -> Progress {
        Progress { columns }
    }

    /// Says what is being done.
    pub fn say(&self, what: &str) {
        self.show(what, "");
    }

    /// Says what is being done, and how much of it is.
    pub fn share(&self, what: &str, done: u64, of: u64) {
        self.show(what, &bar(done, of));
    }

    fn show(&self, what: &str, bar: &str) {
        if let Some(columns) = self.columns {
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(io::stderr(), "{CLEAR}{}", line(what, bar, columns));
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
        if self.columns.is_some() {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

fn percent(done: u64, of: u64) -> u64 {
    done.saturating_mul(100).checked_div(of).unwrap_or(0).min(100)
}

/// ` [=========>          ]  45 %`.
fn bar(done: u64, of: u64) -> String {
    let percent = percent(done, of);
    let full = BAR * percent as usize / 100;
    let head = if full < BAR { ">" } else { "" };
    format!(" [{:<BAR$}] {percent:>3} %", format!("{}{head}", "=".repeat(full)))
}

/// What is done, cut where the line would be wider than the terminal: only one that is not broken can be cleared.
fn line(what: &str, bar: &str, columns: usize) -> String {
    let what = edge::visible(what).replace(['\n', '\t'], " ");
    let room = columns.saturating_sub(bar.len() + 1);
    if what.chars().count() <= room {
        return format!("{what}{bar}");
    }
    let kept: String = what.chars().take(room.saturating_sub(3)).collect();
    format!("{kept}...{bar}")
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
        let percent = Some(percent(self.read, self.bytes));
        if percent != self.percent {
            self.percent = percent;
            self.progress.share(&self.what, self.read, self.bytes);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar(0, 4), " [>                   ]   0 %");
        assert_eq!(bar(2, 4), " [==========>         ]  50 %");
        assert_eq!(bar(4, 4), " [====================] 100 %");
        assert_eq!(bar(1, 0), bar(0, 4), "an empty file is no division by zero");
    }

    #[test]
    fn progress_is_never_wider_than_the_terminal() {
        let path = "reading /a/folder/with/a/long/name/holdout.csv.gz";
        let shown = line(path, &bar(1, 2), 40);
        assert!(shown.chars().count() < 40 && shown.starts_with("reading") && shown.ends_with(" 50 %"), "{shown}");
        assert_eq!(line("scoring v427", "", 40), "scoring v427");
    }
}
