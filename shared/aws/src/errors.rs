//! From what the SDK says to what the handlers act on: one function for every service.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_handlers::adapters::errors::classify;
use meridian_handlers::ports::{Answer, ErrorKind, FailureDetail, PortError};

use std::error::Error;

pub(crate) use meridian_handlers::adapters::errors::{AwsOperation, cut};

/// What the SDK's errors are made into.
pub(crate) trait Failed {
    /// The call failed on the way or was declined.
    fn failed<E: ProvideErrorMetadata>(&self, error: SdkError<E, HttpResponse>) -> PortError;

    /// The SDK does not take the input that a request would be built of.
    fn unbuilt(&self, error: &impl Error) -> PortError;
}

/// To take away what is gone already is done.
pub(crate) fn gone_is_fine(answer: Answer<()>) -> Answer<()> {
    match answer {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        answer => answer,
    }
}

/// Whether TLS refused the server, as rustls says it.
fn is_distrust(error: &ConnectorError) -> bool {
    let mut cause = error.source();
    while let Some(own) = cause {
        if own.to_string().contains("invalid peer certificate") {
            return true;
        }
        cause = own.source();
    }
    false
}

impl Failed for AwsOperation<'_> {
    fn failed<E: ProvideErrorMetadata>(&self, error: SdkError<E, HttpResponse>) -> PortError {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match &error {
            SdkError::ServiceError(service) => {
                self.declined(status, service.err().code().unwrap_or_default(), service.err().message())
            }
            SdkError::ResponseError(_) => {
                let status = status.unwrap_or_default();
                self.error(classify(Some(status), "", ""), FailureDetail::Format { status })
            }
            SdkError::TimeoutError(_) => self.silent(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => self.unconnected(),
            SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(is_distrust) => {
                self.unreachable(FailureDetail::CertificateNotTrusted)
            }
            SdkError::DispatchFailure(_) => self.unreachable(FailureDetail::NotConnected),
            // A request that could not be built: never sent, and no better the next time. Its text may repeat the input.
            _ => self.refused(FailureDetail::NotBuilt { quoted: None }),
        }
    }

    fn unbuilt(&self, error: &impl Error) -> PortError {
        self.refused(FailureDetail::NotBuilt { quoted: Some(error.to_string()) })
    }
}
