//! `meridian halt` and `meridian override`: what a person gets wrong, and how it is said.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::{error, offline as meridian, without_credentials};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

const SAID: [&str; 4] = ["--why", "incident", "--who", "maria"];

#[test]
fn neither_is_written_without_who_and_why() {
    for missing in [&SAID[..2], &SAID[2..]] {
        for command in [&["halt"][..], &["override", "freeze", "--for", "1h"]] {
            let output = meridian(&[command, missing].concat());
            assert_eq!(output.status.code(), Some(2), "{command:?}: {}", error(&output));
        }
    }
}

#[test]
fn what_cannot_be_overridden_has_no_word() {
    for what in ["approval", "golden", "condemnation"] {
        let output = meridian(&[&["override", what, "--for", "1h"], &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains("freeze, skew, order"), "{}", error(&output));
    }
}

#[test]
fn an_override_of_the_whole_order_or_of_a_month_is_wrong_input() {
    for (asked, words) in [(["order", "--for", "1h"], "--region"), (["freeze", "--for", "720h"], "fleet.toml")] {
        let output = meridian(&[&["override"], &asked[..], &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains(words), "{}", error(&output));
    }
}

#[test]
fn a_ledger_that_cannot_be_reached_is_no_wrong_input() {
    for command in [&["halt"][..], &["halt", "--region", "sa-east-1"], &["override", "freeze", "--for", "1h"]] {
        let output = meridian(&[command, &SAID[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", error(&output));
        assert!(error(&output).contains("ledger chain"), "{}", error(&output));
    }
}

/// "Unreachable: no connection or no credentials" sends nobody to the right place.
#[test]
fn whoever_has_no_credentials_is_told_what_to_set() {
    let output = without_credentials(&[&["halt"], &SAID[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("AWS_PROFILE") && error(&output).contains("aws sso login"), "{}", error(&output));
}

/// An AWS to which every request's credentials have ended.
fn aws_after_their_end() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who goes away unanswered wants no answer.
            thread::spawn(move || refuse(&stream).unwrap_or_default());
        }
    });
    url
}

/// Answers one request as S3 does, or, if it is a POST, as STS does.
fn refuse(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line)? > 2 {
        head += &line.to_ascii_lowercase();
        line.clear();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    reader.read_exact(&mut vec![0; length.unwrap_or_default()])?;
    let error = "<Error><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error>";
    let body =
        if head.starts_with("post") { format!("<ErrorResponse>{error}</ErrorResponse>") } else { error.to_owned() };
    let answer = format!("content-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    write!(stream, "HTTP/1.1 403 Forbidden\r\n{answer}")
}

/// Each region's "ExpiredToken" by itself does not say what to do.
#[test]
fn whoever_has_ended_credentials_is_told_to_sign_in_again() {
    let url = aws_after_their_end();
    let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml");
    for command in [&["status"][..], &["history"], &[&["halt"], &SAID[..]].concat()[..]] {
        let mut meridian = Command::new(env!("CARGO_BIN_EXE_meridian"));
        meridian.args(command).args(["--fleet", fleet, "--endpoint-url", &url]).env_clear().envs(common::KEYS);
        let output = meridian.output().unwrap();
        let said = error(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("AWS does not take these credentials (GetCallerIdentity in eu-west-1:"), "{said}");
        assert!(said.contains("ExpiredToken") && said.contains("sign in again (aws sso login)"), "{said}");
    }
}

/// AWS's own tools take a variable that is set to nothing as not set; what is no address never reaches the SDK, which panics at it.
#[test]
fn an_endpoint_is_an_address_and_one_that_is_empty_is_none() {
    let status = |url: &str| {
        let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
        command.args(["status", "--fleet", fleet]).env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.env("AWS_ENDPOINT_URL", url).output().unwrap();
        (output.status.code(), error(&output))
    };
    let (code, said) = status("");
    assert!(code == Some(2) && said.contains("there are no credentials"), "{code:?} {said}");
    let (code, said) = status("localhost:4566");
    assert!(code == Some(2) && said.contains("expected http:// or https://"), "{code:?} {said}");
}

/// Keys in the environment are of one account.
#[test]
fn a_region_of_another_account_is_asked_with_the_profile_of_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = include_str!("../../local/fleets/reference/fleet.toml");
    let sydney = "name = \"ap-southeast-2\"\n";
    assert!(fleet.contains(sydney));
    let path = folder.path().join("fleet.toml");
    std::fs::write(&path, fleet.replace(sydney, &format!("{sydney}account = \"444455556666\"\n"))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.arg("status").arg("--fleet").arg(path).env_clear().envs(common::KEYS);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", folder.path().join("none"));
    let output = command.output().unwrap();
    let said = error(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there are no credentials to ask AWS with (profile 444455556666: "), "{said}");
}
