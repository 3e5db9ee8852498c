//! `meridian history` as the people on call run it: the real binary on a night that is served over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::served::{Served, serve};
use common::{error, fields, offline, text, without_credentials};
use meridian_domain::Sha256;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn history(night: &Served, arguments: &[&str]) -> Output {
    night.meridian(&[&["history"], arguments].concat())
}

fn told(night: &Served, arguments: &[&str]) -> String {
    let output = history(night, arguments);
    assert_eq!(output.status.code(), Some(0), "{}\n{}", text(&output.stdout), error(&output));
    text(&output.stdout)
}

fn document(night: &Served, arguments: &[&str]) -> Value {
    let output = history(night, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Versions that may have answered in the one region that was asked for, and how much is known.
fn answered(document: &Value) -> (String, Vec<String>) {
    let told = &document["regions"][0]["told"];
    let versions = told["answers"].as_array().unwrap().iter().map(|own| own["version"].as_str().unwrap().to_owned());
    (told["state"].as_str().unwrap().to_owned(), versions.collect())
}

/// What the people on call read of the night in which Tokyo went dark, long after it.
#[test]
fn tokyo_dark_afterwards() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let mut golden = String::new();
    for arguments in [
        &["--region", "JP", "--at", "2026-11-20T03:47Z"][..],
        &["--at", "2026-11-20T03:50Z"],
        &["--at", "2026-11-20T04:29Z"],
        &["--region", "JP", "--since", "2026-11-20T03:44Z", "--at", "2026-11-20T04:15Z"],
    ] {
        golden += &format!("$ meridian history {}\n{}\n", arguments.join(" "), told(&night, arguments));
    }
    insta::assert_snapshot!("tokyo-dark-history", golden);

    let at = |time: &str| answered(&document(&night, &["--region", "JP", "--at", &format!("2026-11-20T{time}Z")]));
    assert_eq!(at("03:44:09"), ("one".to_owned(), vec!["v426".to_owned()]));
    for time in ["03:46:00", "03:50:00", "03:51:00", "04:05:59"] {
        assert_eq!(at(time), ("either".to_owned(), vec!["v426".to_owned(), "v427".to_owned()]), "{time}");
    }
    assert_eq!(at("04:06:01"), ("one".to_owned(), vec!["v426".to_owned()]));
    // I12: the bytes' digests are told; what is in the manifest beside them is not.
    let all = document(&night, &[]).to_string() + &golden;
    for kept in ["NOTAREALKEY", "not-a-secret", "\"features\"", "operating_threshold", "holdouts/"] {
        assert!(!all.contains(kept), "{kept} is told");
    }
}

/// While it is dark: what the later entries would say is not there yet, and Tokyo's bucket answers all the same.
#[test]
fn tokyo_dark_at_0347_itself() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "03:47"]);
    let page = told(&night, &["--region", "ap-northeast-1", "--at", "2026-11-20T03:47Z"]);
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("v426 or v427: v427 was on its way, and whether its canary had begun is not on record"),
        "{page}"
    );
    assert!(page.contains("how it went on is not on record"), "{page}");
    let future = history(&night, &["--region", "JP", "--at", "2026-11-20T03:59Z"]);
    assert_eq!(future.status.code(), Some(2), "{}", text(&future.stdout));
    assert!(error(&future).contains("--at 2026-11-20T03:59:00Z lies after now"), "{}", error(&future));
    let found = document(&night, &["--region", "JP", "--at", "2026-11-20T03:47Z"]);
    let told = &found["regions"][0];
    assert_eq!(told["told"]["way_back"]["version"], "v426");
    // The archive that v426 names in Tokyo's own bucket.
    let archive = std::fs::read(root().join("local/models/v426.tar.gz")).unwrap();
    assert_eq!(told["bytes"][0]["archive"]["sha256"], Sha256::of(&archive).to_string());
    assert_eq!(told["bytes"][0]["version"], "v426");
    let chains: Vec<_> = found["chains"].as_array().unwrap().iter().map(|own| &own["chain"]).collect();
    assert_eq!(chains, ["home", "ap-northeast-1"]);
}

