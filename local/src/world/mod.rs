//! The world: AWS as Meridian sees it, as one synchronous discrete-event simulation in virtual time.
//!
//! Many actors call it, one at a time. Whoever drives it (the engine) alternates between [`World::step`], which lets the
//! next thing happen, and running the Lambda invocations that came due ([`World::take_invocations`]).

use crate::api::{EFFECTS, Operation, Outcome};
use jiff::{SignedDuration, Timestamp};
use meridian_deployment::{Deployment, DeploymentError, Grant, Settings};
use meridian_domain::RegionName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod account;
mod alarm_rule;
mod alarms;
mod autoscaling;
mod balancer;
mod bucket_settings;
mod composite;
mod conduct;
mod config;
mod customers;
mod endpoint;
mod endpoint_calls;
mod endpoint_events;
mod evaluation;
mod eventbridge;
mod eventbridge_calls;
mod events;
mod fate;
mod fault;
mod health;
mod install;
mod instances;
mod invocation;
mod job;
mod kms;
mod lambda;
mod latency;
mod lifecycle;
mod log;
mod metric_math;
mod metrics;
mod moment;
mod pipeline;
mod pipeline_calls;
mod pipeline_declared;
mod pipeline_executions;
mod queue;
mod random;
mod region;
mod registry;
mod replication;
mod rights;
mod s3;
mod sagemaker;
mod samples;
mod scores;
mod serving;
mod sns;
mod sts;
mod traffic;
mod watching;

pub use config::{Behaviour, LiveFacts, Timing, WorldConfig};
pub use customers::Dns;
pub use eventbridge::BusEvent;
pub use fate::Fate;
pub use fault::{Fault, FaultKind, Target, When};
pub use health::HealthCounts;
pub use install::{InstallError, InstalledRelease};
pub use invocation::{FunctionName, Invocation, InvocationEnd, InvocationId};
pub use log::{Stage, What, WorldEvent};
pub use moment::{Moment, MomentError};
pub use rights::{Ask, Guarded};
pub use sts::{Caller, SessionKeys};

use fault::{Call, Effect, Scheduled};
use queue::{Event, Queue};
use region::Region;

/// The repository's own template.
pub(crate) const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The simulated world.
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
    deployment: Arc<Deployment>,
    grants: BTreeSet<Grant>,
    now: Timestamp,
    queue: Queue,
    regions: BTreeMap<RegionName, Region>,
    pipeline: pipeline::Pipeline,
    lambda: lambda::Lambda,
    faults: Vec<Scheduled>,
    /// Who dies where, beside the faults.
    fate: Option<Box<dyn Fate>>,
    models: serving::Models,
    bus: Vec<BusEvent>,
    calls: BTreeMap<(RegionName, &'static str), u64>,
    log: Vec<WorldEvent>,
    /// What proxies answered.
    fronts: Vec<(RegionName, Option<serde_json::Value>)>,
    /// Who makes the call that is being answered.
    calling: sts::Caller,
    /// Roles' sessions, by their access key.
    sessions: BTreeMap<String, sts::Session>,
    /// Numbers, so that each version, message and update has a name of its own.
    writes: u64,
    emitted: u64,
    tokens: u64,
}

/// Why a world cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// A fault or a behaviour names a region that the fleet does not have.
    #[error("{what} names {region}, which is not a region of the fleet")]
    UnknownRegion {
        /// A fault or a behaviour.
        what: &'static str,
        /// The region.
        region: RegionName,
    },
    /// The template cannot be deployed with the fleet's parameters.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A region's stack lacks something that the fleet names.
    #[error("the stack of {region}: {what}")]
    Stack {
        /// The region.
        region: RegionName,
        /// What is missing, or wrong.
        what: String,
    },
    /// A fault that can never be met.
    #[error("fault {fault:?}: {why}")]
    Fault {
        /// What a person would call it.
        fault: String,
        /// What is wrong with it.
        why: String,
    },
}

