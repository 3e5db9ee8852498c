//! Between the domain's times and the SDK's.

use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

/// A time as the SDK takes it.
pub(crate) fn to_sdk(at: Timestamp) -> DateTime {
    DateTime::from_nanos(at.as_nanosecond()).unwrap_or_else(|_| DateTime::from_secs(at.as_second()))
}

/// A time that the SDK gave, to the millisecond: on the wire it is a binary fraction of seconds, whose further digits mean
/// nothing. None where it is beyond the year 9999.
pub(crate) fn from_sdk(at: &DateTime) -> Option<Timestamp> {
    let at = Timestamp::from_nanosecond(at.as_nanos()).ok()?;
    at.round(jiff::Unit::Millisecond).ok()
}

/// Whole seconds, as SageMaker takes them.
pub(crate) fn seconds(duration: SignedDuration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
