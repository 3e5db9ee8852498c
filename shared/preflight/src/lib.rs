//! What only people's commands ask of an account: keys, images, roles and quotas for the preflight, and the signature of a
//! release. It may know the SDK, `meridian-aws`, the handlers' ports and signing, and the domain. Nothing here changes anything.
//!
//! These services' clients stand in a crate of their own, so that no function is built with them. Each question is answered
//! by itself, like those of [`meridian_aws::inspect`].

mod signer;

pub use signer::{ENABLED, KmsSigner, SigningKeyFacts};

use aws_sdk_servicequotas::types::ServiceQuota;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_aws::AwsPorts;
use meridian_aws::inspect::{NotKnown, Said, said};
use meridian_domain::{Fleet, RegionName, ServingRole};
use meridian_handlers::ports::OperationName;
use serde_json::Value;

/// The service whose quota counts an endpoint's instances.
const SAGEMAKER: &str = "sagemaker";
/// Who takes the instances' role on.
const INSTANCES: &str = "sagemaker.amazonaws.com";

/// A key of KMS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// `arn:aws:kms:REGION:ACCOUNT:key/ID`.
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

/// To whom a region's stack lends the role with which a wave acts there: what its trust policy asks for. Nothing, where no
/// statement lets the account's own roles take it on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LentFacts {
    /// Whether the account is trusted, as far as the rest says.
    pub account: bool,
    /// Who may assume it: ARNs, or patterns of them.
    pub assumed_by: Vec<String>,
    /// Whose tag `meridian:region` says one of these.
    pub regions: Vec<String>,
    /// And names one of these external ids.
    pub external_ids: Vec<String>,
    /// Whether it says anything besides: another statement, another principal, another condition.
    pub more: bool,
}

/// How many instances of the fleet's type a region's endpoints may have, all together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaFacts {
    /// The quota's code, `L-` and eight hexadecimal digits: what a request for more names.
    pub code: String,
    /// The quota's value, in instances.
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
    said(region, OperationName::DescribeKey, answer).map(|own| {
        let key = own.key_metadata;
        let state = key.as_ref().and_then(|key| key.key_state.as_ref());
        let state = state.map(|state| state.as_str().to_owned()).unwrap_or_default();
        KeyFacts { arn: key.and_then(|key| key.arn).unwrap_or_default(), state }
    })
}

/// Asks for a role that a region's instances run with: IAM knows no regions, and is asked as home asks it.
pub async fn role(ports: &AwsPorts, region: &RegionName, role: ServingRole) -> Said<RoleFacts> {
    let (name, place) = (ports.fleet().execution_role(region, role), iam_of(ports, region));
    let client = aws_sdk_iam::Client::new(&ports.config_of(place).await);
    let answer = client.get_role().role_name(name).send().await;
    said(place, OperationName::GetRole, answer).map(|own| {
        let document = own.role.and_then(|role| role.assume_role_policy_document).unwrap_or_default();
        RoleFacts { trusts_sagemaker: trusts(&document, INSTANCES) }
    })
}

/// Asks for the role that a region's stack lends to home, as home asks it.
pub async fn lent(ports: &AwsPorts, region: &RegionName) -> Said<LentFacts> {
    let (fleet, arn, place) = (ports.fleet(), ports.fleet().lent_role_arn(region), iam_of(ports, region));
    let client = aws_sdk_iam::Client::new(&ports.config_of(place).await);
    let name = arn.rsplit('/').next().unwrap_or_default();
    let answer = client.get_role().role_name(name).send().await;
    said(place, OperationName::GetRole, answer).map(|own| {
        let document = own.role.and_then(|role| role.assume_role_policy_document).unwrap_or_default();
        lends(&document, fleet.account_of(&fleet.home))
    })
}

/// Where a region's roles are asked for: IAM knows no regions, so in home wherever home is in the same account.
fn iam_of<'a>(ports: &'a AwsPorts, region: &'a RegionName) -> &'a RegionName {
    let fleet = ports.fleet();
    if fleet.account_of(region) == fleet.account_of(&fleet.home) { &fleet.home } else { region }
}

