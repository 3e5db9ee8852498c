//! Hold-outs as warehouses write them: with keys, dates and countries beside the features.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

#[path = "common/desk.rs"]
mod desk;

use desk::{meridian, models, real_holdout, text};
use serde_json::Value;
use std::process::{Command, Output};

const COLUMNS: [&str; 4] = ["--label", "label", "--region-column", "customer_region"];
const IDS: [&str; 4] = ["--ignore", "payment_id,booked_at", "--slice", "country"];

fn evaluate(challenger: &str, holdout: &str, more: &[&str]) -> Output {
    let files = ["evaluate", "--challenger", challenger, "--champion", "v426.tar.gz", "--holdout", holdout];
    meridian(&[&files[..], &COLUMNS, more].concat())
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

fn refused(holdout: &str, more: &[&str]) -> String {
    let output = evaluate("v427.tar.gz", holdout, more);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{more:?}");
    text(&output.stderr)
}

#[test]
fn unusable_columns_are_refused_with_what_can_be_done() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let error = refused(&holdout, &[]);
    assert!(error.contains("`payment_id`, `booked_at`, `country`"), "{error}");
    assert!(error.contains("--ignore payment_id,booked_at,country leaves them out"), "{error}");
    assert!(error.contains("--slice COLUMN") && !error.contains("--region-column"), "{error}");
}

#[test]
fn ignored_columns_change_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let ignored = ["--ignore", "payment_id,booked_at", "--ignore", "country", "--json"];
    let with = document(&evaluate("v427.tar.gz", &holdout, &ignored));
    let without = document(&evaluate("v427.tar.gz", "holdout.csv.gz", &["--json"]));
    for field in ["verdict", "gates", "challenger", "champion", "regions", "curves", "warnings"] {
        assert_eq!(with[field], without[field], "{field}");
    }
    let line = with["repeat"][0].as_str().unwrap();
    assert!(line.contains("--ignore payment_id --ignore booked_at --ignore country"), "{line}");
}

#[test]
fn a_missing_column_is_named_with_the_one_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let error = refused(&holdout, &["--ignore", "payment_id,booked_at,contry"]);
    assert!(error.contains("no column `contry`") && error.contains("did you mean country?"), "{error}");
    assert!(error.contains("correct --ignore contry") && error.contains("`payment_id`"), "{error}");
    let error = refused("holdout.csv.gz", &["--slice", "device_is_now"]);
    assert!(
        error.contains("correct --slice device_is_now") && error.contains("did you mean device_is_new?"),
        "{error}"
    );
    let error = refused("holdout.csv.gz", &["--ignore", "zzz"]);
    assert!(error.contains("it has `customer_region`") && !error.contains("did you mean"), "{error}");
}

#[test]
fn a_misspelt_label_or_region_column_is_named_with_the_one_that_was_meant() {
    let refused = |command: &[&str], label: &str, region: &str| {
        let columns = ["--holdout", "holdout.csv.gz", "--label", label, "--region-column", region];
        let output = meridian(&[command, &columns].concat());
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
        text(&output.stderr)
    };
    let evaluate = ["evaluate", "--challenger", "v427.tar.gz", "--champion", "v426.tar.gz"];
    for command in [&evaluate[..], &["compare", "v426.tar.gz", "v427.tar.gz"]] {
        let error = refused(command, "lable", "customer_region");
        assert!(error.contains("missing `lable`"), "{error}");
        assert!(error.contains("correct --label lable; did you mean label?"), "{error}");
        assert!(!error.contains("--ignore label"), "{error}");
        let error = refused(command, "label", "costumer_region");
        assert!(error.contains("correct --region-column costumer_region; did you mean customer_region?"), "{error}");
    }
    let error = refused(&evaluate, "zzz", "customer_region");
    assert!(error.contains("not expected `label`") && error.contains("correct --label zzz"), "{error}");
    assert!(!error.contains("did you mean"), "{error}");
}

#[test]
fn what_an_evaluation_needs_cannot_be_ignored() {
    for (column, why) in [
        ("device_is_new", "a feature of a model"),
        ("label", "it is the label"),
        ("customer_region", "the column of customer regions"),
    ] {
        let error = refused("holdout.csv.gz", &["--ignore", column]);
        assert!(error.contains(&format!("--ignore {column}: ")) && error.contains(why), "{error}");
    }
}

