//! Who makes a call, and roles' sessions.

use crate::world::invocation::InvocationId;
use jiff::Timestamp;

/// Who makes a call: an invocation or somebody outside, with their own keys or with those of a role's session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// None for who is no function.
    pub invocation: Option<InvocationId>,
    /// The session's keys, where the call is signed with such.
    pub session: Option<SessionKeys>,
}

/// What a call shows of a session's keys. Signatures are not verified: the token must be the right one instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeys {
    /// The access key's id.
    pub id: String,
    /// The token that must come with that id: a call with another one is refused.
    pub token: String,
}

impl From<Option<InvocationId>> for Caller {
    fn from(invocation: Option<InvocationId>) -> Self {
        Caller { invocation, session: None }
    }
}

/// A session of a role.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub role: String,
    pub token: String,
    pub until: Timestamp,
}
