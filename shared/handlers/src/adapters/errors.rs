//! From what a service says to what the handlers act on: one table for every service and every door.

use crate::ports::{ErrorKind, FailureDetail, OperationName, PAGE_KIND, PAGE_REASON, Page, PortError, URGENCY};
use meridian_domain::RegionName;
use meridian_messages::pages::LONGEST_SUBJECT;
use std::collections::BTreeMap;

/// Codes of the services' throttling (the SDK's own list, `aws-runtime`, `retries::classifiers`).
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes that say: it exists, or it has changed. A job that has its answer already is one of them.
const CONFLICT: &[&str] = &[
    "ConcurrentModificationException",
    "ConditionalRequestConflict",
    "ConflictException",
    "InvalidJobStateException",
    "PreconditionFailed",
    "ResourceInUse",
    "ResourceInUseException",
];

/// SageMaker says these with a plain `ValidationException`, so the words must do.
const CONFLICT_WORDS: &[&str] = &["already existing", "already exists", "Cannot update in-progress endpoint"];

/// Codes of time-outs that come with a 4xx status.
const TIMED_OUT: &[&str] = &["RequestTimeout", "RequestTimeoutException"];

/// STS's codes for keys that have ended, or that it does not know.
const NO_CREDENTIALS: &[&str] = &["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"];

/// An error text is for reading; services have answered with pages of it.
const LONGEST_MESSAGE: usize = 500;

/// One AWS operation in a region, for its errors.
#[derive(Clone, Copy, Debug)]
pub struct AwsOperation<'a> {
    region: &'a RegionName,
    operation: OperationName,
}

impl<'a> AwsOperation<'a> {
    /// `operation` as it is asked of `region`.
    pub fn new(region: &'a RegionName, operation: OperationName) -> Self {
        Self { region, operation }
    }

    /// The service answered with an error: its HTTP status, code (may be empty) and words.
    pub fn declined(&self, status: Option<u16>, code: &str, words: Option<&str>) -> PortError {
        self.error(classify(status, code, words.unwrap_or_default()), said(status, code, words))
    }

    /// Nobody answered before the time-out.
    pub fn silent(&self) -> PortError {
        PortError { silent: true, ..self.unreachable(FailureDetail::NoAnswerInTime) }
    }

    /// Not even a connection was made before the time-out.
    pub fn unconnected(&self) -> PortError {
        PortError { silent: true, ..self.unreachable(FailureDetail::NoConnectionInTime) }
    }

    /// The service answered something that is not what its reference promises, or the input is not for it.
    pub fn refused(&self, detail: FailureDetail) -> PortError {
        self.error(ErrorKind::Refused, detail)
    }

    /// The answer did not come, or broke off.
    pub fn unreachable(&self, detail: FailureDetail) -> PortError {
        self.error(ErrorKind::Unreachable, detail)
    }

    /// An object of more bytes than are read.
    pub fn too_large(&self, key: &str, bytes: u64, most: u64) -> PortError {
        self.error(ErrorKind::TooLarge, FailureDetail::TooLarge { key: key.to_owned(), bytes, most })
    }

    /// An error of a kind that the caller knows.
    pub fn error(&self, kind: ErrorKind, detail: FailureDetail) -> PortError {
        PortError {
            kind,
            region: self.region.clone(),
            operation: self.operation,
            detail: detail.cut(LONGEST_MESSAGE),
            silent: false,
        }
    }
}

/// Whether the code is one that the SDK's standard mode takes for throttling.
pub fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

/// Whether STS says by this code that it takes the caller's keys for nobody's.
pub fn refuses_credentials(code: &str) -> bool {
    NO_CREDENTIALS.contains(&code)
}

/// What a service's answer means. The status may be missing, the code may be empty (S3 answers a `HEAD` without a body).
pub fn classify(status: Option<u16>, code: &str, words: &str) -> ErrorKind {
    if is_throttling(code) {
        return ErrorKind::Throttled;
    }
    if CONFLICT.contains(&code) || CONFLICT_WORDS.iter().any(|conflict| words.contains(conflict)) {
        return ErrorKind::Conflict;
    }
    // SageMaker's control plane, and its runtime: "Endpoint fraud of account 111122223333 not found."
    let said_absent = words.contains("Could not find") || words.contains(" of account ") && words.contains("not found");
    let absent = said_absent || code.contains("NotFound") || code.starts_with("NoSuch");
    if absent {
        return ErrorKind::NotFound;
    }
    if TIMED_OUT.contains(&code) {
        return ErrorKind::Unreachable;
    }
    match status {
        Some(404) => ErrorKind::NotFound,
        Some(408) => ErrorKind::Unreachable,
        Some(409 | 412) => ErrorKind::Conflict,
        Some(429) => ErrorKind::Throttled,
        Some(300..=499) => ErrorKind::Refused,
        // 5xx, and an answer that says neither what it is nor why: whether it was done is unknown.
        _ => ErrorKind::Unreachable,
    }
}

/// Code and message. The container's own words in a `ModelError` are left out: they may repeat the payload.
fn said(status: Option<u16>, code: &str, words: Option<&str>) -> FailureDetail {
    match (code, words) {
        ("" | "ModelError", _) | (_, None | Some("")) => FailureDetail::Code { code: code.to_owned(), status },
        (_, Some(words)) => FailureDetail::Said(format!("{code}: {words}")),
    }
}

pub use meridian_domain::edge::cut;

