//! The chains, in the regions' own release buckets.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::operation::get_caller_identity::{GetCallerIdentityError, GetCallerIdentityOutput};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_domain::{Caller, Chain, Entry, RegionName, Stored};
use meridian_handlers::adapters::errors::refuses_credentials;
use meridian_handlers::adapters::ledger;
use meridian_handlers::ports::{Answer, AnswerPart, FailureDetail, Ledger, OperationName, PortError, limits};

impl Ledger for AwsPorts {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        ledger::entries(self, &self.fleet.name, region, chain, from).await
    }

    async fn caller(&self) -> Caller {
        // Boxed: it stands inside of every append's future.
        self.identity.of(self, async || Box::pin(self.arn()).await).await
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        ledger::append(self, &self.fleet.name, region, chain, entry).await
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        ledger::checkpoint(self, &self.fleet.name, region, chain).await
    }

    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        ledger::put_checkpoint(self, &self.fleet.name, region, chain, seq, checkpoint).await
    }
}

impl AwsPorts {
    /// What STS says where it takes these credentials for nobody's: they have ended, or it does not know them. Everybody else may ask
    /// it who he is.
    pub async fn refused_credentials(&self) -> Option<PortError> {
        let error = self.asked_of_sts().await.err()?;
        let code = error.as_service_error().and_then(|own| own.code());
        let is_refused = code.is_some_and(refuses_credentials);
        is_refused.then(|| self.call_of_sts().failed(error))
    }

    /// The ARN of whoever holds the ports.
    async fn arn(&self) -> Answer<String> {
        let call = self.call_of_sts();
        let answer = self.asked_of_sts().await.map_err(|error| call.failed(error))?;
        answer.arn.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::CallerArn)))
    }

    fn call_of_sts(&self) -> AwsOperation<'_> {
        AwsOperation::new(&self.place, OperationName::GetCallerIdentity)
    }

    /// Who holds the ports, from the STS of the region in which they are held.
    async fn asked_of_sts(&self) -> Result<GetCallerIdentityOutput, SdkError<GetCallerIdentityError, HttpResponse>> {
        let attempt = limits::IDENTITY_ATTEMPT.unsigned_abs();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
        let bounds = aws_sdk_sts::Config::builder().timeout_config(timeouts).retry_config(RetryConfig::disabled());
        let request = self.clients.sts(&self.place).await.get_caller_identity().customize().config_override(bounds);
        request.send().await
    }
}
