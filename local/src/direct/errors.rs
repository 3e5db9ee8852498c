//! From what the world answers to what the handlers act on: the same kinds and words that `meridian-aws` makes of the
//! same answers. The contract suite compares the two.

use crate::api::ApiError;
use meridian_domain::RegionName;
use meridian_handlers::ports::{ErrorKind, PortError};

/// Codes that the SDK takes for throttling, as far as the world's services answer them.
const THROTTLING: [&str; 2] = ["SlowDown", "ThrottlingException"];
/// Codes that say: it exists, or it has changed. A job that has its answer already is one of them.
const CONFLICT: [&str; 7] = [
    "ConcurrentModificationException",
    "ConditionalRequestConflict",
    "ConflictException",
    "InvalidJobStateException",
    "PreconditionFailed",
    "ResourceInUse",
    "ResourceInUseException",
];
/// SageMaker says these with a plain `ValidationException`, so the words must do.
const CONFLICT_WORDS: [&str; 3] = ["already existing", "already exists", "Cannot update in-progress endpoint"];
/// Statuses that the SDK's standard mode tries again, whatever the code.
const RETRIED: [u16; 4] = [500, 502, 503, 504];
/// An error text is for reading.
const LONGEST_MESSAGE: usize = 500;

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
            Failure::Said(error) => THROTTLING.contains(&error.code.as_str()) || RETRIED.contains(&error.status),
        }
    }
}

/// One call of one operation, for its errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    region: &'a RegionName,
    operation: &'static str,
}

impl<'a> Call<'a> {
    pub fn new(region: &'a RegionName, operation: &'static str) -> Self {
        Call { region, operation }
    }

    /// The call failed, its retries included.
    pub fn failed(&self, failure: &Failure) -> PortError {
        match failure {
            Failure::Silence => self.error(ErrorKind::Unreachable, "no answer in time"),
            Failure::Said(error) => self.error(classify(error), &said(error)),
        }
    }

    /// The service answered something that is not what its reference promises, or the input is not for it.
    pub fn refused(&self, message: &str) -> PortError {
        self.error(ErrorKind::Refused, message)
    }

    fn error(&self, kind: ErrorKind, message: &str) -> PortError {
        let message = cut(message, LONGEST_MESSAGE);
        PortError { kind, region: self.region.clone(), operation: self.operation, message }
    }
}

/// What a service's answer means.
fn classify(ApiError { code, message, status }: &ApiError) -> ErrorKind {
    let code = code.as_str();
    if THROTTLING.contains(&code) {
        return ErrorKind::Throttled;
    }
    if CONFLICT.contains(&code) || CONFLICT_WORDS.iter().any(|words| message.contains(words)) {
        return ErrorKind::Conflict;
    }
    if code.contains("NotFound") || code.starts_with("NoSuch") || message.contains("Could not find") {
        return ErrorKind::NotFound;
    }
    match status {
        404 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        408 => ErrorKind::Unreachable,
        300..=499 => ErrorKind::Refused,
        _ => ErrorKind::Unreachable,
    }
}

/// Code and message, for people. The container's own words in a `ModelError` are left out: they may repeat the payload.
fn said(ApiError { code, message, status }: &ApiError) -> String {
    if code == "ModelError" || message.is_empty() {
        return format!("{code} (status {status})");
    }
    format!("{code}: {message}")
}

/// The first `longest` characters, an ellipsis in place of the last where something was left out.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
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

    #[test]
    fn a_containers_words_are_left_out() {
        let region = "eu-west-1".parse().unwrap();
        let call = Call::new(&region, "InvokeEndpoint");
        let error = call.failed(&Failure::Said(ApiError::new("ModelError", 424, "bad row 12.5,0.3")));
        assert_eq!(error.to_string(), "InvokeEndpoint in eu-west-1: refused: ModelError (status 424)");
    }
}
