//! Why something could not be seen: what a service answered, or what nobody could ask.

use crate::files;
use meridian_domain::reason::{ErrorKind, ServiceFailure, Unseen};

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
pub fn service(ServiceFailure { kind, region, operation, said }: &ServiceFailure) -> String {
    let kind = match kind {
        ErrorKind::Throttled => "throttled",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Refused => "refused",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::TooLarge => "too large",
    };
    format!("{operation} in {region}: {kind}: {said}")
}
