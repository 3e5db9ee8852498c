//! `meridian night --serve` as boto3 and the AWS CLI meet it, which know nothing of Meridian: by what the night and
//! docs/local-world.md say to type, and no more.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod common;

use common::{error, served::serve, text};
use meridian_tests::skip;
use std::path::Path;
use std::process::Command;

#[test]
fn boto3_reads_two_regions_of_a_served_night_dark_or_not() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    // Made by `scripts/wire-tools`, which `scripts/test` runs first.
    let tools = root.join(".tools/wire");
    if !tools.join(".done").exists() {
        return skip("boto3", "no boto3 to look with; scripts/wire-tools says why");
    }
    let mut served = serve(&["--scenario", "tokyo-dark", "--at", "03:46"]);
    let typed = served.wait_for("  export AWS_ENDPOINT_URL=");
    let variables = typed.split_whitespace().filter_map(|word| word.split_once('='));
    let looked = Command::new(tools.join("bin/python"))
        .arg(root.join("tests/wire/look_in.py"))
        .arg(root.join("local/fleets/reference/fleet.toml"))
        // Nothing of this machine's own AWS; and a call that nobody answers is not asked again.
        .env_clear()
        .envs(variables)
        .envs([("HOME", tools.as_os_str()), ("AWS_MAX_ATTEMPTS", "1".as_ref())])
        .output()
        .unwrap();
    assert!(looked.status.success(), "{}{}", text(&looked.stdout), error(&looked));
    println!("{}", text(&looked.stdout));
}
