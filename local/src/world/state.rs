//! The world: AWS as Meridian sees it, as one synchronous discrete-event simulation in virtual time.
//!
//! Many actors call it, one at a time. Whoever drives it (the engine) alternates between [`World::step`], which lets the
//! next thing happen, and running the Lambda invocations that came due ([`World::take_invocations`]).

use crate::services::codepipeline::pipeline::Pipeline;
use crate::services::eventbridge::event::BusEvent;
use crate::services::iam::session::{Caller, Session};
use crate::services::lambda::functions::Lambda;
use crate::services::route53::outside::Outside;
use crate::services::sagemaker::containers::Models;
use crate::world::config::WorldConfig;
use crate::world::crash_injection::CrashInjection;
use crate::world::error::ApiError;
use crate::world::fault::Fault;
use crate::world::log::{What, WorldEvent};
use crate::world::queue::Queue;
use crate::world::region::Region;
use crate::world::scheduled::Scheduled;
use jiff::{SignedDuration, Timestamp};
use meridian_deployment::{Deployment, Grant};
use meridian_domain::RegionName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The simulated world.
#[derive(Debug)]
pub struct World {
    pub(crate) config: WorldConfig,
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) grants: BTreeSet<Grant>,
    pub(crate) now: Timestamp,
    pub(crate) queue: Queue,
    pub(crate) regions: BTreeMap<RegionName, Region>,
    /// Who hears that a region leaves DNS; nobody where Route 53 checks none.
    pub(crate) outside: Option<Outside>,
    pub(crate) pipeline: Pipeline,
    pub(crate) lambda: Lambda,
    pub(crate) faults: Vec<Scheduled>,
    /// Who dies where, beside the faults.
    pub(crate) crash_injection: Option<Box<dyn CrashInjection>>,
    pub(crate) models: Models,
    pub(crate) bus: Vec<BusEvent>,
    pub(crate) calls: BTreeMap<(RegionName, &'static str), u64>,
    pub(crate) log: Vec<WorldEvent>,
    /// What proxies answered.
    pub(crate) proxy_answers: Vec<(RegionName, Option<serde_json::Value>)>,
    /// Who makes the call that is being answered.
    pub(crate) calling: Caller,
    /// Roles' sessions, by their access key.
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Numbers, so that each version, message and update has a name of its own.
    pub(crate) writes: u64,
    pub(crate) emitted: u64,
    pub(crate) tokens: u64,
}

impl World {
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

    /// Scheduled faults that never made a difference.
    pub fn unmet_faults(&self) -> Vec<Fault> {
        self.faults.iter().filter(|scheduled| !scheduled.is_met()).map(|scheduled| scheduled.fault.clone()).collect()
    }

    /// How often each operation was called, by region.
    pub fn calls(&self) -> &BTreeMap<(RegionName, &'static str), u64> {
        &self.calls
    }

    pub(crate) fn home(&self) -> RegionName {
        self.config.fleet.home.clone()
    }

    pub(crate) fn record(&mut self, region: &RegionName, what: What) {
        self.log.push(WorldEvent { at: self.now, region: region.clone(), what });
    }

    /// `now` and then some.
    pub(crate) fn later(&self, by: SignedDuration) -> Timestamp {
        self.now.saturating_add(by).unwrap_or(Timestamp::MAX)
    }

    /// The region that a call names.
    pub(crate) fn region_mut(&mut self, name: &RegionName) -> Result<&mut Region, ApiError> {
        self.regions.get_mut(name).ok_or_else(|| no_such_region(name))
    }

    /// The region that a call names, to read.
    pub(crate) fn region(&self, name: &RegionName) -> Result<&Region, ApiError> {
        self.regions.get(name).ok_or_else(|| no_such_region(name))
    }

    /// The account that a region's stack stands in.
    pub(crate) fn account(&self, region: &RegionName) -> &str {
        self.config.fleet.account_of(region)
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, region: &RegionName, resource: &str) -> String {
        format!("arn:aws:{service}:{region}:{}:{resource}", self.account(region))
    }
}

fn no_such_region(name: &RegionName) -> ApiError {
    ApiError::new("UnrecognizedClientException", 400, format!("the fleet has no region {name}"))
}
