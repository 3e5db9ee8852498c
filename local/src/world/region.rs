//! One region's state.

use super::World;
use super::alarms::Alarms;
use super::health::Health;
use super::metrics::Metrics;
use super::registry::Registry;
use super::s3::Bucket;
use super::sagemaker::SageMaker;
use super::traffic::Traffic;
use crate::api::ApiError;
use jiff::Timestamp;
use meridian_domain::{Fleet, RegionName};

/// One region's state.
#[derive(Debug)]
pub(super) struct Region {
    pub bucket: Bucket,
    pub sagemaker: SageMaker,
    pub registry: Registry,
    pub metrics: Metrics,
    pub alarms: Alarms,
    pub traffic: Traffic,
    pub health: Health,
}

impl Region {
    pub fn new(fleet: &Fleet, policy: &meridian_domain::Region, start: Timestamp) -> Self {
        Region {
            bucket: Bucket::new(policy.bucket.as_str()),
            sagemaker: SageMaker::default(),
            registry: Registry::default(),
            metrics: Metrics::default(),
            alarms: Alarms::of_template(fleet, &policy.name, start),
            traffic: Traffic::new(policy.peak_rps, policy.time_zone.clone(), start),
            health: Health::default(),
        }
    }
}

impl World {
    /// The region that a call names.
    pub(super) fn region_mut(&mut self, name: &RegionName) -> Result<&mut Region, ApiError> {
        self.regions.get_mut(name).ok_or_else(|| no_such_region(name))
    }

    /// The region that a call names, to read.
    pub(super) fn region(&self, name: &RegionName) -> Result<&Region, ApiError> {
        self.regions.get(name).ok_or_else(|| no_such_region(name))
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub(super) fn arn(&self, service: &str, region: &RegionName, resource: &str) -> String {
        format!("arn:aws:{service}:{region}:{}:{resource}", self.config.fleet.account)
    }
}

fn no_such_region(name: &RegionName) -> ApiError {
    ApiError::new("UnrecognizedClientException", 400, format!("the fleet has no region {name}"))
}
