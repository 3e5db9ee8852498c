//! The local world expands SAM's resources itself, so that `make demo` needs no Python. Here its reading is held against the
//! SAM CLI's own translator.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_deployment::expanded;
use meridian_tests::skip;
use serde_json::{Map, Value};
use std::path::Path;
use std::process::Command;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// What says nothing about what is deployed: where the code lies, tags, and the digest of a deployment.
const UNSAID: &[&str] = &["Code", "Tags", "Metadata", "Description", "DeploymentId"];

/// What SAM makes of the template; none where its tools cannot be had.
fn translated(root: &Path) -> Option<Map<String, Value>> {
    let tools = Command::new(root.join("scripts/python-tools")).output().ok().filter(|run| run.status.success());
    tools?;
    let program = "import json, stack; print(json.dumps(stack.translated()['Resources']))";
    let run = Command::new(root.join(".venv/bin/python"))
        .args(["-c", program])
        .env("PYTHONPATH", root.join("scripts"))
        .current_dir(root)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(serde_json::from_slice(&run.stdout).unwrap())
}

/// An id without the digest that SAM puts after a deployment's.
fn plain(id: &str) -> String {
    let digits = id.chars().rev().take_while(char::is_ascii_hexdigit).count();
    if id.contains("Deployment") && digits == 10 { id[..id.len() - 10].to_owned() } else { id.to_owned() }
}

/// A text as it will read: here the partition is a pseudo parameter where SAM has filled it in, and an API's stage is named
/// as the template names it.
fn settled(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            Value::String(text.replace("${AWS::Partition}", "aws").replace("Front.Stage", "FrontliveStage"))
        }
        other => other.clone(),
    }
}

/// The differences between two values, by their paths.
fn differences(path: &str, ours: &Value, sams: &Value, found: &mut Vec<String>) {
    match (ours, sams) {
        (Value::Object(one), Value::String(_)) if one.len() == 1 && one.contains_key("Fn::Sub") => {
            differences(path, &one["Fn::Sub"], sams, found);
        }
        (Value::Object(ours), Value::Object(sams)) => {
            let names = ours.keys().chain(sams.keys().filter(|name| !ours.contains_key(*name)));
            for name in names.filter(|name| !UNSAID.contains(&name.as_str())) {
                let none = Value::Null;
                let (one, other) = (ours.get(name).unwrap_or(&none), sams.get(name).unwrap_or(&none));
                differences(&format!("{path}.{name}"), one, other, found);
            }
        }
        (Value::Array(ours), Value::Array(sams)) if ours.len() == sams.len() => {
            let pairs = ours.iter().zip(sams).enumerate();
            pairs.for_each(|(n, (one, other))| differences(&format!("{path}[{n}]"), one, other, found));
        }
        (ours, sams) if settled(ours) == settled(sams) => {}
        (ours, sams) => found.push(format!("{path}: here {ours}, SAM says {sams}")),
    }
}

#[test]
fn sams_own_translator_makes_the_same_of_the_template() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Some(sams) = translated(&root) else {
        skip("sams_own_translator_makes_the_same_of_the_template", "scripts/python-tools cannot install the SAM CLI");
        return;
    };
    let sams: Map<String, Value> = sams.into_iter().map(|(id, resource)| (plain(&id), resource)).collect();
    let mut found = Vec::new();
    differences("", &Value::Object(expanded(TEMPLATE).unwrap()), &Value::Object(sams), &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
