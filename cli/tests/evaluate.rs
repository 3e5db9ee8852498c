//! `meridian evaluate` as a data scientist runs it: the real binary on the committed models.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn models(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/models").join(name);
    path.to_str().unwrap().to_owned()
}

/// Runs in a folder with a fleet.toml that would fail everything, which nobody asked for.
fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fleet.toml"), "[evaluation]\nmin_auc = 0.999\nthreshold = 0.9\n").unwrap();
    Command::new(env!("CARGO_BIN_EXE_meridian")).arg("evaluate").args(arguments).current_dir(&folder).output().unwrap()
}

fn evaluate(challenger: &str, more: &[&str]) -> Output {
    let (challenger, champion, holdout) = (models(challenger), models("v426.tar.gz"), models("holdout.csv.gz"));
    let fixed = ["--challenger", &challenger, "--champion", &champion, "--holdout", &holdout];
    let columns = ["--label", "label", "--region-column", "customer_region"];
    run(&[&fixed[..], &columns, more].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn policy(folder: &Path, toml: &str) -> String {
    let path = folder.join("policy.toml");
    std::fs::write(&path, toml).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_good_challenger_passes_with_exit_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let policy = policy(folder.path(), "[evaluation]\nthreshold = 0.81\n");
    let output = evaluate("v427.tar.gz", &["--policy", &policy]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}{}", text(&output.stderr));
    assert!(stdout.starts_with("PASS"), "{stdout}");
    assert!(stdout.contains("10000 held-out records, 325 of them positive, 4 customer regions"), "{stdout}");
}

#[test]
fn a_bad_challenger_fails_with_exit_code_1_and_says_why_first() {
    let output = evaluate("v429.tar.gz", &[]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}{}", text(&output.stderr));
    assert!(stdout.starts_with("FAIL") && stdout.find("AUC").unwrap() < stdout.find("operating").unwrap(), "{stdout}");
}

#[test]
fn too_few_positives_are_inconclusive_with_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let policy = policy(folder.path(), "[evaluation]\nmin_positives = 400\n");
    let output = evaluate("v427.tar.gz", &["--policy", &policy]);
    assert_eq!(output.status.code(), Some(3), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).starts_with("INCONCLUSIVE"));
}

#[test]
fn the_json_is_alone_on_standard_output() {
    let output = evaluate("v429.tar.gz", &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["verdict"].as_str(), output.status.code()), (Some("fail"), Some(1)));
    assert!(json["gates"].as_array().unwrap().len() > 3);
    for model in ["champion", "challenger"] {
        for number in ["auc", "fpr", "threshold"] {
            assert!(json[model][number].is_number(), "{model}.{number}");
        }
    }
    // Without --policy the built-in threshold holds, not that of the folder's own fleet.toml.
    assert_eq!(json["challenger"]["threshold"], 0.5);
    assert_eq!(json["policy"]["threshold"], 0.5);
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(models("expected.json")).unwrap()).unwrap();
    let difference = json["champion"]["auc"].as_f64().unwrap() - expected["models"]["v426"]["auc"].as_f64().unwrap();
    assert!(difference.abs() < 1e-9);
}

#[test]
fn the_reports_are_written_whole_and_agree_with_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/report");
    let output = evaluate("v427.tar.gz", &["--json", "--out", out.to_str().unwrap()]);
    assert_eq!(std::fs::read(out.join("evaluation.json")).unwrap(), output.stdout);
    assert!(std::fs::read_to_string(out.join("evaluation.html")).unwrap().starts_with("<!doctype html>"));
    let names: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let again = evaluate("v427.tar.gz", &["--json", "--threads", "1"]);
    assert_eq!(again.stdout, output.stdout, "the same inputs give the same bytes, whatever the threads");
}

#[test]
fn a_first_release_needs_no_champion() {
    let (challenger, holdout) = (models("v427.tar.gz"), models("holdout.csv.gz"));
    let fixed = ["--challenger", &challenger, "--holdout", &holdout, "--label", "label"];
    let output = run(&fixed);
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    assert!(error.contains("not expected `customer_region`") && error.contains("--region-column"), "{error}");
    let output = run(&[&fixed[..], &["--region-column", "customer_region", "--json"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["champion"].is_null() && json["challenger"]["auc"].is_number(), "{}", text(&output.stderr));
}

#[test]
fn wrong_input_is_exit_code_2_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let wrong = policy(folder.path(), "[evaluation]\nmax_auc_dorp = 0.1\n");
    for more in [
        &["--policy", wrong.as_str()][..],
        &["--policy", "no-such.toml"],
        &["--features", "no-such.txt"],
        &["--image", "2.0-1"],
        &["--threads", "0"],
    ] {
        let output = evaluate("v427.tar.gz", &[more, &["--out", out.to_str().unwrap()]].concat());
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{more:?}");
        assert!(!text(&output.stderr).is_empty() && !out.exists(), "{more:?}");
    }
    let error = text(&evaluate("v427.tar.gz", &["--policy", &wrong]).stderr);
    assert!(error.contains("max_auc_dorp") && error.contains("line 2"), "{error}");
    assert_eq!(run(&["--challenger", "a"]).status.code(), Some(2));
}

#[test]
fn a_bad_list_of_training_rows_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("rows.sha256");
    let path = list.to_str().unwrap();
    std::fs::write(&list, "1700.25,3\n").unwrap();
    let output = evaluate("v427.tar.gz", &["--training-rows", path]);
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
    assert!(error.contains("line 1 is no SHA-256 of a training row") && !error.contains("1700"), "{error}");
    std::fs::write(&list, "ab".repeat(32)).unwrap();
    let json: Value =
        serde_json::from_slice(&evaluate("v427.tar.gz", &["--training-rows", path, "--json"]).stdout).unwrap();
    let asked = json["gates"].as_array().unwrap().iter().find(|gate| gate["name"] == "leak_records").unwrap();
    assert_eq!((asked["verdict"].as_str(), asked["finding"]["trained"].as_u64()), (Some("pass"), Some(0)));
    assert_eq!(json["inputs"]["training_rows"]["name"], "rows.sha256");
    assert!(json["repeat"][0].as_str().unwrap().contains("--training-rows"), "{json}");
}

