//! As whom an entry's writer acted in the account.

use crate::fleet::name_error::{NameError, NameKind};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest ARN that a caller may have.
const LONGEST: usize = 512;

/// What STS says of the credentials that an entry was written with.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Caller {
    /// STS was not asked, or did not answer in time: nobody waits for it (I6).
    #[default]
    Unverified,
    /// The ARN of the user, or of the role's session.
    Arn(String),
}

/// What an unverified caller is written as.
const UNVERIFIED: &str = "unverified";

impl Caller {
    /// What STS's answer is; unverified where it is no ARN.
    pub fn of_arn(arn: &str) -> Self {
        arn.to_owned().try_into().unwrap_or_default()
    }

    /// The user's name or the role's session, as people know it; none of an unverified caller.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Unverified => None,
            Self::Arn(arn) => arn.rsplit('/').next(),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unverified => UNVERIFIED,
            Self::Arn(arn) => arn,
        })
    }
}

impl TryFrom<String> for Caller {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let is_arn =
            text.starts_with("arn:") && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        match text.as_str() {
            UNVERIFIED => Ok(Self::Unverified),
            _ if is_arn => Ok(Self::Arn(text)),
            _ => Err(NameError::new(&text, NameKind::Caller)),
        }
    }
}

impl From<Caller> for String {
    fn from(caller: Caller) -> String {
        caller.to_string()
    }
}
