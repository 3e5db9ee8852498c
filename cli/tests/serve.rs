//! `meridian night --serve` as another program meets it: HTTP in AWS's own shapes, written by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

mod common;

use common::served::{Served, serve, serve_by};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::process::Command;

fn describe(night: &Served, region: &str) -> (u16, Value) {
    let body = json!({ "EndpointName": "fraud" }).to_string();
    night.request(&format!(
        "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-amz-target: SageMaker.DescribeEndpoint\r\n\
         content-type: application/x-amz-json-1.1\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=NOTAREALKEY/20261120/{region}/sagemaker/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        night.address,
        body.len()
    ))
}

#[test]
fn at_0347_of_tokyo_dark_one_region_answers_and_one_is_silent() {
    let served = serve(&["--scenario", "tokyo-dark", "--at", "03:47"]);
    assert!(served.told.contains("It stands still at 03:47:00"), "{}", served.told);
    let (status, europe) = describe(&served, "eu-west-1");
    assert_eq!(status, 200, "{europe}");
    assert!(europe["EndpointConfigName"].as_str().unwrap().starts_with("fraud-v427-"), "{europe}");
    let (status, tokyo) = describe(&served, "ap-northeast-1");
    assert_eq!((status, tokyo["__type"].as_str()), (503, Some("ServiceUnavailable")), "{tokyo}");
    assert!(tokyo["message"].as_str().unwrap().contains("does not answer this call"), "{tokyo}");
    let (status, elsewhere) = describe(&served, "us-east-1");
    assert_eq!(status, 403);
    assert!(elsewhere["message"].as_str().unwrap().contains("no region us-east-1"), "{elsewhere}");

    // Who sleeps at its clock lets the night go on, with all that happens in it.
    assert_eq!(served.sleep("2026-11-20T04:06:30Z"), "2026-11-20T04:06:30Z");
    let (status, tokyo) = describe(&served, "ap-northeast-1");
    assert_eq!(status, 200);
    assert!(tokyo["EndpointConfigName"].as_str().unwrap().starts_with("fraud-v426-"), "{tokyo}");
}

#[test]
fn a_paced_night_goes_by_itself_and_its_last_moment_stays_open() {
    let mut served = serve(&["--scenario", "bad-eval", "--pace", "86400"]);
    served.wait_for("The night ended as expected.");
    served.wait_for("The night is over, and stays open");
    let (status, europe) = describe(&served, "eu-west-1");
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
fn a_signal_closes_the_night_and_leaves_no_folder_behind() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let left = || std::fs::read_dir(folder.path()).unwrap().count();
        let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
        let mut served = serve_by(command.arg("night").env("TMPDIR", folder.path()), &["--scenario", "bad-eval"]);
        assert_eq!(left(), 1, "it has a folder of its own while it is open");
        let sent = Command::new("kill").args([signal, &served.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(served.process.wait().unwrap().code(), Some(code));
        assert_eq!(left(), 0, "{signal}");
        assert!(TcpStream::connect(&served.address).is_err(), "the door is still open");
    }
}

/// At a pace a night's clock has nanoseconds.
#[test]
fn no_moment_is_told_in_less_than_seconds() {
    let served = serve(&["--scenario", "tokyo-dark", "--at", "03:47", "--pace", "1"]);
    let typed = ["--who", "maria", "--why", "a fix must go out"];
    for arguments in [
        &[&["override", "freeze", "--for", "1h"], &typed[..]].concat()[..],
        &[&["override", "skew", "--for", "999d"], &typed[..]].concat(),
        &["status"],
        &["history", "--region", "BR", "--since", "1s"],
        &["doctor", "--all"],
    ] {
        let output = served.meridian(arguments);
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        let is_finer = |word: &str| {
            let second = word.rsplit(':').next().and_then(|second| second.split_once('.'));
            word.matches(':').count() >= 2
                && second.is_some_and(|(_, part)| part.starts_with(|c: char| c.is_ascii_digit()))
        };
        assert!(!said.is_empty() && !said.split_whitespace().any(is_finer), "{arguments:?}\n{said}");
    }
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
