//! A night that is simulated step by step: as fast as it goes, at a pace, or to a moment where it stands still while others
//! look at it through its door.

use super::error::{NightError, create};
use super::options::{Functions, Options};
use super::people::{self, ScriptedAction};
use super::report::{Remains, Report};
use super::scenario::Scenario;
use super::setup;
use super::site::Site;
use super::story::{Line, Narrator};
use super::teller::{self, Teller};
use crate::direct::{AssumedRoles, DirectPorts};
use crate::engine::{Engine, Host, Progress, SharedWorld, lock};
use crate::host::in_process::{Actor, InProcess, Running};
use crate::host::wire::{Wire, WireSettings};
use crate::http::{Door, Guests, Recorder};
use crate::world::{Invocation, InvocationEnd, InvocationId, World};
use jiff::Timestamp;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::adapters::identity::Identity;
use meridian_handlers::context::{Context, FunctionKind, HandlerError};
use meridian_handlers::front::Callers;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A night under way.
pub struct Session<'a> {
    scenario: &'a Scenario,
    seed: u64,
    out: PathBuf,
    record: Option<Arc<Recorder>>,
    site: Site,
    fleet: Arc<Fleet>,
    teller: Teller,
    /// What training and people have still to do, in order.
    scripted_actions: VecDeque<ScriptedAction<'a>>,
    // Before the engine, so that nobody calls a world whose functions are gone.
    door: Option<(Door, Guests)>,
    machine: Machine,
}

/// The engine, by where its functions run.
enum Machine {
    InProcess(Engine<InProcess<Handlers>>),
    Wire(Box<Engine<Wire>>),
    Elsewhere(Engine<Elsewhere>),
}

type Handlers = Box<dyn FnMut(&Invocation, Actor) -> Running>;

/// The host of functions that somebody else runs: an invocation counts as taken when it is made, and stays to be fetched.
#[derive(Debug, Default)]
struct Elsewhere(Vec<Invocation>);

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

impl<'a> Session<'a> {
    /// The first moment of a night at a site: the champion serves, nothing has happened yet.
    ///
    /// # Errors
    /// The scenario contradicts the fleet, the stacks lack something, or the functions cannot be run.
    pub fn begin(site: Site, scenario: &'a Scenario, options: &Options) -> Result<Self, NightError> {
        let fleet = site.fleet.clone();
        let (world, champion) = setup::world(scenario, &site, options.seed)?;
        let world: SharedWorld = Arc::new(Mutex::new(world));
        let mut narrator = Narrator::new((*fleet).clone());
        champion.targets().for_each(|target| narrator.meet_target(&target));
        let mut teller = Teller::new((*fleet).clone(), narrator);
        teller.ledger = champion.chains(&scenario.new)?;
        let record = options.record.as_deref().map(Recorder::create).transpose()?.map(Arc::new);
        let machine = match &options.functions {
            Functions::InProcess => Machine::InProcess(Engine::new(world.clone(), in_process(&world, &site)?)),
            Functions::Binaries(folder) => {
                let logs = options.out.join("logs");
                create(&logs)?;
                let mut settings = WireSettings { record: record.clone(), ..WireSettings::new(folder, logs) };
                settings.task_root = task_root(&site, &options.out)?;
                Machine::Wire(Box::new(Engine::new(world.clone(), Wire::new(world, settings)?)))
            }
            Functions::Elsewhere => Machine::Elsewhere(Engine::new(world, Elsewhere::default())),
        };
        let scripted_actions = people::scripted_actions(scenario).into();
        Ok(Session {
            scenario,
            seed: options.seed,
            out: options.out.clone(),
            record,
            site,
            fleet,
            teller,
            scripted_actions,
            door: None,
            machine,
        })
    }

    /// The fleet that the night is played with.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The world that the night is played in.
    pub fn world(&self) -> &SharedWorld {
        match &self.machine {
            Machine::InProcess(engine) => engine.world(),
            Machine::Wire(engine) => engine.world(),
            Machine::Elsewhere(engine) => engine.world(),
        }
    }

    /// The present, in virtual time.
    pub fn now(&self) -> Timestamp {
        lock(self.world()).now()
    }

    /// Lets others call the world on a port of 127.0.0.1 (0: any that is free), for as long as this night runs.
    ///
    /// # Errors
    /// The port cannot be had.
    pub fn open_door(&mut self, port: u16) -> Result<&Door, NightError> {
        let guests = Guests::default();
        let door = Door::for_guests(self.world().clone(), port, guests.clone(), self.record.clone())
            .map_err(|source| NightError::Door { port, source })?;
        Ok(&self.door.insert((door, guests)).0)
    }

    /// The earliest moment for which a guest at the door waits: only a run to it ends the wait.
    pub fn awaited(&self) -> Option<Timestamp> {
        self.door.as_ref().and_then(|(_, guests)| guests.earliest())
    }

    /// What was invoked since this was last asked, where functions run [elsewhere](Functions::Elsewhere).
    pub fn take_invocations(&mut self) -> Vec<Invocation> {
        match &mut self.machine {
            Machine::Elsewhere(engine) => std::mem::take(&mut engine.host_mut().0),
            Machine::InProcess(_) | Machine::Wire(_) => Vec::new(),
        }
    }

