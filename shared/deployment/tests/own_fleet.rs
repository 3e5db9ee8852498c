//! The fleet that this repository deploys, an adopter's own: fleet.toml and samconfig.toml agree. Whatever else is tested is tested on
//! the reference fleet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_deployment::{Deployment, Settings};
use meridian_domain::Fleet;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const SAMCONFIG: &str = include_str!("../../../samconfig.toml");
const FLEET: &str = include_str!("../../../fleet.toml");

/// What `meridian init` proposes and no policy says: how customers come, and who may do what.
const NO_POLICY: [&str; 5] = ["Routing", "ApproverRoles", "DeployerRoles", "OperatorRoles", "PublisherRoles"];

/// A replica without its key's id, the third part, which only the other region's stack knows.
fn without_key<'a>(parameter: &str, value: &'a str) -> Vec<&'a str> {
    let of_key = |place: usize| parameter.starts_with("Replica") && place == 2;
    value.split('=').enumerate().filter(|(place, _)| !of_key(*place)).map(|(_, part)| part).collect()
}

#[test]
fn samconfig_deploys_what_the_fleet_would_have() {
    let fleet = Fleet::parse(FLEET).unwrap();
    let (settings, mut wanted) = (Settings::parse(SAMCONFIG, &fleet).unwrap(), Settings::of_fleet(&fleet));
    let regions = |settings: &Settings| settings.environments.keys().cloned().collect::<Vec<_>>();
    assert_eq!(regions(&settings), regions(&wanted), "samconfig.toml, regions");
    for (region, environment) in &mut wanted.environments {
        let own = &settings.environments[region];
        environment.parameters.retain(|key, _| !NO_POLICY.contains(&key.as_str()));
        for (key, value) in &own.parameters {
            let policy = environment.parameters.insert(key.clone(), value.clone()).unwrap_or_else(|| value.clone());
            assert_eq!(without_key(key, value), without_key(key, &policy), "samconfig.toml, {region}: {key}");
        }
    }
    // What it leaves to the template's defaults.
    let from_file = Deployment::of(TEMPLATE, &settings).unwrap();
    let from_fleet = Deployment::of(TEMPLATE, &wanted).unwrap();
    assert_eq!(from_file.stacks.len(), fleet.regions.len());
    for (region, stack) in &from_fleet.stacks {
        assert_eq!(from_file.stacks[region], *stack, "{region}");
    }
}

/// A fleet of somebody's own has another account.
#[test]
fn the_delivered_fleet_is_the_reference_fleet() {
    let reference = include_str!("../../../local/fleets/reference/fleet.toml");
    if Fleet::parse(FLEET).unwrap().account != Fleet::parse(reference).unwrap().account {
        return;
    }
    let copied =
        "name your own account in fleet.toml; a change of the delivered fleet belongs into local/fleets/reference too";
    assert!(FLEET == reference, "fleet.toml: {copied}");
    assert!(SAMCONFIG == include_str!("../../../local/fleets/reference/samconfig.toml"), "samconfig.toml: {copied}");
}
