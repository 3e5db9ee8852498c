//! Functions as the real binaries: child processes under the Lambda Runtime API, over HTTP.
//!
//! One process runs one invocation at a time, as on Lambda; it stays warm for the next one of its function and region,
//! and a second one is started where the first is busy. The engine waits for the one child that runs; its limits are in
//! virtual time. Beside them stands a watchdog in real time, for a child that does nothing at all.

mod child;

use crate::engine::{Host, Progress, SharedWorld, lock};
use crate::http::runtime_api::line::{ChildId, Report, Work};
use crate::http::{Door, Recorder};
use crate::world::{Invocation, InvocationEnd, InvocationId};
use child::Child;
use meridian_deployment::Function;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// Further environment variables of a function in a region.
pub type Environment = Box<dyn Fn(FunctionKind, &RegionName) -> Vec<(String, String)> + Send>;

/// How children are run.
pub struct WireSettings {
    /// The directory with the binaries `replication`, `shadow-eval`, `promote`, `rollback` and `status`.
    pub binaries: PathBuf,
    /// The directory for their output, which must exist: one file for each process.
    pub logs: PathBuf,
    /// `LAMBDA_TASK_ROOT`: the folder with `fleet.toml`, where the fleet is not the one that the binaries were built with.
    pub task_root: Option<PathBuf>,
    /// What stands in the environment beside what the template says.
    pub environment: Environment,
    /// Real time in which a running child must sleep, answer or end.
    pub patience: Duration,
    /// Where every call to AWS is recorded.
    pub record: Option<Arc<Recorder>>,
}

impl WireSettings {
    /// Binaries and logs in these directories, and a minute of patience.
    pub fn new(binaries: impl Into<PathBuf>, logs: impl Into<PathBuf>) -> Self {
        WireSettings {
            binaries: binaries.into(),
            logs: logs.into(),
            task_root: None,
            environment: Box::new(|_, _| Vec::new()),
            patience: Duration::from_secs(60),
            record: None,
        }
    }
}

impl fmt::Debug for WireSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireSettings")
            .field("binaries", &self.binaries)
            .field("logs", &self.logs)
            .finish_non_exhaustive()
    }
}

