//! One region's state.

use crate::services::autoscaling::scalables::Scalables;
use crate::services::cloudwatch::alarms::Alarms;
use crate::services::cloudwatch::metrics::Metrics;
use crate::services::ecr::images::Images;
use crate::services::route53::health::Health;
use crate::services::s3::bucket::Bucket;
use crate::services::sagemaker::models::SageMaker;
use crate::services::sagemaker::registry::Registry;
use crate::world::customers::traffic::Traffic;
use crate::world::error::WorldError;
use jiff::Timestamp;
use meridian_deployment::Stack;

/// One region's state.
#[derive(Debug)]
pub(crate) struct Region {
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
    /// Whether the region's API or proxy lets customers' requests through to the endpoint.
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
