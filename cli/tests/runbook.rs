//! Every command of the runbooks, typed at a served night with the AWS CLI: what people are told to type at three in the morning
//! works. Blocks marked `sh live` need an account: the local world does not know those services.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::served::{Served, serve};
use common::{error, text};
use meridian_tests::skip;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A block of commands, and the heading above it.
struct Block {
    page: PathBuf,
    heading: String,
    live: bool,
    commands: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn pages() -> Vec<PathBuf> {
    let runbooks = std::fs::read_dir(root().join("docs/runbooks")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = runbooks.chain([root().join("docs/runbook.md")]).collect();
    pages.sort();
    pages
}

/// Fenced `sh` blocks, those in lists too.
fn blocks(page: &Path) -> Vec<Block> {
    let (mut blocks, mut heading, mut open): (Vec<Block>, String, Option<Block>) = (Vec::new(), String::new(), None);
    for line in std::fs::read_to_string(page).unwrap().lines() {
        match (line.trim(), &mut open) {
            ("```", Some(_)) => blocks.extend(open.take()),
            (text, Some(block)) => block.commands += &format!("{text}\n"),
            ("```sh" | "```sh live", None) => {
                let (page, heading, live) = (page.to_owned(), heading.clone(), line.ends_with("live"));
                open = Some(Block { page, heading, live, commands: String::new() });
            }
            (text, None) if text.starts_with('#') => heading = text.trim_matches(['#', ' ']).to_owned(),
            _ => {}
        }
    }
    blocks
}

/// Types commands as somebody who has set what the runbook's first block sets.
fn typed(night: &Served, folder: &Path, commands: &str) -> Output {
    let url = format!("http://{}", night.address);
    let own = format!(
        "{} \"$1\" --endpoint-url {url} --fleet {}",
        env!("CARGO_BIN_EXE_meridian"),
        root().join("local/fleets/reference/fleet.toml").display()
    );
    let commands = commands.replace("target/release/meridian", "meridian");
    let script = format!(
        "set -euo pipefail\nREGION=ap-northeast-1 BUCKET=fraud-models-jp USER=maria\nmeridian() {{ {own} \"${{@:2}}\"; }}\n{commands}"
    );
    Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", root().join(".tools/wire/bin").display()))
        .env("HOME", folder)
        .envs([("AWS_ENDPOINT_URL", url.as_str()), ("AWS_MAX_ATTEMPTS", "1"), ("AWS_PAGER", "")])
        .envs([("AWS_ACCESS_KEY_ID", "NOTAREALKEY"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")])
        .output()
        .unwrap()
}

/// What the runbook leaves to its reader: the archive's key that a page names, and the configuration to go back to.
fn filled(night: &Served, folder: &Path, commands: &str) -> String {
    let status = text(&typed(night, folder, "meridian status --json").stdout);
    let status: Value = serde_json::from_str(&status).unwrap();
    let config = status.pointer("/regions/2/account/way_back/config").and_then(Value::as_str).unwrap();
    let list = "aws s3api list-objects-v2 --bucket fraud-models-eu --region eu-west-1 --prefix releases/archives/ \
                --query 'Contents[0].Key' --output text";
    let key = text(&typed(night, folder, list).stdout);
    commands.replace("KEY", key.trim()).replace("CONFIG", config)
}

#[test]
fn every_command_of_the_runbooks_works_on_a_served_night() {
    if !root().join(".tools/wire/.done").exists() {
        return skip("the AWS CLI", "no AWS CLI to type with; scripts/wire-tools says why");
    }
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let folder = tempfile::tempdir().unwrap();
    let type_ = |commands: &str| typed(&night, folder.path(), commands);
    let (mut blocks, mut tried): (Vec<Block>, usize) = (pages().iter().flat_map(|page| blocks(page)).collect(), 0);
    // What changes the endpoint comes last: the night stands still, and an update in it never ends.
    blocks.sort_by_key(|block| block.commands.contains("update-endpoint"));
    for block in blocks.iter().filter(|block| !block.live) {
        if block.heading == "Lift a halt" {
            assert!(type_("meridian halt --region JP --who maria --why 'a test'").status.success());
        }
        let output = type_(&filled(&night, folder.path(), &block.commands));
        let (said, place) = (text(&output.stdout), format!("{}, {}", block.page.display(), block.heading));
        assert!(output.status.success(), "{place}:\n{}\n{said}{}", block.commands, error(&output));
        let expected = match block.heading.as_str() {
            "Look at an endpoint" => "InService",
            "Lift a halt" => "the halt is lifted",
            "Halt the fleet" => "the fleet is halted",
            "Put a release in quarantine" => "is no longer in quarantine",
            "Read the ledger" => "",
            "Start a new execution" => "pipelineExecutionId",
            "The pipeline" => "Succeeded",
            _ => "",
        };
        assert!(said.contains(expected), "{place}: expected {expected:?}:\n{said}");
        if block.heading == "Wrong bytes" {
            let digests: Vec<&str> = said.lines().collect();
            assert!(digests.len() == 2 && digests.first() == digests.last(), "{said}");
        }
        tried += 1;
    }
    assert!(tried >= 14, "{tried} blocks only");
    println!("typed {tried} blocks; {} need an account", blocks.len() - tried);
}

/// A block that the night can answer must not be marked as if it could not.
#[test]
fn what_is_marked_live_is_what_the_local_world_does_not_know() {
    if !root().join(".tools/wire/.done").exists() {
        return skip("the AWS CLI", "no AWS CLI to type with; scripts/wire-tools says why");
    }
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let folder = tempfile::tempdir().unwrap();
    for block in pages().iter().flat_map(|page| blocks(page)).filter(|block| block.live) {
        let output = typed(&night, folder.path(), &block.commands);
        assert!(!output.status.success(), "{}, {}: is not live only", block.page.display(), block.heading);
        // The CLI itself knows every one of these commands.
        assert!(!error(&output).contains("usage:"), "{}: {}", block.heading, error(&output));
    }
}