/// Why children cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The HTTP door cannot be opened.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Door(#[source] io::Error),
    /// A binary cannot be started.
    #[error("cannot start {path}: {source} (build the functions first: cargo build --release)")]
    Binary {
        /// The file that was to be started.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
    /// The region's stack has no such function.
    #[error("the template makes no {function} in {region}")]
    NotDeployed {
        /// The function that was called.
        function: FunctionKind,
        /// The region that it was called in.
        region: RegionName,
    },
    /// A log file cannot be written.
    #[error("cannot write {path}: {source}")]
    Log {
        /// The child's log file.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
    /// A child ended or gave up before it ever asked for work.
    #[error("{function} in {region} did not start: {message}; see {log}")]
    Start {
        /// The function that the child is.
        function: FunctionKind,
        /// The region that the child stands in.
        region: RegionName,
        /// What is known of the reason.
        message: String,
        /// The file that its output goes to.
        log: PathBuf,
    },
    /// A child did nothing for longer than a child may.
    #[error("{function} in {region} has neither slept nor answered for {patience:?} of real time; see {log}")]
    Silent {
        /// The function that the child is.
        function: FunctionKind,
        /// The region that the child stands in.
        region: RegionName,
        /// How long that is.
        patience: Duration,
        /// The file that its output goes to.
        log: PathBuf,
    },
}

/// How long one look for a report lasts before the child is looked at itself.
const LOOK: Duration = Duration::from_millis(20);

/// The host of functions that are processes.
#[derive(Debug)]
pub struct Wire {
    // Before the door, so that children are gone before it closes.
    idle: Vec<Child>,
    busy: BTreeMap<InvocationId, Child>,
    world: SharedWorld,
    door: Door,
    reports: Receiver<(ChildId, Report)>,
    settings: WireSettings,
    /// The latest of the regions whose functions were deployed anew since: the how manieth of all, and its `LAMBDA_TASK_ROOT`.
    deployed: BTreeMap<RegionName, (u64, PathBuf)>,
    deployments: u64,
    spawned: u64,
}

impl Wire {
    /// Opens the world's HTTP door; children are started when they are first invoked.
    ///
    /// # Errors
    /// Where the door cannot be opened.
    pub fn new(world: SharedWorld, settings: WireSettings) -> Result<Self, WireError> {
        let (sender, reports) = mpsc::channel();
        let door = Door::for_children(world.clone(), sender, settings.record.clone()).map_err(WireError::Door)?;
        let (idle, busy, deployed) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Wire { idle, busy, world, door, reports, settings, deployed, deployments: 0, spawned: 0 })
    }

    /// Deploys a region's functions anew, with the `fleet.toml` of this folder: no invocation from now on is an older process's.
    pub fn deploy(&mut self, region: &RegionName, task_root: PathBuf) {
        self.deployments += 1;
        self.deployed.insert(region.clone(), (self.deployments, task_root));
        let (replaced, idle) = std::mem::take(&mut self.idle).into_iter().partition(|child| child.region == *region);
        self.idle = idle;
        let replaced: Vec<Child> = replaced;
        replaced.into_iter().for_each(|child| self.bury(child));
    }

    /// The deployment that a region's functions are of, 0 for the first one.
    fn deployment(&self, region: &RegionName) -> u64 {
        self.deployed.get(region).map_or(0, |(number, _)| *number)
    }

    /// The door, for others who want to call the same world between the engine's steps.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// How many processes were started so far.
    pub fn spawned(&self) -> u64 {
        self.spawned
    }

    /// The processes that are there, with their ids on this machine, for who wants to look at them from outside.
    pub fn processes(&self) -> impl Iterator<Item = (FunctionKind, u32)> {
        self.idle.iter().chain(self.busy.values()).map(|child| (child.function, child.pid()))
    }

    /// A function, as the template makes it.
    fn deployed(&self, invocation: &Invocation) -> Result<Function, WireError> {
        let (function, region) = (invocation.function, invocation.region.clone());
        let found = lock(&self.world).function(&region, function).cloned();
        found.ok_or(WireError::NotDeployed { function, region })
    }

    /// A warm child, or else a new one.
    fn child_for(&mut self, invocation: &Invocation, deployed: &Function) -> Result<Child, WireError> {
        let fits = |child: &Child| child.function == invocation.function && child.region == invocation.region;
        while let Some(at) = self.idle.iter().position(fits) {
            let mut child = self.idle.remove(at);
            if !child.is_dead() {
                return Ok(child);
            }
            self.door.switchboard().close(child.id);
        }
        self.spawned += 1;
        let id = ChildId(self.spawned);
        self.door.switchboard().open(id);
        let root = self.deployed.get(&invocation.region).map(|(_, root)| root).or(self.settings.task_root.as_ref());
        let of = (self.deployment(&invocation.region), root);
        Child::spawn(&self.settings, of, &self.door.url(), id, invocation, deployed)
    }

    /// A child that has answered waits for more, unless its function was deployed anew meanwhile.
    fn rest(&mut self, child: Child) {
        match self.deployment(&child.region) == child.deployment {
            true => self.idle.push(child),
            false => self.bury(child),
        }
    }

    /// Waits until the child sleeps or ends.
    fn wait(&mut self, id: InvocationId, mut child: Child) -> Result<Progress, WireError> {
        let looks = self.settings.patience.as_millis().div_ceil(LOOK.as_millis());
        for _ in 0..looks {
            match self.reports.recv_timeout(LOOK) {
                Ok((from, report)) if from == child.id => return self.act_on(id, child, report),
                // A dead child's last words.
                Ok(_) => {}
                // Its end is looked for first: whatever it reported before is in the channel by then.
                Err(RecvTimeoutError::Timeout) if child.is_dead() => return self.find_dead(id, child),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
        Err(WireError::Silent {
            function: child.function,
            region: child.region.clone(),
            patience: self.settings.patience,
            log: child.log.clone(),
        })
    }

    fn act_on(&mut self, id: InvocationId, child: Child, report: Report) -> Result<Progress, WireError> {
        let end = match report {
            Report::Sleeping(until) => {
                self.busy.insert(id, child);
                return Ok(Progress::Sleeping { until });
            }
            Report::Killed => {
                self.bury(child);
                InvocationEnd::Crashed
            }
            Report::InitFailed(message) => return Err(not_started(&child, message)),
            Report::Answered(answer) => {
                self.rest(child);
                InvocationEnd::Answered(answer)
            }
            Report::Failed(error) => {
                self.rest(child);
                InvocationEnd::FunctionError(error)
            }
        };
        Ok(Progress::Ended(end))
    }

    fn find_dead(&mut self, id: InvocationId, child: Child) -> Result<Progress, WireError> {
        while let Ok((from, report)) = self.reports.try_recv() {
            if from == child.id {
                return self.act_on(id, child, report);
            }
        }
        if !self.door.switchboard().is_ready(child.id) {
            return Err(not_started(&child, "its process ended before it asked for work".to_owned()));
        }
        self.bury(child);
        Ok(Progress::Ended(InvocationEnd::Crashed))
    }

    /// Kills the process first, then cuts its line: it never hears of anything else.
    fn bury(&self, child: Child) {
        let id = child.id;
        drop(child);
        self.door.switchboard().close(id);
    }
}

fn not_started(child: &Child, message: String) -> WireError {
    WireError::Start { function: child.function, region: child.region.clone(), message, log: child.log.clone() }
}

impl Host for Wire {
    type Error = WireError;

    fn start(&mut self, invocation: &Invocation) -> Result<Progress, WireError> {
        let deployed = self.deployed(invocation)?;
        let child = self.child_for(invocation, &deployed)?;
        let arn = deployed.arn;
        self.door.switchboard().hand_out(child.id, Work { invocation: invocation.clone(), arn });
        self.wait(invocation.id, child)
    }

    fn resume(&mut self, id: InvocationId) -> Result<Progress, WireError> {
        // One that is not there was killed: to the world it died.
        let Some(child) = self.busy.remove(&id) else {
            return Ok(Progress::Ended(InvocationEnd::Crashed));
        };
        self.door.switchboard().wake(child.id);
        self.wait(id, child)
    }

    fn kill(&mut self, id: InvocationId) {
        if let Some(child) = self.busy.remove(&id) {
            self.bury(child);
        }
    }
}
