//! The world: AWS as Meridian sees it, as one synchronous discrete-event simulation in virtual time.
//!
//! Many actors call it, one at a time. Whoever drives it (the engine) alternates between [`World::step`], which lets the
//! next thing happen, and running the Lambda invocations that came due ([`World::take_invocations`]).

use crate::api::{Operation, Outcome};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use std::collections::BTreeMap;

mod config;
mod fault;
mod invocation;
mod lambda;
mod log;
mod queue;
mod random;
mod stubs;

pub use config::{Behaviour, LiveFacts, Timing, WorldConfig};
pub use fault::{Fault, FaultKind, Moment, MomentError, Target, When};
pub use invocation::{FunctionName, Invocation, InvocationEnd, InvocationId};
pub use log::{Stage, What, WorldEvent};

use fault::{Call, Effect, Scheduled};
use queue::{Event, Queue};

/// The simulated world.
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
    now: Timestamp,
    queue: Queue,
    faults: Vec<Scheduled>,
    lambda: lambda::Lambda,
    calls: BTreeMap<(RegionName, &'static str), u64>,
    log: Vec<WorldEvent>,
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
    /// A region's time zone is not in the database.
    #[error("{region}: {zone:?} is not a known time zone")]
    UnknownTimeZone {
        /// The region.
        region: RegionName,
        /// Its zone.
        zone: String,
    },
}

impl World {
    /// A world at its start, with every region's buckets, topics and template-owned alarms, and nothing deployed.
    ///
    /// # Errors
    /// Where the configuration contradicts its fleet.
    pub fn new(config: WorldConfig) -> Result<Self, WorldError> {
        let faults: Vec<Scheduled> =
            config.faults.iter().map(|fault| Scheduled::new(fault.clone(), config.start)).collect();
        Ok(World {
            now: config.start,
            queue: Queue::default(),
            faults,
            lambda: lambda::Lambda::default(),
            calls: BTreeMap::new(),
            log: Vec::new(),
            config,
        })
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

    /// How often each operation was called, by region.
    pub fn calls(&self) -> &BTreeMap<(RegionName, &'static str), u64> {
        &self.calls
    }

    /// A call by nobody in particular: publishing, tests, a person. See [`World::call_as`].
    pub fn call<O: Operation>(&mut self, region: &RegionName, operation: O) -> Outcome<O::Output> {
        self.call_as(None, region, operation)
    }

    /// A call by an invocation: scheduled faults first, then the operation itself. A call takes no virtual time.
    ///
    /// An invocation that has ended (its deadline came, or a fault killed it) is [`Outcome::Killed`] at its next call.
    pub fn call_as<O: Operation>(
        &mut self,
        caller: Option<InvocationId>,
        region: &RegionName,
        operation: O,
    ) -> Outcome<O::Output> {
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
        match self.faults.iter_mut().find_map(|fault| fault.meet(&call, now)) {
            None => Outcome::Answer(operation.apply(self, region)),
            Some(Effect::Answer(error)) => Outcome::Answer(Err(error)),
            Some(Effect::Hang) => Outcome::Hang,
            Some(Effect::Kill(when)) => {
                if when == When::After {
                    // Nobody sees the answer.
                    let _unseen = operation.apply(self, region);
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
        }
    }

    /// Lets everything happen that is due by `at`, and moves `now` there. Invocations that come due stay to be taken.
    pub fn run_until(&mut self, at: Timestamp) {
        while self.next_event_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.now = self.now.max(at);
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
