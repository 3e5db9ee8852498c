//! A night that is served, as another program meets it: HTTP, written by hand.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "each test takes what it needs"
)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A night that is served. Ends with the test.
pub struct Served {
    pub process: Child,
    story: BufReader<ChildStdout>,
    pub address: String,
    pub told: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn serve(arguments: &[&str]) -> Served {
    let folder = tempfile::tempdir().unwrap();
    serve_by(Command::new(env!("CARGO_BIN_EXE_meridian")).args(["night", "--out"]).arg(folder.path()), arguments)
}

/// The same by a command that goes on with these arguments.
pub fn serve_by(command: &mut Command, arguments: &[&str]) -> Served {
    let mut process = command.arg("--serve").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
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

    /// Runs `meridian` on it, as the README's reader would.
    pub fn meridian(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_meridian"))
            .args(arguments)
            .args(["--endpoint-url", &format!("http://{}", self.address)])
            .env_clear()
            .envs(super::KEYS)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference"))
            .output()
            .unwrap()
    }

    /// Sends a request as it stands; answers the status and the body.
    pub fn exchange(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The same, for answers in JSON.
    pub fn request(&self, request: &str) -> (u16, Value) {
        let (status, body) = self.exchange(request);
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Sleeps at the night's clock, and says what time it is then.
    pub fn sleep(&self, until: &str) -> String {
        let body = json!({ "until": until }).to_string();
        let (_, answer) = self.request(&format!(
            "POST /_clock/outside/sleep HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ));
        answer["now"].as_str().unwrap().to_owned()
    }
}
