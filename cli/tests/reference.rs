//! `--reference`: which features moved since other records, beside verdicts that it does not change.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

#[path = "common/desk.rs"]
mod desk;

use desk::{meridian, models, text};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Output;

const EXAM: [&str; 8] =
    ["--holdout", "holdout.csv.gz", "--label", "label", "--region-column", "customer_region", "--threshold", "0.81"];
/// Empty in every other record of the reference.
const MOVED: &str = "score_bureau_risk";

/// The committed records without their label, with that feature under this name.
fn reference(folder: &Path, name: &str) -> String {
    let mut text = String::new();
    let file = File::open(models().join("holdout.csv.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let place = text.lines().next().unwrap().split(',').position(|column| column == MOVED).unwrap();
    let line = |(row, line): (usize, &str)| {
        let mut fields: Vec<&str> = line.split(',').collect();
        match row {
            0 => fields[place] = name,
            row if row.is_multiple_of(2) => fields[place] = "",
            _ => {}
        }
        fields[1..].join(",") + "\n"
    };
    let path = folder.join("training.csv");
    fs::write(&path, text.lines().enumerate().map(line).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn evaluate(more: &[&str]) -> Output {
    meridian(&[&["evaluate", "--challenger", "v427.tar.gz", "--champion", "v426.tar.gz"][..], &EXAM, more].concat())
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

#[test]
fn a_feature_that_moved_is_told_and_changes_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(folder.path(), MOVED);
    let found = document(&evaluate(&["--reference", &reference, "--json"]));
    let plain = document(&evaluate(&["--json"]));
    assert_eq!((&found["verdict"], &found["gates"]), (&plain["verdict"], &plain["gates"]));
    assert!(plain.get("drift").is_none() && plain["inputs"].get("reference").is_none());
    let drift = &found["drift"];
    assert_eq!([&drift["rows"], &drift["features"], &drift["moved"]].map(|it| it.as_u64()), [10_000, 400, 1].map(Some));
    assert_eq!(drift["most"].as_array().unwrap().len(), 1, "{drift}");
    let most = &drift["most"][0];
    assert_eq!(most["feature"], MOVED);
    let [before, after] = ["missing_before", "missing_after"].map(|share| most[share].as_f64().unwrap());
    assert!(before >= 0.5 && before > after + 0.2, "{most}");
    assert_eq!(found["inputs"]["reference"]["name"], "training.csv");
    let repeat = found["repeat"][0].as_str().unwrap();
    assert!(repeat.ends_with(&format!("--reference {reference}")), "{repeat}");
}

#[test]
fn every_format_for_people_tells_drift() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(folder.path(), MOVED);
    for format in ["text", "markdown"] {
        let alone = evaluate(&["--reference", &reference, "--format", format]);
        let files = ["compare", "v426.tar.gz", "v427.tar.gz", "v431.tar.gz"];
        let several = meridian(&[&files[..], &EXAM, &["--reference", &reference, "--format", format]].concat());
        for output in [alone, several] {
            let shown = text(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            assert_eq!(shown.matches("1 of 400 features moved since the 10000 records").count(), 1, "{shown}");
            let line = shown.lines().find(|line| line.contains(MOVED)).unwrap();
            assert!(line.contains("moved"), "{line}");
        }
    }
    let files = ["compare", "v426.tar.gz", "v427.tar.gz", "v431.tar.gz", "--json", "--reference", &reference];
    let found = document(&meridian(&[&files[..], &EXAM].concat()));
    assert_eq!(
        (&found["drift"]["most"][0]["feature"], &found["reference"]["name"]),
        (&MOVED.into(), &"training.csv".into())
    );
}

#[test]
fn a_reference_with_other_columns_names_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(folder.path(), "score_bureau_risk_v2");
    for command in [
        &["evaluate", "--challenger", "v427.tar.gz", "--champion", "v426.tar.gz"][..],
        &["compare", "v426.tar.gz", "v427.tar.gz"],
    ] {
        let output = meridian(&[command, &EXAM, &["--reference", &reference]].concat());
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
        assert!(error.contains(&reference) && error.contains("--holdout holdout.csv.gz"), "{error}");
        assert!(error.contains("it lacks `score_bureau_risk`, and it also has `score_bureau_risk_v2`"), "{error}");
    }
    let missing = evaluate(&["--reference", "no-such.csv"]);
    assert!(missing.status.code() == Some(2) && text(&missing.stderr).contains("no-such.csv"));
}