/// Somebody with rights over the bucket rewrites an entry: nothing of the region is believed, and the others are told.
#[test]
fn an_altered_entry_is_named_and_its_region_unknown() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let key = "/fraud-models-jp/ledger/fraud/ap-northeast-1/00000000000000000003.json";
    let at = ["--at", "2026-11-20T04:29Z"];
    let entry = s3(&night, "GET", key, "");
    assert!(entry.contains("\"seq\":3"), "{entry}");
    s3(&night, "PUT", key, &entry.replace("v427", "v499"));
    let output = history(&night, &at);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(page.contains("JP  ap-northeast-1  UNKNOWN"), "{page}");
    assert!(page.contains("ALTERED: ledger entry 4 does not have the hash of the entry before it"), "{page}");
    assert!(page.contains("EU  eu-west-1       v427"), "{page}");
    let found = document(&night, &at);
    assert_eq!((&found["whole"], &found["chains"][3]["altered"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!(found["chains"][3]["why"]["altered"]["hash"]["seq"], 4, "{}", found["chains"][3]);
    assert_eq!(found["regions"][2]["told"], Value::Null);
    // An object that is no entry at all is named by its key.
    s3(&night, "PUT", key, "{}");
    let page = text(&history(&night, &at).stdout);
    assert!(page.contains("00000000000000000003.json is not a ledger entry"), "{page}");
}

/// Home's own bucket holds two chains; another region's bucket that answers nobody hides that region alone.
#[test]
fn a_dark_bucket_hides_its_region_and_no_other() {
    let scenario = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let dark = std::fs::read_to_string(root().join("local/scenarios/bad-eval.toml")).unwrap()
        + "\n[[fault]]\nkind = \"unavailable\"\nservice = \"s3\"\nregion = \"ap-southeast-2\"\nfrom = \"03:10\"\n";
    std::fs::write(scenario.path(), dark).unwrap();
    let night = serve(&["--scenario", scenario.path().to_str().unwrap(), "--at", "03:15"]);
    let output = history(&night, &["--at", "2026-11-20T03:15Z"]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(page.contains("AU  ap-southeast-2  UNKNOWN: its ledger cannot be read"), "{page}");
    assert!(
        page.contains("ap-southeast-2  UNKNOWN, it cannot be read: ListObjectsV2 in ap-southeast-2: unreachable"),
        "{page}"
    );
    for title in ["EU  eu-west-1      ", "JP  ap-northeast-1 ", "BR  sa-east-1      "] {
        assert!(page.contains(&format!("{title} v426\n")), "{title} is not told\n{page}");
    }
}

#[test]
fn wrong_input_is_named_with_what_to_do() {
    for (arguments, words) in [
        (&["--region", "US"][..], "it has EU (eu-west-1), AU (ap-southeast-2), JP (ap-northeast-1), BR (sa-east-1)"),
        (&["--at", "03:47"], "expected one such as 2026-11-20T03:47:00Z"),
        (&["--since", "soon"], "expected one such as 90s, 15m, 4h or 3d"),
        (&["--since", "2026-11-20T04:00Z", "--at", "2026-11-20T03:00Z"], "give an earlier --since, or a later --at"),
    ] {
        let output = offline(&[&["history"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", error(&output));
        assert!(error(&output).contains(words), "{arguments:?}: {}", error(&output));
    }
    // Without anything to ask with nothing is dark: it cannot be asked.
    let output = without_credentials(&["history"]);
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
    assert!(
        error(&output).contains("there are no credentials to ask AWS with") && error(&output).contains("AWS_PROFILE"),
        "{}",
        error(&output)
    );
}

#[test]
fn every_field_of_the_document_is_described() {
    let page = std::fs::read_to_string(root().join("docs/history.md")).unwrap();
    let night = serve(&["--scenario", "late-alarm", "--at", "04:40"]);
    let mut found = Vec::new();
    for arguments in [
        &["--at", "2026-11-20T03:34Z"][..],
        &["--at", "2026-11-20T04:28Z"],
        &["--at", "2026-11-20T04:40Z"],
        &["--since", "2h", "--at", "2026-11-20T04:40Z"],
    ] {
        let document = document(&night, arguments);
        // A ledger's entries are described by the page of a night's document.
        let mut document = document;
        document["entries"].as_array_mut().unwrap().truncate(0);
        found.extend(fields(&document, &[], &["ended"]));
    }
    found.sort();
    found.dedup();
    found.retain(|field| !page.contains(&format!("`{field}`")));
    assert!(found.is_empty(), "docs/history.md does not describe {}", found.join(", "));
}

/// An object of Tokyo's bucket, asked for or written over as somebody with every right does.
fn s3(night: &Served, method: &str, key: &str, body: &str) -> String {
    let (status, answer) = night.exchange(&format!(
        "{method} {key} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=NOTAREALKEY/20261120/ap-northeast-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        night.address,
        body.len()
    ));
    assert_eq!(status, 200, "{method} {key}: {answer}");
    answer
}