#[test]
fn the_callers_order_is_held_to_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("features.txt");
    let mut names: Vec<String> =
        std::fs::read_to_string(models("features.txt")).unwrap().lines().map(str::to_owned).collect();
    names.swap(0, 1);
    std::fs::write(&path, names.join("\n")).unwrap();
    let output = evaluate("v427.tar.gz", &["--features", path.to_str().unwrap()]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("feature 0 is") && error.contains("v427.tar.gz"), "{error}");
}

#[test]
fn each_model_is_judged_at_its_own_threshold() {
    let output = evaluate("v427.tar.gz", &["--json", "--threshold", "0.8", "--champion-threshold", "0.81"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["challenger"]["threshold"], &json["champion"]["threshold"]), (&0.8.into(), &0.81.into()));
    assert_eq!(json["policy"]["threshold"], 0.8);
    let repeat = json["repeat"][0].as_str().unwrap();
    assert!(repeat.ends_with("--threshold 0.8 --champion-threshold 0.81"), "{repeat}");
    assert_eq!(evaluate("v427.tar.gz", &["--threshold", "1"]).status.code(), Some(2));
}

#[test]
fn a_model_that_the_image_misreads_is_refused() {
    let zoo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/xgboost/tests/zoo/3.2.0.tar.gz");
    let mut zoo = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(zoo).unwrap()));
    let named = |entry: &tar::Entry<'_, _>| entry.path().unwrap().ends_with("base-hundredth-ubjson/model");
    let mut model = zoo.entries().unwrap().map(Result::unwrap).find(named).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xgboost-model");
    std::io::copy(&mut model, &mut std::fs::File::create(&path).unwrap()).unwrap();
    // It holds no names of its twelve features.
    let names: Vec<String> = (0..12).map(|feature| format!("f{feature}")).collect();
    let (features, holdout) = (folder.path().join("features.txt"), folder.path().join("holdout.csv"));
    std::fs::write(&features, names.join("\n")).unwrap();
    std::fs::write(&holdout, format!("label,{}\n1{}\n0{}\n", names.join(","), ",1".repeat(12), ",2".repeat(12)))
        .unwrap();
    let [path, features, holdout] = [&path, &features, &holdout].map(|path| path.to_str().unwrap());
    let output = run(&["--challenger", path, "--holdout", holdout, "--label", "label", "--features", features]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("xgboost-model") && said.contains("`[0.01]`") && said.contains("3.0-5"), "{said}");
}

#[test]
fn the_help_names_the_exit_codes() {
    let help = text(&run(&["--help"]).stdout);
    assert!(help.contains("0 pass; 1 fail; 3 inconclusive; 2 wrong input"), "{help}");
}

/// 30,000 groups within each other: the reader of Parquet overflows the stack, which ends the process that it runs in.
#[test]
fn a_file_that_its_reader_dies_of_is_an_error_and_no_crash() {
    let element = |children: &[u8]| [&[0x35, 0, 0x18, 1, b'a'], children, &[0]].concat();
    let schema = [element(&[0x15, 2]).repeat(30_000), vec![0x15, 10, 0x25, 0, 0x18, 1, b'a', 0]].concat();
    // 30,001 elements, as a varint.
    let metadata = [&[0x15, 2, 0x19, 0xfc, 0xb1, 0xea, 0x01], &*schema, &[0x16, 0, 0x19, 0x0c, 0]].concat();
    let file = [b"PAR1", &*metadata, &(metadata.len() as u32).to_le_bytes(), b"PAR1"].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdout.parquet");
    std::fs::write(&path, file).unwrap();
    let challenger = models("v427.tar.gz");
    let output = run(&["--challenger", &challenger, "--holdout", path.to_str().unwrap(), "--label", "label"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("holdout.parquet") && said.contains("ran out of memory or stack"), "{said}");
}

/// Whole Parquet goes through the other process and comes back the same.
#[test]
fn records_from_parquet_are_those_of_csv() {
    let records = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/evaluation/tests/records").join(name);
        path.to_str().unwrap().to_owned()
    };
    let said = |file: &str| {
        let output = run(&["--challenger", &models("v427.tar.gz"), "--holdout", &records(file), "--label", "label"]);
        text(&output.stderr).replace(file, "FILE")
    };
    // Other columns than the model's: both are read as far as their names.
    assert_eq!(said("table.zstd.parquet"), said("table.csv"));
}
