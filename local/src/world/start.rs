//! A world at its start: what every region's stack makes, and what happens by itself from then on.

use crate::services::codepipeline::pipeline::Pipeline;
use crate::services::iam::session::Caller;
use crate::services::lambda::functions::Lambda;
use crate::services::operations::OPERATIONS;
use crate::services::route53::outside::Outside;
use crate::services::sagemaker::containers::Models;
use crate::world::config::{TEMPLATE, WorldConfig, check_regions};
use crate::world::customers::traffic::start_of_minute;
use crate::world::error::WorldError;
use crate::world::queue::{Event, Queue};
use crate::world::region::Region;
use crate::world::scheduled::Scheduled;
use jiff::{SignedDuration, Timestamp};
use meridian_deployment::{Deployment, Settings};
use meridian_domain::RegionName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::world::state::World;

impl World {
    /// A world at its start, with what every region's stack makes, and no endpoint.
    ///
    /// # Errors
    /// Where the configuration contradicts its fleet, or the template cannot be deployed.
    pub fn new(config: WorldConfig) -> Result<Self, WorldError> {
        check_regions(&config)?;
        if let Some((fault, why)) =
            config.faults.iter().find_map(|fault| Some((fault, fault.contradiction(&OPERATIONS)?)))
        {
            return Err(WorldError::Fault { fault: fault.describe(), why });
        }
        let deployment = match &config.deployment {
            Some(deployment) => deployment.clone(),
            None => Arc::new(Deployment::of(TEMPLATE, &Settings::of_fleet(&config.fleet))?),
        };
        let missing =
            |region: &RegionName, what: &str| WorldError::Stack { region: region.clone(), what: what.to_owned() };
        let region = |policy: &meridian_domain::Region| {
            let stack = deployment.stacks.get(&policy.name).ok_or_else(|| missing(&policy.name, "there is none"))?;
            Ok((policy.name.clone(), Region::new(policy, stack, config.start)?))
        };
        let regions = config.fleet.regions.iter().map(region).collect::<Result<_, WorldError>>()?;
        let home = &config.fleet.home;
        let pipeline = Pipeline::new(&deployment);
        pipeline.stages.get(home).ok_or_else(|| missing(home, "it has no pipeline"))?;
        let outside = config.health_checks.then(|| Outside::of(&config.fleet, config.start)).transpose()?;
        let mut world = World {
            outside,
            now: config.start,
            queue: Queue::default(),
            regions,
            pipeline,
            lambda: Lambda::default(),
            crash_injection: None,
            faults: config.faults.iter().map(|fault| Scheduled::new(fault.clone(), config.start)).collect(),
            models: Models::default(),
            bus: Vec::new(),
            calls: BTreeMap::new(),
            log: Vec::new(),
            calling: Caller::default(),
            sessions: BTreeMap::new(),
            writes: 0,
            emitted: 0,
            tokens: 0,
            grants: BTreeSet::new(),
            proxy_answers: Vec::new(),
            deployment,
            config,
        };
        world.admit_customers();
        world.count_days_of_certificates();
        world.schedule();
        Ok(world)
    }

    /// Puts everything into the queue that happens by itself from the start on.
    fn schedule(&mut self) {
        let told = self.faults.iter().enumerate().filter(|(_, scheduled)| !scheduled.is_sudden());
        for (number, scheduled) in told {
            self.queue.push(scheduled.from.max(self.now), Event::FaultBegins(number));
            if let Some(until) = scheduled.until {
                self.queue.push(until.max(self.now), Event::FaultEnds(number));
            }
        }
        let (start, now) = (self.config.start, self.now);
        let changes: Vec<Timestamp> = self.config.behaviours.iter().flat_map(|own| own.spell(start)).collect();
        for at in changes.into_iter().filter(|at| (now..Timestamp::MAX).contains(at)) {
            self.queue.push(at, Event::BehaviourChanges);
        }
        let minute = start_of_minute(self.now);
        let next = minute.saturating_add(SignedDuration::from_mins(1)).unwrap_or(Timestamp::MAX);
        self.queue.push(next, Event::MinuteEnds);
        self.queue.push(self.now, Event::EvaluateAlarms { high_resolution: true });
        self.schedule_sweeps();
        if self.config.health_checks {
            let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
            for region in regions {
                self.queue.push(self.later(self.config.timing.health_check), Event::HealthCheck { region });
            }
        }
    }
}
