//! Why a customer's request has no score, as the answer of `front` says it to the caller: fixed words, the same whatever was sent
//! (I12).

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request has no token.
    NoToken,
    /// Its token is no caller's.
    UnknownToken,
    /// It asks for another path.
    NoSuchPath,
    /// It asks with another method.
    WrongMethod,
    /// Its body is empty.
    NoRecord,
    /// Its body is longer than a record may be.
    TooLarge,
    /// Its body is of another content type.
    WrongType,
    /// Its body is compressed.
    Encoded,
    /// Its record has another number of fields than the release has features.
    WrongFields,
    /// Its caller asks more often than it may.
    TooMany,
    /// The endpoint throttles.
    Busy,
    /// The endpoint declines or cannot be reached.
    NotServing,
    /// The endpoint did not answer in time.
    Silent,
    /// The model's answer is longer than a load balancer takes.
    AnswerTooLarge,
}

impl Refusal {
    /// HTTP's status, one fixed word for programs, and what to do, for people.
    pub fn words(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NoToken => (401, "no-token", "send a caller's token: Authorization: Bearer <token>"),
            Self::UnknownToken => (401, "unknown-token", "the token is none of a caller of this region"),
            Self::NoSuchPath => (404, "no-such-path", "scores are asked for with POST /score"),
            Self::WrongMethod => (405, "wrong-method", "scores are asked for with POST /score"),
            Self::NoRecord => (400, "no-record", "the body is empty; send one record as CSV"),
            Self::TooLarge => (413, "too-large", "a record is at most 65536 bytes"),
            Self::WrongType => (415, "wrong-type", "records are CSV: Content-Type: text/csv"),
            Self::Encoded => (415, "encoded", "records are taken as they are, without Content-Encoding"),
            Self::WrongFields => (
                400,
                "wrong-fields",
                "a record has as many fields as the release has features, empty where one is missing",
            ),
            Self::TooMany => (429, "too-many", "this caller asks too often; ask again later"),
            Self::Busy => (429, "busy", "the endpoint has more to do than it can; ask again later"),
            Self::NotServing => (503, "not-serving", "this region does not serve now; ask another one"),
            Self::Silent => (504, "silent", "the endpoint did not answer in time; ask again, or another region"),
            Self::AnswerTooLarge => {
                (502, "answer-too-large", "the model's answer is larger than the proxy can hand on")
            }
        }
    }
}
