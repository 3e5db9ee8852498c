//! The evaluation report in a real browser: light, dark, on a phone, on paper, and to an accessibility audit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

#[path = "../../shared/evaluation/tests/support/pages.rs"]
mod pages;

use meridian_tests::skip;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Made by `scripts/browser`, which `scripts/test` runs first.
const TOOLS: &str = ".tools/browser";

#[test]
fn every_page_reads_well_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = root.join(TOOLS);
    if !tools.join(".done").exists() {
        skip("every_page_reads_well_in_a_browser", "no browser to look with; scripts/browser says why");
        return;
    }
    // Kept for whoever wants to look too.
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    fs::create_dir_all(&out).unwrap();
    for (name, page) in pages::all() {
        fs::write(out.join(name).with_extension("html"), page).unwrap();
    }
    let check = Command::new(tools.join("bin/python"))
        .arg(root.join("tests/browser/check_report.py"))
        .args([&out, &out.join("shots")])
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    assert!(check.status.success(), "{}:\n{said}{complained}", out.display());
}
