//! `meridian compare`: each challenger's row is what `meridian evaluate` says of it by itself.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

#[path = "common/desk.rs"]
mod desk;

use desk::{meridian, real_holdout, text};
use serde_json::Value;
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
    assert!(error.contains("--ignore payment_id,booked_at,country") && !error.contains("--slice"), "{error}");
    assert_eq!(with(&["--ignore", "payment_id,booked_at,country"]).status.code(), Some(0));
}
