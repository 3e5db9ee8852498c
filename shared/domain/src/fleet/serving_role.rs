//! Which of a fleet's execution roles a model's instances run with.
//!
//! What a container says of itself is a metric, and IAM lets a role write into a namespace, whatever the dimensions: with one role
//! the instances of green could speak for blue, and the judge would believe them. With two, each with a namespace of its own, what
//! is on its way never runs with the role of what serves, and the judge reads each from where the other cannot write.

use serde::{Deserialize, Serialize};

/// Namespace of what serving containers say of themselves, where they do: for each request `alerts` (0 or 1) and `score`
/// (0 to 1), with the dimension `Release`, the digest that they are told as `MERIDIAN_RELEASE`.
pub const MODEL: &str = "Meridian/Model";

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

    pub(crate) fn other(self) -> Self {
        match self {
            ServingRole::First => ServingRole::InTurn,
            ServingRole::InTurn => ServingRole::First,
        }
    }
}
