//! What is known of a request's failure beside its kind.

use crate::edge::cut;
use crate::ledger::EntryError;
use meridian_judge::MetricName;
use serde::{Deserialize, Serialize};

/// What is known of a request's failure beside its kind: what the service answered, or what whoever asked found. Never a payload or a
/// credential (I12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the name, the status or the count that the variant is about")]
pub enum FailureDetail {
    /// The service's own code and message.
    Said(String),
    /// The service's code, which may be empty, where it has no message or one that may repeat a payload.
    Code { code: String, status: Option<u16> },
    /// An answer that is not in the service's format.
    Format { status: u16 },
    /// No answer before the time-out.
    NoAnswerInTime,
    /// No connection before the time-out.
    NoConnectionInTime,
    /// No connection, or no credentials to ask with.
    NotConnected,
    /// No trusted authority has signed the server's certificate.
    CertificateNotTrusted,
    /// The request was not sent: the client does not take its input. `quoted` is the client's own words.
    NotBuilt { quoted: Option<String> },
    /// The operation is not modelled by what answers in the service's place.
    NotModelled,
    /// The region is not one of the fleet.
    NoSuchRegion,
    /// KMS has no such key.
    NoKey { key: String },
    /// The object has more bytes than are read.
    TooLarge { key: String, bytes: u64, most: u64 },
    /// The object's body broke off after so many bytes.
    BrokeOff { bytes: u64 },
    /// The object is not a ledger entry.
    NotAnEntry { key: String, fault: EntryError },
    /// The operating system gives no thread to read the object with. `quoted` is its own words.
    NoThread { key: String, quoted: String },
    /// The answer is not text.
    NotText,
    /// The answer lacks a part that its reference promises.
    Lacks(AnswerPart),
    /// The answer holds a status that this version does not know.
    UnknownStatus { of: StatusOwner, status: String },
    /// The alarm is in a state that this version does not know, or in none.
    UnknownAlarmState { alarm: String, state: Option<String> },
    /// The endpoint's configuration has a name that no configuration of Meridian's can have.
    ConfigName { found: String },
    /// CloudWatch gives a part of a metric's minutes, and no next page.
    MetricIncomplete,
    /// CloudWatch could not read the metric.
    MetricUnread,
    /// CloudWatch answered a question that was not asked.
    NotAsked { id: String },
    /// The metric's name holds no bound that can be asked for.
    NoBound { metric: MetricName, expected: BoundKind },
}

/// A part of an answer that its reference promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerPart {
    /// The ARN of whoever asks.
    CallerArn,
    /// An assumed role's keys, or the time at which they expire.
    Keys,
    /// A listed object's key, or the time at which it was stored.
    Listed,
    /// The version of a stored object: its bucket keeps none.
    ObjectVersion,
    /// The id of a started execution.
    Execution,
    /// The ARN of a registered model package.
    Package,
    /// An endpoint's status.
    EndpointStatus,
    /// The name of an endpoint's configuration.
    EndpointConfig,
    /// An alarm's name.
    AlarmName,
}

/// What a status belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusOwner {
    /// An endpoint.
    Endpoint,
    /// A model package's approval.
    Approval,
    /// A metric's answer.
    Metric,
}

/// What a metric's name has after `_over_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundKind {
    /// A time, such as `20ms`.
    Time,
    /// A number, such as `0.9`.
    Number,
}

impl FailureDetail {
    /// The same, with each text that came from outside cut to `longest` characters.
    #[must_use]
    pub fn cut(self, longest: usize) -> Self {
        let short = |text: String| cut(&text, longest);
        match self {
            Self::Said(words) => Self::Said(short(words)),
            Self::Code { code, status } => Self::Code { code: short(code), status },
            Self::NotBuilt { quoted } => Self::NotBuilt { quoted: quoted.map(short) },
            Self::NoKey { key } => Self::NoKey { key: short(key) },
            Self::TooLarge { key, bytes, most } => Self::TooLarge { key: short(key), bytes, most },
            Self::NotAnEntry { key, fault } => Self::NotAnEntry { key: short(key), fault },
            Self::NoThread { key, quoted } => Self::NoThread { key: short(key), quoted: short(quoted) },
            Self::UnknownStatus { of, status } => Self::UnknownStatus { of, status: short(status) },
            Self::UnknownAlarmState { alarm, state } => {
                Self::UnknownAlarmState { alarm: short(alarm), state: state.map(short) }
            }
            Self::ConfigName { found } => Self::ConfigName { found: short(found) },
            Self::NotAsked { id } => Self::NotAsked { id: short(id) },
            own @ (Self::Format { .. }
            | Self::NoAnswerInTime
            | Self::NoConnectionInTime
            | Self::NotConnected
            | Self::CertificateNotTrusted
            | Self::NotModelled
            | Self::NoSuchRegion
            | Self::BrokeOff { .. }
            | Self::NotText
            | Self::Lacks(_)
            | Self::MetricIncomplete
            | Self::MetricUnread
            | Self::NoBound { .. }) => own,
        }
    }
}
