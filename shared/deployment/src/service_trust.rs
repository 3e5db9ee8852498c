//! What AWS's services are known to send when they assume a role. A trust policy that asks for a condition key which the
//! service does not send never lets it in, and nothing says so before the first request.
//!
//! | service | sends | source |
//! |---|---|---|
//! | API Gateway, for an integration's credentials | nothing | a live stack answered 500 until the condition was removed: <https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/pull/479> |
//! | CodePipeline | nothing documented *(live)* | its guide's trust policy has no condition: <https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html> |
//! | S3, to replicate | nothing documented *(live)* | as above: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html> |
//! | SageMaker, for endpoints | nothing documented *(live)* | the key is documented for training jobs only: <https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html> |
//! | Lambda | nothing documented *(live)* | its guide's trust policy has no condition: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html> |
//!
//! A condition with `IfExists` holds either way.

use crate::policy::{Context, Principal, Request};
use crate::resources::Role;
use crate::rights::Denied;
use crate::stack::Deployment;

/// A service that assumes roles of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssumingService {
    /// Asks the endpoint for customers.
    ApiGateway,
    /// Reads its source and calls functions.
    CodePipeline,
    /// Runs functions, each with its own role.
    Lambda,
    /// Replicates releases to the other regions.
    S3,
    /// Runs the endpoint's instances.
    SageMaker,
}

/// A condition key that a service can send with `sts:AssumeRole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentKey {
    /// `aws:SourceAccount`: the account that the service works for.
    SourceAccount,
}

impl AssumingService {
    /// Every service that assumes a role of the fleet.
    pub const ALL: [Self; 5] = [Self::ApiGateway, Self::CodePipeline, Self::Lambda, Self::S3, Self::SageMaker];

    /// Its name in a trust policy.
    pub const fn principal(self) -> &'static str {
        match self {
            Self::ApiGateway => "apigateway.amazonaws.com",
            Self::CodePipeline => "codepipeline.amazonaws.com",
            Self::Lambda => "lambda.amazonaws.com",
            Self::S3 => "s3.amazonaws.com",
            Self::SageMaker => "sagemaker.amazonaws.com",
        }
    }

    /// The keys that it is known to send; the module's table has the sources.
    pub const fn sends(self) -> &'static [SentKey] {
        match self {
            Self::ApiGateway | Self::CodePipeline | Self::Lambda | Self::S3 | Self::SageMaker => &[],
        }
    }
}

impl Role {
    /// Whether the trust policy lets a service in that sends these keys.
    ///
    /// # Errors
    /// No statement allows it, or one denies it.
    pub fn admits(&self, service: &str, sends: &[SentKey]) -> Result<(), Denied> {
        let account = self.arn.split(':').nth(4).unwrap_or_default();
        let sent = sends.iter().map(|key| match key {
            SentKey::SourceAccount => ("aws:sourceaccount".to_owned(), vec![account.to_owned()]),
        });
        let (context, principal): (Context, _) = (sent.collect(), Principal::Service(service.to_owned()));
        let request =
            Request { principal: &principal, action: "sts:AssumeRole", resource: &self.arn, context: &context };
        request.granted_by(self.trust.iter().map(|statement| (self.logical.as_str(), statement))).map(drop)
    }

    /// The services that its trust policy names.
    pub fn trusted_services(&self) -> impl Iterator<Item = &str> {
        self.trust.iter().flat_map(|statement| statement.services()).map(String::as_str)
    }
}

impl Deployment {
    /// Whether a service can assume a role with the keys that it is known to send. A role that no stack has is not judged
    /// here: whatever is asked with it is refused.
    ///
    /// # Errors
    /// The role's trust policy does not let it in.
    pub fn assumable_by(&self, service: AssumingService, arn: &str) -> Result<(), Denied> {
        self.role(arn).map_or(Ok(()), |role| role.admits(service.principal(), service.sends()))
    }
}