    /// Runs up to and at a moment, with what people do until then; virtual time then stands there.
    ///
    /// # Errors
    /// The functions cannot be run any more, or what a person did in the scenario did not work.
    pub fn run_until(&mut self, at: Timestamp, tell: &mut dyn FnMut(&Line)) -> Result<(), NightError> {
        while let Some(action) = self.scripted_actions.pop_front_if(|action| action.at <= at) {
            self.pass(action.at, tell)?;
            let world = self.world().clone();
            if let Some(line) = action.done(&world, &self.site, self.teller.narrator())? {
                self.teller.say(line, tell);
            }
        }
        self.pass(at, tell)?;
        if let Some((_, guests)) = &self.door {
            guests.wake(self.now());
        }
        self.record.as_ref().map_or(Ok(()), |record| Ok(record.check()?))
    }

    fn pass(&mut self, at: Timestamp, tell: &mut dyn FnMut(&Line)) -> Result<(), NightError> {
        let teller = &mut self.teller;
        let watch = |world: &mut World| teller.catch_up(world, tell);
        match &mut self.machine {
            Machine::InProcess(engine) => engine.run_watched(at, watch)?,
            Machine::Wire(engine) => engine.run_watched(at, watch)?,
            Machine::Elsewhere(engine) => engine.run_watched(at, watch)?,
        }
        Ok(())
    }

    /// How it went so far. Whether that is as expected is only asked of a night at its end.
    ///
    /// # Errors
    /// An evaluation page cannot be written.
    pub fn report(&self) -> Result<Report, NightError> {
        let mut world = lock(self.world());
        let evaluations = write_evaluations(&mut world, &self.fleet, &self.teller.pages_written, &self.out)?;
        let ledger = self.teller.ledger.clone();
        let remains = Remains { scenario: self.scenario, fleet: &self.fleet, seed: self.seed, ledger, evaluations };
        Ok(remains.report(&mut world))
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}

/// Copies the evaluation pages out of home's bucket, named by version; returns their names below `out`.
fn write_evaluations(world: &mut World, fleet: &Fleet, keys: &[String], out: &Path) -> Result<Vec<String>, NightError> {
    let mut names = Vec::new();
    for key in keys {
        let Some(body) = teller::object(world, fleet, &fleet.home, key) else { continue };
        let release = key.split('/').nth(1).and_then(|release| release.get(..12)).unwrap_or("release");
        let name = format!("evaluation-{release}.html");
        create(out)?;
        let path = out.join(&name);
        std::fs::write(&path, body).map_err(|source| NightError::Write { path, source })?;
        names.push(name);
    }
    Ok(names)
}

/// The folder in which the binaries find the fleet, where it is not the one that they were built with.
fn task_root(site: &Site, out: &Path) -> Result<Option<PathBuf>, NightError> {
    if site.is_built_in() {
        return Ok(None);
    }
    let folder = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let path = folder.join("fleet.toml");
    std::fs::write(&path, &site.text).map_err(|source| NightError::Write { path, source })?;
    Ok(Some(folder))
}

/// The functions as futures, each call with ports of its own; like warm processes, one region's calls of one function
/// remember what the last one knew.
fn in_process(world: &SharedWorld, site: &Site) -> Result<InProcess<Handlers>, NightError> {
    let fleet = site.fleet.clone();
    let damaged = |error: HandlerError| NightError::Data(error.to_string());
    let mut contexts = BTreeMap::new();
    for region in &fleet.regions {
        for function in FunctionKind::ALL {
            let mut context = Context::new(&site.text, region.name.clone()).map_err(damaged)?;
            context.callers = Arc::new(callers(site, &region.name, function)?);
            contexts.insert((region.name.clone(), function), (context, AssumedRoles::default(), Identity::default()));
        }
    }
    let handlers: Handlers = Box::new(move |invocation, actor| {
        let (function, event) = (invocation.function, invocation.payload.clone());
        let warm = contexts.get(&(invocation.region.clone(), invocation.function));
        let context = warm.map(|(context, ..)| context.for_request(&invocation.request_id));
        let ports = DirectPorts::of(actor, fleet.clone());
        let ports = match warm {
            Some((context, _, identity)) => ports.held_in(context.region.clone(), identity.clone()),
            None => ports,
        };
        let ports = match warm.filter(|_| function.assumes_roles()) {
            Some((_, roles, _)) => ports.with_assumed_roles(roles.clone()),
            None => ports,
        };
        Box::pin(async move {
            let context = context.ok_or("a function of a region that the fleet does not have")?;
            let answer = meridian_handlers::entry::invoke(function, &ports, &context, event).await;
            answer.map_err(|error| error.to_string())
        })
    });
    Ok(InProcess::new(world.clone(), handlers))
}

/// Who may ask a function for a score, by its environment.
fn callers(site: &Site, region: &RegionName, function: FunctionKind) -> Result<Callers, NightError> {
    let functions = site.deployment.stacks.get(region).map(|stack| &stack.functions);
    let own = functions.and_then(|all| all.get(function.name()));
    let list = own.and_then(|own| own.environment.get("MERIDIAN_CALLERS"));
    Callers::parse(list.map_or("", String::as_str)).map_err(|error| NightError::Data(error.to_string()))
}