impl World {
    /// A world at its start, with what every region's stack makes, and no endpoint.
    ///
    /// # Errors
    /// Where the configuration contradicts its fleet, or the template cannot be deployed.
    pub fn new(config: WorldConfig) -> Result<Self, WorldError> {
        check_regions(&config)?;
        if let Some((fault, why)) = config.faults.iter().find_map(|fault| Some((fault, fault.contradiction()?))) {
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
        let pipeline = deployment.stacks.get(home).and_then(|stack| stack.pipeline.as_ref());
        let pipeline = pipeline.ok_or_else(|| missing(home, "it has no pipeline"))?;
        let mut world = World {
            now: config.start,
            queue: Queue::default(),
            regions,
            pipeline: pipeline::Pipeline::new(pipeline),
            lambda: lambda::Lambda::default(),
            fate: None,
            faults: config.faults.iter().map(|fault| Scheduled::new(fault.clone(), config.start)).collect(),
            models: serving::Models::default(),
            bus: Vec::new(),
            calls: BTreeMap::new(),
            log: Vec::new(),
            calling: sts::Caller::default(),
            sessions: BTreeMap::new(),
            writes: 0,
            emitted: 0,
            tokens: 0,
            grants: BTreeSet::new(),
            fronts: Vec::new(),
            deployment,
            config,
        };
        world.open_fronts();
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
        let minute = traffic::start_of_minute(self.now);
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

    /// What the world was made from.
    pub fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// The present, in virtual time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Virtual time of the next thing that will happen by itself.
    pub fn next_event_at(&self) -> Option<Timestamp> {
        self.queue.next_at()
    }

    /// Everything observable that happened, in order.
    pub fn log(&self) -> &[WorldEvent] {
        &self.log
    }

    /// Scheduled faults that never made a difference, in a person's words.
    pub fn unmet_faults(&self) -> Vec<String> {
        self.faults.iter().filter(|scheduled| !scheduled.is_met()).map(|scheduled| scheduled.fault.describe()).collect()
    }

    /// How often each operation was called, by region.
    pub fn calls(&self) -> &BTreeMap<(RegionName, &'static str), u64> {
        &self.calls
    }

    /// A call by nobody in particular: publishing, tests, a person. See [`World::call_as`].
    pub fn call<O: Operation>(&mut self, region: &RegionName, operation: O) -> Outcome<O::Output> {
        self.call_as(Caller::default(), region, operation)
    }

    /// A call by an invocation or somebody outside, perhaps with the keys of a role's session: scheduled faults first, then the
    /// operation itself. A call takes no virtual time.
    ///
    /// An invocation that has ended (its deadline came, or a fault killed it) is [`Outcome::Killed`] at its next call.
    pub fn call_as<O: Operation>(
        &mut self,
        caller: impl Into<Caller>,
        region: &RegionName,
        operation: O,
    ) -> Outcome<O::Output> {
        let who: Caller = caller.into();
        let caller = who.invocation;
        let function = match caller {
            Some(id) => match self.lambda.function(id) {
                Some(function) => Some(function),
                None => return Outcome::Killed,
            },
            None => None,
        };
        *self.calls.entry((region.clone(), O::NAME)).or_default() += 1;
        let call = Call { region, service: O::SERVICE, operation: O::NAME, function };
        let now = self.now;
        let doomed = caller.filter(|_| EFFECTS.contains(&O::NAME)).and_then(|id| self.fate.as_mut()?.strikes(id));
        // A caller that dies before it has called meets no fault; what a fault keeps from taking effect does not take it either
        // because its caller dies after it.
        let met = match doomed {
            Some(When::Before) => None,
            _ => self.faults.iter_mut().find_map(|fault| fault.meet(&call, now)),
        };
        let doomed = doomed.map(|when| Effect::Kill(if met.is_some() { When::Before } else { when }));
        match doomed.or(met) {
            None => {
                let allowed = self.authorise_call(&who, region, O::SERVICE, &operation);
                self.calling = who;
                let answer = allowed.and_then(|()| operation.apply(self, region));
                self.note_stale(caller, region, O::NAME, answer.as_ref().err());
                Outcome::Answer(answer)
            }
            Some(Effect::Answer(error)) => Outcome::Answer(Err(error)),
            Some(Effect::Hang) => Outcome::Hang,
            Some(Effect::Freeze(by)) => {
                let what = self.fault_strikes(region, "stands still", O::NAME, function);
                if let Some(id) = caller {
                    self.stand_still(id, region, what, by);
                }
                Outcome::Hang
            }
            Some(Effect::Kill(when)) => {
                self.fault_strikes(region, "is killed", O::NAME, function);
                if when == When::After {
                    // Nobody sees the answer.
                    let allowed = self.authorise_call(&who, region, O::SERVICE, &operation);
                    let _unseen = allowed.and_then(|()| operation.apply(self, region));
                }
                if let Some(id) = caller {
                    self.invocation_ended(id, InvocationEnd::Crashed);
                }
                Outcome::Killed
            }
        }
    }

    /// Lets exactly the next queued event happen, and moves `now` to it. Without one, nothing happens.
    pub fn step(&mut self) {
        let Some((at, event)) = self.queue.pop() else { return };
        self.now = self.now.max(at);
        match event {
            Event::Invoke(request) => self.begin_invocation(*request),
            Event::Deadline(id) => self.invocation_ended(id, InvocationEnd::TimedOut),
            Event::Thaws(id, region, what) => self.thaws(id, &region, what),
            Event::Copy(copy) => self.copy_arrives(*copy),
            Event::MinuteEnds => self.minute_ends(),
            Event::EvaluateAlarms { high_resolution } => self.evaluate_alarms(high_resolution),
            Event::UpdateDue(due) => self.update_due(&due),
            Event::InstancesAdded { region, endpoint } => self.instances_added(&region, &endpoint),
            Event::Sweep { region, rule } => self.sweep(region, rule),
            Event::HealthCheck { region } => self.check_health(region),
            Event::ActionBegins { execution } => self.action_begins(execution),
            Event::SourceEnds { execution } => self.action_succeeds(execution, None),
            Event::JobContinues { execution, token } => self.call_job(execution, Some(token)),
            Event::JobTimesOut { job } => self.job_times_out(&job),
            Event::FaultBegins(number) => self.fault_changes(number, true),
            Event::FaultEnds(number) => self.fault_changes(number, false),
        }
    }

    /// Lets everything happen that is due by `at`, and moves `now` there. Invocations that come due stay to be taken.
    pub fn run_until(&mut self, at: Timestamp) {
        while self.next_event_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.now = self.now.max(at);
    }

    /// A scheduled fault begins or ends: it is told, and a control plane goes dark or returns.
    fn fault_changes(&mut self, number: usize, begins: bool) {
        let Some(scheduled) = self.faults.get(number) else { return };
        let fault = scheduled.fault.clone();
        let told = fault.describe();
        let everywhere = || self.regions.keys().cloned().collect();
        let met: Vec<RegionName> = fault.region.clone().map_or_else(everywhere, |region| vec![region]);
        let place = fault.region.unwrap_or_else(|| self.home());
        self.record(&place, if begins { What::FaultBegan { fault: told } } else { What::FaultEnded { fault: told } });
        if fault.kind != FaultKind::Dark {
            return;
        }
        for region in met {
            if self.is_dark(&region) {
                self.freeze(&region);
            } else {
                self.thaw(&region);
            }
        }
    }

    /// Tells of what strikes a caller when it happens, and returns its words.
    fn fault_strikes(
        &mut self,
        region: &RegionName,
        what: &str,
        operation: &str,
        function: Option<FunctionName>,
    ) -> String {
        let who = function.map_or("a caller", FunctionName::as_str);
        let words = format!("{who} {what} at {operation}");
        self.record(region, What::FaultBegan { fault: words.clone() });
        words
    }

    fn home(&self) -> RegionName {
        self.config.fleet.home.clone()
    }

    fn record(&mut self, region: &RegionName, what: What) {
        self.log.push(WorldEvent { at: self.now, region: region.clone(), what });
    }

    /// `now` and then some.
    fn later(&self, by: SignedDuration) -> Timestamp {
        self.now.saturating_add(by).unwrap_or(Timestamp::MAX)
    }
}

/// Faults and behaviours may only name regions of the fleet.
fn check_regions(config: &WorldConfig) -> Result<(), WorldError> {
    let faults = config.faults.iter().filter_map(|fault| Some(("a fault", fault.region.as_ref()?)));
    let behaviours = config.behaviours.iter().filter_map(|own| Some(("a behaviour", own.region.as_ref()?)));
    let unknown = faults.chain(behaviours).find(|(_, region)| config.fleet.region(region).is_none());
    match unknown {
        Some((what, region)) => Err(WorldError::UnknownRegion { what, region: region.clone() }),
        None => Ok(()),
    }
}
