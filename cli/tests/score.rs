//! `meridian score` as a data scientist runs it: the real binary on the committed models.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_domain::Sha256;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn models(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/models").join(name)
}

fn meridian(arguments: &[&str]) -> Output {
    // From an empty folder: nothing may be found there by chance.
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).current_dir(&folder).output().unwrap()
}

fn score(more: &[&str]) -> Output {
    let (model, input) = (models("v427.tar.gz"), models("holdout.csv.gz"));
    let fixed = ["score", "--model", model.to_str().unwrap(), "--input", input.to_str().unwrap()];
    meridian(&[&fixed[..], more].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The digest of a model's 10,000 margins, little-endian, as XGBoost computed them.
fn expected_digest(name: &str) -> String {
    let text = std::fs::read_to_string(models("expected.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["models"][name]["margins_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn every_margin_reads_back_to_the_bits_that_xgboost_computed() {
    let output = score(&["--ignore", "label,customer_region"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "no progress where standard error is no terminal");
    let stdout = text(&output.stdout);
    let mut lines = stdout.lines();
    assert_eq!(lines.next(), Some("row,margin,probability"));
    let mut margins = Vec::new();
    for (row, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), fields[0]), (3, row.to_string().as_str()));
        margins.extend(fields[1].parse::<f32>().unwrap().to_le_bytes());
        assert!((0.0..=1.0).contains(&fields[2].parse::<f32>().unwrap()));
    }
    assert_eq!(margins.len(), 4 * 10_000);
    assert_eq!(Sha256::of(&margins).to_string(), expected_digest("v427"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let one = score(&["--ignore", "label,customer_region", "--threads", "1"]);
    let three = score(&["--ignore", "label,customer_region", "--threads", "3"]);
    assert!(one.status.success() && one.stdout == three.stdout);
}

#[test]
fn columns_that_are_no_features_are_named_with_the_way_out() {
    let output = score(&[]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    let error = text(&output.stderr);
    assert!(error.contains("not expected `label`, `customer_region`") && error.contains("--ignore"), "{error}");
}

#[test]
fn reasons_are_named_and_ordered_by_what_they_added() {
    let folder = tempfile::tempdir().unwrap();
    let few = folder.path().join("few.csv");
    let mut whole = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::MultiGzDecoder::new(std::fs::File::open(models("holdout.csv.gz")).unwrap()),
        &mut whole,
    )
    .unwrap();
    std::fs::write(&few, whole.lines().take(6).collect::<Vec<_>>().join("\n")).unwrap();
    let (model, input) = (models("v427.tar.gz"), few.to_str().unwrap().to_owned());
    let output = meridian(&[
        "score",
        "--model",
        model.to_str().unwrap(),
        "--input",
        &input,
        "--ignore",
        "label,customer_region",
        "--reasons",
        "3",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let stdout = text(&output.stdout);
    let lines: Vec<Vec<&str>> = stdout.lines().map(|line| line.split(',').collect()).collect();
    let header = "row,margin,probability,reason_1,contribution_1,reason_2,contribution_2,reason_3,contribution_3";
    assert_eq!(lines[0].join(","), header);
    assert_eq!(lines.len(), 6);
    let names = std::fs::read_to_string(models("features.txt")).unwrap();
    for line in &lines[1..] {
        let sizes: Vec<f32> = [4, 6, 8].iter().map(|place| line[*place].parse::<f32>().unwrap().abs()).collect();
        assert!(sizes[0] >= sizes[1] && sizes[1] >= sizes[2] && sizes[2] > 0.0, "{line:?}");
        assert!([3, 5, 7].iter().all(|place| names.lines().any(|name| name == line[*place])), "{line:?}");
    }
}

#[test]
fn a_list_of_other_features_is_refused_at_the_first_difference() {
    let folder = tempfile::tempdir().unwrap();
    let list = |change: &dyn Fn(&mut Vec<String>)| {
        let mut names: Vec<String> =
            std::fs::read_to_string(models("features.txt")).unwrap().lines().map(str::to_owned).collect();
        change(&mut names);
        let path = folder.path().join("features.txt");
        std::fs::write(&path, names.join("\n")).unwrap();
        let output = score(&["--ignore", "label,customer_region", "--features", path.to_str().unwrap()]);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(list(&|_| {}).0, Some(0));
    let (code, error) = list(&|names| names.swap(3, 4));
    assert_eq!(code, Some(2));
    assert!(error.contains("feature 3 is `amount_sum_pos_365d`") || error.contains("feature 3 is"), "{error}");
    let (code, error) = list(&|names| names.truncate(7));
    assert_eq!(code, Some(2));
    assert!(error.contains("takes 400 features, the data have 7"), "{error}");
    let (code, error) = list(&|names| names.insert(2, String::new()));
    assert!(code == Some(2) && error.contains("line 3 is empty"), "{error}");
    let (code, error) = list(&|names| names[9] = names[0].clone());
    assert!(code == Some(2) && error.contains("line 10: `") && error.contains("stands on line 1 already"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = meridian(&["score", "--model", "no-such-model.tar.gz", "--input", "no-such.csv"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("no-such-model.tar.gz: "), "{}", text(&missing.stderr));
    let folder = models("");
    let folder = meridian(&["score", "--model", folder.to_str().unwrap(), "--input", "no-such.csv"]);
    assert!(text(&folder.stderr).contains("a folder; expected a file"), "{}", text(&folder.stderr));
    let input = models("features.txt");
    let wrong = meridian(&["score", "--model", input.to_str().unwrap(), "--input", input.to_str().unwrap()]);
    assert_eq!((wrong.status.code(), text(&wrong.stdout).as_str()), (Some(2), ""));
    assert_eq!(meridian(&["score", "--model", "m"]).status.code(), Some(2));
    assert_eq!(meridian(&["score", "--nonsense"]).status.code(), Some(2));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let (model, input) = (models("v427.tar.gz"), models("holdout.csv.gz"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["score", "--ignore", "label,customer_region", "--model"])
        .args([model.to_str().unwrap(), "--input", input.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_help_names_the_columns_and_the_exit_codes() {
    let help = text(&meridian(&["score", "--help"]).stdout);
    for expected in ["row,margin,probability", "Exit code: 0 scored; 2 wrong input", "--reasons <K>", "--threads <N>"] {
        assert!(help.contains(expected), "{expected}: {help}");
    }
}
