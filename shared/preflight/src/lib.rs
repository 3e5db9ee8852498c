//! What only the preflight asks of an account: keys, images, the instances' role, quotas. Nothing here changes anything.
//!
//! These services' clients stand in a crate of their own, so that no function is built with them. Each question is answered
//! by itself, like those of [`meridian_aws::inspect`].

use aws_sdk_ecr::types::ImageIdentifier;
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_aws::AwsPorts;
use meridian_aws::inspect::{Said, said};
use meridian_domain::{Fleet, Image, RegionName};
use serde_json::Value;

/// The service whose quota counts an endpoint's instances.
const SAGEMAKER: &str = "sagemaker";
/// Who takes the instances' role on.
const INSTANCES: &str = "sagemaker.amazonaws.com";

/// A key of KMS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    pub state: String,
}

/// The role that an endpoint's instances run with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Whether SageMaker may take it on.
    pub trusts_sagemaker: bool,
}

/// How many instances of the fleet's type a region's endpoints may have, all together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaFacts {
    /// The quota's code, `L-` and eight hexadecimal digits: what a request for more names.
    pub code: String,
    /// Instances.
    pub instances: f64,
}

/// The alias of a fleet's key: each region has a key of its own behind the same alias.
pub fn key_alias(fleet: &Fleet) -> String {
    format!("alias/meridian-{}", fleet.name)
}

/// Asks for the key that a region's bucket, topic and logs are encrypted with.
pub async fn key(ports: &AwsPorts, region: &RegionName) -> Said<KeyFacts> {
    let client = aws_sdk_kms::Client::new(&ports.config_of(region).await);
    let answer = client.describe_key().key_id(key_alias(ports.fleet())).send().await;
    said(region, "DescribeKey", answer).map(|own| {
        let key = own.key_metadata;
        let state = key.as_ref().and_then(|key| key.key_state.as_ref());
        let state = state.map(|state| state.as_str().to_owned()).unwrap_or_default();
        KeyFacts { arn: key.and_then(|key| key.arn).unwrap_or_default(), state }
    })
}

/// Asks whether a region's own registry has an image: instances that start there fetch it from nowhere else.
pub async fn image(ports: &AwsPorts, region: &RegionName, image: &Image) -> Said<()> {
    let client = aws_sdk_ecr::Client::new(&ports.config_of(region).await);
    let wanted = ImageIdentifier::builder().image_digest(format!("sha256:{}", image.digest)).build();
    let describe = client.describe_images().registry_id(&ports.fleet().account);
    let answer = describe.repository_name(&image.repository).image_ids(wanted).send().await;
    said(region, "DescribeImages", answer).map(drop)
}

/// Asks for the role that the instances of every region run with: IAM knows no regions, and is asked as home asks it.
pub async fn role(ports: &AwsPorts) -> Said<RoleFacts> {
    let fleet = ports.fleet();
    let client = aws_sdk_iam::Client::new(&ports.config_of(&fleet.home).await);
    let answer = client.get_role().role_name(&fleet.execution_role).send().await;
    said(&fleet.home, "GetRole", answer).map(|own| {
        let document = own.role.and_then(|role| role.assume_role_policy_document).unwrap_or_default();
        RoleFacts { trusts_sagemaker: trusts(&document, INSTANCES) }
    })
}

/// Asks how many instances of the fleet's type a region's endpoints may have.
pub async fn quota(ports: &AwsPorts, region: &RegionName) -> Said<QuotaFacts> {
    let client = aws_sdk_servicequotas::Client::new(&ports.config_of(region).await);
    let name = quota_name(ports.fleet());
    let applied = client.list_service_quotas().service_code(SAGEMAKER).into_paginator().items().send();
    match find(region, "ListServiceQuotas", applied, &name).await {
        // A quota that nobody has raised may be listed among the defaults alone (Service Quotas API Reference,
        // "ListServiceQuotas").
        Said::Absent => {
            let defaults = client.list_aws_default_service_quotas().service_code(SAGEMAKER).into_paginator();
            find(region, "ListAWSDefaultServiceQuotas", defaults.items().send(), &name).await
        }
        other => other,
    }
}

/// What Service Quotas calls the number of an instance type's instances behind all endpoints of a region.
pub fn quota_name(fleet: &Fleet) -> String {
    format!("{} for endpoint usage", fleet.instance_type)
}

/// The quota of a name, among pages of them.
async fn find<E: ProvideErrorMetadata>(
    region: &RegionName,
    operation: &'static str,
    mut quotas: PaginationStream<Result<ServiceQuota, SdkError<E, HttpResponse>>>,
    name: &str,
) -> Said<QuotaFacts> {
    while let Some(quota) = quotas.next().await {
        match said(region, operation, quota) {
            Said::Is(quota) if quota.quota_name() == Some(name) => {
                let code = quota.quota_code.unwrap_or_default();
                return Said::Is(QuotaFacts { code, instances: quota.value.unwrap_or_default() });
            }
            Said::Is(_) => {}
            other => return other.map(|_| QuotaFacts::default()),
        }
    }
    Said::Absent
}

/// Whether a trust policy, percent-encoded JSON as IAM gives it, lets a service take the role on.
fn trusts(document: &str, service: &str) -> bool {
    let text = percent_encoding::percent_decode_str(document).decode_utf8_lossy();
    let policy: Value = serde_json::from_str(&text).unwrap_or_default();
    each(policy.get("Statement")).any(|statement| {
        statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && each(statement.get("Action")).any(|action| action == "sts:AssumeRole")
            && each(statement.pointer("/Principal/Service")).any(|own| own == service)
    })
}

/// A policy has nothing, one thing, or a list of them.
pub fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let all = match value {
        None => &[],
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    all.iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_policy_is_read_as_iam_encodes_it() {
        let one = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C\
                   %22Principal%22%3A%7B%22Service%22%3A%22sagemaker.amazonaws.com%22%7D%7D%7D";
        assert!(trusts(one, INSTANCES));
        assert!(!trusts(&one.replace("Allow", "Deny"), INSTANCES));
        let listed = r#"{"Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}}]}"#;
        assert!(trusts(listed, INSTANCES));
        assert!(!trusts(listed, "codepipeline.amazonaws.com"));
        assert!(!trusts("", INSTANCES) && !trusts("{", INSTANCES));
    }
}
