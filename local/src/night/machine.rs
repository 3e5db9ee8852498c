//! The engine of a night, and the functions that are deployed in it: by where they run.

use super::error::{NightError, create};
use super::options::{Functions, Options};
use super::site::Site;
use crate::direct::{AssumedRoles, DirectPorts};
use crate::engine::{Engine, Host, Progress, SharedWorld};
use crate::host::in_process::{Actor, InProcess, Running};
use crate::host::wire::{Wire, WireSettings};
use crate::http::Recorder;
use crate::world::{Invocation, InvocationEnd, InvocationId, World};
use jiff::Timestamp;
use meridian_domain::{RegionName, Sha256};
use meridian_handlers::adapters::identity::Identity;
use meridian_handlers::context::{Context, FunctionKind, HandlerError};
use meridian_handlers::front::Callers;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The engine, by where its functions run.
pub(super) enum Machine {
    InProcess(Engine<InProcess<Handlers>>, Deployed),
    Wire(Box<Engine<Wire>>),
    Elsewhere(Engine<Elsewhere>),
}

type Handlers = Box<dyn FnMut(&Invocation, Actor) -> Running>;

/// What is deployed in this process: like warm processes, one region's calls of one function remember what the last one knew.
type Deployed = Arc<Mutex<BTreeMap<(RegionName, FunctionKind), Warm>>>;

/// A function, and what it remembers.
#[derive(Clone)]
pub(super) struct Warm {
    context: Context,
    roles: AssumedRoles,
    identity: Identity,
}

/// The host of functions that somebody else runs: an invocation counts as taken when it is made, and stays to be fetched.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(Vec<Invocation>);

impl Host for Elsewhere {
    type Error = Infallible;

    fn start(&mut self, invocation: &Invocation) -> Result<Progress, Infallible> {
        self.0.push(invocation.clone());
        Ok(Progress::Ended(InvocationEnd::Answered(serde_json::Value::Null)))
    }

    fn resume(&mut self, _: InvocationId) -> Result<Progress, Infallible> {
        Ok(Progress::Ended(InvocationEnd::Answered(serde_json::Value::Null)))
    }

    fn kill(&mut self, _: InvocationId) {}
}

impl Machine {
    /// The engine of a world, with a site's functions.
    pub fn new(
        world: SharedWorld,
        site: &Site,
        options: &Options,
        record: Option<Arc<Recorder>>,
    ) -> Result<Self, NightError> {
        match &options.functions {
            Functions::InProcess => {
                let mut all = BTreeMap::new();
                for region in &site.fleet.regions {
                    all.extend(warm(site, &region.name)?);
                }
                let deployed = Arc::new(Mutex::new(all));
                let host = InProcess::new(world.clone(), handlers(deployed.clone()));
                Ok(Machine::InProcess(Engine::new(world, host), deployed))
            }
            Functions::Binaries(folder) => {
                let logs = options.out.join("logs");
                create(&logs)?;
                let mut settings = WireSettings { record, ..WireSettings::new(folder, logs) };
                if !site.is_built_in() {
                    settings.task_root = Some(task_root(site, &options.out)?);
                }
                Ok(Machine::Wire(Box::new(Engine::new(world.clone(), Wire::new(world, settings)?))))
            }
            Functions::Elsewhere => Ok(Machine::Elsewhere(Engine::new(world, Elsewhere::default()))),
        }
    }

    pub fn world(&self) -> &SharedWorld {
        match self {
            Machine::InProcess(engine, _) => engine.world(),
            Machine::Wire(engine) => engine.world(),
            Machine::Elsewhere(engine) => engine.world(),
        }
    }

    /// Runs to a moment, and lets somebody look at the world after each step.
    pub fn run_watched(&mut self, at: Timestamp, watch: impl FnMut(&mut World)) -> Result<(), NightError> {
        match self {
            Machine::InProcess(engine, _) => engine.run_watched(at, watch)?,
            Machine::Wire(engine) => engine.run_watched(at, watch)?,
            Machine::Elsewhere(engine) => engine.run_watched(at, watch)?,
        }
        Ok(())
    }

