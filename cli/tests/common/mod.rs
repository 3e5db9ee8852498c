//! The real binary, run as a person would, for the tests of several commands.

#![allow(dead_code, clippy::unwrap_used, reason = "each test takes what it needs")]

pub mod served;
pub mod terminal;

use meridian_tests::reasons::is_reason;
use serde_json::Value;
use std::process::{Command, Output};

/// Keys that open nothing.
pub const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "NOTAREALKEY"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")];

/// Runs `meridian` in a folder that holds the fleet's policy and nothing else, with an AWS at which nobody listens: whatever
/// gets that far fails fast.
pub fn offline(arguments: &[&str]) -> Output {
    with_keys(&KEYS, arguments)
}

/// The same where nothing is set that AWS could be asked with.
pub fn without_credentials(arguments: &[&str]) -> Output {
    with_keys(&[], arguments)
}

fn with_keys(keys: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fleet.toml"), include_str!("../../../local/fleets/reference/fleet.toml"))
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(arguments)
        .args(["--endpoint-url", "http://127.0.0.1:9"])
        .env_clear()
        .envs(keys.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// What it said on standard error.
pub fn error(output: &Output) -> String {
    text(&output.stderr)
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The names of a document's fields at every depth, each once. The keys of objects named in `maps` are names and not fields;
/// what stands under one named in `skip` is described elsewhere.
pub fn fields(document: &Value, maps: &[&str], skip: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    collect(document, maps, skip, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(value: &Value, maps: &[&str], skip: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, maps, skip, found)),
        Value::Object(object) if is_reason(object) => found.extend(object.keys().cloned()),
        Value::Object(object) => {
            for (name, value) in object {
                found.push(name.clone());
                match value {
                    _ if skip.contains(&name.as_str()) => {}
                    Value::Object(entries) if maps.contains(&name.as_str()) => {
                        entries.values().for_each(|value| collect(value, maps, skip, found));
                    }
                    value => collect(value, maps, skip, found),
                }
            }
        }
        _ => {}
    }
}
