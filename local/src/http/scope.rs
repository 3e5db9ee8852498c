//! Who is called, and where: the credential scope of a request's signature.
//!
//! All regions and services share one address here, so the signature is what tells them apart. It is not verified.

use crate::services::{ApiError, Service};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use meridian_domain::RegionName;

/// The part of a SigV4 signature that says whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The id of the access key.
    pub key: String,
    /// The region that the request is signed for.
    pub region: RegionName,
    /// The signing name, e.g. `monitoring`.
    pub service: String,
}

impl Scope {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/20261120/eu-west-1/sagemaker/aws4_request, ...`.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let refuse = |why: &str| ApiError::new("IncompleteSignature", 403, why);
        let header = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| refuse("no Authorization header: its credential scope names the region and the service"))?;
        let credential = header
            .split([' ', ','])
            .find_map(|part| part.strip_prefix("Credential="))
            .ok_or_else(|| refuse("the Authorization header is not of the SigV4 form: it has no Credential"))?;
        let parts: Vec<&str> = credential.split('/').collect();
        let [key, _date, region, service, "aws4_request"] = parts.as_slice() else {
            return Err(refuse("the credential is not KEY/DATE/REGION/SERVICE/aws4_request"));
        };
        let region = region.parse().map_err(|error| refuse(&format!("the credential scope's region: {error}")))?;
        Ok(Scope { key: (*key).to_owned(), region, service: (*service).to_owned() })
    }

    /// Refuses a request that is signed for another service than the one it speaks to.
    pub fn expect(&self, service: Service) -> Result<(), ApiError> {
        let expected = signing_name(service);
        if self.service == expected {
            return Ok(());
        }
        let message =
            format!("the credential is scoped to service {:?}, but the request needs {expected:?}", self.service);
        Err(ApiError::new("SignatureDoesNotMatch", 403, message))
    }
}

fn signing_name(service: Service) -> &'static str {
    match service {
        Service::S3 => "s3",
        Service::SageMaker | Service::SageMakerRuntime => "sagemaker",
        Service::CloudWatch => "monitoring",
        Service::CodePipeline => "codepipeline",
        Service::EventBridge => "events",
        Service::Sns => "sns",
        Service::Sts => "sts",
        Service::ApplicationAutoScaling => "application-autoscaling",
        Service::Kms => "kms",
        Service::Ecr => "ecr",
        Service::Iam => "iam",
        Service::ServiceQuotas => "servicequotas",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(authorization: &str) -> Result<Scope, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        Scope::of(&headers)
    }

    #[test]
    fn region_and_service_come_from_the_credential() {
        let scope = scope(
            "AWS4-HMAC-SHA256 Credential=AKIA1/20261120/ap-northeast-1/sagemaker/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00",
        )
        .unwrap();
        assert_eq!((scope.region.as_str(), scope.service.as_str()), ("ap-northeast-1", "sagemaker"));
        assert!(scope.expect(Service::SageMaker).is_ok() && scope.expect(Service::SageMakerRuntime).is_ok());
        let error = scope.expect(Service::Sns).unwrap_err();
        assert!(error.message.contains("scoped to service \"sagemaker\""), "{error}");
    }

    #[test]
    fn what_is_not_a_scope_is_refused_with_the_reason() {
        assert!(Scope::of(&HeaderMap::new()).unwrap_err().message.contains("no Authorization header"));
        assert!(scope("Bearer abc").unwrap_err().message.contains("SigV4"));
        assert!(scope("AWS4-HMAC-SHA256 Credential=A/B").unwrap_err().message.contains("KEY/DATE/REGION"));
        let moon = scope("AWS4-HMAC-SHA256 Credential=A/20261120/moon/s3/aws4_request");
        assert!(moon.unwrap_err().message.contains("\"moon\""));
    }
}
