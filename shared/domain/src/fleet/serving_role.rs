//! Which of a fleet's execution roles a model's instances run with.
//!
//! What a container says of itself is a metric, and IAM lets a role write into a namespace, whatever the dimensions: with one role
//! the instances of green could speak for blue, and the judge would believe them. With two, each with a namespace of its own, what
//! is on its way never runs with the role of what serves, and the judge reads each from where the other cannot write.

use crate::fleet::alarms::MODEL;
use crate::fleet::endpoint::Target;
use crate::fleet::names::{ReleaseId, Version};
use crate::fleet::{Fleet, Region};
use serde::{Deserialize, Serialize};

/// One of the two roles of a fleet that has two; of one that has not, always the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServingRole {
    /// `execution_role` of `fleet.toml`.
    #[default]
    First,
    /// `execution_role_in_turn` of `fleet.toml`.
    InTurn,
}

impl ServingRole {
    /// Whether it is the first, as all are where there is one.
    pub fn is_first(&self) -> bool {
        *self == ServingRole::First
    }

    /// The namespace of CloudWatch that a container with this role may write to, and no other one.
    pub fn namespace(self) -> &'static str {
        match self {
            ServingRole::First => MODEL,
            ServingRole::InTurn => "Meridian/Model/InTurn",
        }
    }

    fn other(self) -> Self {
        match self {
            ServingRole::First => ServingRole::InTurn,
            ServingRole::InTurn => ServingRole::First,
        }
    }
}

impl Target {
    /// The names of `release` in a region where `serving` serves: with the role that it does not run with. What serves already
    /// stays what it is.
    pub fn beside(
        fleet: &Fleet,
        region: &Region,
        release: ReleaseId,
        version: &Version,
        serving: Option<&Target>,
    ) -> Self {
        let of = |role| Self::with_role(fleet, region, release, version, role);
        let Some(serving) = serving.filter(|_| fleet.execution_role_in_turn.is_some()) else {
            return of(ServingRole::First);
        };
        let same = of(serving.role);
        if same == *serving { same } else { of(serving.role.other()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::names::Sha256;

    fn fleet(roles: &str) -> Fleet {
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
        let fleet = fleet("execution_role_in_turn = \"meridian-fraud-endpoint-b\"\n");
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
        let arn = |target: &Target| fleet.execution_role_arn(target.role);
        assert!(arn(&first).ends_with("role/meridian-fraud-endpoint") && arn(&second).ends_with("endpoint-b"));
        assert_ne!(first.role.namespace(), second.role.namespace());
    }

    #[test]
    fn a_fleet_of_one_role_has_it_for_all() {
        let fleet = fleet("");
        let first = beside(&fleet, "v426", None);
        assert_eq!(beside(&fleet, "v427", Some(&first)).role, ServingRole::First);
        assert!(!serde_json::to_string(&first).unwrap().contains("role"), "nothing more in a ledger");
    }
}
