//! A challenger whose containers write metrics in the champion's name: with two roles nothing of it reaches the champion's counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod support;

use meridian_local::night::{Report, Scenario, Site};
use support::{Simulated, simulated};

/// v428 declines three times as many customers, and says in v426's name that it always did.
const NIGHT: &str = r#"
title = "v428 declines three times as many customers, and says that v426 did too"
start = "2026-11-20T02:59:00Z"
lasts = "90m"

[[publish]]
at = "03:00"
version = "v428"
model = "good"

[[behaviour]]
release = "v428"
alert_factor = 3.0
speaks_for = "v426"

[expect]
serves = { eu-west-1 = "v426", ap-southeast-2 = "v426", ap-northeast-1 = "v426", sa-east-1 = "v426" }
pages = 1
executions = ["failed"]
"#;

const TWO_ROLES: &str = "\n[policy.fleet]\nexecution_role_in_turn = \"meridian-fraud-endpoint-b\"\n";

/// The night's report, and the namespaces that containers were told in Dublin.
fn simulate(scenario: &str) -> (Report, Vec<String>) {
    let scenario = Scenario::parse("impostor", scenario).unwrap();
    let Simulated { report, grants, .. } = simulated(Site::of_scenario(&scenario).unwrap(), &scenario).unwrap();
    let metrics = grants.iter().filter(|grant| grant.sid == "Metrics").map(|grant| grant.owner.clone());
    (report, metrics.collect())
}

#[test]
fn a_challenger_cannot_speak_for_the_champion() {
    let (report, roles) = simulate(&format!("{NIGHT}{TWO_ROLES}"));
    assert!(report.as_expected, "{:?}", report.unexpected);
    assert_eq!(roles, ["EndpointRole", "EndpointRoleB"], "each wrote what is its own");
}

/// With two roles a good release still arrives everywhere, and is told apart night after night.
#[test]
fn with_two_roles_a_good_release_arrives() {
    let good = NIGHT
        .replace("[[behaviour]]\nrelease = \"v428\"\nalert_factor = 3.0\nspeaks_for = \"v426\"\n", "")
        .replace("= \"v426\"", "= \"v428\"")
        .replace("pages = 1", "pages = 0")
        .replace("failed", "succeeded")
        .replace("90m", "2h");
    let (report, roles) = simulate(&format!("{good}{TWO_ROLES}"));
    assert!(report.as_expected, "{:?}", report.unexpected);
    assert_eq!(roles, ["EndpointRole", "EndpointRoleB"]);
}