    /// What was invoked since this was last asked, where functions run [elsewhere](Functions::Elsewhere).
    pub fn take_invocations(&mut self) -> Vec<Invocation> {
        match self {
            Machine::Elsewhere(engine) => std::mem::take(&mut engine.host_mut().0),
            Machine::InProcess(..) | Machine::Wire(_) => Vec::new(),
        }
    }

    /// Whether anything can be deployed here.
    ///
    /// # Errors
    /// Functions run elsewhere.
    pub fn deploys(&self) -> Result<(), NightError> {
        if !matches!(self, Machine::Elsewhere(_)) {
            return Ok(());
        }
        let why = "who opens this night runs the functions, and deploys them: a scenario cannot".to_owned();
        Err(NightError::Person { what: "[[deploy]]".to_owned(), why })
    }

    /// Deploys a region's functions anew, as a site has them: cold, and with its `fleet.toml`, which a folder of `out` keeps for
    /// processes.
    pub fn deploy(&mut self, site: &Site, region: &RegionName, out: &Path) -> Result<(), NightError> {
        match self {
            Machine::InProcess(_, deployed) => {
                let anew = warm(site, region)?;
                deployed.lock().unwrap_or_else(PoisonError::into_inner).extend(anew);
            }
            Machine::Wire(engine) => {
                let digest = Sha256::of(site.text.as_bytes());
                let folder = out.join(format!("deployed-{}", digest.short()));
                create(&folder)?;
                engine.host_mut().deploy(region, task_root(site, &folder)?);
            }
            Machine::Elsewhere(_) => return self.deploys(),
        }
        Ok(())
    }
}

/// Writes a site's `fleet.toml` where binaries find it that were built with another one.
fn task_root(site: &Site, folder: &Path) -> Result<PathBuf, NightError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let path = folder.join("fleet.toml");
    std::fs::write(&path, &site.text).map_err(|source| NightError::Write { path, source })?;
    Ok(folder)
}

/// A region's functions, not called yet.
fn warm(site: &Site, region: &RegionName) -> Result<BTreeMap<(RegionName, FunctionKind), Warm>, NightError> {
    let damaged = |error: HandlerError| NightError::Data(error.to_string());
    let mut functions = BTreeMap::new();
    for function in FunctionKind::ALL {
        let mut context = Context::new(&site.text, region.clone()).map_err(damaged)?;
        context.callers = Arc::new(callers(site, region, function)?);
        let own = Warm { context, roles: AssumedRoles::default(), identity: Identity::default() };
        functions.insert((region.clone(), function), own);
    }
    Ok(functions)
}

/// The functions as futures, each call with ports of its own.
fn handlers(deployed: Deployed) -> Handlers {
    Box::new(move |invocation, actor| {
        let (function, event) = (invocation.function, invocation.payload.clone());
        let called = deployed.lock().unwrap_or_else(PoisonError::into_inner);
        let called = called.get(&(invocation.region.clone(), function)).cloned();
        let request = invocation.request_id.clone();
        Box::pin(async move {
            let Warm { context, roles, identity } =
                called.ok_or("a function of a region that the fleet does not have")?;
            let context = context.for_request(request);
            let ports = DirectPorts::of(actor, context.fleet.clone()).held_in(context.region.clone(), identity);
            let ports = if function.assumes_roles() { ports.with_assumed_roles(roles) } else { ports };
            let answer = meridian_handlers::entry::invoke(function, &ports, &context, event).await;
            answer.map_err(|error| error.to_string())
        })
    })
}

/// Who may ask a function for a score, by its environment.
fn callers(site: &Site, region: &RegionName, function: FunctionKind) -> Result<Callers, NightError> {
    let functions = site.deployment.stacks.get(region).map(|stack| &stack.functions);
    let own = functions.and_then(|all| all.get(function.name()));
    let list = own.and_then(|own| own.environment.get("MERIDIAN_CALLERS"));
    Callers::parse(list.map_or("", String::as_str)).map_err(|error| NightError::Data(error.to_string()))
}
