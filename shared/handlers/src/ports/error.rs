//! How a port's operation fails.

use meridian_domain::RegionName;
use meridian_domain::reason::{ErrorKind, FailureDetail, OperationName, ServiceFailure, Unseen};
use meridian_messages::unseen;
use std::fmt;

/// The operation by which home's `promote` assumes a region's role.
pub const ASSUME_ROLE: OperationName = OperationName::AssumeRole;

/// A port's failure: what was tried, where, and what the other side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortError {
    /// What kind, to act on.
    pub kind: ErrorKind,
    /// The region it is about.
    pub region: RegionName,
    /// The operation that failed.
    pub operation: OperationName,
    /// What the service answered, or what was found in its place.
    pub detail: FailureDetail,
    /// Nobody answered in time, or could be reached: nothing was said at all.
    pub silent: bool,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unseen::service(&self.into()))
    }
}

impl std::error::Error for PortError {}

impl From<&PortError> for ServiceFailure {
    fn from(PortError { kind, region, operation, detail, silent: _ }: &PortError) -> Self {
        Self { kind: *kind, region: region.clone(), operation: *operation, detail: Box::new(detail.clone()) }
    }
}

impl From<PortError> for Unseen {
    fn from(error: PortError) -> Self {
        Self::Service((&error).into())
    }
}

impl PortError {
    /// True if the region's plane is at fault rather than the request: throttled or unreachable.
    pub fn is_regional(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Unreachable)
    }

    /// True if nothing can be done in the region for now, whatever is asked of it: its plane is at fault, or it does not
    /// lend its role. The others go on (I7).
    pub fn shuts_region(&self) -> bool {
        self.is_regional() || self.operation == ASSUME_ROLE
    }
}

/// What every port answers.
pub type Answer<T> = Result<T, PortError>;
