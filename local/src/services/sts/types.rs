//! STS: the one call that assumes a role.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// `AssumeRole`: keys to act with a role, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRole {
    /// ARN of the role; `AccessDenied` where no stack has it or it does not trust the caller.
    pub role_arn: String,
    /// What the session is called: 2 to 64 letters, digits and `_+=,.@-`.
    pub role_session_name: String,
    /// What the role's trust policy may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// How long the keys are to last: 900 to the role's longest, which is an hour unless the template says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "number")]
    pub duration_seconds: Option<u32>,
}

/// A number, as JSON has it or as a form does.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(u32),
        Text(String),
    }
    match Option::<Number>::deserialize(from)? {
        None => Ok(None),
        Some(Number::Plain(number)) => Ok(Some(number)),
        Some(Number::Text(text)) => text.parse().map(Some).map_err(|_| D::Error::custom("expected a number")),
    }
}

/// What `AssumeRole` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleOutput {
    /// Keys that act with the role until they expire.
    pub credentials: Credentials,
    /// In whose name they act.
    pub assumed_role_user: AssumedRoleUser,
}

/// `GetCallerIdentity`: as whom the caller acts. Everybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCallerIdentity {}

/// What `GetCallerIdentity` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityOutput {
    /// The user's id, or the role's and its session's name.
    pub user_id: String,
    /// Id of the caller's account.
    pub account: String,
    /// The ARN of the user or of the role's session.
    pub arn: String,
}

/// A session's keys. The local world's open nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// Begins with `ASIA`.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: String,
    /// Goes with every request.
    pub session_token: String,
    /// From then on they are worth nothing.
    pub expiration: Timestamp,
}

/// A role's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// The role's id and the session's name.
    pub assumed_role_id: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
}
