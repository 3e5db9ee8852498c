//! The crates of the workspace, and what each depends on.

use super::graph::Crate;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that compute: no clock, no service, no runtime. Each with those of ours that it may know, tests included.
const PURE: [(&str, &[&str]); 7] = [
    ("cost", &["domain", "judge", "messages"]),
    ("deployment", &["domain", "judge"]),
    ("domain", &["judge"]),
    // Its tests read the reference fleet's policy.
    ("evaluation", &["domain", "judge", "xgboost"]),
    ("judge", &[]),
    ("messages", &["domain", "judge"]),
    ("xgboost", &[]),
];
/// Where what starts with these is built, so is a runtime or an SDK.
const IMPURE: [&str; 5] = ["aws-", "aws_", "hyper", "lambda", "tokio"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn toml_of(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// Every member of the workspace, read.
pub fn all() -> Vec<Crate> {
    let workspace = toml_of("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let folders = members.flat_map(|member| match member.strip_suffix("/*") {
        None => vec![member.to_owned()],
        Some(folder) => {
            let entries = fs::read_dir(root().join(folder)).unwrap();
            entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
        }
    });
    folders.map(|folder| Crate::read(&root(), &folder)).collect()
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
fn pure_crates_are_built_without_sdk_or_runtime() {
    for (name, known) in PURE {
        let built = built_for(&format!("meridian-{name}"));
        let impure = |one: &&String| IMPURE.iter().any(|start| one.starts_with(start));
        assert_eq!(built.iter().find(impure), None, "{name}");
        let ours = built.iter().filter_map(|one| one.strip_prefix("meridian-"));
        assert!(ours.eq(known.iter().copied()), "{name} knows {built:?}");
    }
}
