//! What has a price, and what a month is made of.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What AWS bills for: each has a unit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceKind {
    /// An instance of a real-time endpoint.
    Hosting,
    /// Data into and out of an endpoint.
    Payload,
    /// S3's transfer from the region to another one.
    Transfer,
    /// S3 replication time control.
    ReplicationTime,
    /// What is kept in S3 Standard.
    Storage,
    /// Route 53 health check of an AWS endpoint.
    HealthCheck,
    /// That it goes over HTTPS.
    HealthCheckHttps,
    /// API Gateway, REST.
    ApiRequest,
    /// Lambda's time and memory.
    LambdaDuration,
    /// Each call of a Lambda function.
    LambdaRequest,
    /// CloudWatch alarm with periods of a minute or more.
    Alarm,
    /// CloudWatch alarm with shorter periods.
    AlarmFast,
    /// CloudWatch composite alarm.
    AlarmComposite,
    /// CloudWatch custom metric.
    Metric,
    /// CodePipeline V2, each action.
    Pipeline,
    /// KMS key of one's own.
    Key,
    /// Each request to KMS.
    KeyRequest,
    /// Application Load Balancer.
    Balancer,
    /// What an Application Load Balancer carries.
    CapacityUnit,
    /// Public IPv4 address in use.
    PublicAddress,
    /// Global Accelerator, without what goes through it.
    Accelerator,
    /// What goes through it, from customers near a region to that region.
    AcceleratorData,
    /// CloudFront, HTTPS requests that are not cached, of customers near a region.
    EdgeRequest,
    /// What CloudFront sends on to the region from places near it.
    EdgeData,
}

impl PriceKind {
    /// Every kind, in the order of the pages.
    pub const ALL: [Self; 24] = [
        Self::Hosting,
        Self::Payload,
        Self::Transfer,
        Self::ReplicationTime,
        Self::Storage,
        Self::HealthCheck,
        Self::HealthCheckHttps,
        Self::ApiRequest,
        Self::LambdaDuration,
        Self::LambdaRequest,
        Self::Alarm,
        Self::AlarmFast,
        Self::AlarmComposite,
        Self::Metric,
        Self::Pipeline,
        Self::Key,
        Self::KeyRequest,
        Self::Balancer,
        Self::CapacityUnit,
        Self::PublicAddress,
        Self::Accelerator,
        Self::AcceleratorData,
        Self::EdgeRequest,
        Self::EdgeData,
    ];

    /// Whether every fleet pays for it, and not only some fronts and routings.
    pub fn is_needed(self) -> bool {
        match self {
            Self::Balancer
            | Self::CapacityUnit
            | Self::PublicAddress
            | Self::Accelerator
            | Self::AcceleratorData
            | Self::EdgeRequest
            | Self::EdgeData => false,
            Self::Hosting
            | Self::Payload
            | Self::Transfer
            | Self::ReplicationTime
            | Self::Storage
            | Self::HealthCheck
            | Self::HealthCheckHttps
            | Self::ApiRequest
            | Self::LambdaDuration
            | Self::LambdaRequest
            | Self::Alarm
            | Self::AlarmFast
            | Self::AlarmComposite
            | Self::Metric
            | Self::Pipeline
            | Self::Key
            | Self::KeyRequest => true,
        }
    }

    /// Whether home alone pays for it.
    pub fn is_homes(self) -> bool {
        matches!(self, Self::Transfer | Self::ReplicationTime | Self::Pipeline)
    }

    /// The table's word for it.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// What one costs the price: the only unit that the table may give.
    pub fn unit(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Hosting => ("hosting", "instance-hour"),
            Self::Payload => ("payload", "GB"),
            Self::Transfer => ("transfer", "GB"),
            Self::ReplicationTime => ("replication-time", "GB"),
            Self::Storage => ("storage", "GB-month"),
            Self::HealthCheck => ("health-check", "check-month"),
            Self::HealthCheckHttps => ("health-check-https", "check-month"),
            Self::ApiRequest => ("api-request", "million requests"),
            Self::LambdaDuration => ("lambda-duration", "GB-second"),
            Self::LambdaRequest => ("lambda-request", "million requests"),
            Self::Alarm => ("alarm", "alarm-month"),
            Self::AlarmFast => ("alarm-fast", "alarm-month"),
            Self::AlarmComposite => ("alarm-composite", "alarm-month"),
            Self::Metric => ("metric", "metric-month"),
            Self::Pipeline => ("pipeline", "action-minute"),
            Self::Key => ("key", "key-month"),
            Self::KeyRequest => ("key-request", "10,000 requests"),
            Self::Balancer => ("balancer", "balancer-hour"),
            Self::CapacityUnit => ("capacity-unit", "unit-hour"),
            Self::PublicAddress => ("public-address", "address-hour"),
            Self::Accelerator => ("accelerator", "accelerator-hour"),
            Self::AcceleratorData => ("accelerator-data", "GB"),
            Self::EdgeRequest => ("edge-request", "million requests"),
            Self::EdgeData => ("edge-data", "GB"),
        }
    }
}

impl fmt::Display for PriceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a month is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// The least number of instances, at every hour.
    Floors,
    /// Instances above it while the traffic needs them.
    Peaks,
    /// Green beside blue, every night: provisioning, bake, shift and soak.
    DoubleRunning,
    /// Requests into the endpoint, and answers out of it.
    Payload,
    /// Releases from home to the other regions.
    Transfer,
    /// Replication time control of the same bytes, and its metrics.
    ReplicationTime,
    /// Releases kept in the region's bucket.
    Storage,
    /// Route 53's checks of `/health`, where the routing has them, and the requests that they make to an API.
    HealthChecks,
    /// The five functions. `front`, the sixth, is a line of [`crate::Reach`].
    Lambda,
    /// Alarms and custom metrics.
    Monitoring,
    /// CodePipeline's action minutes, each begun one whole.
    Pipeline,
    /// The key of bucket and endpoint, and its use.
    Keys,
}

impl Item {
    /// Every item, in the order of the pages.
    pub const ALL: [Self; 12] = [
        Self::Floors,
        Self::Peaks,
        Self::DoubleRunning,
        Self::Payload,
        Self::Transfer,
        Self::ReplicationTime,
        Self::Storage,
        Self::HealthChecks,
        Self::Lambda,
        Self::Monitoring,
        Self::Pipeline,
        Self::Keys,
    ];

    /// What the page calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Floors => "floors",
            Self::Peaks => "peaks",
            Self::DoubleRunning => "double running",
            Self::Payload => "data in and out",
            Self::Transfer => "transfer",
            Self::ReplicationTime => "replication time control",
            Self::Storage => "kept releases",
            Self::HealthChecks => "health checks",
            Self::Lambda => "Lambda",
            Self::Monitoring => "alarms and metrics",
            Self::Pipeline => "pipeline",
            Self::Keys => "keys",
        }
    }
}
