//! What stands in an account, as its services say it: for the preflight (`meridian doctor`). Nothing here changes anything.
//!
//! Every question is answered by itself: what one service refuses to say leaves the others' answers as they are.

mod bucket;
mod home;
mod model;
mod pipeline;
mod watch;

pub use bucket::{BucketFacts, PublicAccess, Rule};
pub use home::{Action, PipelineFacts};
pub use model::ModelFacts;
pub use pipeline::PipelineAction;
pub use watch::{AlarmFacts, TopicFacts, WatchFacts, endpoint_alarms};

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use aws_sdk_s3::config::ProvideCredentials;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_domain::RegionName;
use meridian_handlers::files::FileError;
use meridian_handlers::journal::JournalError;
use meridian_handlers::ports::{ErrorKind, OperationName, PortError};
use std::collections::BTreeMap;

/// What a service said to one question.
#[derive(Clone, Debug, PartialEq)]
pub enum Said<T> {
    /// That it is this.
    Is(T),
    /// That there is none.
    Absent,
    /// That it has no such operation: a local world or an emulator that does not model it.
    NotModelled,
    /// Nothing of use: it was not reached, took too long, or is ill itself.
    Silent(PortError),
    /// Something else: it is not known.
    Unknown(NotKnown),
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq)]
pub enum NotKnown {
    /// A service failed otherwise than by not being there.
    Service(PortError),
    /// The region's ledger cannot be read or believed.
    Ledger(JournalError),
    /// A file of the release cannot be used.
    File(FileError),
    /// A list has it without a value.
    NoValue {
        /// What was asked.
        operation: OperationName,
        /// The service's code for the reason, where it gives one.
        code: Option<String>,
    },
    /// It hangs on what serves, and the ledger was not read.
    NoLedger,
    /// It hangs on what serves, and nothing does.
    NothingServes,
}

impl<T> Said<T> {
    /// The same answer about something made of it.
    pub fn map<U>(self, then: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Said::Is(value) => Said::Is(then(value)),
            Said::Absent => Said::Absent,
            Said::NotModelled => Said::NotModelled,
            Said::Silent(why) => Said::Silent(why),
            Said::Unknown(why) => Said::Unknown(why),
        }
    }

    /// What a port's error says.
    pub fn of(error: PortError) -> Self {
        match error.kind {
            ErrorKind::NotFound => Said::Absent,
            ErrorKind::Unreachable => Said::Silent(error),
            _ => Said::Unknown(NotKnown::Service(error)),
        }
    }
}

/// What an SDK's answer says.
pub fn said<T, E: ProvideErrorMetadata>(
    region: &RegionName,
    operation: OperationName,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Said<T> {
    match answer {
        Ok(value) => Said::Is(value),
        Err(error) => match error.as_service_error().and_then(|own| own.code()) {
            Some(code) if is_absence(code) => Said::Absent,
            Some(code) if is_unmodelled(code) => Said::NotModelled,
            _ => Said::of(AwsOperation::new(region, operation).failed(error)),
        },
    }
}

/// moto and ministack answer 501, the local world its own word.
fn is_unmodelled(code: &str) -> bool {
    code.starts_with("UnknownOperation") || code == "NotImplemented"
}

/// Of what is not configured S3 says so in codes that end otherwise than those of what is not there.
fn is_absence(code: &str) -> bool {
    ["NoSuch", "ReplicationConfigurationNotFound", "ServerSideEncryptionConfigurationNotFound", "NotFound"]
        .iter()
        .any(|word| code.starts_with(word))
}

impl AwsPorts {
    /// Whether there are credentials to ask with, without asking anything.
    ///
    /// # Errors
    /// There are none, with the reason.
    pub async fn credentials(&self) -> Result<(), String> {
        let regions = || self.fleet.regions.iter();
        let accounts: BTreeMap<&str, &RegionName> = regions().map(|own| (own.account.as_str(), &own.name)).collect();
        for (account, region) in accounts {
            let provider = self.clients.credentials(region).await.ok_or("no provider of any")?;
            let profile = if account == self.fleet.account { String::new() } else { format!("profile {account}: ") };
            provider.provide_credentials().await.map_err(|error| format!("{profile}{error}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_handlers::ports::FailureDetail;

    #[test]
    fn what_is_not_there_is_told_from_what_nobody_models() {
        let region: RegionName = "eu-west-1".parse().unwrap();
        let call = AwsOperation::new(&region, OperationName::GetPipeline);
        let said = |status, code: &str| Said::<()>::of(call.declined(Some(status), code, Some("words")));
        assert_eq!(said(400, "PipelineNotFoundException"), Said::Absent);
        assert!(is_unmodelled("UnknownOperationException") && is_unmodelled("NotImplemented"));
        assert!(matches!(Said::<()>::of(call.unreachable(FailureDetail::NotConnected)), Said::Silent(_)));
        let refused = call.declined(Some(403), "AccessDenied", Some("words"));
        assert_eq!(said(403, "AccessDenied"), Said::Unknown(NotKnown::Service(refused)));
        for code in
            ["NoSuchBucketPolicy", "ReplicationConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration"]
        {
            assert!(is_absence(code), "{code}");
        }
        assert!(!is_absence("AccessDenied"));
    }
}
