//! The stack of `outside.yaml`: it hears in us-east-1, where alone Route 53 counts, that a region leaves DNS.

use crate::services::cloudwatch::alarms::Alarms;
use crate::services::cloudwatch::metrics::Metrics;
use crate::services::cloudwatch::status::Status;
use crate::services::cloudwatch::types::{AlarmState, Dimension};
use crate::world::error::WorldError;
use jiff::Timestamp;
use meridian_deployment::{Deployment, OUTSIDE_REGION, Settings, Stack};
use meridian_domain::{Fleet, RegionName};

const TEMPLATE: &str = include_str!("../../../../outside.yaml");

/// What is deployed in us-east-1. A health check's id is its region's name here.
#[derive(Debug)]
pub(crate) struct Outside {
    pub place: RegionName,
    pub stack: Stack,
    pub alarms: Alarms,
    pub metrics: Metrics,
}

impl Outside {
    pub fn of(fleet: &Fleet, start: Timestamp) -> Result<Self, WorldError> {
        let mut deployment = Deployment::of(TEMPLATE, &Settings::outside(fleet))?;
        let missing = |what: &str| WorldError::Stack { region: fleet.home.clone(), what: what.to_owned() };
        let (place, stack) = deployment.stacks.pop_first().ok_or_else(|| missing("nothing watches it from outside"))?;
        let alarms = Alarms::of_stack(&stack, start).map_err(|error| missing(&error.message))?;
        debug_assert_eq!(place.as_str(), OUTSIDE_REGION);
        Ok(Self { place, stack, alarms, metrics: Metrics::default() })
    }

    /// Of a health check that never passed its alarm has seen nothing good.
    pub fn never_passed(&mut self, region: &RegionName, now: Timestamp) {
        let own = self.alarms.metric.values_mut().filter(|watch| watch.definition.dimensions == [check(region)]);
        own.for_each(|watch| {
            watch.status = Status::new(AlarmState::InsufficientData, "Unchecked: Initial alarm creation", now)
        });
    }
}

/// The dimension by which Route 53 counts a region.
pub(crate) fn check(region: &RegionName) -> Dimension {
    Dimension::new("HealthCheckId", region.as_str())
}
