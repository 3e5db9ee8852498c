//! Why something could not be seen: what a service answered, or what nobody could ask.

use crate::files;
use meridian_domain::reason::{AnswerPart, BoundKind, ErrorKind, FailureDetail, ServiceFailure, StatusOwner, Unseen};

/// Why, said after what could not be seen.
pub fn words(why: &Unseen) -> String {
    match why {
        Unseen::NotAsked => "not asked".to_owned(),
        Unseen::LedgerNotRead => "its ledger was not read".to_owned(),
        Unseen::EndpointNotRead => "its endpoint was not described".to_owned(),
        Unseen::Service(failure) => service(failure),
        Unseen::Ledger { chain, failure } => format!("ledger chain {chain}: {}", service(failure)),
        Unseen::Altered { region, chain, fault } => format!(
            "ledger chain {chain} in {region}: {fault}; nothing is changed there until a person has compared the entries with the \
             bucket's object versions"
        ),
        Unseen::HomeMoved { to } => {
            format!(
                "home has moved to {to}, where its ledger goes on: whoever is still deployed as home elsewhere acts no more"
            )
        }
        Unseen::File(fault) => files::words(fault),
        Unseen::NoAlarm { alarm } => format!("rollback alarm {alarm} does not exist or cannot be read"),
        Unseen::NoCanaryOnRecord => "no canary is on record".to_owned(),
        Unseen::NothingOnRecord => "nothing is on record that serves".to_owned(),
        Unseen::ScalingNotOnRecord => "its ledger says nothing of it".to_owned(),
    }
}

/// The same, said of a region by itself: it names the ledger where that is what is wrong.
pub(crate) fn of_region(why: &Unseen) -> String {
    match why {
        Unseen::Ledger { .. } | Unseen::Altered { .. } => format!("its ledger cannot be read: {}", words(why)),
        _ => words(why),
    }
}

/// `UpdateEndpoint in sa-east-1: throttled: ThrottlingException: Rate exceeded`.
pub fn service(ServiceFailure { kind, region, operation, detail }: &ServiceFailure) -> String {
    let kind = match kind {
        ErrorKind::Throttled => "throttled",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Refused => "refused",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::TooLarge => "too large",
    };
    format!("{operation} in {region}: {kind}: {}", words_of(detail))
}

/// What a service answered, or what was found in its place.
pub(crate) fn words_of(detail: &FailureDetail) -> String {
    use FailureDetail as Detail;
    match detail {
        Detail::Said(words) => words.clone(),
        Detail::Code { code, status } => coded(code, *status),
        Detail::Format { status } => format!("status {status}, and the answer is not in the service's format"),
        Detail::NoAnswerInTime => "no answer in time".to_owned(),
        Detail::NoConnectionInTime => "no connection in time".to_owned(),
        Detail::NotConnected => "no connection or no credentials".to_owned(),
        Detail::CertificateNotTrusted => {
            "its certificate is not signed by a trusted authority; SSL_CERT_FILE names more".to_owned()
        }
        Detail::NotBuilt { quoted: None } => "the request could not be built".to_owned(),
        Detail::NotBuilt { quoted: Some(quoted) } => format!("the request could not be built: {quoted}"),
        Detail::NotModelled => "it has no such operation".to_owned(),
        Detail::NoSuchRegion => "fleet.toml has no such region".to_owned(),
        Detail::NoKey { key } => format!("there is no key {key}"),
        Detail::TooLarge { key, bytes, most } => {
            format!("{key} has {bytes} bytes, expected at most {most}; it was not read")
        }
        Detail::BrokeOff { bytes } => format!("the body broke off after {bytes} bytes"),
        Detail::NotAnEntry { key, fault } => format!("{key} is not a ledger entry: {fault}"),
        Detail::NoThread { key, quoted } => format!("no thread to read {key} with: {quoted}"),
        Detail::NotText => "the answer is not text".to_owned(),
        Detail::Lacks(part) => lacks(*part).to_owned(),
        Detail::UnknownStatus { of, status } => unknown_status(*of, status),
        Detail::UnknownAlarmState { alarm, state: Some(state) } => {
            format!("alarm {alarm} has the unknown state {state}")
        }
        Detail::UnknownAlarmState { alarm, state: None } => format!("alarm {alarm} has no state"),
        Detail::ConfigName { found } => format!("the endpoint's configuration {found:?} has no valid name"),
        Detail::MetricIncomplete => "the metric's answer is not complete".to_owned(),
        Detail::MetricUnread => "the metric could not be read".to_owned(),
        Detail::NotAsked { id } => format!("an answer to a question that was not asked: {id:?}"),
        Detail::NoBound { metric, expected } => {
            let expected = match expected {
                BoundKind::Time => "a time such as 20ms",
                BoundKind::Number => "a number such as 0.9",
            };
            format!(
                "metric {metric} of [judge.metrics] names no bound that can be asked for: expected {expected} after _over_"
            )
        }
    }
}

fn coded(code: &str, status: Option<u16>) -> String {
    let status = status.map_or_else(|| "no status".to_owned(), |status| format!("status {status}"));
    if code.is_empty() { status } else { format!("{code} ({status})") }
}

fn lacks(part: AnswerPart) -> &'static str {
    match part {
        AnswerPart::CallerArn => "the answer has no ARN",
        AnswerPart::Keys => "the answer has no keys, or keys without an expiry",
        AnswerPart::Listed => "an object is listed without its key or the time at which it was stored",
        AnswerPart::ObjectVersion => "the bucket keeps no versions; switch them on",
        AnswerPart::Execution => "the answer names no execution",
        AnswerPart::Package => "the answer names no package",
        AnswerPart::EndpointStatus => "the endpoint has no status",
        AnswerPart::EndpointConfig => "the endpoint names no configuration",
        AnswerPart::AlarmName => "an alarm without a name",
    }
}

fn unknown_status(of: StatusOwner, status: &str) -> String {
    match of {
        StatusOwner::Endpoint => format!("unknown endpoint status {status}"),
        StatusOwner::Approval => format!("unknown approval status {status}"),
        StatusOwner::Metric => format!("the metric could not be read: {status}"),
    }
}
