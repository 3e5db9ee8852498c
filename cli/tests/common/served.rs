//! A night that is served by the real binary.

#![allow(clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A night that is served. Ends with the test.
pub struct Served {
    pub process: Child,
    pub address: String,
    pub told: String,
    story: BufReader<ChildStdout>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Begins one, and waits until it is open.
pub fn serve(arguments: &[&str]) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["night", "--serve"])
        .args(arguments)
        .arg("--out")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let story = BufReader::new(process.stdout.take().unwrap());
    let mut served = Served { process, story, address: String::new(), told: String::new() };
    let line = served.wait_for("The night is open at http://");
    let rest = line.split("http://").nth(1).unwrap();
    served.address = rest[..rest.find(' ').unwrap()].to_owned();
    served
}

impl Served {
    /// Reads the story up to a line that says this.
    pub fn wait_for(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.story.read_line(&mut line).unwrap() > 0, "it ended before {words:?}:\n{}", self.told);
            self.told += &line;
            if line.contains(words) {
                return line;
            }
        }
    }
}
