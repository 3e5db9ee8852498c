//! `meridian cost` as a person and a script run it: the real binary, on the fleet's own policy and table. What the numbers
//! promise is held in shared/cost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::{error, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs where the reference fleet is.
fn cost(more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian"))
        .arg("cost")
        .args(more)
        .current_dir(root().join("local/fleets/reference"))
        .output()
        .unwrap()
}

/// A file of the repository with one thing changed.
fn changed(name: &str, from: &str, to: &str) -> tempfile::NamedTempFile {
    let usual = std::fs::read_to_string(root().join(name)).unwrap();
    assert!(usual.contains(from), "{name} has no {from}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), usual.replace(from, to)).unwrap();
    file
}

#[test]
fn the_page_and_the_document_say_the_same() {
    let output = cost(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let page = text(&output.stdout);
    let output = cost(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((document["schema"].as_u64(), document["fleet"].as_str()), (Some(2), Some("fraud")));
    let ratio = document["ratio"].as_f64().unwrap();
    assert!(page.contains(&format!("{ratio:.2} times what EU alone would cost")), "{page}");
    assert!(page.contains(document["date"].as_str().unwrap()), "{page}");
}

#[test]
fn a_price_of_ones_own_takes_the_place_of_the_one_built_in() {
    let usual: Value = serde_json::from_slice(&cost(&["--json"]).stdout).unwrap();
    let cheaper = changed("prices.toml", "usd = 0.257", "usd = 0.2");
    let output = cost(&["--json", "--prices", cheaper.path().to_str().unwrap()]);
    let own: Value = serde_json::from_slice(&output.stdout).unwrap();
    let total = |document: &Value| document["total"]["usd"].as_f64().unwrap();
    assert!(total(&own) < total(&usual), "{} {}", total(&own), total(&usual));
}

#[test]
fn a_front_and_a_routing_are_named_as_the_template_names_them() {
    let output = cost(&["--front", "proxy", "--routing", "global-accelerator"]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(page.contains("how customers reach it: front proxy, routing global-accelerator"), "{page}");
    let output = cost(&["--front", "proxy", "--routing", "cloudfront", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reach = &document["reach"];
    assert_eq!((reach["front"].as_str(), reach["routing"].as_str()), (Some("proxy"), Some("cloudfront")));
    // As deployed by default.
    let document: Value = serde_json::from_slice(&cost(&["--json"]).stdout).unwrap();
    let reach = &document["reach"];
    assert_eq!((reach["front"].as_str(), reach["routing"].as_str()), (Some("api"), Some("latency")));
}

#[test]
fn an_invalid_front_or_routing_is_exit_code_2() {
    for (arguments, words) in [
        (["--front", "nginx"].as_slice(), "FrontKind of template.yaml is api, proxy"),
        (&["--routing", "dns"], "Routing of template.yaml is none, latency, geolocation, failover"),
        (&["--routing", "global-accelerator"], "routing global-accelerator needs front proxy, and front is api"),
    ] {
        let output = cost(arguments);
        let said = error(&output);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_region_without_prices_leaves_the_others_forecast() {
    let stranger = changed("local/fleets/reference/fleet.toml", "sa-east-1", "eu-south-1");
    let output = cost(&["--policy", stranger.path().to_str().unwrap()]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(
        page.contains("\n? a price is missing") && page.contains("Not compared with what EU alone would cost"),
        "{page}"
    );
    assert!(page.contains("price.hosting: none in eu-south-1 for ml.m6i.xlarge"), "{page}");
}

#[test]
fn wrong_input_is_exit_code_2_and_names_file_line_and_field() {
    let wrong = changed("prices.toml", "unit = \"GB-second\"", "unit = \"GB-hour\"");
    let output = cost(&["--prices", wrong.path().to_str().unwrap()]);
    let said = error(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains(", line ") && said.contains("price.unit of lambda-duration in eu-west-1"), "{said}");
    assert_eq!(cost(&["--policy", "no-such.toml"]).status.code(), Some(2));
    assert_eq!(cost(&["--prices", "no-such.toml"]).status.code(), Some(2));
}
