//! How a try on the world fails, and whether the SDK would try again.

use crate::services::ApiError;
use meridian_handlers::adapters::errors::is_throttling;
use meridian_handlers::ports::PortError;

pub(super) use meridian_handlers::adapters::errors::{AwsOperation, attributes, cut, fitting};

/// Statuses that the SDK's standard mode tries again, whatever the code.
const RETRIED: [u16; 4] = [500, 502, 503, 504];

/// How one try failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// No answer before the time-out.
    Silence,
    /// The service answered with an error.
    Said(ApiError),
}

impl Failure {
    /// Whether the SDK's standard mode tries again: after time-outs, throttling and server-side failures.
    pub fn is_retried(&self) -> bool {
        match self {
            Failure::Silence => true,
            Failure::Said(error) => is_throttling(&error.code) || RETRIED.contains(&error.status),
        }
    }

    /// The failure of `call`, its retries included.
    pub fn of(&self, call: AwsOperation<'_>) -> PortError {
        match self {
            Failure::Silence => call.silent(),
            Failure::Said(ApiError { code, message, status, .. }) => call.declined(Some(*status), code, Some(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let said = |code: &str, status| Failure::Said(ApiError::new(code, status, ""));
        for failure in [Failure::Silence, said("ThrottlingException", 400), said("SlowDown", 503), said("Any", 504)] {
            assert!(failure.is_retried(), "{failure:?}");
        }
        for failure in [said("ValidationException", 400), said("NoSuchKey", 404), said("PreconditionFailed", 412)] {
            assert!(!failure.is_retried(), "{failure:?}");
        }
    }
}
