//! `meridian night --serve` as another program meets it: HTTP in AWS's own shapes, written by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

mod common;

use common::served::{Served, serve};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

impl Served {
    fn request(&self, request: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn describe(&self, region: &str) -> (u16, Value) {
        let body = json!({ "EndpointName": "fraud" }).to_string();
        self.request(&format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-amz-target: SageMaker.DescribeEndpoint\r\n\
             content-type: application/x-amz-json-1.1\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=NOTAREALKEY/20261120/{region}/sagemaker/aws4_request, SignedHeaders=host, Signature=0\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    /// Sleeps at the night's clock, and says what time it is then.
    fn sleep(&self, until: &str) -> String {
        let body = json!({ "until": until }).to_string();
        let (_, answer) = self.request(&format!(
            "POST /_clock/outside/sleep HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ));
        answer["now"].as_str().unwrap().to_owned()
    }
}

#[test]
fn at_0347_of_tokyo_dark_one_region_answers_and_the_other_is_silent() {
    let served = serve(&["--scenario", "tokyo-dark", "--at", "03:47"]);
    assert!(served.told.contains("It stands still at 03:47:00"), "{}", served.told);
    let (status, europe) = served.describe("eu-west-1");
    assert_eq!(status, 200, "{europe}");
    assert!(europe["EndpointConfigName"].as_str().unwrap().starts_with("fraud-v427-"), "{europe}");
    let (status, tokyo) = served.describe("ap-northeast-1");
    assert_eq!((status, tokyo["__type"].as_str()), (503, Some("ServiceUnavailable")), "{tokyo}");
    assert!(tokyo["message"].as_str().unwrap().contains("does not answer this call"), "{tokyo}");
    let (status, elsewhere) = served.describe("us-east-1");
    assert_eq!(status, 403);
    assert!(elsewhere["message"].as_str().unwrap().contains("no region us-east-1"), "{elsewhere}");

    // Who sleeps at its clock lets the night go on, with all that happens in it.
    assert_eq!(served.sleep("2026-11-20T04:06:30Z"), "2026-11-20T04:06:30Z");
    let (status, tokyo) = served.describe("ap-northeast-1");
    assert_eq!(status, 200);
    assert!(tokyo["EndpointConfigName"].as_str().unwrap().starts_with("fraud-v426-"), "{tokyo}");
}

#[test]
fn a_paced_night_goes_by_itself_and_its_last_moment_stays_open() {
    let mut served = serve(&["--scenario", "bad-eval", "--pace", "86400"]);
    served.wait_for("The night ended as expected.");
    served.wait_for("The night is over, and stays open");
    let (status, europe) = served.describe("eu-west-1");
    assert_eq!((status, europe["EndpointStatus"].as_str()), (200, Some("InService")), "{europe}");
}

#[test]
fn a_night_that_is_to_close_ends_with_its_exit_code() {
    let mut served = serve(&["--scenario", "bad-eval", "--pace", "86400", "--close"]);
    served.wait_for("The night ended as expected.");
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(&served.address).is_err(), "the door is still open");
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for arguments in
        [["--at", "03:47"], ["--port", "4000"], ["--pace", "1"], ["--serve", "--pace=-1"], ["--serve", "--at=noon"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_meridian")).arg("night").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
