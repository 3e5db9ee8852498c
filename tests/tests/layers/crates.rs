//! The crates of the workspace, and what each depends on.

use super::graph::Crate;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Names of crates of ours, without `meridian-`.
type Names = &'static [&'static str];

/// What each crate may know of ours: its folder, what it is built on, and what its tests are built on besides. `functions/*` is every
/// function that has no row of its own.
const KNOWN: [(&str, Names, Names); 19] = [
    (
        "cli",
        &[
            "aws",
            "cost",
            "deployment",
            "desk",
            "domain",
            "evaluation",
            "handlers",
            "judge",
            "local",
            "messages",
            "preflight",
            "proof",
            "xgboost",
        ],
        &["tests"],
    ),
    ("functions/*", &["aws", "handlers"], &[]),
    ("functions/shadow-eval", &["aws", "evaluation", "handlers"], &[]),
    ("local", &["deployment", "domain", "evaluation", "handlers", "messages", "xgboost"], &["judge"]),
    ("proof", &["domain", "evaluation", "handlers", "judge", "messages"], &[]),
    ("python", &["desk", "domain", "evaluation", "xgboost"], &[]),
    ("shared/answer", &[], &[]),
    ("shared/aws", &["domain", "handlers"], &[]),
    ("shared/cost", &["domain", "messages"], &[]),
    ("shared/deployment", &["domain"], &[]),
    ("shared/desk", &["domain", "evaluation", "messages", "xgboost"], &[]),
    ("shared/domain", &["answer", "judge"], &[]),
    // Its tests read the reference fleet's policy.
    ("shared/evaluation", &["answer", "judge", "xgboost"], &["domain"]),
    // Its tests stand on the local world, which is built on it.
    ("shared/handlers", &["domain", "evaluation", "judge", "messages", "xgboost"], &["local"]),
    ("shared/judge", &[], &[]),
    ("shared/messages", &["domain", "judge"], &[]),
    ("shared/preflight", &["aws", "domain", "handlers"], &[]),
    ("shared/xgboost", &[], &[]),
    ("tests", &["aws", "deployment", "domain", "evaluation", "handlers", "judge", "local", "proof", "xgboost"], &[]),
];
/// Crates that compute: no clock, no service, no runtime.
const PURE: [&str; 8] = ["answer", "cost", "deployment", "domain", "evaluation", "judge", "messages", "xgboost"];
/// Where what starts with these is built, so is a runtime or an SDK.
const IMPURE: [&str; 5] = ["aws-", "aws_", "hyper", "lambda", "tokio"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn toml_of(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The folders of the workspace's members.
fn folders() -> Vec<String> {
    let workspace = toml_of("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let folders = members.flat_map(|member| match member.strip_suffix("/*") {
        None => vec![member.to_owned()],
        Some(folder) => {
            let entries = fs::read_dir(root().join(folder)).unwrap();
            entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
        }
    });
    folders.collect()
}

/// Every member of the workspace, read.
pub fn all() -> Vec<Crate> {
    folders().iter().map(|folder| Crate::read(&root(), folder)).collect()
}

/// The crates of ours that a table of a crate's `Cargo.toml` names, in order.
fn named(folder: &str, table: &str) -> Vec<String> {
    let manifest = toml_of(&format!("{folder}/Cargo.toml"));
    let all = manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(|table| table.keys());
    let mut ours: Vec<String> = all.filter_map(|name| name.strip_prefix("meridian-")).map(str::to_owned).collect();
    ours.sort();
    ours
}

/// All that is built for each crate of the graph's, its tests included.
fn built_for(own: &str) -> BTreeSet<String> {
    let lock = toml_of("Cargo.lock");
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let named = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // "name" or "name version".
        let named = named.filter_map(|one| one.as_str()?.split(' ').next());
        needs.entry(package["name"].as_str().unwrap()).or_default().extend(named);
    }
    let (mut found, mut open) = (BTreeSet::new(), vec![own]);
    while let Some(name) = open.pop() {
        open.extend(needs[name].iter().filter(|need| found.insert((**need).to_owned())));
    }
    found
}

#[test]
fn every_crate_knows_the_crates_of_its_row() {
    let mut unmet: Vec<&str> = KNOWN.iter().map(|(folder, ..)| *folder).collect();
    for folder in folders() {
        let row = |wanted: &str| KNOWN.iter().find(|(folder, ..)| *folder == wanted);
        let shared = folder.split_once('/').and_then(|(above, _)| row(&format!("{above}/*")));
        let Some((name, known, by_tests)) = row(&folder).or(shared) else {
            panic!("{folder}: no row says which crates it may know");
        };
        unmet.retain(|own| own != name);
        assert_eq!(named(&folder, "dependencies"), *known, "{folder}");
        assert_eq!(named(&folder, "dev-dependencies"), *by_tests, "tests of {folder}");
    }
    assert!(unmet.is_empty(), "no such crate any more: strike it from the list: {unmet:?}");
}

#[test]
fn pure_crates_are_built_without_sdk_or_runtime() {
    for name in PURE {
        let built = built_for(&format!("meridian-{name}"));
        let impure = |one: &&String| IMPURE.iter().any(|start| one.starts_with(start));
        assert_eq!(built.iter().find(impure), None, "{name}");
    }
}
