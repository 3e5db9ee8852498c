//! `meridian night` as a person or a script meets it: exit codes, streams, errors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use std::path::Path;
use std::process::{Command, Output};

/// A night that nothing disturbs and nothing is published in.
const QUIET: &str = r#"
title = "nothing happens"
start = "2026-11-20T02:59:00Z"
lasts = "2m"

[expect]
serves = { eu-west-1 = "v426", ap-southeast-2 = "v426", ap-northeast-1 = "v426", sa-east-1 = "v426" }
pages = 0
executions = []
"#;

fn meridian(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).current_dir(folder).output().unwrap()
}

fn night(text: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), text).unwrap();
    let mut arguments = vec!["night", "--scenario", "own.toml"];
    arguments.extend(more);
    meridian(folder.path(), &arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_night_as_expected_exits_0_and_a_pipe_has_no_colour() {
    let output = night(QUIET, &[]);
    let story = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{story}{}", text(&output.stderr));
    assert!(story.contains("The night ended as expected."), "{story}");
    assert!(!story.contains('\u{1b}'), "{story}");
}

#[test]
fn a_night_that_ends_otherwise_exits_1_and_says_how() {
    let output = night(&QUIET.replace("eu-west-1 = \"v426\"", "eu-west-1 = \"unknown\""), &[]);
    let story = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{story}");
    assert!(story.contains("EU serves v426, expected unknown"), "{story}");
}

#[test]
fn json_is_one_document_on_standard_output_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["night", "--scenario", "bad-eval", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], 3);
    assert_eq!(document["as_expected"], true);
    assert_eq!(document["scenario"], "bad-eval");
    assert!(text(&output.stderr).contains("v429 is rejected"), "the story belongs on standard error");
    // Nothing of this machine or this moment: no absolute path, no process id, no port.
    let json = text(&output.stdout);
    for trace in [folder.path().to_str().unwrap(), "/home", "/root", "127.0.0.1"] {
        assert!(!json.contains(trace), "{trace} stands in the document");
    }
}

#[test]
fn the_evaluation_page_lies_where_the_summary_says() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["night", "--scenario", "bad-eval", "--out", "kept"]);
    let story = text(&output.stdout);
    let path = story.lines().find_map(|line| line.trim().strip_prefix("evaluation report: ")).unwrap();
    let page = std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(page.contains("v429"), "the page is about another release");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::io::Read;
    use std::process::Stdio;
    for (serves, code) in [("\"v426\"", 0), ("\"unknown\"", 1)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.toml"), QUIET.replace("\"v426\"", serves)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_meridian"))
            .args(["night", "--scenario", "own.toml"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(code), ""));
    }
}

#[test]
fn an_unknown_scenario_is_refused_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["night", "--scenario", "good-nihgt"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("\"good-nihgt\"") && error.contains("did you mean good-night?"), "{error}");
}

#[test]
fn a_malformed_scenario_is_bad_input_and_the_line_is_named() {
    let output = night(&QUIET.replace("lasts = \"2m\"", "lasts = \"soon\""), &[]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("scenario own.toml line 4: lasts = \"soon\": a duration such as"), "{error}");
    let output = night(&QUIET.replace("pages = 0", "pagers = 0"), &[]);
    let error = text(&output.stderr);
    assert!(error.contains("line 8: [expect] takes no pagers; did you mean pages?"), "{error}");
}

#[test]
fn a_value_out_of_range_is_named_with_file_line_and_range() {
    let behaviour = "\n[[behaviour]]\nrelease = \"v426\"\nerrors_5xx = 5\n";
    let output = night(&format!("{QUIET}{behaviour}"), &[]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("scenario own.toml line 13: behaviour.errors_5xx = 5: a share between 0 and 1"), "{error}");
}

#[test]
fn a_release_that_is_never_published_is_bad_input() {
    let output = night(&format!("{QUIET}\n[[behaviour]]\nrelease = \"v-427\"\nerrors_5xx = 0.5\n"), &[]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("release v-427 is neither published nor v426"), "{error}");
}

#[test]
fn a_fault_in_a_region_outside_the_fleet_is_bad_input() {
    let fault = "\n[[fault]]\nkind = \"dark\"\nregion = \"us-east-1\"\n";
    let output = night(&format!("{QUIET}{fault}"), &[]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("us-east-1"), "{error}");
}

#[test]
fn missing_binaries_are_named_with_what_builds_them() {
    let output = night(QUIET, &["--wire", "--binaries", "nowhere"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("nowhere/") && error.contains("cargo build --release"), "{error}");
}

/// What is below a folder, files and folders.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            found.extend(below(&path));
        }
    }
    found.sort();
    found
}

/// A night in any folder used to leave a `target/` there.
#[test]
fn a_night_writes_nothing_but_into_the_folder_of_out() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let night = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
        command.args(["night", "--scenario", "bad-eval"]).args(more).current_dir(folder.path());
        let output = command.env("HOME", home.path()).env("TMPDIR", home.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let said = night(&[]);
    assert!(said.contains("--out DIR keeps it"), "{said}");
    assert_eq!((below(folder.path()), below(home.path())), (vec![], vec![]));
    let said = night(&["--out", "kept"]);
    let page = said.lines().find_map(|line| line.trim().strip_prefix("evaluation report: kept/")).unwrap();
    assert_eq!((below(folder.path()), below(home.path())), (vec![page.to_owned(), "kept".to_owned()], vec![]));
}

#[test]
fn a_quiet_night_tells_only_how_it_ended() {
    let output = night(QUIET, &["--quiet"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert!(said.trim_start().starts_with("The fleet at ") && said.contains("The night ended as expected."), "{said}");
    assert!(text(&output.stderr).is_empty(), "{}", text(&output.stderr));
}

#[test]
fn every_scenario_has_a_line_in_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = text(&meridian(folder.path(), &["night", "--list"]).stdout);
    let listed: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, meridian_local::night::names());
    assert!(list.lines().any(|line| line.starts_with("tokyo-dark ") && line.contains("03:47")), "{list}");
}

/// A region that is back on what served before hides what happened meanwhile: its row says it, and no other region's does.
#[test]
fn the_closing_table_tells_what_interrupted_a_region() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["night", "--scenario", "update-rollback-failed", "--quiet"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    let jp = lines.iter().position(|line| line.trim_start().starts_with("JP ")).unwrap();
    assert!(lines[jp].contains("v426") && lines[jp].contains("since 2026-11-19"), "{said}");
    let told = lines[jp + 1].trim_start();
    assert!(told.starts_with("last interrupted: v427 had a canary from 2026-11-20 03:45:10 to 04:1"), "{said}");
    assert!(told.contains("; the serving release was unknown from 04:"), "{said}");
    assert_eq!(said.matches("last interrupted").count(), 1, "{said}");
}

#[test]
fn the_closing_table_names_a_condemned_release_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["night", "--scenario", "bad-model", "--quiet"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    let told = said.lines().filter(|line| line.starts_with("  v428 is condemned, the wave stops: ")).count();
    assert_eq!(told, 1, "{said}");
}