/// Characters of a page: SNS takes 256 KB and refuses more, and nobody reads more than this at night.
const LONGEST_PAGE: usize = 20_000;

/// A page as SNS takes it: subject and message. Nobody reads a page that is refused, so whatever stands in it is made to fit.
pub fn fitting(page: &Page) -> (String, String) {
    // Anything but printable ASCII is refused in a subject; so is an empty one, and an empty message.
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let subject: String = cut(&page.subject, LONGEST_SUBJECT).chars().map(printable).collect();
    let or = |text: String, instead: &str| if text.trim().is_empty() { instead.to_owned() } else { text };
    (or(subject.trim_start().to_owned(), "Meridian"), or(cut(&page.message, LONGEST_PAGE), "no text"))
}

/// Bytes of a page's reason as JSON: with the longest text they are fewer than SNS takes. A longer one is left out.
const LONGEST_REASON: usize = 100_000;

/// A page's message attributes, by name, all of SNS's type `String`: its urgency where it has one, its kind, and what its text
/// was made of.
pub fn attributes(page: &Page, urgency: Option<&str>) -> BTreeMap<String, String> {
    let reason = serde_json::to_string(&page.notice).ok().filter(|reason| reason.len() <= LONGEST_REASON);
    let urgency = urgency.map(|urgency| (URGENCY, urgency.to_owned()));
    let kind = (PAGE_KIND, page.notice.kind().to_string());
    let all = urgency.into_iter().chain([kind]).chain(reason.map(|reason| (PAGE_REASON, reason)));
    all.map(|(name, text)| (name.to_owned(), text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Notice;
    use meridian_domain::{Advice, Reason};

    #[test]
    fn every_kind_is_told_apart() {
        use ErrorKind::{Conflict, NotFound, Refused, Throttled, Unreachable};
        let table = [
            (400, "ThrottlingException", "Rate exceeded", Throttled),
            (503, "SlowDown", "Please reduce your request rate.", Throttled),
            (429, "", "", Throttled),
            (400, "ValidationException", "Could not find endpoint \"fraud\".", NotFound),
            (400, "ValidationException", "Could not find endpoint configuration \"fraud-v427\".", NotFound),
            (404, "NoSuchKey", "The specified key does not exist.", NotFound),
            (400, "PipelineNotFoundException", "no such pipeline", NotFound),
            (404, "", "", NotFound),
            (412, "PreconditionFailed", "At least one of the pre-conditions did not hold", Conflict),
            (409, "ConditionalRequestConflict", "a conflicting operation occurred", Conflict),
            (400, "ResourceInUse", "in use", Conflict),
            (400, "ValidationException", "Cannot create already existing model \"m\".", Conflict),
            (400, "ValidationException", "Cannot update in-progress endpoint \"fraud\".", Conflict),
            (400, "ValidationException", "1 validation error detected", Refused),
            (403, "AccessDeniedException", "not authorized to perform sagemaker:UpdateEndpoint", Refused),
            (400, "InvalidJobStateException", "the job has ended", Conflict),
            (400, "ResourceLimitExceeded", "quota", Refused),
            (424, "ModelError", "Received client error (400) from primary", Refused),
            (500, "InternalFailure", "", Unreachable),
            (503, "ServiceUnavailable", "", Unreachable),
            (400, "RequestTimeout", "idle connection", Unreachable),
        ];
        for (status, code, words, kind) in table {
            assert_eq!(classify(Some(status), code, words), kind, "{status} {code} {words}");
        }
        assert_eq!(classify(None, "", ""), Unreachable);
    }

    #[test]
    fn a_containers_words_are_left_out() {
        let words = Some("Received client error (400) from primary with message \"bad row 12.5,0.3\"");
        let coded = |code: &str, status| FailureDetail::Code { code: code.to_owned(), status: Some(status) };
        assert_eq!(said(Some(424), "ModelError", words), coded("ModelError", 424));
        let declined = FailureDetail::Said("ValidationException: no".to_owned());
        assert_eq!(said(Some(400), "ValidationException", Some("no")), declined);
        assert_eq!(said(Some(404), "", None), coded("", 404));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("São Paulo", 9), "São Paulo");
        assert_eq!(cut("São Paulo", 4), "São…");
    }

    #[test]
    fn no_page_fails_for_its_length_or_its_letters() {
        let hostile = format!("v427\n\u{1b}[2J\u{202e}{}", "é".repeat(325_000));
        let page = |subject: String, message: String| {
            let why = Reason::Said { words: message.clone(), by: None };
            Page { notice: Notice::Plan { why, advice: Advice::MendCause }, subject, message }
        };
        let long = page(hostile.clone(), hostile);
        let (subject, message) = fitting(&long);
        assert!(subject.len() < 100 && subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{subject}");
        assert!(message.len() < 200_000 && message.ends_with("more characters"), "{} bytes", message.len());
        assert!(message.starts_with("v427\n\\u{1b}[2J\\u{202e}é"));
        let names = |page: &Page| attributes(page, Some("advice")).into_keys().collect::<Vec<_>>();
        assert_eq!(names(&long), ["kind", "urgency"]);
        let empty = page(String::new(), "\n".to_owned());
        let (subject, message) = fitting(&empty);
        assert!(!subject.trim().is_empty() && !message.trim().is_empty());
        assert_eq!(names(&empty), ["kind", "reason", "urgency"]);
    }
}
