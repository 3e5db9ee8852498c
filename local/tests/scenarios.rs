//! The table of `local/scenarios/README.md` is what the scenario files say: `UPDATE_SCENARIOS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it, in their helpers too")]

use meridian_domain::Fleet;
use meridian_local::night::{self, Scenario};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FLEET: &str = include_str!("../../fleet.toml");
const BEGIN: &str = "<!-- scenarios:start -->\n";
const END: &str = "<!-- scenarios:end -->";

/// What the regions serve at the end: `all v427`, or those that serve the same together.
fn serves(scenario: &Scenario, fleet: &Fleet) -> String {
    let versions: BTreeSet<String> = scenario.expect.serves.values().map(ToString::to_string).collect();
    let with = |version: &String| {
        let theirs = |region: &&meridian_domain::Region| {
            scenario.expect.serves.get(&region.name).is_some_and(|served| served.to_string() == *version)
        };
        let titles: Vec<String> = fleet.regions.iter().filter(theirs).map(|region| region.title.clone()).collect();
        if titles.len() == fleet.regions.len() { format!("all {version}") } else { format!("{} {version}", titles.join(", ")) }
    };
    versions.iter().rev().map(with).collect::<Vec<_>>().join("; ")
}

fn table() -> String {
    let fleet = Fleet::parse(FLEET).unwrap();
    let mut table = "\n| scenario | what happens | regions serve at the end | pages | pipeline |\n|---|---|---|---|---|\n".to_owned();
    for name in night::names() {
        let scenario = Scenario::load(name).unwrap();
        let executions: Vec<String> = scenario.expect.executions.iter().map(ToString::to_string).collect();
        table.push_str(&format!(
            "| [{name}]({name}.toml) | {} | {} | {} | {} |\n",
            scenario.title,
            serves(&scenario, &fleet),
            scenario.expect.pages,
            executions.join(", ")
        ));
    }
    table.push('\n');
    table
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
