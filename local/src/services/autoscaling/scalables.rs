//! What Application Auto Scaling knows of a region's endpoints.

use crate::services::autoscaling::types::{
    DIMENSION, NAMESPACE, Scalable, ScalableTarget, ScalingPolicy, ScheduledAction,
};
use crate::world::error::ApiError;
use std::collections::BTreeMap;

/// What is registered in a region, by resource id.
#[derive(Debug, Default)]
pub(crate) struct Scalables {
    pub targets: BTreeMap<String, ScalableTarget>,
    /// Whether something was registered before: the account has the service-linked role since.
    pub linked: bool,
    pub policies: BTreeMap<(String, String), ScalingPolicy>,
    pub schedules: BTreeMap<(String, String), ScheduledAction>,
}

impl Scalable {
    /// The endpoint and the variant that it names.
    pub fn parts(&self) -> Result<(&str, &str), ApiError> {
        if self.service_namespace != NAMESPACE || self.scalable_dimension != DIMENSION {
            return Err(ApiError::validation(format!(
                "Unsupported service namespace, resource type or scalable dimension: {}, {}",
                self.service_namespace, self.scalable_dimension
            )));
        }
        let parts: Vec<&str> = self.resource_id.split('/').collect();
        match parts.as_slice() {
            ["endpoint", endpoint, "variant", variant] => Ok((endpoint, variant)),
            _ => Err(ApiError::validation(format!("ResourceId {} is no endpoint's variant", self.resource_id))),
        }
    }
}
