//! Target tracking: where a variant's instances have more requests than a policy's target, more of them come.

use crate::services::autoscaling::types::ScalableTarget;
use crate::services::sagemaker::types::EndpointStatus;
use crate::world::state::World;
use meridian_domain::RegionName;

/// Minutes in a row above the target after which the alarm of a target tracking policy rings ("3 datapoints within 3 minutes").
const MINUTES: u32 = 3;

/// An endpoint at rest whose variant is registered.
pub(super) struct Scaled<'a> {
    /// How many it is to have: a lost zone's are made again.
    pub instances: u32,
    pub target: &'a ScalableTarget,
    /// Requests a minute and instance that its policy keeps to.
    requests: Option<f64>,
}

impl World {
    /// How an endpoint is scaled: not at all during an update, while instances come, or where nothing is registered.
    pub(super) fn scaled(&self, region: &RegionName, name: &str) -> Option<Scaled<'_>> {
        let own = self.regions.get(region)?;
        let endpoint = own.sagemaker.endpoints.get(name)?;
        let rests = endpoint.status == EndpointStatus::InService && endpoint.coming.is_none();
        let blue = endpoint.blue.as_ref().filter(|_| rests)?;
        let resource = format!("endpoint/{name}/variant/{}", blue.variant);
        let target = own.scalables.targets.get(&resource)?;
        let policy = own.scalables.policies.iter().find(|(key, _)| key.0 == resource).map(|(_, policy)| policy);
        let requests = policy.map(|own| own.put.target_tracking_scaling_policy_configuration.target_value);
        Some(Scaled { instances: blue.instances + blue.lost, target, requests })
    }

    /// A minute ended in which the fleet's endpoint had so many requests. What was added stays: nothing is taken away again.
    pub(crate) fn track_target(&mut self, region: &RegionName, requests: u64) {
        let name = self.config.fleet.endpoint.to_string();
        let wanted = self.scaled(region, &name).filter(|_| !self.is_dark(region)).and_then(|own| {
            let times = requests as f64 / f64::from(own.instances.max(1)) / own.requests?;
            let wanted = (f64::from(own.instances) * times).ceil() as u32;
            (times > 1.0).then_some(wanted.min(own.target.max_capacity))
        });
        let Some(traffic) = self.regions.get_mut(region).map(|own| &mut own.traffic) else { return };
        traffic.over_target = if wanted.is_some() { traffic.over_target + 1 } else { 0 };
        if let Some(wanted) = wanted.filter(|_| traffic.over_target >= MINUTES) {
            self.scale_out(region, &name, wanted);
        }
    }
}
