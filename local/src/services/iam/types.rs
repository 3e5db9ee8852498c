//! IAM in AWS's member names.

use serde::{Deserialize, Serialize};

/// `GetRole` of IAM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRole {
    /// The role's name.
    pub role_name: String,
}

/// What `GetRole` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRoleOutput {
    /// The role that was asked for; `NoSuchEntity` (404) where no stack has it.
    pub role: Role,
}

/// A role of a stack, as `GetRole` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// `/`: none of the template's has another.
    pub path: &'static str,
    /// The name without the path.
    pub role_name: String,
    /// Begins with `AROA`.
    pub role_id: String,
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// When it was made.
    pub create_date: String,
    /// Who may take it on: percent-encoded JSON.
    pub assume_role_policy_document: String,
}
