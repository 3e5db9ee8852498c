//! One region's state.

use super::account::Images;
use super::alarms::Alarms;
use super::autoscaling::Scalables;
use super::health::Health;
use super::metrics::Metrics;
use super::registry::Registry;
use super::s3::Bucket;
use super::sagemaker::SageMaker;
use super::traffic::Traffic;
use super::{World, WorldError};
use crate::api::ApiError;
use jiff::Timestamp;
use meridian_deployment::Stack;
use meridian_domain::RegionName;

/// One region's state.
#[derive(Debug)]
pub(super) struct Region {
    pub bucket: Bucket,
    pub sagemaker: SageMaker,
    pub images: Images,
    /// How many instances the account may have behind the region's endpoints, where that is not the default.
    pub instance_quota: Option<u32>,
    /// Nobody hears the region's pages.
    pub unheard: bool,
    pub registry: Registry,
    pub scalables: Scalables,
    pub metrics: Metrics,
    pub alarms: Alarms,
    pub traffic: Traffic,
    pub health: Health,
    /// Whether the region's front lets customers' requests through to the endpoint.
    pub is_open: bool,
}

impl Region {
    /// A region as its stack makes it, with nothing in it.
    pub fn new(policy: &meridian_domain::Region, stack: &Stack, start: Timestamp) -> Result<Self, WorldError> {
        let missing = |what: String| WorldError::Stack { region: policy.name.clone(), what };
        let bucket = policy.bucket.as_str();
        let bucket = stack.buckets.get(bucket).ok_or_else(|| missing(format!("no bucket {bucket}")))?;
        Ok(Region {
            bucket: Bucket::new(&bucket.name),
            sagemaker: SageMaker::default(),
            images: Images::default(),
            instance_quota: None,
            unheard: false,
            registry: Registry::default(),
            scalables: Scalables::default(),
            metrics: Metrics::default(),
            alarms: Alarms::of_stack(stack, start).map_err(|error| missing(error.message))?,
            traffic: Traffic::new(policy.peak_rps, policy.time_zone.clone(), start),
            health: Health::default(),
            is_open: false,
        })
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
