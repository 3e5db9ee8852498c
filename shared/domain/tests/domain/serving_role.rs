//! Which role a release runs with, beside what serves.

use meridian_domain::{Fleet, ReleaseId, ServingRole, Sha256, Target};

fn fleet_with(roles: &str) -> Fleet {
    let text = include_str!("../../../../local/fleets/reference/fleet.toml");
    let own = "execution_role = \"meridian-fraud-endpoint\"\n";
    assert!(text.contains(own));
    Fleet::parse(&text.replacen(own, &format!("{own}{roles}"), 1)).unwrap()
}

fn beside(fleet: &Fleet, text: &str, serving: Option<&Target>) -> Target {
    let (release, version) = (ReleaseId(Sha256::of(text.as_bytes())), text.parse().unwrap());
    Target::beside(fleet, &fleet.regions[0], release, &version, serving)
}

#[test]
fn what_is_on_its_way_never_has_the_role_of_what_serves() {
    let fleet = fleet_with("execution_role_in_turn = \"meridian-fraud-endpoint-b\"\n");
    let first = beside(&fleet, "v426", None);
    let second = beside(&fleet, "v427", Some(&first));
    assert_eq!((first.role, second.role), (ServingRole::First, ServingRole::InTurn));
    assert!(second.model.as_str().ends_with('b') && second.config.as_str().starts_with(second.model.as_str()));
    // What serves already is no other thing, and a release that is tried again has the other role than whatever serves then.
    assert_eq!(beside(&fleet, "v427", Some(&second)), second);
    let third = beside(&fleet, "v428", Some(&second));
    assert_eq!(third.role, ServingRole::First);
    assert_eq!(beside(&fleet, "v427", Some(&third)), second);
    let again = beside(&fleet, "v426", Some(&third));
    assert_eq!(again.role, ServingRole::InTurn);
    assert_ne!(again.model, first.model, "another role is another model");
    let arn = |target: &Target| fleet.execution_role_arn(&fleet.home, target.role);
    assert!(arn(&first).ends_with("role/meridian-fraud-endpoint-eu-west-1"), "{}", arn(&first));
    assert!(arn(&second).ends_with("role/meridian-fraud-endpoint-b-eu-west-1"), "{}", arn(&second));
    assert_ne!(first.role.namespace(), second.role.namespace());
}

#[test]
fn a_fleet_of_one_role_has_it_for_all() {
    let fleet = fleet_with("");
    let first = beside(&fleet, "v426", None);
    assert_eq!(beside(&fleet, "v427", Some(&first)).role, ServingRole::First);
    assert!(!serde_json::to_string(&first).unwrap().contains("role"), "nothing more in a ledger");
}
