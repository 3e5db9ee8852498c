//! `meridian plan` as a person and a script run it: the real binary, on the fleet's own policy and on counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::{fields, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs where the reference fleet is.
fn plan(more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .arg("plan")
        .args(more)
        .current_dir(root().join("local/fleets/reference"))
        .output()
        .unwrap()
}

/// Two hours of Dublin's minutes at 300 requests per second, of which one in 500 is answered 4xx, with a day's scatter.
fn counts() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rows = (0..120).map(|minute| {
        let bad = 36 + [0, 9, -6, 4, -9, 2][minute % 6];
        format!(
            "{{\"minute\":{minute},\"region\":\"eu-west-1\",\"metric\":\"4xx\",\"blue\":{{\"total\":18000,\"bad\":{bad}}}}}\n"
        )
    });
    std::fs::write(file.path(), rows.collect::<String>()).unwrap();
    file
}

#[test]
fn the_page_says_order_bakes_what_is_found_and_when_it_ends() {
    let output = plan(&["--at", "2026-11-20T03:02:00Z"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for words in ["Order: as listed: EU, AU, JP, BR; by the traffic of the hour: AU", "All 4 regions on it by"] {
        assert!(page.contains(words), "{words:?} is missing\n{page}");
    }
    for title in ["EU", "AU", "JP", "BR"] {
        assert!(page.contains(&format!("\n{title}  0")), "{title} has no turn\n{page}");
    }
    assert!(page.contains("warning: BR alone detects"), "{page}");
    let passes =
        page.lines().skip_while(|line| !line.starts_with("A release as good")).take(3).collect::<Vec<_>>().join(" ");
    let words =
        "passes in each of them in over 99.9 % of nights at its first canary, in over 99.9 % within 2 tries by 07:02:";
    assert!(passes.contains(words), "{page}");
    let told: Vec<&str> = page.lines().filter(|line| line.starts_with("AU  in over 99.9 %  4xx  ")).collect();
    assert_eq!(told.len(), 1, "{page}");
    assert!(page.contains("A fault that only begins with all traffic is in no canary: up to "), "{page}");
}

#[test]
fn a_freeze_is_said_before_the_night_that_meets_it() {
    let page = text(&plan(&["--at", "2026-12-17T03:02:00Z"]).stdout);
    assert!(page.contains("\nBR  stays as it is: frozen by \"brazil-year-end\" until 2027-01-01"), "{page}");
    assert!(page.contains("3 of 4 regions on it by"), "{page}");
    let page = text(&plan(&["--at", "2026-11-27T03:02:00Z"]).stdout);
    assert!(page.contains("Nothing starts"), "{page}");
}

#[test]
fn measured_counts_replace_usual_traffic() {
    let counts = counts();
    let path = counts.path().to_str().unwrap();
    let output = plan(&["--at", "2026-11-20T03:02:00Z", "--counts", path, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let turn = &document["turns"][0];
    assert_eq!((turn["region"].as_str(), turn["measured"].as_bool()), (Some("eu-west-1"), Some(true)));
    assert!((turn["rps"].as_f64().unwrap() - 300.0).abs() < 1e-9, "{turn}");
    let rate = turn["findings"].as_array().unwrap().iter().find(|found| found["metric"] == "4xx").unwrap();
    assert!((rate["base_rate"].as_f64().unwrap() - 0.002).abs() < 1e-9, "{rate}");
    let proposal = &document["dispersion"][0];
    assert_eq!((proposal["metric"].as_str(), proposal["declared"].as_f64()), (Some("4xx"), Some(2.0)));
    assert!(proposal["proposed"].as_f64().unwrap() >= 1.0, "{proposal}");
}

#[test]
fn wrong_input_is_exit_code_2_and_names_file_line_and_field() {
    let output = plan(&["--counts", "no-such.jsonl"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    assert!(text(&output.stderr).contains("no-such.jsonl: "), "{}", text(&output.stderr));
    let file = tempfile::NamedTempFile::new().unwrap();
    let stranger = r#"{"minute":0,"region":"us-east-1","metric":"4xx","blue":{"total":18000,"bad":3}}"#;
    std::fs::write(file.path(), stranger).unwrap();
    let output = plan(&["--counts", file.path().to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(said.contains("line 1: us-east-1 is not a region of fleet fraud"), "{said}");
    assert_eq!(plan(&["--at", "tonight"]).status.code(), Some(2));
    assert_eq!(plan(&["--policy", "no-such.toml"]).status.code(), Some(2));
}

#[test]
fn every_field_of_the_document_is_described() {
    let page = std::fs::read_to_string(root().join("docs/plan.md")).unwrap();
    let counts = counts();
    let output = plan(&["--at", "2026-12-17T03:02:00Z", "--counts", counts.path().to_str().unwrap(), "--json"]);
    let mut found = fields(&serde_json::from_slice(&output.stdout).unwrap(), &[], &[]);
    found.retain(|word| !page.contains(&format!("`{word}`")));
    assert!(found.is_empty(), "docs/plan.md does not describe {}", found.join(", "));
}

/// The day of the documentation, by the fleet that Meridian is delivered with.
const A_DAY: &[&str] = &["--failover", "--at", "2026-11-20T00:00:00Z"];

#[test]
fn the_page_about_routing_shows_what_a_lost_region_costs() {
    let page = std::fs::read_to_string(root().join("docs/routing.md")).unwrap();
    let (_, rest) = page.split_once("<!-- lost regions -->\n```text\n").unwrap();
    let (quoted, _) = rest.split_once("```\n").unwrap();
    let said = text(&plan(A_DAY).stdout);
    let rows: Vec<&str> = said.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    assert_eq!(quoted.lines().collect::<Vec<_>>(), rows, "docs/routing.md is to show\n{}", rows.join("\n"));
}

#[test]
fn one_regions_loss_is_reckoned_alone_and_a_strange_one_is_refused() {
    let said = text(&plan(&[A_DAY, &["--from", "br"]].concat()).stdout);
    assert_eq!(said.lines().filter(|line| line.starts_with("BR  ")).count(), 3, "{said}");
    assert!(!said.contains("\nEU  "), "{said}");
    let output = plan(&[A_DAY, &["--from", "mars"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("mars: fleet fraud has no such region"), "{}", text(&output.stderr));
    assert_eq!(plan(&["--from", "EU"]).status.code(), Some(2), "only with --failover");
}

#[test]
fn every_field_of_the_document_about_lost_regions_is_described() {
    let page = std::fs::read_to_string(root().join("docs/plan.md")).unwrap();
    let output = plan(&[A_DAY, &["--json"]].concat());
    let mut found = fields(&serde_json::from_slice(&output.stdout).unwrap(), &[], &[]);
    found.retain(|word| !page.contains(&format!("`{word}`")));
    assert!(found.is_empty(), "docs/plan.md does not describe {}", found.join(", "));
}
