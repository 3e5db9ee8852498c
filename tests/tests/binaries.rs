//! The real function binaries under a Lambda Runtime API of this test's own: what they make of events that are none.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers are tests too"
)]

use meridian_handlers::context::FunctionKind;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

/// One request that a function sent.
struct Sent {
    line: String,
    body: String,
}

/// A function at work. Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gives `event` to the function once, and returns what it said until it had answered.
fn given(function: &str, event: &str) -> Option<Vec<Sent>> {
    let binary = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/release").join(function);
    if !binary.is_file() {
        meridian_tests::skip("function binaries", &format!("no release binary {function}; run: make build"));
        return None;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, sent) = mpsc::channel();
    let event = event.to_owned();
    std::thread::spawn(move || {
        let event = Arc::new(Mutex::new(Some(event)));
        for stream in listener.incoming() {
            let (event, sender) = (event.clone(), sender.clone());
            std::thread::spawn(move || serve(stream.unwrap(), &event, &sender));
        }
    });
    let child = Command::new(binary)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .envs([("AWS_LAMBDA_FUNCTION_NAME", function), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
        .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"), ("AWS_LAMBDA_LOG_GROUP_NAME", "test")])
        .envs([("AWS_LAMBDA_LOG_STREAM_NAME", "test"), ("AWS_REGION", "eu-west-1"), ("MERIDIAN_LOG", "info")])
        .envs([("AWS_ACCESS_KEY_ID", "NOTAREALKEY"), ("AWS_SECRET_ACCESS_KEY", "not-a-real-secret")])
        .env("AWS_ENDPOINT_URL", format!("http://{address}/aws/"))
        .env("MERIDIAN_CALLERS", "fixtures=ce6f21ae951df0ba38d6ce0e0175465bf5e9882edcf2ba677bca63b296f17ce7")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    Some(until_answered(&sent))
}

fn until_answered(sent: &Receiver<Sent>) -> Vec<Sent> {
    let mut all = Vec::new();
    loop {
        let next =
            sent.recv_timeout(std::time::Duration::from_secs(60)).expect("the function neither asked nor answered");
        let answered = next.line.contains("/invocation/the-request/");
        all.push(next);
        if answered {
            return all;
        }
    }
}

fn serve(stream: TcpStream, event: &Mutex<Option<String>>, sender: &Sender<Sent>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read(&mut reader) {
        let next = request.line.contains("/invocation/next");
        if next {
            // There is one event; after it the function waits for ever, as on Lambda.
            let Some(event) = event.lock().unwrap().take() else { continue };
            let head = "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: the-request\r\nlambda-runtime-deadline-ms: \
                        99999999999999\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:test\r\n";
            write!(stream, "{head}content-length: {}\r\n\r\n{event}", event.len()).unwrap();
        } else {
            // Noted before it is answered: what the function sends next, on another connection, comes after it.
            let _ = sender.send(request);
            stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Sent> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Sent { line, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The call fails with these words in its error, and nothing was asked of AWS.
fn refused(function: &str, event: &str, words: &str) {
    let Some(sent) = given(function, event) else { return };
    let [only] = sent.as_slice() else { panic!("{function} asked something: {}", sent[0].line) };
    assert!(only.line.contains("/the-request/error"), "{function}: {}", only.line);
    assert!(only.body.contains(words), "{function}: {}", only.body);
}

#[test]
fn an_event_that_is_not_json_is_refused_and_changes_nothing() {
    let event = include_str!("../../events/hostile/not-json.txt");
    for function in FunctionKind::ALL.map(FunctionKind::name) {
        refused(function, event, "errorMessage");
    }
}

#[test]
fn an_event_of_another_type_is_refused_with_what_was_expected() {
    let event = include_str!("../../events/hostile/wrong-type.json");
    for function in FunctionKind::ALL.map(FunctionKind::name) {
        refused(function, event, &format!("{function} takes"));
    }
}

/// CodePipeline would wait 20 minutes for a job that nobody answers.
#[test]
fn a_job_without_parameters_is_failed_as_a_configuration_error() {
    let event = include_str!("../../events/hostile/missing-user-parameters.json");
    for function in ["promote", "shadow-eval"] {
        let Some(sent) = given(function, event) else { return };
        let answer = sent.iter().find(|sent| sent.body.contains("ConfigurationError"));
        let answer = answer.unwrap_or_else(|| panic!("{function} failed no job: {}", sent[0].body));
        assert!(answer.line.starts_with("POST /aws/"), "{function}: {}", answer.line);
        assert!(answer.body.contains("UserParameters"), "{function}: {}", answer.body);
        // Home's on-call hears of it too: nobody would look at a pipeline that stops at night.
        assert!(sent.iter().any(|sent| sent.body.contains("Action=Publish")), "{function} paged nobody");
    }
}
