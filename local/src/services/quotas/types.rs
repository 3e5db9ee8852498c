//! Service Quotas in AWS's member names.

use serde::{Deserialize, Serialize};

/// `ListServiceQuotas` of Service Quotas: those of which the account has a value of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListServiceQuotas {
    /// The service, as Service Quotas calls it.
    pub service_code: String,
    /// Where the page before ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `ListAWSDefaultServiceQuotas`: what every account has from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAwsDefaultServiceQuotas {
    /// The service, as Service Quotas calls it.
    pub service_code: String,
    /// Where the page before ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What `ListServiceQuotas` and `ListAWSDefaultServiceQuotas` answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListServiceQuotasOutput {
    /// One page of the quotas; here a page holds one.
    pub quotas: Vec<ServiceQuota>,
    /// Where the next page begins; none on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// How many instances of one type the account may have for one use.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceQuota {
    /// `sagemaker`: the world has no quotas of another service.
    pub service_code: String,
    /// `L-` and eight hexadecimal digits, which the world makes from the name.
    pub quota_code: String,
    /// What people call it.
    pub quota_name: String,
    /// How much of it there is.
    pub value: f64,
    /// Whether more may be asked for.
    pub adjustable: bool,
}
