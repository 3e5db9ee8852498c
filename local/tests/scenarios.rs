//! The table of `local/scenarios/README.md` is what the scenario files say: `UPDATE_SCENARIOS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it, in their helpers too")]

use meridian_domain::{Fleet, Region};
use meridian_local::night::{self, Scenario};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FLEET: &str = include_str!("../fleets/reference/fleet.toml");
const BEGIN: &str = "<!-- scenarios:start -->\n";
const END: &str = "<!-- scenarios:end -->";
const HEADER: &str = "
| scenario | what happens | regions serve at the end | pages | pipeline |
|---|---|---|---|---|
";

/// What the regions serve at the end: `all v427`, or those that serve the same together.
fn serves(scenario: &Scenario, fleet: &Fleet) -> String {
    let served = |region: &Region| scenario.expect.serves.get(&region.name).map(ToString::to_string);
    let versions: BTreeSet<String> = fleet.regions.iter().filter_map(served).collect();
    let with = |version: &String| {
        let theirs = fleet.regions.iter().filter(|region| served(region).as_ref() == Some(version));
        let titles: Vec<&str> = theirs.map(|region| region.title.as_str()).collect();
        let who = if titles.len() == fleet.regions.len() { "all".to_owned() } else { titles.join(", ") };
        format!("{who} {version}")
    };
    versions.iter().rev().map(with).collect::<Vec<_>>().join("; ")
}

fn row(name: &str, fleet: &Fleet) -> String {
    let scenario = Scenario::load(name).unwrap();
    let executions: Vec<String> = scenario.expect.executions.iter().flatten().map(ToString::to_string).collect();
    let (title, serves, pages) =
        (&scenario.title, serves(&scenario, fleet), scenario.expect.pages.of(fleet.regions.len()));
    format!("| [{name}]({name}.toml) | {title} | {serves} | {pages} | {} |\n", executions.join(", "))
}

fn table() -> String {
    let fleet = Fleet::parse(FLEET).unwrap();
    let rows: String = night::names().into_iter().map(|name| row(name, &fleet)).collect();
    format!("{HEADER}{rows}\n")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who runs this test says whether it writes the page")]
fn the_readme_lists_every_scenario_as_its_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(listed == table, "local/scenarios/README.md is stale: run this test with UPDATE_SCENARIOS=1");
    }
}
