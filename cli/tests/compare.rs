//! `meridian compare`: each challenger's row is what `meridian evaluate` says of it by itself.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

#[path = "common/desk.rs"]
mod desk;

use desk::{meridian, models, real_holdout, text};
use meridian_domain::Sha256;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Output;

const EXAM: [&str; 8] =
    ["--holdout", "holdout.csv.gz", "--label", "label", "--region-column", "customer_region", "--threshold", "0.81"];

fn compare(challengers: &[&str], more: &[&str]) -> Output {
    meridian(&[&["compare", "v426.tar.gz"], challengers, &EXAM, more].concat())
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

#[test]
fn each_challenger_is_judged_as_it_is_by_itself() {
    let found = document(&compare(&["v427.tar.gz", "v429.tar.gz"], &["--json"]));
    let challengers = found["challengers"].as_array().unwrap();
    assert_eq!(challengers.len(), 2);
    for challenger in challengers {
        let file = challenger["name"].as_str().unwrap();
        let alone = ["evaluate", "--challenger", file, "--champion", "v426.tar.gz", "--json"];
        let alone = document(&meridian(&[&alone[..], &EXAM].concat()));
        for field in ["verdict", "reasons", "repeat"] {
            assert_eq!(challenger[field], alone[field], "{file}: {field}");
        }
        assert_eq!(challenger["sha256"], alone["inputs"]["challenger"]["sha256"]);
        for number in ["auc", "recall", "fpr", "brier", "threshold"] {
            assert_eq!(challenger[number], alone["challenger"][number], "{file}: {number}");
            assert_eq!(found["champion"][number], alone["champion"][number], "{file}: {number}");
        }
        let blocks = |gate: &&Value| {
            let against = if gate["region"].is_null() { gate["verdict"] != "pass" } else { gate["verdict"] == "fail" };
            gate["mode"] == "required" && against
        };
        let expected: Vec<_> =
            alone["gates"].as_array().unwrap().iter().filter(blocks).map(|gate| &gate["name"]).collect();
        let told: Vec<_> = challenger["against"].as_array().unwrap().iter().map(|gate| &gate["gate"]).collect();
        assert_eq!(told, expected, "{file}");
    }
}

/// Golden: the table, on a terminal and in a pull request.
#[test]
fn a_row_for_each_model() {
    for format in ["text", "markdown"] {
        let output = compare(&["v427.tar.gz", "v429.tar.gz", "v431.tar.gz"], &["--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        insta::assert_snapshot!(format!("compare-{format}"), text(&output.stdout));
    }
}

#[test]
fn a_ci_sees_each_challengers_suite_as_its_evaluation_has_it() {
    let output = compare(&["v427.tar.gz", "v429.tar.gz"], &["--format", "junit"]);
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), told.matches("<testsuite ").count()), (Some(0), 2), "{told}");
    for file in ["v427.tar.gz", "v429.tar.gz"] {
        let alone = ["evaluate", "--challenger", file, "--champion", "v426.tar.gz", "--format", "junit"];
        let alone = text(&meridian(&[&alone[..], &EXAM].concat()).stdout);
        let (_, suite) = alone.split_once("<testsuites>\n").unwrap();
        let (suite, _) = suite.split_once("\n</testsuites>").unwrap();
        assert!(told.contains(suite), "{file}: {told}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_best() {
    assert_eq!(compare(&["v429.tar.gz"], &[]).status.code(), Some(1));
    assert_eq!(compare(&["v429.tar.gz", "v427.tar.gz"], &[]).status.code(), Some(0));
    let wrong = compare(&["v427.tar.gz", "v4270.tar.gz"], &[]);
    assert_eq!((wrong.status.code(), text(&wrong.stdout).as_str()), (Some(2), ""));
    assert!(text(&wrong.stderr).contains("v4270.tar.gz"), "{}", text(&wrong.stderr));
    assert_eq!(meridian(&[&["compare", "v426.tar.gz"][..], &EXAM].concat()).status.code(), Some(2));
}

#[test]
fn columns_are_ignored_as_in_an_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let holdout = real_holdout(folder.path());
    let with = |more: &[&str]| {
        let fixed = ["compare", "v426.tar.gz", "v427.tar.gz", "--holdout", &holdout];
        meridian(&[&fixed[..], &EXAM[2..], more].concat())
    };
    let error = text(&with(&[]).stderr);
    assert!(error.contains("--ignore payment_id,booked_at,country") && error.contains("--slice COLUMN"), "{error}");
    assert_eq!(with(&["--ignore", "payment_id,booked_at,country"]).status.code(), Some(0));
}

/// The first records of the hold-out as training lists its rows.
fn trained_on(folder: &Path, count: usize) -> String {
    let (text, served) = (records(), fs::read_to_string(models().join("features.txt")).unwrap());
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places: Vec<usize> = served.lines().map(|name| header.iter().position(|own| *own == name).unwrap()).collect();
    let digest = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let value = |place: &usize| cells[*place].parse::<f64>().map_or(f32::NAN, |value| value as f32 + 0.0);
        Sha256::of(&places.iter().flat_map(|place| value(place).to_bits().to_le_bytes()).collect::<Vec<u8>>())
    };
    let path = folder.join("seen.sha256");
    fs::write(&path, lines.take(count).map(|line| format!("{}\n", digest(line))).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_challenger_trained_on_the_hold_out_fails_in_a_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let (seen, unseen) = (trained_on(folder.path(), 500), folder.path().join("unseen.sha256"));
    fs::write(&unseen, "ab".repeat(32)).unwrap();
    let rows = ["--training-rows", &seen, "--training-rows", unseen.to_str().unwrap(), "--json"];
    let found = document(&compare(&["v427.tar.gz", "v431.tar.gz"], &rows));
    let [one, other] = [&found["challengers"][0], &found["challengers"][1]];
    assert_eq!((&one["verdict"], &one["against"][0]["gate"]), (&"fail".into(), &"leak_records".into()), "{one}");
    assert_eq!(other["verdict"], "pass", "{other}");
    for (challenger, file) in [(one, "seen.sha256"), (other, "unseen.sha256")] {
        assert!(challenger["repeat"][0].as_str().unwrap().contains(file), "{challenger}");
    }
    // One file is all challengers'.
    let found = document(&compare(&["v427.tar.gz", "v431.tar.gz"], &["--training-rows", &seen, "--json"]));
    for challenger in found["challengers"].as_array().unwrap() {
        assert_eq!(challenger["against"][0]["gate"], "leak_records", "{challenger}");
    }
    let wrong = compare(&["v427.tar.gz", "v429.tar.gz", "v431.tar.gz"], &rows);
    assert_eq!((wrong.status.code(), text(&wrong.stdout).as_str()), (Some(2), ""));
    assert!(text(&wrong.stderr).contains("--training-rows names 2 files for 3 challengers"), "{}", text(&wrong.stderr));
}

#[test]
fn slices_and_costs_are_those_of_each_evaluation() {
    let more = ["--slice", "device_is_new", "--cost-miss", "400", "--cost-false-alarm", "5"];
    let challengers = ["v427.tar.gz", "v429.tar.gz"];
    let found = document(&compare(&challengers, &[&more[..], &["--json"]].concat()));
    for (challenger, file) in found["challengers"].as_array().unwrap().iter().zip(challengers) {
        let alone = ["evaluate", "--challenger", file, "--champion", "v426.tar.gz", "--json"];
        let alone = document(&meridian(&[&alone[..], &EXAM, &more].concat()));
        for field in ["slices", "costs", "repeat"] {
            assert!(!alone[field].is_null(), "{field}");
            assert_eq!(challenger[field], alone[field], "{file}: {field}");
        }
    }
    for (format, slices) in
        [("text", "v429.tar.gz:\ndevice_is_new  "), ("markdown", "### v429.tar.gz: slices by device_is_new")]
    {
        let told = text(&compare(&challengers, &[&more[..], &["--format", format]].concat()).stdout);
        assert!(told.contains(slices) && told.contains("v429.tar.gz, cheapest"), "{told}");
        assert_eq!(told.matches("v426.tar.gz, as deployed").count(), 1, "{told}");
    }
}

/// The feature of the committed models that another model takes under another name.
const FEATURE: &str = "device_is_new";
const RENAMED: &str = "device_is_old";

/// v427, with another name for one of its features.
fn renamed(folder: &Path) -> String {
    let archive = File::open(models().join("v427.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let mut model = Vec::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut model).unwrap();
    let places: Vec<usize> = (0..model.len()).filter(|at| model[*at..].starts_with(FEATURE.as_bytes())).collect();
    assert_eq!(places.len(), 1);
    model[places[0]..places[0] + FEATURE.len()].copy_from_slice(RENAMED.as_bytes());
    let path = folder.join("renamed.bin");
    fs::write(&path, model).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The committed records.
fn records() -> String {
    let mut text = String::new();
    let file = File::open(models().join("holdout.csv.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// The committed records with the feature under both names.
fn under_both_names(folder: &Path) -> String {
    let text = records();
    let place = text.lines().next().unwrap().split(',').position(|name| name == FEATURE).unwrap();
    let again = |(row, line): (usize, &str)| {
        let value = if row == 0 { RENAMED } else { line.split(',').nth(place).unwrap() };
        format!("{line},{value}\n")
    };
    let path = folder.join("holdout.csv");
    fs::write(&path, text.lines().enumerate().map(again).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn models_with_other_features_are_scored_with_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (other, holdout) = (renamed(folder.path()), under_both_names(folder.path()));
    let fixed = ["compare", "v426.tar.gz", &other, "v427.tar.gz", "--holdout", &holdout];
    let output = meridian(&[&fixed[..], &EXAM[2..], &["--json"]].concat());
    let found = document(&output);
    // The same trees and the same values: only the name differs.
    let [other, usual] = [&found["challengers"][0], &found["challengers"][1]];
    for field in ["verdict", "auc", "recall", "fpr", "brier", "against"] {
        assert_eq!(other[field], usual[field], "{field}");
    }
    assert_eq!((output.status.code(), usual["verdict"].as_str()), (Some(0), Some("pass")));
    let warnings = text(&output.stderr);
    let differ = format!("is `{RENAMED}`, was `{FEATURE}`");
    assert_eq!(warnings.matches(&differ).count(), 1, "{warnings}");
    assert!(warnings.contains("callers must change what they send"), "{warnings}");
}

#[test]
fn records_without_one_models_feature_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare(&[&renamed(folder.path()), "v427.tar.gz"], &[]);
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
    assert!(error.contains("holdout.csv.gz: ") && error.contains(&format!("missing `{RENAMED}`")), "{error}");
}

#[test]
fn a_callers_list_that_one_model_does_not_take_names_both() {
    let folder = tempfile::tempdir().unwrap();
    let (other, holdout) = (renamed(folder.path()), under_both_names(folder.path()));
    let with = |champion: &str, challenger: &str| {
        let fixed = ["compare", champion, challenger, "--holdout", &holdout, "--features", "features.txt"];
        meridian(&[&fixed[..], &EXAM[2..]].concat())
    };
    let output = with("v426.tar.gz", &other);
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
    assert!(error.contains(&format!("features.txt is not the feature list of {other}")), "{error}");
    assert!(error.contains(FEATURE) && error.contains(RENAMED), "{error}");
    // A champion is scored as it was served until now.
    let output = with(&other, "v427.tar.gz");
    let warnings = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{warnings}");
    assert!(warnings.contains(&other) && warnings.contains("the champion was scored with its own list"), "{warnings}");
}
