//! What is known of a failed request beside its kind.

use meridian_domain::EntryError;
use meridian_domain::reason::{AnswerPart, BoundKind, FailureDetail, StatusOwner};

/// One of each.
pub fn details() -> Vec<FailureDetail> {
    let key = || "releases/x".to_owned();
    let quoted = || "a library's words".to_owned();
    let (state, status) = (Some("NEW".to_owned()), || "Dreaming".to_owned());
    let mut all = vec![
        FailureDetail::Said("AccessDenied: not authorized".to_owned()),
        FailureDetail::Code { code: "ModelError".to_owned(), status: Some(424) },
        FailureDetail::Code { code: String::new(), status: None },
        FailureDetail::Format { status: 200 },
        FailureDetail::NoAnswerInTime,
        FailureDetail::NoConnectionInTime,
        FailureDetail::NotConnected,
        FailureDetail::CertificateNotTrusted,
        FailureDetail::NotBuilt { quoted: None },
        FailureDetail::NotBuilt { quoted: Some(quoted()) },
        FailureDetail::NotModelled,
        FailureDetail::NoSuchRegion,
        FailureDetail::NoKey { key: key() },
        FailureDetail::TooLarge { key: key(), bytes: 12, most: 8 },
        FailureDetail::BrokeOff { bytes: 12 },
        FailureDetail::NotAnEntry { key: key(), fault: EntryError::Form { seq: 7 } },
        FailureDetail::NotAnEntry { key: key(), fault: EntryError::Malformed(quoted()) },
        FailureDetail::NoThread { key: key(), quoted: quoted() },
        FailureDetail::NotText,
        FailureDetail::UnknownAlarmState { alarm: "fraud-verdict".to_owned(), state },
        FailureDetail::UnknownAlarmState { alarm: "fraud-verdict".to_owned(), state: None },
        FailureDetail::ConfigName { found: "a b".to_owned() },
        FailureDetail::MetricIncomplete,
        FailureDetail::MetricUnread,
        FailureDetail::NotAsked { id: "q9".to_owned() },
        FailureDetail::NoBound { metric: "latency_over_20".parse().unwrap(), expected: BoundKind::Time },
        FailureDetail::NoBound { metric: "score_over_high".parse().unwrap(), expected: BoundKind::Number },
    ];
    let owners = [StatusOwner::Endpoint, StatusOwner::Approval, StatusOwner::Metric];
    all.extend(owners.map(|of| FailureDetail::UnknownStatus { of, status: status() }));
    let parts = [
        AnswerPart::CallerArn,
        AnswerPart::Keys,
        AnswerPart::Listed,
        AnswerPart::ObjectVersion,
        AnswerPart::Execution,
        AnswerPart::Package,
        AnswerPart::EndpointStatus,
        AnswerPart::EndpointConfig,
        AnswerPart::AlarmName,
    ];
    all.extend(parts.map(FailureDetail::Lacks));
    all
}