#[test]
fn slices_are_shown_and_change_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let output = evaluate("v429.tar.gz", &holdout, &[&IDS[..], &["--slice", "device_is_new", "--json"]].concat());
    let sliced = document(&output);
    let plain = document(&evaluate("v429.tar.gz", "holdout.csv.gz", &["--json"]));
    assert_eq!((&sliced["verdict"], &sliced["gates"]), (&plain["verdict"], &plain["gates"]));
    let slices = sliced["slices"].as_array().unwrap();
    let columns: Vec<_> = slices.iter().map(|slices| slices["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["country", "device_is_new"]);
    let values: Vec<_> =
        slices[0]["regions"].as_array().unwrap().iter().map(|value| value["region"].as_str().unwrap()).collect();
    assert_eq!(values, ["(missing)", "DE", "JP", "LU"]);
    let rows: u64 = slices[0]["regions"].as_array().unwrap().iter().map(|value| value["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, sliced["rows"].as_u64().unwrap());
    let gates = slices[0]["gates"].as_array().unwrap();
    assert!(gates.iter().all(|gate| gate["mode"] == "advisory"), "{gates:?}");
    // Fewer than 20 positives: shown, and not judged on.
    assert!(!gates.iter().any(|gate| gate["region"] == "LU" || gate["region"] == "(missing)"), "{gates:?}");
    let warnings = text(&output.stderr);
    assert!(
        warnings.contains("slices by `country`: 2 of 4 values have fewer than 20 positives or negatives"),
        "{warnings}"
    );
    assert!(warnings.contains("slices by `country`: DE is worse at auc, recall"), "{warnings}");
}

#[test]
fn a_column_of_too_many_values_makes_no_slices_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let more = ["--ignore", "booked_at,country", "--slice", "payment_id", "--threshold", "0.81", "--json"];
    let output = evaluate("v427.tar.gz", &holdout, &more);
    let found = document(&output);
    assert!(found.get("slices").is_none() && output.status.code() == Some(0), "{found}");
    let warnings = text(&output.stderr);
    assert!(warnings.contains("no slices by `payment_id`: it has more than 64 different values"), "{warnings}");
    assert!(!warnings.contains("p-1"), "{warnings}");
}

#[test]
fn the_repeat_line_of_the_page_repeats_the_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let out = folder.path().join("report");
    let more = ["--json", "--out", out.to_str().unwrap(), "--threshold", "0.81"];
    let first = evaluate("v427.tar.gz", &holdout, &[&IDS[..], &more].concat());
    let page = std::fs::read_to_string(out.join("evaluation.html")).unwrap();
    let line = document(&first)["repeat"][0].as_str().unwrap().to_owned();
    assert!(line.contains("--ignore payment_id --ignore booked_at --slice country"), "{line}");
    assert!(page.contains(&line) && page.contains("Slices by ") && page.contains("(missing)"), "{line}");
    let meridian = format!("{} --json", line.replacen("meridian", env!("CARGO_BIN_EXE_meridian"), 1));
    let again = Command::new("sh").args(["-c", &meridian]).current_dir(models()).output().unwrap();
    assert_eq!(text(&again.stdout), text(&first.stdout), "{}", text(&again.stderr));
}

/// Golden: what a data scientist, a pull request and a CI are shown.
#[test]
fn every_format_shows_the_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    for (format, challenger) in [("text", "v429.tar.gz"), ("markdown", "v429.tar.gz"), ("junit", "v427.tar.gz")] {
        let output = evaluate(challenger, &holdout, &[&IDS[..], &["--threshold", "0.81", "--format", format]].concat());
        let code = if challenger == "v429.tar.gz" { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let shown = text(&output.stdout).replace(&holdout, "holdout.csv");
        insta::assert_snapshot!(format!("evaluate-{format}"), shown);
    }
}

#[test]
fn json_is_one_document_by_either_name() {
    let format = evaluate("v427.tar.gz", "holdout.csv.gz", &["--format", "json"]);
    let flag = evaluate("v427.tar.gz", "holdout.csv.gz", &["--json"]);
    assert_eq!(text(&format.stdout), text(&flag.stdout));
    let both = evaluate("v427.tar.gz", "holdout.csv.gz", &["--json", "--format", "text"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_cheapest_threshold_is_told_with_what_it_costs() {
    let prices = ["--cost-miss", "400", "--cost-false-alarm", "5"];
    let found = document(&evaluate("v427.tar.gz", "holdout.csv.gz", &[&prices[..], &["--json"]].concat()));
    let plain = document(&evaluate("v427.tar.gz", "holdout.csv.gz", &["--json"]));
    assert_eq!((&found["gates"], plain.get("costs")), (&plain["gates"], None));
    assert!(found["repeat"][0].as_str().unwrap().ends_with("--cost-miss 400 --cost-false-alarm 5"), "{found}");
    let cheapest = found["costs"]["challenger"]["cheapest"]["threshold"].to_string();
    let cost = |document: &Value, point: &str| document["costs"]["challenger"][point]["cost"].as_f64().unwrap();
    let there =
        evaluate("v427.tar.gz", "holdout.csv.gz", &[&prices[..], &["--threshold", &cheapest, "--json"]].concat());
    let there = document(&there);
    assert_eq!(cost(&there, "operating"), cost(&found, "cheapest"));
    assert!(cost(&found, "cheapest") <= cost(&found, "operating"));
    assert_eq!(there["costs"]["challenger"]["operating"]["recall"], there["challenger"]["recall"]);
    let half = evaluate("v427.tar.gz", "holdout.csv.gz", &prices[..2]);
    assert!(half.status.code() == Some(2) && text(&half.stderr).contains("--cost-false-alarm"));
    let shown = text(&evaluate("v427.tar.gz", "holdout.csv.gz", &prices).stdout);
    assert!(shown.contains("challenger, cheapest") && shown.contains("A miss costs 400, a false alarm 5"), "{shown}");
}