/// Asks how many instances of the fleet's type a region's endpoints may have.
pub async fn quota(ports: &AwsPorts, region: &RegionName) -> Said<QuotaFacts> {
    let client = aws_sdk_servicequotas::Client::new(&ports.config_of(region).await);
    let name = quota_name(ports.fleet());
    let applied = client.list_service_quotas().service_code(SAGEMAKER).into_paginator().items().send();
    match find(region, OperationName::ListServiceQuotas, applied, &name).await {
        // A quota that nobody has raised may be listed among the defaults alone (Service Quotas API Reference,
        // "ListServiceQuotas").
        Said::Absent => {
            let defaults = client.list_aws_default_service_quotas().service_code(SAGEMAKER).into_paginator();
            find(region, OperationName::ListAWSDefaultServiceQuotas, defaults.items().send(), &name).await
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
    operation: OperationName,
    mut quotas: PaginationStream<Result<ServiceQuota, SdkError<E, HttpResponse>>>,
    name: &str,
) -> Said<QuotaFacts> {
    while let Some(quota) = quotas.next().await {
        match said(region, operation, quota) {
            Said::Is(quota) if quota.quota_name() == Some(name) => {
                return value(operation, quota);
            }
            Said::Is(_) => {}
            other => return other.map(|_| QuotaFacts::default()),
        }
    }
    Said::Absent
}

/// A quota may be listed with a reason instead of its value (Service Quotas API Reference, "ErrorReason").
fn value(operation: OperationName, quota: ServiceQuota) -> Said<QuotaFacts> {
    let code = quota.error_reason().and_then(|reason| reason.error_code()).map(|code| code.as_str().to_owned());
    match quota.value {
        Some(instances) => Said::Is(QuotaFacts { code: quota.quota_code.unwrap_or_default(), instances }),
        None => Said::Unknown(NotKnown::NoValue { operation, code }),
    }
}

/// Whether a trust policy lets a service take the role on.
fn trusts(document: &str, service: &str) -> bool {
    let named = |own: &Value| each(own.pointer("/Principal/Service")).any(|own| own == service);
    statements(document).iter().any(|own| lets_in(own) && named(own))
}

/// What a trust policy asks of the account's own roles.
fn lends(document: &str, account: &str) -> LentFacts {
    let named = [format!("arn:aws:iam::{account}:root"), account.to_owned()];
    let trusted = |own: &Value| {
        each(own.pointer("/Principal/AWS")).filter_map(Value::as_str).any(|own| named.iter().any(|name| name == own))
    };
    let all = statements(document);
    let Some(own) = all.iter().find(|own| lets_in(own) && trusted(own)) else { return LentFacts::default() };
    let more = all.len() > 1 || each(own.pointer("/Principal/AWS")).count() > 1;
    let mut facts = LentFacts { account: true, more, ..LentFacts::default() };
    let operators = own.get("Condition").and_then(Value::as_object).into_iter().flatten();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = each(Some(values)).filter_map(Value::as_str).map(str::to_owned);
            match (operator.as_str(), key.as_str()) {
                ("ArnLike" | "ArnEquals" | "StringLike" | "StringEquals", "aws:PrincipalArn") => {
                    facts.assumed_by.extend(values);
                }
                ("StringEquals", "aws:PrincipalTag/meridian:region") => facts.regions.extend(values),
                ("StringEquals", "sts:ExternalId") => facts.external_ids.extend(values),
                _ => facts.more = true,
            }
        }
    }
    facts
}

/// Whether a statement of a trust policy lets somebody take the role on.
fn lets_in(statement: &Value) -> bool {
    statement.get("Effect").is_some_and(|effect| effect == "Allow")
        && each(statement.get("Action")).any(|action| action == "sts:AssumeRole")
}

/// The statements of a trust policy, percent-encoded JSON as IAM gives it.
fn statements(document: &str) -> Vec<Value> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8_lossy();
    let policy: Value = serde_json::from_str(&text).unwrap_or_default();
    each(policy.get("Statement")).cloned().collect()
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
    use aws_sdk_servicequotas::types::{ErrorCode, ErrorReason};

    #[test]
    fn a_quota_without_a_value_is_unknown_and_not_zero() {
        let named = ServiceQuota::builder().quota_code("L-0A1B2C3D");
        let is = QuotaFacts { code: "L-0A1B2C3D".to_owned(), instances: 4.0 };
        assert_eq!(value(OperationName::ListServiceQuotas, named.clone().value(4.0).build()), Said::Is(is));
        let reason = ErrorReason::builder().error_code(ErrorCode::DependencyThrottlingError).build();
        let operation = OperationName::ListServiceQuotas;
        let why = NotKnown::NoValue { operation, code: Some("DEPENDENCY_THROTTLING_ERROR".to_owned()) };
        assert_eq!(value(operation, named.error_reason(reason).build()), Said::Unknown(why));
    }

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

    #[test]
    fn whom_a_lent_role_trusts_is_read_with_its_conditions() {
        let lent = r#"{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Condition": {
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/meridian-fraud-PromoteRole-*"},
                "StringEquals": {"aws:PrincipalTag/meridian:region": ["eu-west-1"], "sts:ExternalId": "fraud"}}}}"#;
        let own = lends(lent, "111122223333");
        assert_eq!(own.assumed_by, ["arn:aws:iam::111122223333:role/meridian-fraud-PromoteRole-*"]);
        assert_eq!((own.account, own.more), (true, false));
        assert_eq!((own.regions, own.external_ids), (vec!["eu-west-1".to_owned()], vec!["fraud".to_owned()]));
        assert_eq!(lends(lent, "444455556666"), LentFacts::default());
        assert_eq!(lends(&lent.replace("Allow", "Deny"), "111122223333"), LentFacts::default());
        let other = lent.replace("StringEquals", "StringNotEquals");
        assert!(lends(&other, "111122223333").more);
        let foreign = lent.replace("\"arn:aws:iam::111122223333:root\"", "[\"444455556666\", \"111122223333\"]");
        assert!(lends(&foreign, "111122223333").more);
        let open = lends(&lent.replace("Condition", "Sid"), "111122223333");
        assert_eq!(open, LentFacts { account: true, ..LentFacts::default() });
    }
}
