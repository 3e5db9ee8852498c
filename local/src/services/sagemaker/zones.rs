//! An Availability Zone that is lost: the instances in it are gone, and SageMaker makes as many in the others.

use crate::services::sagemaker::endpoint::{Capacity, Endpoint, LostInstances};
use crate::world::customers::traffic::Newest;
use crate::world::fault::FaultKind;
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::state::World;
use meridian_domain::RegionName;

/// Zones of a region, over which SageMaker spreads a configuration's instances.
const ZONES: u32 = 3;

impl World {
    /// Where the fault takes a zone, it is the one in which most of each configuration's instances are. What is being provisioned starts
    /// elsewhere, and of a canary's instances those are hit last that take no traffic yet.
    pub(crate) fn zone_lost(&mut self, number: usize, region: &RegionName) {
        let Some(scheduled) = self.faults.get(number) else { return };
        if scheduled.fault.kind != FaultKind::ZoneLost || !scheduled.holds_in(region, self.now) {
            return;
        }
        self.count_traffic(region);
        let Some(own) = self.regions.get_mut(region) else { return };
        let mut all = Vec::new();
        for (name, endpoint) in &mut own.sagemaker.endpoints {
            for capacity in endpoint.capacities().filter(|own| own.instances > 0) {
                let lost = capacity.instances.div_ceil(ZONES);
                capacity.instances -= lost;
                capacity.lost += lost;
                let (region, endpoint, config) = (region.clone(), name.clone(), capacity.config.clone());
                all.push(LostInstances { region, endpoint, config, instances: lost });
            }
        }
        if let Some(scheduled) = self.faults.get_mut(number).filter(|_| !all.is_empty()) {
            scheduled.spend();
        }
        all.into_iter().for_each(|lost| self.replace_later(lost));
    }

    fn replace_later(&mut self, lost: LostInstances) {
        let due = self.later(self.provisioning(&lost.region, &lost.endpoint));
        self.queue.push(due, Event::InstancesReplaced(Box::new(lost)));
    }

    /// As many as were lost are there again; later, where the control plane is dark by then.
    pub(crate) fn instances_replaced(&mut self, lost: LostInstances) {
        if self.is_dark(&lost.region) {
            return self.replace_later(lost);
        }
        let LostInstances { region, endpoint: name, config, instances } = lost;
        self.count_traffic(&region);
        let now = self.now;
        let own = self.regions.get_mut(&region).and_then(|own| own.sagemaker.endpoints.get_mut(&name));
        let Some(endpoint) = own else { return };
        let before = endpoint.serving_of(&config);
        if let Some(capacity) = endpoint.capacities().find(|own| own.config == config) {
            let instances = instances.min(capacity.lost);
            capacity.lost -= instances;
            capacity.instances += instances;
        }
        let after = endpoint.serving_of(&config);
        if after <= before {
            return;
        }
        let share = 1.0 - f64::from(before) / f64::from(after);
        if let Some(capacity) = endpoint.capacities().find(|own| own.config == config) {
            capacity.newest = Some(Newest { since: now, share });
        }
        self.record(&region, What::InstancesAdded { endpoint: name, instances: after });
    }
}

impl Endpoint {
    /// Every capacity that takes traffic, blue first.
    fn capacities(&mut self) -> impl Iterator<Item = &mut Capacity> {
        let green = self.update.as_mut().filter(|update| update.share > 0.0).map(|update| &mut update.target);
        self.blue.iter_mut().chain(&mut self.stray).chain(green)
    }

    /// Instances of a configuration that take traffic.
    fn serving_of(&self, config: &str) -> u32 {
        self.serving().iter().filter(|own| own.config == config).map(|own| own.instances).sum()
    }
}
