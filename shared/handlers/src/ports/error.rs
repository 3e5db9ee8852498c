//! How a port's operation fails.

use meridian_domain::RegionName;
use std::fmt;

/// Why a port's call did not do what it was asked. Kinds that the callers act on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Asked too often; the retries are used up.
    Throttled,
    /// The thing named is not there.
    NotFound,
    /// It exists already, or has changed since it was read: look again.
    Conflict,
    /// Understood and declined: wrong input, missing permission, wrong state. Repeating does not help.
    Refused,
    /// No answer in time, or a server-side failure: whether it was done is unknown.
    Unreachable,
    /// The object is larger than was asked for; nothing of it was read. Repeating does not help.
    TooLarge,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Throttled => "throttled",
            ErrorKind::NotFound => "not found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Refused => "refused",
            ErrorKind::Unreachable => "unreachable",
            ErrorKind::TooLarge => "too large",
        })
    }
}

/// The operation by which home's `promote` assumes a region's role.
pub const LOAN: &str = "AssumeRole";

/// A port's failure: what was tried, where, and what the other side said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} in {region}: {kind}: {message}")]
pub struct PortError {
    /// What kind, to act on.
    pub kind: ErrorKind,
    /// The region it is about.
    pub region: RegionName,
    /// The operation's AWS name, e.g. `UpdateEndpoint`.
    pub operation: &'static str,
    /// The service's code and message. Never a payload or a credential (I12).
    pub message: String,
    /// Nobody answered in time, or could be reached: nothing was said at all.
    pub silent: bool,
}

impl PortError {
    /// True if the region's plane is at fault rather than the request: throttled or unreachable.
    pub fn is_regional(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Unreachable)
    }

    /// True if nothing can be done in the region for now, whatever is asked of it: its plane is at fault, or it does not
    /// lend its role. The others go on (I7).
    pub fn shuts_region(&self) -> bool {
        self.is_regional() || self.operation == LOAN
    }
}

/// What every port answers.
pub type Answer<T> = Result<T, PortError>;
