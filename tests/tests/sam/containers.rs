//! The functions in Lambda's containers, as `sam local` runs them.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What this machine has to have; `scripts/test` and `make sam-test` see to it.
pub struct Tools {
    root: PathBuf,
    pub image: String,
    /// For what is made here; ends with the test.
    folder: tempfile::TempDir,
}

impl Tools {
    /// The tools, or why this cannot run here.
    pub fn find() -> Result<Self, String> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let image = std::fs::read_to_string(root.join(".tools/lambda-image"))
            .map_err(|_| "no container image; scripts/lambda-image says why".to_owned())?;
        if !root.join(".venv/bin/sam").exists() {
            return Err("no SAM CLI; run: scripts/python-tools".to_owned());
        }
        let binaries = root.join("target/release");
        if !binaries.join("status").is_file() {
            return Err(format!("no binaries in {}; run: make build", binaries.display()));
        }
        let tools = Tools { root, image: image.trim().to_owned(), folder: tempfile::tempdir().unwrap() };
        let layout = tools.python().arg("scripts/sam_layout.py").arg(&binaries).output().unwrap();
        assert!(layout.status.success(), "{}", String::from_utf8_lossy(&layout.stderr));
        Ok(tools)
    }

    /// The text of a file in `events/`.
    pub fn event(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join("events").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The files of a folder in `events/`.
    pub fn events(&self, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.root.join("events").join(folder)).unwrap();
        let mut names: Vec<String> =
            files.map(|file| format!("{folder}/{}", file.unwrap().file_name().to_string_lossy())).collect();
        names.sort();
        names
    }

    fn python(&self) -> Command {
        let mut command = Command::new(self.root.join(".venv/bin/python"));
        command.current_dir(&self.root);
        command
    }

    /// `sam local`, for functions that find the world at `url`.
    fn sam(&self, url: &str, arguments: &[&str], region: &str) -> Command {
        let variables = self.folder.path().join("variables.json");
        let clock = format!("{url}/_clock/outside");
        let own = json!({ "Parameters": { "AWS_ENDPOINT_URL": url, "MERIDIAN_CLOCK_URL": clock } });
        std::fs::write(&variables, own.to_string()).unwrap();
        let mut command = Command::new(self.root.join(".venv/bin/sam"));
        command
            .current_dir(&self.root)
            .args(["local"])
            .args(arguments)
            .args(["--template", ".aws-sam/local/template.json", "--region", region])
            .args(["--skip-pull-image", "--invoke-image", &self.image, "--env-vars"])
            .arg(variables)
            .envs([("AWS_ACCESS_KEY_ID", "NOTAREALKEY"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")])
            .env("SAM_CLI_TELEMETRY", "0")
            // It asks AWS for the account's number, and goes on without it: at once where nobody listens.
            .envs([("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"), ("AWS_MAX_ATTEMPTS", "1")]);
        command
    }

    /// `sam local invoke`: one call in a container of its own. The text that the function answered.
    pub fn invoke(&self, url: &str, function: &str, region: &str, event: &str) -> String {
        let file = self.folder.path().join("event.json");
        std::fs::write(&file, event).unwrap();
        let output =
            self.sam(url, &["invoke", function, "--event", &file.display().to_string()], region).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sam local invoke {function}:\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// `sam local start-lambda`: every function in a warm container of its own.
    pub fn warm(&self, url: &str, region: &str) -> Warm {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = self.folder.path().join("start-lambda.log");
        let file = std::fs::File::create(&log).unwrap();
        let arguments = ["start-lambda", "--warm-containers", "EAGER", "--port", &port.to_string()];
        let process = self
            .sam(url, &arguments, region)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut warm = Warm { process, port, log };
        warm.wait();
        warm
    }
}

/// `sam local start-lambda`, until this value is dropped.
pub struct Warm {
    process: Child,
    port: u16,
    log: PathBuf,
}

impl Warm {
    fn wait(&mut self) {
        for _ in 0..6000 {
            assert!(matches!(self.process.try_wait(), Ok(None)), "start-lambda ended:\n{}", read(&self.log));
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            super::rest();
        }
        panic!("start-lambda does not listen:\n{}", read(&self.log));
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        // It removes its containers at Ctrl-C; what it leaves behind all the same is removed by its own ids.
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        for _ in 0..400 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                break;
            }
            super::rest();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        for line in read(&self.log).lines() {
            let Some(id) = line.split("SAM_CONTAINER_ID: ").nth(1) else { continue };
            let _ = Command::new("docker").args(["rm", "--force", id.trim()]).output();
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// An invocation over HTTP, as the AWS SDK makes one: the status and what the function answered.
pub fn post(port: u16, function: &str, event: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let head = format!(
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        event.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(event.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// What a function answered, or the words of its error.
pub fn outcome(said: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(said.trim()).map_err(|_| said.to_owned())?;
    match value.get("errorMessage").or_else(|| value.get("Message")).and_then(Value::as_str) {
        Some(message) => Err(message.to_owned()),
        None => Ok(value),
    }
}
